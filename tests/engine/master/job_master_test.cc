#include "engine/master/job_master.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/cluster.h"
#include "engine/events.h"
#include "tests/support/number_job.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// Numbers from sources to sinks; `on_number` runs in front of the sinks.
void Describe(
    StreamExecutionEnvironment& job, int64_t count, std::vector<Received>& received,
    const std::function<void(int64_t)>& on_number = [](int64_t) {}) {
  job.FromSource<int64_t>("source", NumberSource::Make(count))
      .Rebalance()
      .Map("map",
           [&on_number](const int64_t& number) {
             on_number(number);
             return number;
           })
      .SinkTo("sink", NumberSink::Make(received));
}

std::vector<int64_t> Attempts(NumberCluster& cluster) {
  std::vector<int64_t> attempts;
  for (const sim::RecordedEvent& event : cluster.bench().Events(events::kJobRestored)) {
    attempts.push_back(*event.Number("attempt"));
  }
  return attempts;
}

class JobMasterTest : public ::testing::Test {
 protected:
  void Build(const NumberClusterOptions& options, int64_t count = 200) {
    cluster_ = std::make_unique<NumberCluster>(options, [&](StreamExecutionEnvironment& job) {
      Describe(job, count, received_, on_number_);
    });
  }

  std::vector<std::string> Statuses() {
    std::vector<std::string> statuses;
    for (const sim::RecordedEvent& event : bench().Events(events::kJobStatus)) {
      statuses.emplace_back(*event.Text("to"));
    }
    return statuses;
  }

  tests::Bench& bench() { return cluster_->bench(); }

  std::function<void(int64_t)> on_number_ = [](int64_t) {};
  std::vector<Received> received_;
  std::unique_ptr<NumberCluster> cluster_;
};

TEST_F(JobMasterTest, RunsAJobToItsEnd) {
  Build({});
  cluster_->RunToEnd(60s);
  EXPECT_THAT(Statuses(), ElementsAre("RUNNING", "FINISHED"));
  EXPECT_EQ(Numbers(received_), FirstNumbers(200));
  EXPECT_THAT(Attempts(*cluster_), ElementsAre(1));
}

TEST_F(JobMasterTest, SpreadsNeighboursOverTheTaskManagers) {
  Build({.task_managers = 2, .slots = 2, .parallelism = 2});
  cluster_->RunToEnd(60s);
  std::vector<std::string> places;
  for (const sim::RecordedEvent& event : bench().Events(events::kTaskStarted)) {
    places.push_back(event.process + " " + std::string(*event.Text("subtask")));
  }
  EXPECT_THAT(places, UnorderedElementsAre("tm-1 source[0]", "tm-2 source[1]", "tm-1 map->sink[0]",
                                           "tm-2 map->sink[1]"));
}

TEST_F(JobMasterTest, WaitsForSlotsAndStartsWhenATaskManagerComes) {
  Build({.task_managers = 1, .slots = 1, .parallelism = 2});
  bench().RunFor(10s);
  EXPECT_THAT(Statuses(), ElementsAre("RUNNING"));
  EXPECT_THAT(cluster_->Tasks(events::kTaskStarted), IsEmpty());
  cluster_->StartTaskManager();
  cluster_->RunToEnd(60s);
  EXPECT_EQ(cluster_->job_status(), "FINISHED");
  EXPECT_EQ(Numbers(received_), FirstNumbers(200));
  EXPECT_THAT(Attempts(*cluster_), ElementsAre(1)) << "waiting is no failure";
}

TEST_F(JobMasterTest, AfterTheLossOfATaskManagerItWaitsForAnother) {
  Build({.task_managers = 2, .slots = 1, .parallelism = 2});
  bench().RunFor(600ms);
  bench().world().Crash(cluster_->process("tm-2"));
  bench().RunFor(10s);
  EXPECT_NE(cluster_->job_status(), "FINISHED");
  EXPECT_THAT(bench().Events(events::kTaskManagerLost), SizeIs(1));
  cluster_->StartTaskManager();
  cluster_->RunToEnd(60s);
  EXPECT_EQ(cluster_->job_status(), "FINISHED");
  std::vector<int64_t> numbers = Numbers(received_);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  EXPECT_EQ(numbers, FirstNumbers(200));
}

