#include "engine/runtime/operator_chain.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/data_stream.h"
#include "engine/state/key_groups.h"
#include "tests/support/null_environment.h"
#include "tests/support/number_job.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

// ---- One chain, outside any world ---------------------------------------------------------------

// Notes what happens to it, adds one, and passes on.
class Stage final : public StreamOperator {
 public:
  Stage(std::vector<std::string>& log, const bool& emits_in_snapshot)
      : log_(log), emits_in_snapshot_(emits_in_snapshot) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    name_ = runtime.subtask().name;
    output_ = &runtime.main_output();
    std::string entries = restored == nullptr ? "nothing" : "";
    if (restored != nullptr) {
      for (const auto& [list, values] : *restored) {
        for (const Bytes& value : values) {
          entries += list + "=" + value + " ";
        }
      }
    }
    return Note("open with " + entries);
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    const int64_t number = *static_cast<const int64_t*>(record.value);
    if (sim::Result<void> noted = Note("record " + std::to_string(number)); !noted) {
      return noted;
    }
    const int64_t next = number + 1;
    return output_->Emit({&next, record.timestamp});
  }

  sim::Result<void> ProcessWatermark(EventTime watermark) override {
    if (sim::Result<void> noted = Note("watermark"); !noted) {
      return noted;
    }
    return output_->EmitWatermark(watermark);
  }

  sim::Result<void> Finish() override {
    if (sim::Result<void> noted = Note("finish"); !noted) {
      return noted;
    }
    const int64_t last = 100;
    return output_->Emit({&last, kMaxEventTime});
  }

  sim::Result<void> PrepareSnapshotPreBarrier(const CheckpointMeta& meta) override {
    const int64_t last = 50;
    sim::Result<void> noted = Note("prepare " + std::to_string(meta.id.value()));
    return noted ? output_->Emit({&last, EventTime(0)}) : noted;
  }

  sim::Result<OperatorState> Snapshot(const CheckpointMeta& meta) override {
    const std::string id = std::to_string(meta.id.value());
    if (sim::Result<void> noted = Note("snapshot " + id); !noted) {
      return sim::Fail(noted);
    }
    if (emits_in_snapshot_) {
      const int64_t lost = 7;
      (void)output_->Emit({&lost, EventTime(0)});
      (void)output_->EmitWatermark(EventTime(7));
    }
    return OperatorState{{"list", {name_ + id}}};
  }

  sim::Result<void> NotifyCheckpointComplete(CheckpointId id) override {
    return Note("complete " + std::to_string(id.value()));
  }

  sim::Result<void> NotifyCheckpointAborted(CheckpointId id) override {
    return Note("aborted " + std::to_string(id.value()));
  }

 private:
  // "b! …" in the log makes b fail at what the rest says.
  sim::Result<void> Note(const std::string& what) {
    if (!log_.empty() && log_.front() == name_ + "! " + what) {
      return sim::Fail(sim::ErrorCode::kIo, name_ + " fails");
    }
    log_.push_back(name_ + " " + what);
    return {};
  }

  std::vector<std::string>& log_;
  const bool& emits_in_snapshot_;
  std::string name_;
  Output* output_ = nullptr;
};

class OperatorChainTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StreamExecutionEnvironment job("chain", {});
    job.FromSource<int64_t>("source", NumberSource::Make(2));
    StreamGraph graph = job.Build();
    for (const std::string name : {"a", "b", "c"}) {
      graph.edges.push_back({.from = graph.nodes.size() - 1, .to = graph.nodes.size()});
      graph.nodes.push_back(
          {.name = name,
           .make = [this] { return std::make_unique<Stage>(log_, emits_in_snapshot_); },
           .inputs = {{.type = TypeOf<int64_t>()}},
           .outputs = {{.tag = kMainOutput, .type = TypeOf<int64_t>()}}});
    }
    Make(std::move(graph));
  }

  void Make(StreamGraph graph) {
    sim::Result<JobGraph> built = BuildJobGraph(std::move(graph));
    ASSERT_TRUE(built) << built.error().message;
    graph_ = *std::move(built);
    ASSERT_EQ(graph_.vertices.size(), 1U) << "all are chained";
    deployment_ = DescribeTask(
        graph_, {.name = "chain", .arguments = {}},
        {.vertex = VertexId(0), .subtask = SubtaskIndex(0), .attempt = AttemptNumber(1)},
        [](VertexId, SubtaskIndex) { return ProducerPlace(); });
    chain_ = std::make_unique<OperatorChain>(environment_,
                                             OperatorChain::Options{.code = graph_.stream,
                                                                    .deployment = deployment_,
                                                                    .defects = defects_,
                                                                    .partitions = {}});
  }

  void OpenQuietly() {
    ASSERT_TRUE(chain_->Open(nullptr));
    log_.clear();
  }

  tests::NullEnvironment environment_;
  std::vector<std::string> log_;
  bool emits_in_snapshot_ = false;
  Defects defects_;
  JobGraph graph_;
  TaskDeployment deployment_;
  std::unique_ptr<OperatorChain> chain_;
};

