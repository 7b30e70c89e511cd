#include "scenarios/stage/budget.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/outside/log_broker.h"
#include "engine/outside/log_journal.h"
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
          if (path != "/nothing") {  // the log is whole there
            ASSERT_TRUE(sim::WriteDurably(environment.disk(), engine::LogBrokerOptions().journal,
                                          engine::kJournalHeader));
          }
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

  void Fire(const faults::Action& action, sim::SimTime at = sim::kEpoch) {
    budget_.OnFired({.kind = std::string(faults::KindOf(action)), .target = {}, .at = at}, action);
  }

  std::string Excuse(const std::vector<reports::Finding>& findings) const {
    Circumstances circumstances{.outcome = {.ending = ending, .limit = limit, .time = end},
                                .rows = 1000,
                                .input_span = 5s,
                                .log_lacks = log_lacks,
                                .fault_free = [this] { return fault_free; },
                                .generous = [this] { return generous; }};
    return ExcuseFor(findings, budget_.ExcusesIn(world_, circumstances)).value_or("");
  }

  Budget& budget() { return budget_; }

  sim::Ending ending = sim::Ending::kLimit;
  std::optional<sim::Limit> limit = sim::Limit::kTime;
  sim::SimTime end = sim::kEpoch + 10min;
  bool log_lacks = false;
  Pace fault_free{.finished = true, .ended = sim::kEpoch + 7s, .longest_gap = 1s, .events = 10'000};
  Pace generous;

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

const faults::Crash kCrash{.process = "jm", .restart_after = 200ms};

void Fail(Outcome& outcome, sim::SimTime at) {
  outcome.Tell("job.status", {{"from", "RUNNING"}, {"to", "RESTARTING"}}, at);
  outcome.Tell("job.restored", {{"attempt", 2}}, at);
}

TEST(BudgetTest, AJobThatWasNotDoneInTimeIsExcusedOnlyByALimitThatWasTooShort) {
  Outcome outcome;
  outcome.Tell("topic.sealed");
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "");
  outcome.end = sim::kEpoch + 20s;
  EXPECT_THAT(outcome.Excuse({kUnfinished}), HasSubstr("limits.simulated_time = 10m was reached"));
  EXPECT_EQ(outcome.Excuse({kUnfinished, kDoubled}), "") << "a doubled record is never excused";
  EXPECT_EQ(outcome.Excuse({}), "");
  outcome.limit = sim::Limit::kEvents;
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "50 million events for 10,000: a livelock";
  outcome.ending = sim::Ending::kIdle;
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "nothing can happen any more";
}

