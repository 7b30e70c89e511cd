#include "engine/worker/task_executor.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/events.h"
#include "tests/support/bench.h"
#include "tests/support/number_job.h"

namespace flinch::engine {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using namespace std::chrono_literals;

constexpr JobId kJob = JobIdOf("numbers");

// A ResourceManager and a JobMaster that the test plays: they note what they are told, and answer
// or are silent.
class PlayedJobManager {
 public:
  void Start(tests::Bench& bench) {
    bench.Start("jm", [this](sim::Environment& environment) {
      auto rpc = RpcEndpoint::Open(environment, kJobManagerPort);
      ASSERT_TRUE(rpc);
      (*rpc)->Serve(ServiceName(ResourceManagerMethod()),
                    [this](const RpcRequest& request) { OnResourceRequest(request); });
      (*rpc)->Serve(JobMasterServiceName(kJob),
                    [this](const RpcRequest& request) { OnRequest(request); });
      rpc_ = rpc->get();
      task_manager_ = *environment.network().Resolve("tm", kTaskManagerPort);
      for (;;) {
        environment.Sleep(100ms);
        if (beats && !registrations.empty()) {
          rpc_->Tell(task_manager_, Heartbeat{.token = resource_token,
                                              .session = registrations.back().session,
                                              .jobs = leaders()});
        }
      }
    });
  }

  // What a call of this message by the JobManager brings.
  template <typename Message>
  sim::Result<Nothing> Ask(tests::Bench& bench, const Message& message) {
    std::optional<sim::Result<Nothing>> result;
    bench.Run("jm", [&](sim::Environment& environment) {
      auto rpc = RpcEndpoint::Open(environment, 0);
      result = (*rpc)->Call(task_manager_, message, 1s);
    });
    return *result;
  }

  bool answers = true;
  bool beats = true;
  std::optional<JobMasterMethod> refuses{};
  FencingToken resource_token{17};
  FencingToken token{7};  // the JobMaster's
  std::vector<RegisterTaskManager> registrations;
  std::vector<HeartbeatReply> heartbeats;
  std::vector<ListTasks> lists;
  std::vector<AcknowledgeCheckpoint> acknowledgements;
  std::vector<DeclineCheckpoint> declines;
  std::vector<std::string> states;  // "0[0]#1 RUNNING reason"

  size_t CountStates(std::string_view prefix) const {
    return static_cast<size_t>(std::ranges::count_if(
        states, [prefix](const std::string& state) { return state.starts_with(prefix); }));
  }

  std::vector<JobLeader> leaders() const { return {{.job = kJob, .token = token}}; }

 private:
  void OnResourceRequest(const RpcRequest& request) {
    if (request.Is<HeartbeatReply>()) {
      heartbeats.push_back(*request.As<HeartbeatReply>());
      return;
    }
    registrations.push_back(*request.As<RegisterTaskManager>());
    if (answers) {
      rpc_->Reply<RegisterTaskManager::Reply>(
          request, RegisterTaskManager::Reply{.token = resource_token, .jobs = leaders()});
    }
  }

  void OnRequest(const RpcRequest& request) {
    const auto method = static_cast<JobMasterMethod>(request.method);
    switch (method) {
      case JobMasterMethod::kUpdateTaskState: {
        const UpdateTaskState update = *request.As<UpdateTaskState>();
        states.push_back(std::to_string(update.task.vertex.value()) + "[" +
                         std::to_string(update.task.subtask.value()) + "]#" +
                         std::to_string(update.task.attempt.value()) + " " +
                         std::string(Name(update.state)) +
                         (update.end_of_input ? " at its end " : " ") + update.reason);
        break;
      }
      case JobMasterMethod::kListTasks:
        lists.push_back(*request.As<ListTasks>());
        break;
      case JobMasterMethod::kAcknowledgeCheckpoint:
        acknowledgements.push_back(*request.As<AcknowledgeCheckpoint>());
        break;
      case JobMasterMethod::kDeclineCheckpoint:
        declines.push_back(*request.As<DeclineCheckpoint>());
        break;
      default:
        break;
    }
    if (refuses == method) {
      rpc_->SendReply(request, sim::Fail(sim::ErrorCode::kInvalidArgument, "What is that?"));
    } else if (answers) {
      rpc_->Reply<Nothing>(request, Nothing());
    }
  }

