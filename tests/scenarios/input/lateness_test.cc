#include "scenarios/input/lateness.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000'000;

Workload Rows(const std::vector<std::pair<uint32_t, int64_t>>& rows) {
  Workload workload;
  workload.partitions = 2;
  for (const auto& [partition, seconds] : rows) {
    workload.rows.push_back({.partition = partition,
                             .timestamp = engine::EventTime(seconds * kSecond),
                             .line = 2 + workload.rows.size()});
  }
  workload.out_of_orderness = MeasureOutOfOrderness(workload.rows, workload.partitions);
  return workload;
}

Scenario Bounded(std::optional<sim::Duration> bound) {
  Scenario scenario;
  scenario.job.window = 1min;
  scenario.job.out_of_orderness = bound;
  scenario.workload.source = WorkloadSource::kFile;
  return scenario;
}

TEST(LatenessTest, ARowMayBeLateBehindTheNewestOfItsPartitionAlone) {
  const Workload workload = Rows({{0, 100}, {1, 10}, {0, 70}, {0, 69}, {1, 5}, {0, 130}, {0, 99}});
  EXPECT_THAT(LateRows(Bounded(30s), workload),
              ElementsAre(LateRow{.row = 3, .behind = 0}, LateRow{.row = 6, .behind = 5}));
  EXPECT_THAT(LateRows(Bounded(31s), workload), IsEmpty());
  EXPECT_THAT(LateRows(Bounded(std::nullopt), workload), IsEmpty());
}

TEST(LatenessTest, TellsWhichRowIsAheadWhatItMakesLateAndWhoWasDropped) {
  const Workload workload = Rows({{0, 0}, {0, 315'532'830}, {0, 40}, {0, 50}});
  EXPECT_THAT(TellLateness(Bounded(30s), workload, {50 * kSecond}),
              ElementsAre("Row 2 (line 3) is of 1980-01-01T00:00:30Z; behind it by more than 30s "
                          "and so maybe late: row 3 (line 4), row 4 (line 5).",
                          "Dropped: row 4 (line 5)."));
  EXPECT_EQ(TellLateness(Bounded(30s), workload, {}).back(), "None of them was dropped.");
}

TEST(LatenessTest, TellsOfARowForWhichAMeasuredBoundLetsAllWait) {
  const Workload workload = Rows({{0, 0}, {0, 315'532'830}, {0, 50}, {0, 40}});
  EXPECT_THAT(TellLateness(Bounded(std::nullopt), workload, {}),
              ElementsAre("Row 2 (line 3) is of 1980-01-01T00:00:30Z, 3651 days ahead of rows "
                          "behind it, and job.out_of_orderness = \"auto\" waits that long: no "
                          "window before it fires until the input ends. Without it 0s would do."));
  EXPECT_THAT(TellLateness(Bounded(std::nullopt), Rows({{0, 50}, {0, 40}, {0, 60}, {0, 51}}), {}),
              IsEmpty());
}

}  // namespace
}  // namespace flinch::scenarios