TEST(BudgetTest, EventsOfFaultsAreNoLivelockOfTheJob) {
  Outcome outcome([](Scenario& scenario) { scenario.limits.events = 300'000; });
  outcome.Tell("topic.sealed");
  outcome.end = sim::kEpoch + 1s;
  outcome.limit = sim::Limit::kEvents;
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "");
  for (int turn = 0; turn < 200'000; ++turn) {
    outcome.Tell("fault.turn", {{"fault", 0}});
  }
  EXPECT_THAT(outcome.Excuse({kUnfinished}), HasSubstr("limits.events = 300000 was reached"));
}

TEST(BudgetTest, AnInputThatIsNotThereIsToldWithTheLimit) {
  Outcome outcome;
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "there was time to publish it twice";
  outcome.end = sim::kEpoch + 9s;
  EXPECT_THAT(outcome.Excuse({kUnfinished}), HasSubstr("The input was not published completely"));
}

TEST(BudgetTest, AJobMayFailOnlyWhenEachOfItsRestartsHadACause) {
  Outcome outcome([](Scenario& scenario) { scenario.options.restart.attempts = 2; });
  outcome.Tell("topic.sealed");
  outcome.Tell("job.restored", {{"attempt", 1}});
  Fail(outcome, sim::kEpoch + 2s);
  outcome.Tell("job.status", {{"from", "FAILING"}, {"to", "FAILED"}});
  outcome.Fire(kCrash, sim::kEpoch + 1s);
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "one restart was left";
  Fail(outcome, sim::kEpoch + 3s);
  outcome.Tell("job.status", {{"from", "RUNNING"}, {"to", "FAILING"}}, sim::kEpoch + 4s);
  outcome.Tell("job.status", {{"from", "FAILING"}, {"to", "FAILED"}}, sim::kEpoch + 4s);
  EXPECT_THAT(outcome.Excuse({kUnfinished}), HasSubstr("failed after 2 restarts"));
  Outcome calm([](Scenario& scenario) { scenario.options.restart.attempts = 1; });
  calm.Tell("job.restored", {{"attempt", 1}});
  Fail(calm, sim::kEpoch + 2s);
  calm.Tell("job.status", {{"from", "FAILING"}, {"to", "FAILED"}});
  EXPECT_EQ(calm.Excuse({kUnfinished}), "") << "no fault at all";
}

// From its begin at 1 s on the transaction waits, and the job comes back for it.
void Expire(Outcome& outcome, sim::SimTime at) {
  outcome.Tell("topic.sealed");
  outcome.Tell("transaction.begun", {{"transaction", "sink-1"}, {"epoch", 0}}, sim::kEpoch + 1s);
  outcome.Tell("transaction.aborted", {{"transaction", "sink-1"}, {"reason", "timeout"}}, at);
  outcome.Tell("sink.committing", {{"transaction", "sink-1"}, {"checkpoint", 3}}, at);
}

TEST(BudgetTest, ATimeOutOfATransactionExcusesNoLossAndNoJobThatFinished) {
  Outcome outcome;
  outcome.Fire(faults::Pause{.process = "broker", .duration = 2min}, sim::kEpoch + 1s);
  Expire(outcome, sim::kEpoch + 61s);
  outcome.Tell("job.status", {{"from", "RUNNING"}, {"to", "FINISHED"}}, sim::kEpoch + 70s);
  EXPECT_EQ(outcome.Excuse({kLost}), "") << "loud or lossless";
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "");
}

TEST(BudgetTest, ATransactionIsGivenUpOnlyInAnOutageOfItsLength) {
  const auto excuse = [](std::optional<sim::Duration> outage) {
    Outcome outcome([](Scenario& scenario) { scenario.limits.heal_after = 5min; });
    if (outage) {
      outcome.Fire(faults::Pause{.process = "broker", .duration = *outage}, sim::kEpoch + 1s);
    }
    Expire(outcome, sim::kEpoch + 181s);
    return outcome.Excuse({kUnfinished});
  };
  EXPECT_EQ(excuse(std::nullopt), "");
  EXPECT_EQ(excuse(1s), "");
  EXPECT_THAT(excuse(3min), HasSubstr("\"sink-1\" up by its time-out"));
  EXPECT_THAT(excuse(3min), HasSubstr("the outage was longer"));
}

TEST(BudgetTest, ATransactionThatNobodyCameBackForExcusesNothing) {
  Outcome outcome;
  outcome.Tell("topic.sealed");
  outcome.Fire(faults::Pause{.process = "broker", .duration = 2min}, sim::kEpoch + 1s);
  outcome.Tell("transaction.begun", {{"transaction", "sink-1"}, {"epoch", 0}}, sim::kEpoch + 1s);
  outcome.Tell("transaction.aborted", {{"transaction", "sink-1"}, {"reason", "timeout"}},
               sim::kEpoch + 61s);
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "");
}

TEST(BudgetTest, ATimeOutBelowTheIntervalIsNamedAsSuch) {
  Outcome outcome([](Scenario& scenario) {
    scenario.options.checkpoint.interval = 3s;
    scenario.options.sink.transaction_timeout = 1s;
  });
  Expire(outcome, sim::kEpoch + 2s);
  EXPECT_THAT(outcome.Excuse({kUnfinished}), HasSubstr("execution.checkpointing.interval is 3s"));
}

TEST(BudgetTest, OptionsThatAskTooMuchAreNamedByTheRunWithoutFaults) {
  Outcome outcome([](Scenario& scenario) { scenario.options.heartbeat.timeout = 1001us; });
  outcome.Tell("topic.sealed");
  outcome.fault_free = {.finished = false, .ended = sim::kEpoch + 10min};
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "neither does it with any other options";
  outcome.generous.finished = true;
  EXPECT_THAT(outcome.Excuse({kUnfinished}), HasSubstr("heartbeat.timeout"));
  Outcome slow([](Scenario& scenario) { scenario.options.task.record_time = 1s; });
  slow.fault_free = {.finished = false, .ended = sim::kEpoch + 10min};
  EXPECT_THAT(slow.Excuse({kUnfinished}), HasSubstr("task.record-time = 1s"));
}