TEST_F(JobMasterTest, WaitsTheRestartDelay) {
  NumberClusterOptions options;
  options.engine.restart.delay = 3s;
  bool thrown = false;
  on_number_ = [&thrown](int64_t number) {
    if (number == 50 && !std::exchange(thrown, true)) {
      throw std::runtime_error("once");
    }
  };
  Build(options);
  cluster_->RunToEnd(60s);
  EXPECT_THAT(Statuses(), ElementsAre("RUNNING", "RESTARTING", "RUNNING", "FINISHED"));
  const std::vector<sim::RecordedEvent> statuses = bench().Events(events::kJobStatus);
  EXPECT_GE(statuses[2].time - statuses[1].time, 3s);
  EXPECT_LT(statuses[2].time - statuses[1].time, 4s);
}

TEST_F(JobMasterTest, TheJobFailsWhenItsAttemptsAreExhausted) {
  NumberClusterOptions options;
  options.engine.restart.attempts = 2;
  on_number_ = [](int64_t number) {
    if (number == 50) {
      throw std::runtime_error("always");
    }
  };
  Build(options);
  cluster_->RunToEnd(60s);
  EXPECT_THAT(Statuses(), ElementsAre("RUNNING", "RESTARTING", "RUNNING", "RESTARTING", "RUNNING",
                                      "FAILING", "FAILED"));
  EXPECT_THAT(Attempts(*cluster_), ElementsAre(1, 2, 3));
  const size_t received = received_.size();
  const size_t started = cluster_->Tasks(events::kTaskStarted).size();
  bench().RunFor(60s);
  EXPECT_EQ(received_.size(), received) << "nothing runs on";
  EXPECT_EQ(cluster_->Tasks(events::kTaskStarted).size(), started);
}

TEST_F(JobMasterTest, AnEndedJobIsNotRunAgainByALaterMaster) {
  for (const bool fails : {false, true}) {
    NumberClusterOptions options;
    options.engine.restart.attempts = 0;
    on_number_ = [fails](int64_t number) {
      if (fails && number == 50) {
        throw std::runtime_error("always");
      }
    };
    Build(options);
    cluster_->RunToEnd(60s);
    ASSERT_EQ(cluster_->job_status(), fails ? "FAILED" : "FINISHED");
    bench().world().Crash(cluster_->process("jm"));
    bench().world().Restart(cluster_->process("jm"));
    bench().RunFor(20s);
    EXPECT_EQ(cluster_->job_status(), fails ? "FAILED" : "FINISHED");
    EXPECT_THAT(Attempts(*cluster_), ElementsAre(1));
  }
}

