#include "scenarios/stage/budget.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/aim/cast.h"
#include "scenarios/files/registry.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const reports::Finding kUnfinished = {
    .oracle = "job_finishes", .witness = "The job did not finish.", .details = {}};
const reports::Finding kLost = {
    .oracle = "exactly_once", .witness = "A record is missing.", .details = {}, .breach = "lost"};
const reports::Finding kDoubled = {.oracle = "exactly_once",
                                   .witness = "A record came twice.",
                                   .details = {},
                                   .breach = "doubled"};
const reports::Finding kRetracted = {.oracle = "committed_stays",
                                     .witness = "A committed record is gone.",
                                     .details = {},
                                     .breach = "retracted"};

// A world in which a process called as the broker has written one file to the shared volume.
class Outcome {
 public:
  Outcome(std::string path, std::string content,
          Scenario scenario = *FindLibraryScenario("url_clicks"))
      : scenario_(std::move(scenario)), world_({.seed = 1}) {
    world_.AddProcess(
        world_.AddHost(std::string(kBroker)), std::string(kBroker),
        [path = std::move(path), content = std::move(content)](sim::Environment& environment) {
          ASSERT_TRUE(sim::WriteDurably(environment.shared(), path, content));
        });
    world_.Run([] { return false; });
  }

  Outcome() : Outcome("/nothing", "") {}

  explicit Outcome(void (*change)(Scenario&)) : Outcome("/nothing", "", Changed(change)) {}

  void Tell(std::string_view kind, std::initializer_list<sim::Field> fields = {},
            sim::SimTime time = sim::kEpoch) {
    budget_.OnEvent({.id = {},
                     .cause = {},
                     .time = time,
                     .process = {},
                     .process_name = {},
                     .kind = kind,
                     .fields = {fields.begin(), fields.size()}});
  }

  std::string Excuse(const std::vector<reports::Finding>& findings) const {
    return ExcuseFor(findings, budget_.ExcusesIn(world_)).value_or("");
  }

  Budget& budget() { return budget_; }

 private:
  static Scenario Changed(void (*change)(Scenario&)) {
    Scenario scenario = *FindLibraryScenario("url_clicks");
    change(scenario);
    return scenario;
  }

  Scenario scenario_;
  sim::World world_;
  Budget budget_{scenario_};
};

TEST(BudgetTest, AnUnfinishedJobIsExcusedByWhatTheScenarioDidNotAllow) {
  Outcome outcome;
  EXPECT_THAT(outcome.Excuse({kUnfinished}), HasSubstr("not published completely"));
  outcome.Tell("topic.sealed");
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "");
  outcome.Tell("job.restored", {{"attempt", 1}});
  outcome.Tell("job.restored", {{"attempt", 2}});
  outcome.Tell("job.status", {{"from", "FAILING"}, {"to", "FAILED"}});
  EXPECT_THAT(outcome.Excuse({kUnfinished}), HasSubstr("failed after 1 restarts"));
  EXPECT_EQ(outcome.Excuse({kUnfinished, kDoubled}), "") << "a doubled record is never excused";
  EXPECT_EQ(outcome.Excuse({}), "");
}

TEST(BudgetTest, OnlyAPrecommittedTransactionThatExpiredExcusesALoss) {
  Outcome outcome;
  outcome.Tell("topic.sealed");
  outcome.Tell("transaction.aborted", {{"transaction", "sink-0"}, {"reason", "timeout"}});
  outcome.Tell("sink.precommitted", {{"transaction", "sink-1"}, {"checkpoint", 3}});
  outcome.Tell("transaction.aborted", {{"transaction", "sink-1"}, {"reason", "fenced"}});
  EXPECT_EQ(outcome.Excuse({kLost}), "");
  outcome.Tell("transaction.aborted", {{"transaction", "sink-1"}, {"reason", "timeout"}});
  EXPECT_THAT(outcome.Excuse({kLost}), HasSubstr("\"sink-1\" up by its time-out"));
  EXPECT_THAT(outcome.Excuse({kLost, kUnfinished}), HasSubstr("sink.transaction-timeout = 1m"));
  EXPECT_EQ(outcome.Excuse({kDoubled}), "");
}

TEST(BudgetTest, DamagedStorageIsNamedByTheFileThatIsMissing) {
  Outcome outcome("/ha/url_clicks/completed/0003", "/checkpoints/3/_metadata");
  outcome.Tell("topic.sealed");
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "no fault did that: it is a bug";
  outcome.budget().OnFired(
      faults::DiskFault{.trouble = faults::DiskTrouble::kBitRot, .disk = "shared"});
  EXPECT_EQ(outcome.Excuse({kUnfinished}),
            "No completed checkpoint has all its files after bit_rot: /checkpoints/3/_metadata is "
            "missing or damaged.");
}

TEST(BudgetTest, ALogWhoseDiskLiedMayLoseItsEndInACrash) {
  Outcome outcome;
  outcome.Tell("fault.crash", {{"process", kBroker}});
  outcome.budget().OnFired(
      faults::DiskFault{.trouble = faults::DiskTrouble::kLyingSync, .disk = std::string(kBroker)});
  outcome.Tell("fault.crash", {{"process", "tm-1"}});
  EXPECT_THAT(outcome.Excuse({kLost}), ::testing::Not(HasSubstr("end of the log's journal")));
  outcome.Tell("fault.crash", {{"process", kBroker}});
  EXPECT_THAT(outcome.Excuse({kLost}), HasSubstr("end of the log's journal"));
  EXPECT_EQ(outcome.Excuse({kDoubled}), "");
}