TEST(BudgetTest, CheckpointsThatExpireWithoutAnyFaultNeedALongerTimeOut) {
  Outcome outcome([](Scenario& scenario) {
    scenario.options.checkpoint.timeout = 25ms;
    scenario.options.checkpoint.tolerable_failures = 0;
    scenario.options.task.record_time = 0s;
  });
  outcome.Tell("topic.sealed");
  outcome.Tell("checkpoint.aborted", {{"reason", "CHECKPOINT_EXPIRED"}}, sim::kEpoch + 20s);
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "");
  outcome.fault_free.expired = 52;
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "with a longer one it does not finish either";
  outcome.generous = {.finished = true, .expired = 1};
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "something else keeps checkpoints up";
  outcome.generous.expired = 0;
  EXPECT_THAT(outcome.Excuse({kUnfinished}), HasSubstr("and 52 without any fault"));
}

TEST(BudgetTest, ABacklogNeedsCheckpointsThatExpiredBehindIt) {
  Outcome outcome([](Scenario& scenario) {
    scenario.options.checkpoint.timeout = 500ms;
    scenario.options.task.record_time = 10ms;
  });
  outcome.Tell("topic.sealed");
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "");
  for (int64_t id = 1; id <= 5; ++id) {
    outcome.Tell("checkpoint.aborted", {{"id", id}, {"reason", "CHECKPOINT_EXPIRED"}},
                 sim::kEpoch + 30s);
  }
  EXPECT_THAT(outcome.Excuse({kUnfinished}), HasSubstr("5 checkpoints expired after the healing"));
}

// A job that is restarted with each transaction that the log gives up gets no further.
TEST(BudgetTest, TransactionsMayBeTooShortForWhatHasQueued) {
  Outcome outcome([](Scenario& scenario) { scenario.options.sink.transaction_timeout = 2s; });
  outcome.Tell("topic.sealed");
  const auto give_up = [&outcome](std::string_view name, sim::SimTime at) {
    outcome.Tell("transaction.begun", {{"transaction", name}}, at - 2s);
    outcome.Tell("transaction.aborted", {{"transaction", name}, {"reason", "timeout"}}, at);
  };
  give_up("a", sim::kEpoch + 2s);
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "the outage has a clause of its own";
  give_up("b", sim::kEpoch + 30s);
  give_up("c", sim::kEpoch + 33s);
  EXPECT_THAT(outcome.Excuse({kUnfinished}),
              HasSubstr("The log gave 2 transactions up after the healing: to work off what had "
                        "queued may take 7s, and sink.transaction-timeout is 2s."));
  EXPECT_EQ(outcome.Excuse({kLost}), "");
  outcome.fault_free.ended = sim::kEpoch + 1s;
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "nothing that queued takes so long";
}

TEST(BudgetTest, DamagedStorageIsNamedByTheFileThatIsMissing) {
  Outcome outcome("/ha/url_clicks/completed/0003", "/checkpoints/3/_metadata");
  outcome.Tell("topic.sealed");
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "no fault did that: it is a bug";
  outcome.Fire(faults::DiskFault{.trouble = faults::DiskTrouble::kBitRot, .disk = "shared"});
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "rot takes no file away";
  outcome.Fire(faults::DiskFault{.trouble = faults::DiskTrouble::kLyingSync, .disk = "shared"});
  EXPECT_EQ(outcome.Excuse({kUnfinished}),
            "No completed checkpoint has all its files after lying_sync: /checkpoints/3/_metadata "
            "is missing or damaged.");
}

