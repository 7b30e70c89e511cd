#include "scenarios/stage/pace.h"

#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using tests::RecordingBuilder;

void Store(RecordingBuilder& history, sim::Duration at) {
  history.At(at).By("jm").Tell("checkpoint.stored", {{"id", 1}});
}

TEST(ShowRoundedTest, LeavesNoNanosecondsAndNeverTooLittle) {
  EXPECT_EQ(ShowRounded(12'345'678'901ns), "12.346s");
  EXPECT_EQ(ShowRounded(1ns), "1ms");
  EXPECT_EQ(ShowRounded(250ms), "250ms");
  EXPECT_EQ(ShowRounded(90s), "90s");
  EXPECT_EQ(ShowRounded(2min), "2m");
  EXPECT_EQ(ShowRounded(0s), "0s");
}

TEST(PaceWatchTest, GivesTheLongestTimeWithoutACheckpoint) {
  RecordingBuilder history;
  Store(history, 1s);
  Store(history, 4s);
  Store(history, 6s);
  history.At(8s).Tell("job.status", {{"from", "RUNNING"}, {"to", "FINISHED"}});
  Store(history, 60s);
  PaceWatch watch(sim::kEpoch);
  history.ShowTo(watch);
  const Pace pace = watch.PaceAt(sim::kEpoch + 70s, 12);
  EXPECT_TRUE(pace.finished);
  EXPECT_EQ(pace.ended, sim::kEpoch + 8s);
  EXPECT_EQ(pace.longest_gap, 3s);
  EXPECT_EQ(pace.events, 12U);
}

TEST(PaceWatchTest, CountsFromItsBeginToTheEndOfTheRun) {
  RecordingBuilder history;
  Store(history, 1s);
  Store(history, 12s);
  PaceWatch watch(sim::kEpoch + 10s);
  history.ShowTo(watch);
  EXPECT_EQ(watch.PaceAt(sim::kEpoch + 13s, 0).longest_gap, 2s);
  const Pace pace = watch.PaceAt(sim::kEpoch + 20s, 0);
  EXPECT_FALSE(pace.finished);
  EXPECT_EQ(pace.longest_gap, 8s);
}

TEST(PaceWatchTest, CountsWhatIsCommitted) {
  RecordingBuilder history;
  history.At(1s).Tell("transaction.committed", {{"transaction", "sink-0-1-1"}, {"records", 3}});
  history.At(2s).Tell("transaction.committed", {{"transaction", "sink-1-1-1"}, {"records", 4}});
  PaceWatch watch(sim::kEpoch);
  history.ShowTo(watch);
  EXPECT_EQ(watch.PaceAt(sim::kEpoch + 3s, 0).results, 7U);
}

TEST(GenerousTest, RaisesWhatIsShortAndKeepsWhatIsLong) {
  engine::EngineOptions options;
  options.heartbeat.timeout = 1ms;
  options.rpc.ask_timeout = 1h;
  options.restart.attempts = 0;
  const engine::EngineOptions generous = Generous(options);
  EXPECT_EQ(generous.heartbeat.timeout, 5s);
  EXPECT_EQ(generous.checkpoint.timeout, 10min);  // whatever is enough for short runs
  EXPECT_EQ(generous.rpc.ask_timeout, 1h);
  EXPECT_GT(generous.restart.attempts, 1'000'000U);
  EXPECT_TRUE(generous.Validate().has_value());
}

TEST(TimeoutsOfTest, AreBoundedWhateverIsSet) {
  engine::EngineOptions options;
  engine::Visit(options, [](std::string_view, auto& field) {
    if constexpr (std::is_same_v<std::decay_t<decltype(field)>, sim::Duration>) {
      field = sim::Duration::max();
    }
  });
  EXPECT_GT(TimeoutsOf(options), sim::Duration(0));
}

}  // namespace

}  // namespace flinch::scenarios
