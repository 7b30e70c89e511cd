#include "scenarios/publisher.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/connectors/log_broker.h"
#include "engine/connectors/log_journal.h"
#include "scenarios/registry.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

namespace {

class SealWatch final : public sim::TraceObserver {
 public:
  void OnEvent(const sim::TraceEvent& event) override {
    if (event.kind == kPublished) {
      done = event.time;
    }
  }

  std::optional<sim::SimTime> done;
};

// A broker and a publisher, and nothing else.
class PublisherTest : public ::testing::Test {
 protected:
  PublisherTest() : workload_(MakeWorkload()), world_({.seed = 5}) {
    world_.Observe(watch_);
    broker_ = world_.AddProcess(world_.AddHost("broker"), "broker",
                                [](sim::Environment& env) { engine::RunLogBroker(env, {}); });
    publisher_ = world_.AddProcess(
        world_.AddHost("publisher"), "publisher",
        [this](sim::Environment& env) { RunPublisher(env, workload_, {.output_partitions = 3}); });
  }

  static Workload MakeWorkload() {
    Scenario scenario = *FindLibraryScenario("url_clicks");
    scenario.workload.records = 400;
    return *LoadWorkload(scenario, 1, std::nullopt);
  }

  void RunToTheEnd() {
    const sim::Outcome outcome = world_.Run([this] { return watch_.done.has_value(); });
    ASSERT_EQ(outcome.ending, sim::Ending::kGoal);
  }

  void ExpectAllRowsOnceAndInOrder() {
    const std::optional<sim::Bytes> journal =
        world_.ReadFile(world_.HostOf(broker_), engine::LogBrokerOptions().journal);
    const sim::Result<engine::LogContents> log = engine::ReadJournal(journal.value_or(""));
    ASSERT_TRUE(log.has_value()) << log.error().message;
    std::vector<std::vector<std::string>> published(workload_.partitions);
    for (const engine::LogContents::Record& record : log->topics.at("input").records) {
      published.at(record.partition).push_back(record.value);
    }
    std::vector<std::vector<std::string>> expected(workload_.partitions);
    for (const InputRow& row : workload_.rows) {
      expected.at(row.partition).push_back(row.value);
    }
    EXPECT_EQ(published, expected);
    EXPECT_TRUE(log->topics.contains("output"));
  }

  Workload workload_;
  sim::World world_;
  SealWatch watch_;
  sim::ProcessId broker_;
  sim::ProcessId publisher_;
};

TEST_F(PublisherTest, PublishesAllRowsAtTheirPace) {
  RunToTheEnd();
  ExpectAllRowsOnceAndInOrder();
  EXPECT_GE(*watch_.done, sim::kEpoch + workload_.rows.back().publish_after);
  EXPECT_LT(*watch_.done,
            sim::kEpoch + workload_.rows.back().publish_after + std::chrono::milliseconds(500));
}

TEST_F(PublisherTest, GoesOnAfterItsOwnCrashesAndThoseOfTheBroker) {
  for (int crash = 1; crash <= 6; ++crash) {
    const sim::ProcessId victim = crash % 2 == 0 ? broker_ : publisher_;
    const sim::SimTime when = sim::kEpoch + std::chrono::milliseconds(217 * crash);
    world_.At(when, [this, victim] { world_.Crash(victim); });
    world_.At(when + std::chrono::milliseconds(50), [this, victim] { world_.Restart(victim); });
  }
  RunToTheEnd();
  ExpectAllRowsOnceAndInOrder();
}

}  // namespace

}  // namespace flinch::scenarios