TEST(BudgetTest, ALogWhoseDiskLiedMayLoseItsEndInACrash) {
  Outcome outcome;
  outcome.log_lacks = true;
  outcome.Tell("fault.crash", {{"process", kBroker}});
  outcome.Fire(
      faults::DiskFault{.trouble = faults::DiskTrouble::kLyingSync, .disk = std::string(kBroker)});
  outcome.Tell("fault.crash", {{"process", "tm-1"}});
  EXPECT_THAT(outcome.Excuse({kLost}), ::testing::Not(HasSubstr("end of the log's journal")));
  outcome.Tell("fault.crash", {{"process", kBroker}});
  EXPECT_THAT(outcome.Excuse({kLost}), HasSubstr("end of the log's journal"));
  EXPECT_EQ(outcome.Excuse({kDoubled}), "");
  outcome.log_lacks = false;
  EXPECT_EQ(outcome.Excuse({kLost}), "") << "the log has all that it ever had";
}

TEST(BudgetTest, OnlyADamagedLogExcusesThatACommittedRecordIsGone) {
  Outcome outcome;
  outcome.Tell("topic.sealed");
  EXPECT_EQ(outcome.Excuse({kRetracted}), "");
  outcome.Fire(
      faults::DiskFault{.trouble = faults::DiskTrouble::kBitRot, .disk = std::string(kBroker)});
  EXPECT_THAT(outcome.Excuse({kRetracted}), HasSubstr("is missing or damaged after bit_rot"));
  EXPECT_THAT(outcome.Excuse({kLost, kRetracted}), HasSubstr("after bit_rot"));
  reports::Finding grew = kRetracted;
  grew.breach = "grew";
  EXPECT_EQ(outcome.Excuse({kRetracted, grew}), "");
}

// What befell the shared volume is no cause of that.
TEST(BudgetTest, ADamagedLogIsTheDoingOfAFaultOfItsOwnDisk) {
  Outcome outcome;
  outcome.Tell("topic.sealed");
  outcome.Fire(faults::DiskFault{.trouble = faults::DiskTrouble::kBitRot, .disk = "shared"});
  EXPECT_EQ(outcome.Excuse({kRetracted}), "");
  outcome.Fire(faults::DiskFault{.trouble = faults::DiskTrouble::kMisdirectedWrite,
                                 .disk = std::string(kBroker)});
  EXPECT_THAT(outcome.Excuse({kRetracted}), HasSubstr("after misdirected_write"));
}

TEST(BudgetTest, AJobManagerThatCannotReadItsDataIsExcusedByADamageOnly) {
  Outcome outcome;
  outcome.Tell("topic.sealed");
  outcome.Tell("job.unrecoverable", {{"reason", "The file /ha/leader is damaged."}});
  outcome.Tell("job.status", {{"from", "CREATED"}, {"to", "FAILED"}});
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "") << "no fault did that: it is a bug";
  outcome.Fire(faults::DiskFault{.trouble = faults::DiskTrouble::kBitRot, .disk = "shared"});
  EXPECT_EQ(outcome.Excuse({kUnfinished}),
            "The JobManager could not recover after bit_rot: The file /ha/leader is damaged.");
}

TEST(BudgetTest, ADelayThatNoHealingTakesBackIsNamedWithTheLimit) {
  Outcome outcome;
  outcome.Tell("topic.sealed");
  outcome.Fire(faults::ClockFault{.trouble = faults::ClockTrouble::kJump, .host = "jm", .by = 1h});
  EXPECT_EQ(outcome.Excuse({kUnfinished}), "");
  outcome.Fire(faults::OperatorFault{
      .trouble = faults::CodeTrouble::kSlow, .operator_name = "window", .by = 10min});
  EXPECT_THAT(outcome.Excuse({kUnfinished}),
              HasSubstr("operator_slow held up what had begun for 10m"));
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
  scenario.vary = {};
  scenario.limits.heal_after = 100ms;
  scenario.limits.checkpoints_after_healing = 1;
  scenario.options.checkpoint.interval = 100ms;
  scenario.options.task.record_time = 20ms;
  scenario.options.checkpoint.timeout = 1min;  // no excuse: records have time to get through
  const sim::Result<Workload> workload = LoadWorkload(scenario, 1, std::nullopt);
  const RunResult result = scenarios::Run({.scenario = scenario, .workload = *workload, .seed = 1});
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kFailed);
  EXPECT_EQ(result.summary.findings.front().oracle, "job_finishes");
  EXPECT_THAT(result.summary.findings.front().details.back(), HasSubstr("2 more checkpoints"));
}

}  // namespace

}  // namespace flinch::scenarios
