#include "engine/runtime/operator_chain.h"

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
using ::testing::Pair;

// ---- One chain, outside any world ---------------------------------------------------------------

// Notes what happens to it, adds one, and passes on.
class Stage final : public StreamOperator {
 public:
  explicit Stage(std::vector<std::string>& log) : log_(log) {}

  sim::Result<void> Open(const OperatorContext& context, const OperatorState* restored) override {
    name_ = context.name;
    output_ = &context.output;
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

  sim::Result<OperatorState> Snapshot(CheckpointId id) override {
    if (sim::Result<void> noted = Note("snapshot " + std::to_string(id.value())); !noted) {
      return sim::Fail(noted);
    }
    return OperatorState{{"list", {name_ + std::to_string(id.value())}}};
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
      graph.edges.push_back({.from = graph.nodes.size() - 1,
                             .to = graph.nodes.size(),
                             .partitioning = Partitioning::kForward,
                             .type = TypeOf<int64_t>()});
      graph.nodes.push_back(
          {.name = name, .make = [this] { return std::make_unique<Stage>(log_); }});
    }
    sim::Result<JobGraph> built = BuildJobGraph(std::move(graph));
    ASSERT_TRUE(built);
    graph_ = *std::move(built);
    ASSERT_EQ(graph_.vertices.size(), 1U) << "all are chained";
    chain_ = std::make_unique<OperatorChain>(environment_,
                                             OperatorChain::Options{.graph = graph_,
                                                                    .vertex = VertexId(0),
                                                                    .subtask = SubtaskIndex(0),
                                                                    .attempt = AttemptNumber(1),
                                                                    .defects = defects_,
                                                                    .partitions = {}});
  }

  void OpenQuietly() {
    ASSERT_TRUE(chain_->Open(nullptr));
    log_.clear();
  }

  tests::NullEnvironment environment_;
  std::vector<std::string> log_;
  Defects defects_;
  JobGraph graph_;
  std::unique_ptr<OperatorChain> chain_;
};

TEST_F(OperatorChainTest, OpensFromTheLastToTheFirst) {
  ASSERT_TRUE(chain_->Open(nullptr));
  EXPECT_THAT(log_,
              ElementsAre("c open with nothing", "b open with nothing", "a open with nothing"));
}

TEST_F(OperatorChainTest, ARecordGoesThroughAllBeforeTheNextOne) {
  OpenQuietly();
  ASSERT_NE(chain_->source(), nullptr);
  ASSERT_TRUE(chain_->source()->EmitNext());
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
  ASSERT_TRUE(chain_->source()->EmitNext());
  const sim::Result<FrozenTask> snapshot = chain_->Snapshot(CheckpointId(4));
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->size(), 4U);
  EXPECT_THAT(snapshot->at("b").state, ElementsAre(Pair("list", ElementsAre("b4"))));
  EXPECT_EQ(snapshot->at("source").state.at("next").at(0), Encode(int64_t{1}));
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
  for (const auto& [name, frozen] : *chain_->Snapshot(CheckpointId(4))) {
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
      {"b! record 1", [this] { return chain_->source()->EmitNext().has_value(); }},
      {"b! watermark", [this] { return chain_->EmitFromSource(EventTime(1)).has_value(); }},
      {"b! finish", [this] { return chain_->Finish().has_value(); }},
      {"b! snapshot 1", [this] { return chain_->Snapshot(CheckpointId(1)).has_value(); }},
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
        .StartNewChain()
        .SinkTo("sink", NumberSink::Make(received));
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
