#include "scenarios/lab/hunt_header.h"

#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

TEST(HuntHeaderTest, ReadsBackWhatItShows) {
  HuntHeader header{.hunt = "9f8e7d6c",
                    .build = "01234567",
                    .shard = {.index = 1, .count = 4},
                    .units = 2'000,
                    .scenarios = {"a", "b"},
                    .with_faults = {"b"},
                    .search = "portfolio",
                    .cells_total = 3,
                    .cells = {0, 7, 300},
                    .fault_kinds = {"crash"},
                    .faults_undrawn = {"bit_rot"},
                    .dimensions = {"job.parallelism", "sink.batch-records"},
                    .plans = {{"b", {"plan[0] crash tm-1"}}}};
  EXPECT_EQ(ParseHeader(ShowHeader(header)), header);
  header.units.reset();
  EXPECT_EQ(ParseHeader(ShowHeader(header)), header);
}

TEST(HuntHeaderTest, RefusesWhatIsNoHeader) {
  const std::string good = ShowHeader({});
  std::string later = good;
  later.replace(later.find(":1"), 2, ":2");
  for (const std::string& line : {std::string(), std::string("{}"), std::string("[1]"), later}) {
    const sim::Result<HuntHeader> header = ParseHeader(line);
    ASSERT_FALSE(header.has_value()) << line;
    EXPECT_EQ(header.error().code, sim::ErrorCode::kInvalidArgument);
    EXPECT_EQ(header.error().message.find("json.exception"), std::string::npos);
  }
}

// Another machine wrote it: what it names must be there.
TEST(HuntHeaderTest, RefusesWhatThereIsNot) {
  HuntHeader good{.hunt = "9f8e7d6c", .build = "01234567", .scenarios = {"a"}, .search = "pct"};
  ASSERT_TRUE(ParseHeader(ShowHeader(good)).has_value());
  const auto refused = [&good](auto change) {
    HuntHeader header = good;
    change(header);
    return !ParseHeader(ShowHeader(header)).has_value();
  };
  EXPECT_TRUE(refused([](HuntHeader& header) { header.hunt = "../../x"; }));
  EXPECT_TRUE(refused([](HuntHeader& header) { header.cells = {100'000}; }));
  EXPECT_TRUE(refused([](HuntHeader& header) { header.cells_total = 7; }));
  EXPECT_TRUE(refused([](HuntHeader& header) { header.fault_kinds = {"crahs"}; }));
  EXPECT_TRUE(refused([](HuntHeader& header) { header.with_faults = {"b"}; }));
  EXPECT_TRUE(refused([](HuntHeader& header) { header.plans["b"] = {"x"}; }));
  EXPECT_TRUE(refused([](HuntHeader& header) { header.search = "\x1b[2J"; }));
}

TEST(HuntHeaderTest, AResultBelongsToAShardOfItsHunt) {
  const HuntHeader header{
      .shard = {.index = 1, .count = 2}, .units = 8, .scenarios = {"a"}, .search = "pct"};
  EXPECT_TRUE(CheckBelongs(header, {.unit = 7, .scenario = "a"}).has_value());
  EXPECT_FALSE(CheckBelongs(header, {.unit = 6, .scenario = "a"}).has_value());
  EXPECT_FALSE(CheckBelongs(header, {.unit = 9, .scenario = "a"}).has_value());
  EXPECT_FALSE(CheckBelongs(header, {.unit = 7, .scenario = "b"}).has_value());
}

TEST(HuntHeaderTest, EachShardHasItsFile) {
  EXPECT_EQ(ResultsFileName({.index = 0, .count = 4}), "shard-1-of-4.jsonl");
}

}  // namespace

}  // namespace flinch::scenarios