TEST(BudgetTest, OnlyADamagedLogExcusesThatACommittedRecordIsGone) {
  Outcome outcome;
  outcome.Tell("topic.sealed");
  outcome.Tell("sink.precommitted", {{"transaction", "sink-1"}, {"checkpoint", 3}});
  outcome.Tell("transaction.aborted", {{"transaction", "sink-1"}, {"reason", "timeout"}});
  EXPECT_EQ(outcome.Excuse({kRetracted}), "") << "a time-out takes back nothing that is committed";
  outcome.budget().OnFired(
      faults::DiskFault{.trouble = faults::DiskTrouble::kBitRot, .disk = std::string(kBroker)});
  EXPECT_THAT(outcome.Excuse({kRetracted}), HasSubstr("is missing or damaged after bit_rot"));
  EXPECT_THAT(outcome.Excuse({kLost, kRetracted}), HasSubstr("time-out"));
  reports::Finding grew = kRetracted;
  grew.breach = "grew";
  EXPECT_EQ(outcome.Excuse({kRetracted, grew}), "");
}

TEST(BudgetTest, AJobManagerThatCannotReadItsDataIsExcusedByADamageOnly) {
  Outcome outcome;
  outcome.Tell("topic.sealed");
  outcome.Tell("job.unrecoverable", {{"reason", "The file /ha/leader is damaged."}});
  outcome.Tell("job.status", {{"from", "CREATED"}, {"to", "FAILED"}});
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "no fault did that: it is a bug";
  outcome.budget().OnFired(
      faults::DiskFault{.trouble = faults::DiskTrouble::kBitRot, .disk = "shared"});
  EXPECT_EQ(outcome.Excuse({kUnfinished}),
            "The JobManager could not recover after bit_rot: The file /ha/leader is damaged.");
}

TEST(BudgetTest, AWaitThatOutlastsTheRunIsNamed) {
  Outcome delay([](Scenario& scenario) { scenario.options.restart.delay = 1h; });
  delay.Tell("topic.sealed");
  EXPECT_EQ(delay.Excuse({kUnfinished}),
            "The job may have to wait for restart-strategy.fixed-delay.delay = 1h, and the run has "
            "only 594s from its healing on: raise limits.simulated_time.");
  Outcome record([](Scenario& scenario) { scenario.options.task.record_time = 1s; });
  record.Tell("topic.sealed");
  EXPECT_THAT(record.Excuse({kUnfinished}), HasSubstr("At task.record-time = 1s the records"));
  EXPECT_EQ(record.Excuse({kDoubled}), "");
  // The final checkpoint waits for neither.
  Outcome interval([](Scenario& scenario) {
    scenario.options.checkpoint.interval = 1h;
    scenario.options.checkpoint.min_pause = 1h;
  });
  interval.Tell("topic.sealed");
  EXPECT_EQ(interval.Excuse({kUnfinished}), "");
}

TEST(BudgetTest, ADelayThatNoHealingTakesBackIsNamed) {
  Outcome outcome;
  outcome.Tell("topic.sealed");
  outcome.budget().OnFired(faults::DiskFault{
      .trouble = faults::DiskTrouble::kSlow, .disk = "shared", .by = 30s, .duration = 2s});
  outcome.budget().OnFired(
      faults::ClockFault{.trouble = faults::ClockTrouble::kJump, .host = "jm", .by = 1h});
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "");
  outcome.budget().OnFired(faults::OperatorFault{
      .trouble = faults::CodeTrouble::kSlow, .operator_name = "window", .by = 10min});
  EXPECT_EQ(outcome.Excuse({kUnfinished}),
            "operator_slow held up what had begun for 10m, which the healing does not take back, "
            "and no more than 30s of it is borne.");
}

TEST(BudgetTest, AHealedJobWithItsInputOwesProgress) {
  const Scenario& scenario = *FindLibraryScenario("url_clicks");
  Outcome outcome;
  const sim::SimTime healed(scenario.limits.heal_after);
  const auto store = [&](uint64_t count, sim::SimTime time) {
    for (uint64_t index = 0; index < count; ++index) {
      outcome.Tell("checkpoint.stored", {{"id", 1}}, time);
    }
  };
  store(scenario.limits.checkpoints_after_healing + 1, healed);
  outcome.Tell("topic.sealed");
  store(scenario.limits.checkpoints_after_healing + 1, sim::kEpoch);
  store(scenario.limits.checkpoints_after_healing, healed);
  EXPECT_FALSE(outcome.budget().exhausted());
  EXPECT_EQ(outcome.budget().ShowProgress(), "");
  store(1, healed);
  EXPECT_TRUE(outcome.budget().exhausted());
  EXPECT_THAT(outcome.budget().ShowProgress(), HasSubstr("1001 more checkpoints"));
}

// A job that is done too late, since nothing more is allowed: the run ends, and says so.
TEST(BudgetTest, ARunEndsWhenTheBoundIsReached) {
  Scenario scenario = *FindLibraryScenario("small_job");
  scenario.faults.source = FaultSource::kNone;
  scenario.limits.heal_after = 100ms;
  scenario.limits.checkpoints_after_healing = 1;
  scenario.options.checkpoint.interval = 100ms;
  scenario.options.task.record_time = 20ms;
  scenario.options.checkpoint.timeout = 30s;  // no excuse: records have time to get through
  const sim::Result<Workload> workload = LoadWorkload(scenario, 1, std::nullopt);
  const RunResult result = scenarios::Run({.scenario = scenario, .workload = *workload, .seed = 1});
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kFailed);
  EXPECT_EQ(result.summary.findings.front().oracle, "job_finishes");
  EXPECT_THAT(result.summary.findings.front().details.back(), HasSubstr("2 more checkpoints"));
}

}  // namespace

}  // namespace flinch::scenarios