TEST_F(OperatorChainTest, OpensFromTheLastToTheFirst) {
  ASSERT_TRUE(chain_->Open(nullptr));
  EXPECT_THAT(log_,
              ElementsAre("c open with nothing", "b open with nothing", "a open with nothing"));
}

TEST_F(OperatorChainTest, ARecordGoesThroughAllBeforeTheNextOne) {
  OpenQuietly();
  ASSERT_TRUE(chain_->has_source());
  ASSERT_TRUE(chain_->EmitNext());
  EXPECT_THAT(log_, ElementsAre("a record 0", "b record 1", "c record 2"));
}

TEST_F(OperatorChainTest, AWatermarkInTheSourcesSteadGoesThroughAll) {
  OpenQuietly();
  ASSERT_TRUE(chain_->EmitFromSource(kMaxEventTime));
  EXPECT_THAT(log_, ElementsAre("a watermark", "b watermark", "c watermark"));
}

TEST_F(OperatorChainTest, WhatAnOperatorEmitsAtItsEndReachesThoseBehindItBeforeTheirs) {
  OpenQuietly();
  ASSERT_TRUE(chain_->Finish());
  EXPECT_THAT(log_, ElementsAre("a finish", "b record 100", "c record 101", "b finish",
                                "c record 100", "c finish"));
}

TEST_F(OperatorChainTest, ASnapshotHasEveryOperatorByItsName) {
  OpenQuietly();
  ASSERT_TRUE(chain_->EmitNext());
  const sim::Result<FrozenTask> snapshot = chain_->Snapshot({.id = CheckpointId(4)});
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->size(), 4U);
  EXPECT_THAT(snapshot->at("b").state, ElementsAre(Pair("list", ElementsAre("b4"))));
  EXPECT_EQ(snapshot->at("source").state.at("next").at(0), Encode(int64_t{1}));
}

TEST_F(OperatorChainTest, WhatIsEmittedBeforeABarrierReachesThoseBehindBeforeTheirTurn) {
  OpenQuietly();
  ASSERT_TRUE(chain_->PrepareSnapshotPreBarrier({.id = CheckpointId(4)}));
  EXPECT_THAT(log_, ElementsAre("a prepare 4", "b record 50", "c record 51", "b prepare 4",
                                "c record 50", "c prepare 4"));
}

TEST_F(OperatorChainTest, WhatIsEmittedInASnapshotIsRefusedAndNamesTheOperator) {
  OpenQuietly();
  emits_in_snapshot_ = true;
  const sim::Result<FrozenTask> snapshot = chain_->Snapshot({.id = CheckpointId(4)});
  ASSERT_FALSE(snapshot);
  EXPECT_THAT(snapshot.error().message,
              HasSubstr("Operator a[0] emits while it takes its snapshot"));
  EXPECT_THAT(snapshot.error().message, HasSubstr("PrepareSnapshotPreBarrier"));
  EXPECT_THAT(log_, ElementsAre("a snapshot 4")) << "and nobody has seen it";
}

// a feeds b and c; d reads a's second output.
TEST_F(OperatorChainTest, ATreeHandsRecordsToAllReadersInTheOrderOfTheEdges) {
  StreamExecutionEnvironment job("chain", {});
  job.FromSource<int64_t>("source", NumberSource::Make(2));
  StreamGraph graph = job.Build();
  for (const std::string name : {"a", "b", "c", "d"}) {
    graph.nodes.push_back(
        {.name = name,
         .make = [this] { return std::make_unique<Stage>(log_, emits_in_snapshot_); },
         .inputs = {{.type = TypeOf<int64_t>()}},
         .outputs = {{.tag = kMainOutput, .type = TypeOf<int64_t>()}}});
  }
  graph.nodes[1].outputs.push_back(
      {.tag = OutputTag(5), .name = "side", .type = TypeOf<int64_t>()});
  graph.edges = {{.from = 0, .to = 1},
                 {.from = 1, .to = 3},
                 {.from = 1, .to = 2},
                 {.from = 1, .tag = OutputTag(5), .to = 4}};
  Make(std::move(graph));
  OpenQuietly();
  ASSERT_TRUE(chain_->EmitNext());
  EXPECT_THAT(log_, ElementsAre("a record 0", "c record 1", "b record 1"));
  log_.clear();
  ASSERT_TRUE(chain_->EmitFromSource(EventTime(3)));
  EXPECT_THAT(log_, ElementsAre("a watermark", "c watermark", "b watermark", "d watermark"));
}

