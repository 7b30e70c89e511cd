#include "scenarios/input/workload.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/registry.h"

namespace flinch::scenarios {

namespace {

using ::testing::Each;
using ::testing::HasSubstr;

const Scenario& UrlClicks() { return *FindLibraryScenario("url_clicks"); }

Workload Generate(const Scenario& scenario, uint64_t seed) {
  sim::Result<Workload> workload = LoadWorkload(scenario, seed, std::nullopt);
  EXPECT_TRUE(workload.has_value());
  return *std::move(workload);
}

TEST(WorkloadTest, IsAFunctionOfTheSeed) {
  EXPECT_EQ(Generate(UrlClicks(), 7).rows, Generate(UrlClicks(), 7).rows);
  EXPECT_NE(Generate(UrlClicks(), 7).rows, Generate(UrlClicks(), 8).rows);
}

TEST(WorkloadTest, PublishesOnlyTheRowsThatAreKept) {
  const Workload all = Generate(UrlClicks(), 7);
  Scenario some = UrlClicks();
  some.workload.rows = *RowSelection::Parse("1,4-5,2000");
  EXPECT_EQ(Generate(some, 7).rows,
            (std::vector{all.rows[0], all.rows[3], all.rows[4], all.rows[1999]}));
  some.workload.rows = *RowSelection::Parse("none");
  EXPECT_TRUE(Generate(some, 7).rows.empty());
  some.workload.rows = *RowSelection::Parse("2001");
  const sim::Result<Workload> beyond = LoadWorkload(some, 7, std::nullopt);
  ASSERT_FALSE(beyond.has_value());
  EXPECT_THAT(beyond.error().message, HasSubstr("the input has 2000 rows"));
}

TEST(WorkloadTest, StartsTheSameWayWithFewerRecords) {
  Scenario fewer = UrlClicks();
  fewer.workload.records = 100;
  const Workload all = Generate(UrlClicks(), 7);
  const Workload some = Generate(fewer, 7);
  EXPECT_TRUE(std::equal(some.rows.begin(), some.rows.end(), all.rows.begin()));
}

TEST(WorkloadTest, StaysWithinWhatTheScenarioSays) {
  const WorkloadSpec& spec = UrlClicks().workload;
  const Workload workload = Generate(UrlClicks(), 3);
  ASSERT_EQ(workload.rows.size(), spec.records);
  std::set<std::string> keys;
  std::set<uint32_t> partitions;
  for (size_t index = 0; index < workload.rows.size(); ++index) {
    const InputRow& row = workload.rows[index];
    keys.insert(row.key);
    partitions.insert(row.partition);
    const int64_t nominal =
        spec.start.nanos() + spec.event_step.count() * static_cast<int64_t>(index);
    EXPECT_LE(row.timestamp.nanos(), nominal);
    EXPECT_GE(row.timestamp.nanos(), nominal - spec.out_of_order.count());
    EXPECT_EQ(row.publish_after, std::chrono::milliseconds(5) * index);
  }
  EXPECT_EQ(partitions.size(), spec.partitions);
  EXPECT_EQ(*partitions.rbegin(), spec.partitions - 1);
  EXPECT_LE(keys.size(), spec.keys);
  EXPECT_GT(keys.size(), spec.keys / 2);
  EXPECT_GT(workload.out_of_orderness, sim::Duration(0));
  EXPECT_LE(workload.out_of_orderness, spec.out_of_order);
}

TEST(WorkloadTest, ALatePartitionHasNoRowBeforeItsTime) {
  Scenario grows = UrlClicks();
  grows.workload.late_partition = std::chrono::seconds(3);
  const Workload workload = Generate(grows, 3);
  const Workload usual = Generate(UrlClicks(), 3);
  const uint32_t last = grows.workload.partitions - 1;
  EXPECT_EQ(workload.late_partitions, 1U);
  EXPECT_EQ(usual.late_partitions, 0U);
  for (size_t index = 0; index < workload.rows.size(); ++index) {
    const bool is_early = workload.rows[index].publish_after < std::chrono::seconds(3);
    const uint32_t partition = usual.rows[index].partition;
    EXPECT_EQ(workload.rows[index].partition, is_early && partition == last ? last - 1 : partition);
  }
}

TEST(WorkloadTest, DrawsKeysByZipfsLaw) {
  Scenario scenario = UrlClicks();
  scenario.workload.records = 20'000;
  std::map<std::string, int> counts;
  for (const InputRow& row : Generate(scenario, 1).rows) {
    ++counts[row.key];
  }
  // With the exponent 1.1 the second key comes 2^1.1 = 2.14 times less often than the first.
  EXPECT_GT(counts["/page/1"] * 10, counts["/page/2"] * 18);
  EXPECT_LT(counts["/page/1"] * 10, counts["/page/2"] * 25);
}

TEST(ZipfWeightsTest, AreExactWhereTheLawIs) {
  EXPECT_THAT(ZipfWeights(5, {0}), Each(1U << 20));
  const std::vector<uint32_t> harmonic = ZipfWeights(1024, {100});
  EXPECT_EQ(harmonic[0], 1U << 20);
  EXPECT_EQ(harmonic[1], 1U << 19);
  EXPECT_EQ(harmonic[1023], 1U << 10);
  EXPECT_NEAR(harmonic[2], (1 << 20) / 3, 2);
  EXPECT_NEAR(harmonic[99], (1 << 20) / 100, 2);
  const std::vector<uint32_t> root = ZipfWeights(9, {50});
  EXPECT_EQ(root[3], 1U << 19);
  EXPECT_NEAR(root[8], (1 << 20) / 3, 2);
  EXPECT_EQ(ZipfWeights(100, {400}).back(), 1U);
}

TEST(WorkloadTest, PutsSeveralKeysIntoARecord) {
  const Workload workload = Generate(*FindLibraryScenario("word_count"), 1);
  const std::string& line = workload.rows.front().value;
  EXPECT_EQ(std::ranges::count(line, ' '), 4) << line;
  EXPECT_THAT(line, HasSubstr("word-"));
}

TEST(MeasureOutOfOrdernessTest, LooksAtEachPartitionByItself) {
  const auto row = [](uint32_t partition, int64_t nanos) {
    return InputRow{.partition = partition, .timestamp = engine::EventTime(nanos)};
  };
  const std::vector<InputRow> rows = {row(0, 100), row(1, 10), row(0, 70), row(1, 5), row(0, 130)};
  EXPECT_EQ(MeasureOutOfOrderness(rows, 2), sim::Duration(30));
  EXPECT_EQ(MeasureOutOfOrderness({}, 2), sim::Duration(0));
}

TEST(WorkloadTest, KnowsTheLinesOfAFile) {
  const std::string path = ::testing::TempDir() + "/flinch_lines.log";
  std::ofstream(path) << "2025-06-24 14:36:25 install a\n\n2025-06-24 14:36:25 status b\n";
  Scenario scenario = *FindLibraryScenario("package_log");
  scenario.workload.file.on_bad_row = OnBadRow::kSkip;
  const sim::Result<Workload> workload = LoadWorkload(scenario, 1, path);
  std::filesystem::remove(path);
  ASSERT_TRUE(workload.has_value()) << workload.error().message;
  EXPECT_EQ(workload->rows.back().line, 3U);
}

TEST(WorkloadTest, NeedsAFileExactlyWhenItReadsOne) {
  const sim::Result<Workload> unwanted = LoadWorkload(UrlClicks(), 1, "/etc/hostname");
  ASSERT_FALSE(unwanted.has_value());
  EXPECT_THAT(unwanted.error().message, HasSubstr("generates its input and reads no file"));
  const sim::Result<Workload> missing =
      LoadWorkload(*FindLibraryScenario("package_log"), 1, std::nullopt);
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message, HasSubstr("--input /var/log/dpkg.log"));
}

TEST(WorkloadTest, SpreadsTheRowsOfAFile) {
  const std::string path = ::testing::TempDir() + "/flinch_rows.log";
  std::ofstream(path) << "2025-06-24 14:36:25 install a\n2025-06-24 14:36:25 status b\n"
                         "2025-06-24 14:36:24 install c\n";
  const sim::Result<Workload> workload = LoadWorkload(*FindLibraryScenario("package_log"), 1, path);
  std::filesystem::remove(path);
  ASSERT_TRUE(workload.has_value()) << workload.error().message;
  ASSERT_EQ(workload->rows.size(), 3U);
  EXPECT_EQ(workload->rows[1].key, "status");
  EXPECT_EQ(workload->rows[1].partition, 1U);
  EXPECT_EQ(workload->rows[2].partition, 0U);
  EXPECT_EQ(workload->rows[2].publish_after, std::chrono::milliseconds(10));
  EXPECT_EQ(workload->out_of_orderness, std::chrono::seconds(1));
}

// A longer input begins with the shorter one's rows: what is picked is what would be loaded.
TEST(WorkloadTest, PicksWhatWouldBeLoaded) {
  const Scenario all = UrlClicks();
  const sim::Result<Workload> whole = LoadWholeInput(all, 7, std::nullopt);
  ASSERT_TRUE(whole.has_value());
  for (const char* const rows : {"all", "none", "1-3,50,99-100"}) {
    Scenario some = all;
    some.workload.records = 100;
    some.workload.rows = *RowSelection::Parse(rows);
    const sim::Result<Workload> picked = PickRows(some, *whole);
    const sim::Result<Workload> loaded = LoadWorkload(some, 7, std::nullopt);
    ASSERT_TRUE(picked.has_value() && loaded.has_value()) << rows;
    EXPECT_EQ(picked->rows, loaded->rows) << rows;
    EXPECT_EQ(picked->out_of_orderness, loaded->out_of_orderness) << rows;
    EXPECT_EQ(picked->partitions, loaded->partitions) << rows;
  }
  Scenario beyond = all;
  beyond.workload.records = 100;
  beyond.workload.rows = *RowSelection::Parse("101");
  EXPECT_FALSE(PickRows(beyond, *whole).has_value());
}

}  // namespace

}  // namespace flinch::scenarios
