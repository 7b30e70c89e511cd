#include "scenarios/stage/publisher.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/outside/log_broker.h"
#include "engine/outside/log_journal.h"
#include "engine/outside/log_protocol.h"
#include "scenarios/files/registry.h"
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
    options_.output_partitions = 3;
    world_.Observe(watch_);
    broker_ = world_.AddProcess(world_.AddHost("broker"), "broker",
                                [](sim::Environment& env) { engine::RunLogBroker(env, {}); });
    publisher_ = world_.AddProcess(
        world_.AddHost("publisher"), "publisher",
        [this](sim::Environment& env) { RunPublisher(env, workload_, options_); });
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
    for (const engine::LogContents::Chunk& chunk : log->topics.at("input").chunks) {
      for (engine::RecordCursor records = chunk.records.records(); !records.AtEnd();) {
        published.at(chunk.partition).emplace_back(records.Take().value);
      }
    }
    std::vector<std::vector<std::string>> expected(workload_.partitions);
    for (const InputRow& row : workload_.rows) {
      expected.at(row.partition).push_back(row.value);
    }
    EXPECT_EQ(published, expected);
    EXPECT_TRUE(log->topics.contains("output"));
  }

  sim::Result<std::vector<engine::JournalEntry>> ReadEntries() const {
    const std::optional<sim::Bytes> journal =
        world_.ReadFile(world_.HostOf(broker_), engine::LogBrokerOptions().journal);
    sim::Result<engine::ScannedJournal> scanned = engine::ScanJournal(journal.value_or(""));
    return scanned ? sim::Result<std::vector<engine::JournalEntry>>(std::move(scanned->entries))
                   : sim::Fail(scanned);
  }

  Workload workload_;
  PublisherOptions options_;
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

// 400 rows at 200 a second: every 50 ms the ten of that time, of all partitions.
TEST_F(PublisherTest, SendsRowsTogetherThatBecomeDueWithinItsLinger) {
  options_.linger = std::chrono::milliseconds(50);
  RunToTheEnd();
  ExpectAllRowsOnceAndInOrder();
  const auto entries = ReadEntries();
  ASSERT_TRUE(entries.has_value());
  size_t requests = 0;
  for (const engine::JournalEntry& entry : *entries) {
    if (entry.method != engine::LogMethod::kProduceMany) {
      continue;
    }
    ++requests;
    const auto request = engine::Decode<engine::ProduceManyRequest>(entry.body);
    ASSERT_TRUE(request.has_value());
    for (const engine::ProducedBatch& batch : request->batches) {
      uint64_t sequence = 0;
      for (const InputRow& row : workload_.rows) {
        if (row.partition != batch.partition || sequence++ < batch.base_sequence) {
          continue;
        }
        if (sequence > batch.base_sequence + batch.records.size()) {
          break;
        }
        const sim::SimTime due = sim::kEpoch + row.publish_after;
        EXPECT_LE(due, entry.time) << "no row is sent before its time";
        EXPECT_LE(entry.time - due, std::chrono::milliseconds(100));
      }
    }
  }
  EXPECT_GE(requests, 30U);
  EXPECT_LE(requests, 40U);
}

TEST_F(PublisherTest, GoesOnAfterCrashesWhileItLingers) {
  options_.linger = std::chrono::milliseconds(50);
  for (int crash = 1; crash <= 6; ++crash) {
    const sim::ProcessId victim = crash % 2 == 0 ? broker_ : publisher_;
    const sim::SimTime when = sim::kEpoch + std::chrono::milliseconds(217 * crash);
    world_.At(when, [this, victim] { world_.Crash(victim); });
    world_.At(when + std::chrono::milliseconds(50), [this, victim] { world_.Restart(victim); });
  }
  RunToTheEnd();
  ExpectAllRowsOnceAndInOrder();
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

TEST_F(PublisherTest, AddsALatePartitionOnceAndOnlyThen) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  scenario.workload.records = 400;
  scenario.workload.late_partition = std::chrono::seconds(1);
  workload_ = *LoadWorkload(scenario, 1, std::nullopt);
  for (const auto crash : {500, 1'200}) {
    world_.At(sim::SimTime(std::chrono::milliseconds(crash)), [this] { world_.Crash(publisher_); });
    world_.At(sim::SimTime(std::chrono::milliseconds(crash + 100)),
              [this] { world_.Restart(publisher_); });
  }
  RunToTheEnd();
  ExpectAllRowsOnceAndInOrder();
  const auto entries = ReadEntries();
  ASSERT_TRUE(entries.has_value());
  EXPECT_EQ(std::ranges::count(*entries, engine::LogMethod::kCreatePartitions,
                               &engine::JournalEntry::method),
            1);
}

}  // namespace

}  // namespace flinch::scenarios