TEST_F(OperatorChainTest, NotificationsReachAllInTheOrderOfTheChain) {
  OpenQuietly();
  ASSERT_TRUE(chain_->NotifyComplete(CheckpointId(4)));
  ASSERT_TRUE(chain_->NotifyAborted(CheckpointId(5)));
  EXPECT_THAT(log_, ElementsAre("a complete 4", "b complete 4", "c complete 4", "a aborted 5",
                                "b aborted 5", "c aborted 5"));
}

TEST_F(OperatorChainTest, StateComesBackByNameAndANewOperatorStartsEmpty) {
  OpenQuietly();
  TaskSnapshot snapshot;
  const auto taken = chain_->Snapshot({.id = CheckpointId(4)});
  for (const auto& [name, frozen] : *taken) {
    snapshot[name].state = frozen.state;
  }
  snapshot.erase("b");
  snapshot["of an operator that is gone"] = {};
  log_.clear();
  const std::vector<TaskSnapshot> snapshots = {snapshot};
  ASSERT_TRUE(chain_->Open(&snapshots));
  EXPECT_THAT(log_, ElementsAre("c open with list=c4 ", "b open with ", "a open with list=a4 "));
}

TEST_F(OperatorChainTest, StateOfSeveralSnapshotsIsJoined) {
  const std::vector<TaskSnapshot> snapshots = {
      {{"a", {.state = {{"list", {"1", "2"}}}}},
       {"source", {.state = {{"next", {Encode(int64_t{0})}}}}}},
      {{"a", {.state = {{"list", {"3"}}, {"other", {"x"}}}}}}};
  ASSERT_TRUE(chain_->Open(&snapshots));
  EXPECT_EQ(log_.back(), "a open with list=1 list=2 list=3 other=x ");
}

TEST_F(OperatorChainTest, AnErrorOfAnyOperatorIsTheChains) {
  const std::map<std::string, std::function<bool()>> acts = {
      {"b! open with nothing", [this] { return chain_->Open(nullptr).has_value(); }},
      {"b! record 1", [this] { return chain_->EmitNext().has_value(); }},
      {"b! watermark", [this] { return chain_->EmitFromSource(EventTime(1)).has_value(); }},
      {"b! finish", [this] { return chain_->Finish().has_value(); }},
      {"b! prepare 1",
       [this] { return chain_->PrepareSnapshotPreBarrier({.id = CheckpointId(1)}).has_value(); }},
      {"b! snapshot 1", [this] { return chain_->Snapshot({.id = CheckpointId(1)}).has_value(); }},
      {"b! complete 1", [this] { return chain_->NotifyComplete(CheckpointId(1)).has_value(); }},
      {"b! aborted 1", [this] { return chain_->NotifyAborted(CheckpointId(1)).has_value(); }}};
  for (const auto& [failure, act] : acts) {
    log_.clear();
    SetUp();
    OpenQuietly();
    log_ = {failure};
    EXPECT_FALSE(act()) << failure;
  }
}

// ---- Between chains, in a cluster ---------------------------------------------------------------

// What comes in on two inputs, and the watermark it saw with each.
struct Tagged {
  void ProcessFirst(const int64_t& number, const ProcessContext<int64_t>& context) const {
    context.Collect(number);
  }

  void ProcessSecond(const int64_t& number, const ProcessContext<int64_t>& context) const {
    context.Emit(kSecond, -number);
  }

  auto SideOutputs() const { return std::tuple(kSecond); }

  inline static const SideOutput<int64_t> kSecond{"second"};
};

TEST(OperatorChainClusterTest, TwoInputsAndTwoOutputsKeepTheirRecordsApart) {
  std::vector<Received> first;
  std::vector<Received> second;
  NumberCluster cluster({.slots = 3}, [&](StreamExecutionEnvironment& job) {
    const DataStream<int64_t> left = job.FromSource<int64_t>("left", NumberSource::Make(40));
    const DataStream<int64_t> right = job.FromSource<int64_t>("right", NumberSource::Make(60));
    const SingleOutputStream<int64_t> tagged =
        left.KeyBy([](const int64_t& number) { return number % 7; })
            .Connect(right.KeyBy([](const int64_t& number) { return number % 7; }))
            .Process<int64_t>("tag", Tagged());
    tagged.SinkTo("first", NumberSink::Make(first));
    tagged.GetSideOutput(Tagged::kSecond).SinkTo("second", NumberSink::Make(second));
  });
  cluster.RunToEnd(sim::Duration(60s));
  ASSERT_EQ(cluster.job_status(), "FINISHED");
  EXPECT_EQ(Numbers(first), FirstNumbers(40));
  EXPECT_EQ(second.size(), 60U);
  std::map<int64_t, uint32_t> owner_of_key;
  for (const Received& each : first) {
    owner_of_key[each.number % 7] = each.subtask;
  }
  for (const Received& each : second) {
    EXPECT_EQ(owner_of_key.at(-each.number % 7), each.subtask) << "both inputs agree on the owner";
  }
}