  RpcEndpoint* rpc_ = nullptr;
  sim::Address task_manager_;
};

constexpr ExecutionAttemptId kSource{VertexId(0), SubtaskIndex(0), AttemptNumber(1)};

// The real TaskManager has the code of: a source of numbers, chained to a sink.
class TaskExecutorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StreamExecutionEnvironment job("numbers", {});
    job.FromSource<int64_t>("source", NumberSource::Make(1'000)).SinkTo("sink", [this] {
      if (sink_throws_) {
        throw std::runtime_error("no sink today");
      }
      return std::make_unique<NumberSink>(received_);
    });
    graph_ = *BuildJobGraph(job.Build());
    bench_.Host("jm");
    task_manager_ = bench_.Start("tm", [this](sim::Environment& environment) {
      JobCatalog catalog;
      catalog.Add(graph_);
      TaskExecutor executor(environment, catalog, {.slots = 3, .engine = QuickEngineOptions()});
      executor.Run();
    });
  }

  void StartJobManager() {
    job_manager_.Start(bench_);
    bench_.RunFor(500ms);
    ASSERT_FALSE(job_manager_.registrations.empty());
  }

  template <typename Message>
  sim::Result<Nothing> Ask(const Message& message) {
    return job_manager_.Ask(bench_, message);
  }

  SubmitTask Submission() const {
    const auto nobody = [](VertexId, SubtaskIndex) { return ProducerPlace(); };
    return {
        .job = kJob,
        .token = job_manager_.token,
        .deployment = DescribeTask(graph_, {.name = "numbers", .arguments = {}}, kSource, nobody)};
  }

  JobGraph graph_;
  bool sink_throws_ = false;
  std::vector<Received> received_;
  PlayedJobManager job_manager_;
  sim::ProcessId task_manager_;
  tests::Bench bench_;
};

TEST_F(TaskExecutorTest, RegistersUntilItIsAnswered) {
  job_manager_.answers = false;
  job_manager_.Start(bench_);
  bench_.RunFor(2s);
  EXPECT_GT(job_manager_.registrations.size(), 2U);
  job_manager_.answers = true;
  bench_.RunFor(1s);
  const size_t registrations = job_manager_.registrations.size();
  bench_.RunFor(5s);
  EXPECT_THAT(job_manager_.registrations, SizeIs(registrations));
  EXPECT_EQ(job_manager_.registrations.back().name, "tm");
  EXPECT_EQ(job_manager_.registrations.back().incarnation, 1U);
  EXPECT_EQ(job_manager_.registrations.back().session, 1U);
  EXPECT_EQ(job_manager_.registrations.back().slots, 3U);
}

// Flink: an allocation id that the TaskManager has no slot for.
TEST_F(TaskExecutorTest, DeploysNothingThatWasMeantForAnotherRegistration) {
  StartJobManager();
  SubmitTask late = Submission();
  late.deployment.tail.push_back({.session = 2});
  ASSERT_TRUE(Ask(late));
  late.deployment.tail.front() = {.incarnation = 2};
  ASSERT_TRUE(Ask(late));
  bench_.RunFor(500ms);
  EXPECT_THAT(job_manager_.states, IsEmpty());
}

