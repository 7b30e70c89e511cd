#include "scenarios/cli/bench_command.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace flinch::scenarios {

namespace {

using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::Optional;

constexpr std::chrono::milliseconds kTick(100);

// A watch that shows, for each run, the next of the given durations in ticks.
Watch WatchOf(std::vector<int> ticks) {
  return [ticks = std::move(ticks), call = size_t{0}, now = 0]() mutable {
    now += call % 2 == 1 ? ticks.at(call / 2) : 0;
    ++call;
    return std::chrono::nanoseconds(now * kTick);
  };
}

std::vector<BenchWorkload> Workloads() {
  return {{.name = kBareWorkload,
           .what = "the least",
           .unit = "timers/s",
           .run = [] { return Work{.units = 1'000'000, .operations = 1'000'000, .events = 0}; }},
          {.name = "M",
           .what = "messages",
           .unit = "messages/s",
           .must = 400'000,
           .goal = 800'000,
           .run = [] { return Work{.units = 100'000, .operations = 200'000, .events = 300'000}; }},
          {.name = "small",
           .what = "cost of few",
           .kind = FigureKind::kNanosPerEvent,
           .unit = "ns/event",
           .run = [] { return Work{.units = 1, .operations = 1, .events = 1'000'000}; }},
          {.name = "large",
           .what = "cost of many",
           .kind = FigureKind::kNanosPerEvent,
           .unit = "ns/event",
           .at_most_thrice = "small",
           .run = [] { return Work{.units = 1, .operations = 1, .events = 1'000'000}; }}};
}

std::vector<Figure> MeasureAll(const std::vector<BenchWorkload>& workloads, uint32_t runs,
                               const Watch& watch) {
  return Measure(workloads, runs, watch, [](const BenchWorkload& workload) -> sim::Result<double> {
    if (workload.kind == FigureKind::kInstructions) {
      return sim::Fail(sim::ErrorCode::kIo, "valgrind is not installed");
    }
    return 700.0;
  });
}

TEST(BenchCommandTest, WhatAProcessOfItsOwnShowsIsARowOrSaysWhyNot) {
  std::vector<BenchWorkload> workloads = Workloads();
  workloads.resize(2);
  workloads.push_back({.name = "near",
                       .what = "M again",
                       .unit = "messages/s",
                       .within_15_percent = "M",
                       .run = workloads[1].run});
  workloads.push_back({.name = "memory",
                       .what = "of M",
                       .kind = FigureKind::kMebibytes,
                       .unit = "MiB",
                       .must = 600,
                       .of = "M"});
  workloads.push_back({.name = "instructions",
                       .what = "of M",
                       .kind = FigureKind::kInstructions,
                       .unit = "per record",
                       .must = 600,
                       .of = "M"});
  EXPECT_EQ(ShowTable(MeasureAll(workloads, 1, WatchOf({1, 1, 2}))),
            "name          what              value  unit        of bare    must   goal  reached\n"
            "bare          the least        10.0 M  timers/s      1.000\n"
            "M             messages         1.00 M  messages/s    0.200   400 k  800 k  goal\n"
            "near          M again           500 k  messages/s    0.100   850 k         missed\n"
            "memory        of M                700  MiB                  <= 600         missed\n"
            "instructions  of M       not measured  per record           <= 600         valgrind "
            "is not installed\n");
}

TEST(BenchCommandTest, TakesTheMedianOverTheRounds) {
  const std::vector<Figure> figures =
      MeasureAll(Workloads(), 3, WatchOf({1, 2, 1, 3, 2, 9, 2, 4, 1, 1, 1, 2}));
  ASSERT_EQ(figures.size(), 4U);
  EXPECT_THAT(figures[0].value, DoubleEq(1e7));    // of 1, 2, 1 ticks for 1,000,000 timers
  EXPECT_THAT(figures[1].value, DoubleEq(5e5));    // of 2, 9, 1 ticks for 100,000 messages
  EXPECT_THAT(figures[2].value, DoubleEq(100.0));  // of 1, 2, 1 ticks for 1,000,000 events
  EXPECT_THAT(figures[3].value, DoubleEq(300.0));  // of 3, 4, 2 ticks
}

TEST(BenchCommandTest, ComparesWithBareOfTheSameRound) {
  const std::vector<Figure> figures =
      MeasureAll(Workloads(), 3, WatchOf({1, 2, 1, 1, 2, 9, 1, 1, 1, 1, 1, 1}));
  EXPECT_THAT(figures[0].of_bare, Optional(DoubleEq(1.0)));
  // 0.2 operations a timer: over 2, 4.5 and 1 times bare's time.
  EXPECT_THAT(figures[1].of_bare, Optional(DoubleNear(0.1, 1e-9)));
}

TEST(BenchCommandTest, JudgesRatesAndCosts) {
  const std::vector<Figure> figures = MeasureAll(Workloads(), 1, WatchOf({1, 1, 1, 4}));
  EXPECT_EQ(figures[0].reached(), std::nullopt);
  EXPECT_EQ(figures[1].reached(), true);
  EXPECT_EQ(figures[2].reached(), std::nullopt);
  EXPECT_EQ(figures[3].reached(), false);  // more than three times the cost of few
  EXPECT_THAT(figures[3].must, Optional(DoubleEq(300.0)));
  const std::vector<Figure> slower = MeasureAll(Workloads(), 1, WatchOf({1, 3, 1, 3}));
  EXPECT_EQ(slower[1].reached(), false);
  EXPECT_EQ(slower[3].reached(), true);
}

TEST(BenchCommandTest, ShowsAnAlignedTable) {
  EXPECT_EQ(ShowTable(MeasureAll(Workloads(), 1, WatchOf({1, 1, 1, 4}))),
            "name   what           value  unit        of bare    must   goal  reached\n"
            "bare   the least     10.0 M  timers/s      1.000\n"
            "M      messages      1.00 M  messages/s    0.200   400 k  800 k  goal\n"
            "small  cost of few      100  ns/event      0.000\n"
            "large  cost of many     400  ns/event      0.000  <= 300         missed\n");
}

TEST(BenchCommandTest, ShowsOneArray) {
  const std::string text = ShowJson(MeasureAll(Workloads(), 1, WatchOf({1, 2, 1, 4})));
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  const nlohmann::json rows = nlohmann::json::parse(text);
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].size(), 6U);
  EXPECT_EQ(rows[0]["name"], "bare");
  EXPECT_TRUE(rows[0]["must"].is_null());
  EXPECT_TRUE(rows[0]["reached"].is_null());
  EXPECT_EQ(rows[1]["value"], 500'000.0);
  EXPECT_EQ(rows[1]["unit"], "messages/s");
  EXPECT_EQ(rows[1]["must"], 400'000.0);
  EXPECT_EQ(rows[1]["goal"], 800'000.0);
  EXPECT_EQ(rows[1]["reached"], true);
  EXPECT_EQ(rows[3]["reached"], false);
}

}  // namespace

}  // namespace flinch::scenarios