TEST(OperatorChainClusterTest, AUnionHasTheRecordsOfAll) {
  std::vector<Received> received;
  NumberCluster cluster({}, [&](StreamExecutionEnvironment& job) {
    const DataStream<int64_t> numbers = job.FromSource<int64_t>("source", NumberSource::Make(50));
    const DataStream<int64_t> more =
        job.FromSource<int64_t>("more", NumberSource::Make(50))
            .Map("add", [](const int64_t& number) { return number + 50; });
    numbers.Union(more).Rebalance().SinkTo("sink", NumberSink::Make(received));
  });
  cluster.RunToEnd(sim::Duration(60s));
  ASSERT_EQ(cluster.job_status(), "FINISHED");
  EXPECT_EQ(Numbers(received), FirstNumbers(100));
}

TEST(OperatorChainClusterTest, RebalanceIsEven) {
  std::vector<Received> received;
  NumberCluster cluster({.slots = 3, .parallelism = 3}, [&](StreamExecutionEnvironment& job) {
    job.FromSource<int64_t>("source", NumberSource::Make(300))
        .Rebalance()
        .SinkTo("sink", NumberSink::Make(received));
  });
  cluster.RunToEnd(sim::Duration(60s));
  ASSERT_EQ(cluster.job_status(), "FINISHED");
  EXPECT_EQ(Numbers(received), FirstNumbers(300));
  EXPECT_THAT(CountBySubtask(received), ElementsAre(Pair(0, 100), Pair(1, 100), Pair(2, 100)));
}

TEST(OperatorChainClusterTest, RebalanceDoesNotSendEverybodysFirstRecordToTheSameSubtask) {
  std::vector<Received> received;
  NumberCluster cluster({.slots = 4, .parallelism = 4}, [&](StreamExecutionEnvironment& job) {
    job.FromSource<int64_t>("source", NumberSource::Make(4))
        .Rebalance()
        .SinkTo("sink", NumberSink::Make(received));
  });
  cluster.RunToEnd(sim::Duration(60s));
  EXPECT_EQ(CountBySubtask(received).size(), 4U);
}

TEST(OperatorChainClusterTest, AForwardEdgeKeepsTheSubtaskAndTheOrder) {
  std::vector<Received> received;
  NumberCluster cluster({}, [&](StreamExecutionEnvironment& job) {
    job.FromSource<int64_t>("source", NumberSource::Make(100))
        .SinkTo("sink", NumberSink::Make(received))
        .StartNewChain();
  });
  ASSERT_EQ(cluster.graph().vertices.size(), 2U);
  cluster.RunToEnd(sim::Duration(60s));
  ASSERT_EQ(cluster.job_status(), "FINISHED");
  std::map<uint32_t, int64_t> last;
  for (const Received& each : received) {
    EXPECT_EQ(each.number % 2, each.subtask);
    EXPECT_TRUE(!last.contains(each.subtask) || last[each.subtask] < each.number);
    last[each.subtask] = each.number;
  }
  EXPECT_EQ(received.size(), 100U);
}

TEST(OperatorChainClusterTest, ARecordGoesToTheOwnerOfItsKeyGroup) {
  std::vector<Received> received;
  NumberCluster cluster({.slots = 3, .parallelism = 3}, [&](StreamExecutionEnvironment& job) {
    struct PassOn {
      void ProcessElement(const int64_t& number, const KeyedContext<int64_t, int64_t>& context) {
        sim::Check(context.key == number % 50, "the backend is set to key {}", context.key);
        context.out.Collect(number);
      }

      void OnTimer(EventTime, const KeyedContext<int64_t, int64_t>&) {}
    };

    job.FromSource<int64_t>("source", NumberSource::Make(200))
        .KeyBy([](const int64_t& number) { return number % 50; })
        .Process<int64_t>("pass", PassOn())
        .SinkTo("sink", NumberSink::Make(received));
  });
  cluster.RunToEnd(sim::Duration(60s));
  ASSERT_EQ(cluster.job_status(), "FINISHED");
  EXPECT_EQ(Numbers(received), FirstNumbers(200));
  for (const Received& each : received) {
    const KeyGroup group = KeyGroupFor(JavaHash(each.number % 50), 128);
    EXPECT_EQ(each.subtask, OwnerOf(group, 128, 3).value()) << each.number;
  }
  EXPECT_EQ(CountBySubtask(received).size(), 3U);
}

}  // namespace
}  // namespace flinch::engine