TEST_F(TaskExecutorTest, RunsWhatIsSubmittedAndSaysSo) {
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(500ms);
  EXPECT_THAT(job_manager_.states, ElementsAre("0[0]#1 RUNNING "));
  EXPECT_GT(received_.size(), 50U);
  EXPECT_THAT(job_manager_.lists.back().tasks, ElementsAre(kSource));
  bench_.RunFor(10s);
  EXPECT_THAT(job_manager_.states, ElementsAre("0[0]#1 RUNNING ", "0[0]#1 RUNNING at its end "));
  EXPECT_THAT(received_, SizeIs(1'000));
}

TEST_F(TaskExecutorTest, ASubmissionThatComesAgainChangesNothing) {
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(10s);
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(1s);
  EXPECT_THAT(received_, SizeIs(1'000));
  EXPECT_EQ(job_manager_.CountStates("0[0]#1 RUNNING "), 2U);
}

TEST_F(TaskExecutorTest, AReportIsRepeatedUntilItIsAnswered) {
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(1ms);
  job_manager_.answers = false;
  ASSERT_TRUE(Ask(CancelTask{.job = kJob, .token = job_manager_.token, .task = kSource}));
  bench_.RunFor(2s);
  EXPECT_GE(job_manager_.CountStates("0[0]#1 CANCELED"), 3U);
  job_manager_.answers = true;
  bench_.RunFor(5s);
  const size_t told = job_manager_.states.size();
  bench_.RunFor(5s);
  EXPECT_THAT(job_manager_.states, SizeIs(told));
}

TEST_F(TaskExecutorTest, CancelsWhatRuns) {
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(200ms);
  ASSERT_TRUE(Ask(CancelTask{.job = kJob, .token = job_manager_.token, .task = kSource}));
  bench_.RunFor(500ms);
  EXPECT_EQ(job_manager_.states.back(), "0[0]#1 CANCELED ");
  job_manager_.lists.clear();
  bench_.RunFor(500ms);
  EXPECT_THAT(job_manager_.lists, IsEmpty());
  const size_t received = received_.size();
  bench_.RunFor(1s);
  EXPECT_THAT(received_, SizeIs(received));
}

TEST_F(TaskExecutorTest, ACancelOfWhatIsNotThereIsConfirmed) {
  StartJobManager();
  const ExecutionAttemptId unknown{VertexId(3), SubtaskIndex(9), AttemptNumber(2)};
  ASSERT_TRUE(Ask(CancelTask{.job = kJob, .token = job_manager_.token, .task = unknown}));
  bench_.RunFor(100ms);
  EXPECT_THAT(job_manager_.states, ElementsAre("3[9]#2 CANCELED "));
}

TEST_F(TaskExecutorTest, WhatItHasNoCodeForFails) {
  StartJobManager();
  SubmitTask foreign = Submission();
  foreign.deployment.entry.name = "letters";
  ASSERT_TRUE(Ask(foreign));
  SubmitTask newer = Submission();
  newer.deployment.chain.back() = OperatorIdOf("of another version");
  ASSERT_TRUE(Ask(newer));
  bench_.RunFor(100ms);
  EXPECT_THAT(job_manager_.states,
              UnorderedElementsAre(HasSubstr("There is no code for the job 'letters'"),
                                   HasSubstr("it is another version than the JobManager's")));
}

TEST_F(TaskExecutorTest, AnOperatorThatThrowsWhileItIsMadeFailsItsTaskOnly) {
  sink_throws_ = true;
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(100ms);
  EXPECT_THAT(job_manager_.states, ElementsAre(HasSubstr("0[0]#1 FAILED User code threw")));
  EXPECT_THAT(bench_.Events(events::kTaskFailed), SizeIs(1));
  sink_throws_ = false;
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(100ms);
  EXPECT_FALSE(received_.empty());
}

TEST_F(TaskExecutorTest, ObeysOnlyTheJobManagerThatItRegisteredWith) {
  bench_.RunFor(1s);
  job_manager_.answers = false;
  job_manager_.Start(bench_);
  bench_.RunFor(10ms);
  EXPECT_EQ(Ask(Submission()).error().code, sim::ErrorCode::kFenced) << "not registered yet";
  job_manager_.answers = true;
  bench_.RunFor(1s);
  SubmitTask foreign = Submission();
  foreign.token = FencingToken(6);
  EXPECT_EQ(Ask(foreign).error().code, sim::ErrorCode::kFenced);
  foreign.token = FencingToken();
  EXPECT_EQ(Ask(foreign).error().code, sim::ErrorCode::kFenced);
  EXPECT_EQ(Ask(CancelTask{.job = kJob, .token = FencingToken(8), .task = kSource}).error().code,
            sim::ErrorCode::kFenced);
  bench_.RunFor(1s);
  EXPECT_THAT(received_, IsEmpty());
  EXPECT_TRUE(Ask(Submission()));
}

TEST_F(TaskExecutorTest, ObeysOnlyTheMasterOfTheJob) {
  StartJobManager();
  SubmitTask foreign = Submission();
  foreign.job = JobIdOf("letters");
  EXPECT_EQ(Ask(foreign).error().code, sim::ErrorCode::kFenced);
  foreign = Submission();
  foreign.token = job_manager_.resource_token;
  EXPECT_EQ(Ask(foreign).error().code, sim::ErrorCode::kFenced);
}

TEST_F(TaskExecutorTest, WhatAnEarlierMasterOfTheJobWantedIsOver) {
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(200ms);
  job_manager_.token = FencingToken(8);
  bench_.RunFor(500ms);
  EXPECT_THAT(bench_.Events(events::kTaskCanceled), SizeIs(1));
  EXPECT_EQ(job_manager_.CountStates("0[0]#1 CANCELED"), 0U) << "it is not its task";
  EXPECT_THAT(job_manager_.registrations, SizeIs(1)) << "the TaskManager stays";
  SubmitTask next = Submission();
  next.deployment.task.attempt = AttemptNumber(2);
  EXPECT_TRUE(Ask(next));
  bench_.RunFor(200ms);
  EXPECT_EQ(job_manager_.CountStates("0[0]#2 RUNNING"), 1U);
}

TEST_F(TaskExecutorTest, WhenTheJobManagerIsSilentItCancelsAllAndRegistersAnew) {
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(200ms);
  job_manager_.beats = false;
  bench_.RunFor(1s);
  EXPECT_THAT(bench_.Events(events::kTaskCanceled), SizeIs(1));
  EXPECT_EQ(job_manager_.registrations.back().session, 2U);
  EXPECT_EQ(job_manager_.CountStates("0[0]#1 CANCELED"), 0U) << "it does not know it any more";
  job_manager_.beats = true;
  bench_.RunFor(3s);
  EXPECT_EQ(job_manager_.heartbeats.back().session, job_manager_.registrations.back().session);
  job_manager_.lists.clear();
  bench_.RunFor(500ms);
  EXPECT_THAT(job_manager_.lists, IsEmpty());
}

TEST_F(TaskExecutorTest, AHeartbeatForAnotherSessionIsNoSignOfLife) {
  StartJobManager();
  job_manager_.beats = false;
  for (int i = 0; i < 20; ++i) {
    (void)Ask(Heartbeat{.token = job_manager_.resource_token, .session = 99, .jobs = {}});
    bench_.RunFor(50ms);
  }
  EXPECT_GT(job_manager_.registrations.back().session, 1U);
}

TEST_F(TaskExecutorTest, ItsNextLifeHasTheNextIncarnation) {
  StartJobManager();
  bench_.world().Crash(task_manager_);
  bench_.world().Restart(task_manager_);
  bench_.RunFor(500ms);
  EXPECT_EQ(job_manager_.registrations.back().incarnation, 2U);
  EXPECT_EQ(job_manager_.registrations.back().session, 1U);
}

TEST_F(TaskExecutorTest, RequestsThatAreNoneAreRefused) {
  StartJobManager();
  ASSERT_TRUE(bench_.Run("jm", [&](sim::Environment& environment) {
    const sim::Address to = *environment.network().Resolve("tm", kTaskManagerPort);
    const auto rpc = RpcEndpoint::Open(environment, 0);
    const Endpoint service(to, std::string(ServiceName(TaskExecutorMethod())));
    for (uint16_t method = 1; method <= 8; ++method) {
      const auto reply = (*rpc)->CallBytes(service, method, "nonsense", 1s);
      EXPECT_EQ(reply.error().code, sim::ErrorCode::kCorruption);
    }
    for (const uint16_t method : {uint16_t{0}, uint16_t{9}, uint16_t{60'000}}) {
      const auto reply = (*rpc)->CallBytes(service, method, "", 1s);
      EXPECT_EQ(reply.error().code, sim::ErrorCode::kInvalidArgument);
    }
  }));
}

TEST_F(TaskExecutorTest, ATriggeredCheckpointIsUploadedAndAcknowledged) {
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(200ms);
  ASSERT_TRUE(Ask(TriggerCheckpoint{.job = kJob,
                                    .token = job_manager_.token,
                                    .task = kSource,
                                    .checkpoint = {.id = CheckpointId(5)}}));
  bench_.RunFor(500ms);
  ASSERT_THAT(job_manager_.acknowledgements, SizeIs(1));
  const AcknowledgeCheckpoint& ack = job_manager_.acknowledgements.front();
  EXPECT_EQ(ack.checkpoint, CheckpointId(5));
  EXPECT_EQ(ack.task, kSource);
  EXPECT_TRUE(bench_.world().ReadSharedFile(ack.snapshot.path));
  // Neither again nor an older one.
  for (const uint64_t id : {5U, 4U}) {
    (void)Ask(TriggerCheckpoint{.job = kJob,
                                .token = job_manager_.token,
                                .task = kSource,
                                .checkpoint = {.id = CheckpointId(id)}});
  }
  bench_.RunFor(500ms);
  EXPECT_THAT(job_manager_.acknowledgements, SizeIs(1));
}

TEST_F(TaskExecutorTest, AnAcknowledgementThatIsRefusedDeclinesItsCheckpoint) {
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(200ms);
  job_manager_.refuses = JobMasterMethod::kAcknowledgeCheckpoint;
  ASSERT_TRUE(Ask(TriggerCheckpoint{.job = kJob,
                                    .token = job_manager_.token,
                                    .task = kSource,
                                    .checkpoint = {.id = CheckpointId(5)}}));
  bench_.RunFor(3s);
  EXPECT_THAT(job_manager_.acknowledgements, SizeIs(1)) << "the same again would be refused again";
  ASSERT_THAT(job_manager_.declines, SizeIs(1));
  EXPECT_EQ(job_manager_.declines.front().checkpoint, CheckpointId(5));
  EXPECT_THAT(job_manager_.declines.front().reason, HasSubstr("What is that?"));
}

TEST_F(TaskExecutorTest, ATaskWhoseStateIsRefusedDoesNotGoOnUnseen) {
  StartJobManager();
  job_manager_.refuses = JobMasterMethod::kUpdateTaskState;
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(3s);
  EXPECT_LT(received_.size(), 1'000U);
  EXPECT_EQ(bench_.Events(events::kTaskCanceled).size(), 1U);
  EXPECT_LE(job_manager_.states.size(), 4U) << "nothing is repeated for ever";
}

TEST_F(TaskExecutorTest, ASnapshotThatNobodyWaitsForIsRemovedByItsTask) {
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(200ms);
  ASSERT_TRUE(Ask(TriggerCheckpoint{.job = kJob,
                                    .token = job_manager_.token,
                                    .task = kSource,
                                    .checkpoint = {.id = CheckpointId(5)}}));
  ASSERT_TRUE(bench_.RunUntil([&] { return !bench_.Events(events::kSnapshotTaken).empty(); }));
  ASSERT_TRUE(Ask(CancelTask{.job = kJob, .token = job_manager_.token, .task = kSource}));
  bench_.RunFor(2s);
  EXPECT_THAT(job_manager_.acknowledgements, IsEmpty());
  EXPECT_THAT(bench_.Events(events::kTaskCanceled), SizeIs(1));
  EXPECT_THAT(bench_.world().ListShared("/checkpoints"), IsEmpty());
}

// Its master is gone, and the task could not remove what it had written: nobody else will.
TEST_F(TaskExecutorTest, ASnapshotWhoseMasterIsGoneIsRemovedAsSoonAsTheVolumeLetsIt) {
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(200ms);
  bench_.world().SetSharedVolume({.disk = {.extra_latency = 2s}});
  ASSERT_TRUE(Ask(TriggerCheckpoint{.job = kJob,
                                    .token = job_manager_.token,
                                    .task = kSource,
                                    .checkpoint = {.id = CheckpointId(5)}}));
  bench_.RunFor(100ms);
  job_manager_.token = FencingToken(8);
  ASSERT_TRUE(bench_.RunUntil([&] { return !bench_.world().ListShared("/checkpoints").empty(); }));
  bench_.world().SetSharedVolume({.outage = sim::Outage::kRefuses});
  bench_.RunFor(5s);
  EXPECT_THAT(bench_.Events(events::kTaskCanceled), SizeIs(1)) << "it waits for no volume";
  EXPECT_FALSE(bench_.world().ListShared("/checkpoints").empty());
  bench_.world().SetSharedVolume({});
  bench_.RunFor(1s);
  EXPECT_THAT(bench_.world().ListShared("/checkpoints"), IsEmpty());
}

TEST_F(TaskExecutorTest, ATriggerForATaskThatIsNotThereIsRefused) {
  StartJobManager();
  const auto reply = Ask(TriggerCheckpoint{.job = kJob,
                                           .token = job_manager_.token,
                                           .task = kSource,
                                           .checkpoint = {.id = CheckpointId(5)}});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, sim::ErrorCode::kNotFound);
}

TEST_F(TaskExecutorTest, ACheckpointThatWasAbortedIsNotTaken) {
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(200ms);
  ASSERT_TRUE(Ask(NotifyCheckpointAborted{
      .job = kJob, .token = job_manager_.token, .task = kSource, .checkpoint = CheckpointId(5)}));
  ASSERT_TRUE(Ask(TriggerCheckpoint{.job = kJob,
                                    .token = job_manager_.token,
                                    .task = kSource,
                                    .checkpoint = {.id = CheckpointId(5)}}));
  bench_.RunFor(500ms);
  EXPECT_THAT(job_manager_.acknowledgements, IsEmpty());
}

TEST_F(TaskExecutorTest, FinishesWithTheFinalCheckpointAndNotBefore) {
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  const NotifyCheckpointComplete final_one{.job = kJob,
                                           .token = job_manager_.token,
                                           .task = kSource,
                                           .checkpoint = CheckpointId(5),
                                           .is_final = true};
  ASSERT_TRUE(Ask(final_one));
  bench_.RunFor(10s);
  EXPECT_THAT(job_manager_.states, Not(Contains("0[0]#1 FINISHED ")));
  ASSERT_TRUE(Ask(final_one));
  bench_.RunFor(1s);
  EXPECT_EQ(job_manager_.states.back(), "0[0]#1 FINISHED ");
}

TEST_F(TaskExecutorTest, TheDataPortServesOnlyWhatThereIs) {
  StartJobManager();
  ASSERT_TRUE(Ask(Submission()));
  bench_.RunFor(200ms);
  ASSERT_TRUE(bench_.Run("jm", [&](sim::Environment& environment) {
    const sim::Address to = *environment.network().Resolve("tm", kDataPort);
    const PartitionRequest no_such_edge{.producer = kSource, .edge = 3, .subpartition = 0};
    const PartitionRequest no_such_task{
        .producer = {VertexId(0), SubtaskIndex(0), AttemptNumber(2)}, .edge = 0, .subpartition = 0};
    for (const PartitionRequest& request : {no_such_edge, no_such_task}) {
      const auto connection = environment.network().Connect(to, 1s);
      ASSERT_TRUE(connection);
      ASSERT_TRUE((*connection)
                      ->Send(EncodeFrame(ConsumerFrame(
                          RequestFrame{.channel = 7, .request = request, .credit = 1}))));
      const auto reply = (*connection)->Receive();
      ASSERT_TRUE(reply);
      EXPECT_EQ(*reply, EncodeFrame(ProducerFrame(NotFoundFrame{.channel = 7})));
    }
  }));
  EXPECT_THAT(bench_.Events(events::kTaskFailed), IsEmpty());
}

}  // namespace
}  // namespace flinch::engine