TEST_F(JobMasterTest, AttemptsGrowAcrossMasters) {
  Build({}, 4'000);
  for (int life = 0; life < 4; ++life) {
    bench().RunFor(1500ms);
    bench().world().Crash(cluster_->process("jm"));
    bench().RunFor(100ms);
    bench().world().Restart(cluster_->process("jm"));
  }
  cluster_->RunToEnd(60s);
  EXPECT_EQ(cluster_->job_status(), "FINISHED");
  EXPECT_THAT(Attempts(*cluster_), ElementsAre(1, 2, 3, 4, 5));
  std::vector<int64_t> numbers = Numbers(received_);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  EXPECT_EQ(numbers, FirstNumbers(4'000));
}

TEST_F(JobMasterTest, TooManyFailedCheckpointsFailTheJobOver) {
  NumberClusterOptions options;
  options.engine.checkpoint.tolerable_failures = 1;
  options.engine.checkpoint.timeout = 400ms;
  options.engine.heartbeat.timeout = 5s;
  options.engine.rpc.ask_timeout = 2s;
  Build(options, 1'000);
  bench().RunFor(1s);
  // Acknowledgements come too late.
  bench().SetLinks("jm", "tm-2", {.delay = 250ms});
  bench().RunFor(5s);
  bench().SetLinks("jm", "tm-2", {});
  cluster_->RunToEnd(60s);
  EXPECT_EQ(cluster_->job_status(), "FINISHED");
  EXPECT_EQ(bench().Events(events::kCheckpointAborted).at(0).Text("reason"), "CHECKPOINT_EXPIRED");
  EXPECT_THAT(bench().Events(events::kTaskManagerLost), IsEmpty());
  EXPECT_GE(Attempts(*cluster_).size(), 2U);
}

// Orders a failure as soon as a checkpoint is complete, and before it is durable.
class Saboteur final : public sim::TraceObserver {
 public:
  void OnEvent(const sim::TraceEvent& event) override {
    if (event.kind == events::kCheckpointCompleted) {
      completed_ = *event.Number("id");
      strikes_ = failures_ < 8;
    } else if (event.kind == events::kJobRestored) {
      EXPECT_GE(*event.Number("checkpoint"), completed_);
    }
  }

  void OnNumber() {
    if (std::exchange(strikes_, false)) {
      ++failures_;
      throw std::runtime_error("sabotage");
    }
  }

  int failures() const { return failures_; }

 private:
  int64_t completed_ = 0;
  bool strikes_ = false;
  int failures_ = 0;
};

// Else the checkpoint would be passed over, its transactions aborted, and a later failure would
// restore it all the same.
TEST_F(JobMasterTest, ARestartWaitsForACheckpointThatIsBeingStored) {
  Saboteur saboteur;
  NumberClusterOptions options;
  options.engine.restart.delay = 0s;
  options.engine.network.buffer_timeout = 1ms;
  on_number_ = [&saboteur](int64_t) { saboteur.OnNumber(); };
  Build(options, 2'000);
  bench().world().Observe(saboteur);
  cluster_->RunToEnd(60s);
  EXPECT_EQ(cluster_->job_status(), "FINISHED");
  EXPECT_EQ(saboteur.failures(), 8);
}

// ---- A TaskManager that the test plays ----------------------------------------------------------

// Registers with one slot, and otherwise does what it is told.
class PlayedTaskManager {
 public:
  explicit PlayedTaskManager(tests::Bench& bench) {
    bench.Start("tm-1", [this](sim::Environment& environment) {
      auto rpc = RpcEndpoint::Open(environment, kTaskManagerPort);
      ASSERT_TRUE(rpc);
      rpc_ = rpc->get();
      rpc_->Serve(ServiceName(TaskExecutorMethod()),
                  [this](const RpcRequest& request) { OnRequest(request); });
      job_manager_ = *environment.network().Resolve("jm", kJobManagerPort);
      sim::Result<RegisterTaskManager::Reply> reply =
          sim::Fail(sim::ErrorCode::kTimeout, "not yet");
      while (!reply) {
        reply = rpc_->Call(
            job_manager_,
            RegisterTaskManager{.name = "tm-1", .incarnation = 1, .session = 1, .slots = 1}, 100ms);
        environment.Sleep(10ms);
      }
      leader_ = reply->jobs.at(0);
      environment.Sleep(std::chrono::hours(10));
    });
  }

  bool answers = true;                     // submissions and cancels
  std::vector<ExecutionAttemptId> claims;  // what it says it runs
  std::vector<ExecutionAttemptId> submitted;
  std::vector<ExecutionAttemptId> cancelled;
  bool hears = true;                          // what becomes of checkpoints
  bool declines = false;                      // else all tasks that it claims acknowledge
  std::vector<ExecutionAttemptId> completed;  // for each time that it was told
  std::vector<ExecutionAttemptId> aborted;

  template <typename Message>
  void Tell(Message message) {
    message.job = leader_.job;
    message.token = leader_.token;
    rpc_->Tell({job_manager_, JobMasterServiceName(leader_.job)}, message);
  }

 private:
  void OnRequest(const RpcRequest& request) {
    if (const auto heartbeat = request.As<Heartbeat>(); request.Is<Heartbeat>() && heartbeat) {
      rpc_->Tell(
          job_manager_,
          HeartbeatReply{.token = heartbeat->token, .name = "tm-1", .session = heartbeat->session});
      rpc_->Tell({job_manager_, JobMasterServiceName(leader_.job)},
                 ListTasks{.job = leader_.job,
                           .token = leader_.token,
                           .name = "tm-1",
                           .session = heartbeat->session,
                           .tasks = claims});
    } else if (request.Is<SubmitTask>()) {
      submitted.push_back(request.As<SubmitTask>()->deployment.task);
      if (answers) {
        rpc_->Reply<Nothing>(request, Nothing());
      }
    } else if (request.Is<CancelTask>()) {
      const ExecutionAttemptId task = request.As<CancelTask>()->task;
      cancelled.push_back(task);
      if (answers) {
        Tell(UpdateTaskState{.task = task, .state = ExecutionState::kCanceled});
      }
    } else if (request.Is<TriggerCheckpoint>()) {
      OnTrigger(*request.As<TriggerCheckpoint>());
      rpc_->Reply<Nothing>(request, Nothing());
    } else {
      OnNotification(request);
    }
  }

  void OnTrigger(const TriggerCheckpoint& trigger) {
    const CheckpointId id = trigger.checkpoint.id;
    for (const ExecutionAttemptId& task : claims) {
      if (declines) {
        Tell(DeclineCheckpoint{.task = task, .checkpoint = id, .reason = "full"});
      } else {
        Tell(AcknowledgeCheckpoint{
            .task = task,
            .checkpoint = id,
            .snapshot = {.vertex = task.vertex, .subtask = task.subtask, .path = "/p", .size = 1}});
      }
    }
  }

  void OnNotification(const RpcRequest& request) {
    if (request.Is<NotifyCheckpointComplete>()) {
      completed.push_back(request.As<NotifyCheckpointComplete>()->task);
    } else if (request.Is<NotifyCheckpointAborted>()) {
      aborted.push_back(request.As<NotifyCheckpointAborted>()->task);
    }
    if (hears) {
      rpc_->Reply<Nothing>(request, Nothing());
    }
  }

  RpcEndpoint* rpc_ = nullptr;
  sim::Address job_manager_;
  JobLeader leader_;
};

class JobMasterWithPlayedTaskManagerTest : public JobMasterTest {
 protected:
  void Play(uint32_t restarts, sim::Duration interval = 200ms) {
    NumberClusterOptions options{.task_managers = 0, .parallelism = 1};
    options.engine.restart.attempts = restarts;
    options.engine.checkpoint.interval = interval;
    Build(options);
    task_manager_ = std::make_unique<PlayedTaskManager>(bench());
  }

  // Both tasks run, and the next checkpoint but one is far away.
  void PlayARunningJob() {
    Play(0, 1min);
    bench().RunFor(1s);
    task_manager_->claims = {Task(0, 1), Task(1, 1)};
    for (const ExecutionAttemptId& task : task_manager_->claims) {
      task_manager_->Tell(UpdateTaskState{.task = task, .state = ExecutionState::kRunning});
    }
  }

  static ExecutionAttemptId Task(uint32_t vertex, uint32_t attempt) {
    return {VertexId(vertex), SubtaskIndex(0), AttemptNumber(attempt)};
  }

  std::unique_ptr<PlayedTaskManager> task_manager_;
};

TEST_F(JobMasterWithPlayedTaskManagerTest, ATaskOfNoExecutionIsCancelled) {
  Play(0);
  task_manager_->claims = {Task(0, 1), Task(1, 1), Task(0, 77)};
  bench().RunFor(1s);
  EXPECT_THAT(task_manager_->submitted, UnorderedElementsAre(Task(0, 1), Task(1, 1)));
  EXPECT_THAT(task_manager_->cancelled, ::testing::Each(Task(0, 77)));
  EXPECT_FALSE(task_manager_->cancelled.empty());
}

TEST_F(JobMasterWithPlayedTaskManagerTest, ATaskWhoseSubmissionWasNeverAnsweredIsCancelledForGood) {
  Play(0);
  task_manager_->answers = false;
  bench().RunFor(400ms);
  EXPECT_THAT(task_manager_->submitted, UnorderedElementsAre(Task(0, 1), Task(1, 1)));
  task_manager_->answers = true;
  bench().RunFor(2s);
  ASSERT_EQ(cluster_->job_status(), "FAILED");
  // It has come through, though: only its heartbeats can tell the master.
  task_manager_->cancelled.clear();
  task_manager_->claims = {Task(0, 1), Task(1, 1)};
  bench().RunFor(1s);
  EXPECT_THAT(task_manager_->cancelled,
              ::testing::AllOf(::testing::Contains(Task(0, 1)), ::testing::Contains(Task(1, 1))));
}

TEST_F(JobMasterWithPlayedTaskManagerTest, ReportsOfAnotherAttemptOrOfNoSubtaskAreIgnored) {
  Play(0);
  bench().RunFor(1s);
  for (const ExecutionAttemptId& task : {Task(0, 9), Task(5, 1)}) {
    task_manager_->Tell(
        UpdateTaskState{.task = task, .state = ExecutionState::kFailed, .reason = "not ours"});
  }
  task_manager_->Tell(
      UpdateTaskState{.task = Task(0, 1), .state = static_cast<ExecutionState>(200)});
  bench().RunFor(1s);
  EXPECT_EQ(cluster_->job_status(), "RUNNING");
  EXPECT_THAT(task_manager_->cancelled, IsEmpty());
}

TEST_F(JobMasterWithPlayedTaskManagerTest, ACancelIsRepeatedUntilItIsConfirmed) {
  Play(5);
  bench().RunFor(1s);
  task_manager_->answers = false;
  task_manager_->Tell(
      UpdateTaskState{.task = Task(0, 1), .state = ExecutionState::kFailed, .reason = "bad"});
  bench().RunFor(3s);
  EXPECT_EQ(cluster_->job_status(), "RESTARTING");
  EXPECT_GT(task_manager_->cancelled.size(), 10U);
  EXPECT_THAT(task_manager_->cancelled, ::testing::Each(Task(1, 1)));
  task_manager_->answers = true;
  bench().RunFor(1s);
  EXPECT_EQ(cluster_->job_status(), "RUNNING");
  EXPECT_THAT(task_manager_->submitted, ::testing::Contains(Task(0, 2)));
}

// However long the interval is.
TEST_F(JobMasterWithPlayedTaskManagerTest, ANotificationIsRepeatedUntilItIsHeard) {
  for (const bool completes : {true, false}) {
    PlayARunningJob();
    task_manager_->hears = false;
    task_manager_->declines = !completes;
    std::vector<ExecutionAttemptId>& told =
        completes ? task_manager_->completed : task_manager_->aborted;
    ASSERT_TRUE(bench().RunUntil([&told] { return !told.empty(); }));
    bench().RunFor(3s);
    EXPECT_GE(std::ranges::count(told, Task(0, 1)), 3);
    EXPECT_GE(std::ranges::count(told, Task(1, 1)), 3);
    task_manager_->hears = true;
    bench().RunFor(3s);
    const size_t times = told.size();
    bench().RunFor(10s);
    EXPECT_THAT(told, SizeIs(times));
  }
}

TEST_F(JobMasterWithPlayedTaskManagerTest, ANotificationEndsWithTheAttemptThatItIsFor) {
  PlayARunningJob();
  task_manager_->hears = false;
  ASSERT_TRUE(bench().RunUntil([this] { return !task_manager_->completed.empty(); }));
  bench().world().Crash(*bench().world().FindProcess("tm-1"));
  bench().RunFor(10s);
  EXPECT_EQ(cluster_->job_status(), "FAILED");
  EXPECT_THAT(task_manager_->completed, SizeIs(::testing::Le(4U)));
}

TEST_F(JobMasterWithPlayedTaskManagerTest, ATaskThatIsCancelledUnaskedFailsTheJobOver) {
  Play(5);
  bench().RunFor(1s);
  task_manager_->Tell(UpdateTaskState{.task = Task(1, 1), .state = ExecutionState::kCanceled});
  bench().RunFor(1s);
  EXPECT_THAT(Attempts(*cluster_), ElementsAre(1, 2));
}

}  // namespace
}  // namespace flinch::engine
