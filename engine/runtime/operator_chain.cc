#include "engine/runtime/operator_chain.h"

#include <utility>

#include "engine/state/key_groups.h"
#include "sim/check.h"

namespace flinch::engine {

// From one operator to the next.
class OperatorChain::Link final : public Output {
 public:
  Link(StreamOperator& next, KeyedStateBackend* keyed_state, KeySelector key)
      : next_(next), keyed_state_(keyed_state), key_(std::move(key)) {}

  sim::Result<void> Emit(const StreamRecord& record) override {
    if (keyed_state_ != nullptr) {
      key_bytes_.clear();
      const int32_t hash = key_(record.value, key_bytes_);
      keyed_state_->SetCurrentKey(key_bytes_, hash);
    }
    return next_.ProcessElement(record);
  }

  sim::Result<void> EmitWatermark(EventTime watermark) override {
    return next_.ProcessWatermark(watermark);
  }

 private:
  StreamOperator& next_;
  KeyedStateBackend* keyed_state_;
  KeySelector key_;
  Bytes key_bytes_;
};

// From the last operator to the network.
class OperatorChain::Tail final : public Output {
 public:
  struct Edge {
    const StreamEdge* edge = nullptr;
    ResultPartition* partition = nullptr;
    uint32_t next = 0;  // of a round robin
  };

  Tail(uint32_t max_parallelism, SubtaskIndex subtask, std::vector<Edge> edges)
      : max_parallelism_(max_parallelism), subtask_(subtask), edges_(std::move(edges)) {}

  sim::Result<void> Emit(const StreamRecord& record) override {
    for (Edge& edge : edges_) {
      edge.partition->EmitRecord(Choose(edge, record), edge.edge->type, record);
    }
    return {};
  }

  sim::Result<void> EmitWatermark(EventTime watermark) override {
    for (const Edge& edge : edges_) {
      edge.partition->BroadcastWatermark(watermark);
    }
    return {};
  }

 private:
  uint32_t Choose(Edge& edge, const StreamRecord& record) {
    const uint32_t subpartitions = edge.partition->subpartitions();
    switch (edge.edge->partitioning) {
      case Partitioning::kForward:
        return 0;
      case Partitioning::kHash: {
        key_bytes_.clear();
        const int32_t hash = edge.edge->key(record.value, key_bytes_);
        const KeyGroup group = KeyGroupFor(hash, max_parallelism_);
        return OwnerOf(group, max_parallelism_, subpartitions).value();
      }
      case Partitioning::kRebalance:
        edge.next = (edge.next + 1) % subpartitions;
        return (edge.next + subtask_.value()) % subpartitions;
    }
    sim::Unreachable("partitioning {}", static_cast<int>(edge.edge->partitioning));
  }

  uint32_t max_parallelism_;
  SubtaskIndex subtask_;
  std::vector<Edge> edges_;
  Bytes key_bytes_;
};

OperatorChain::OperatorChain(sim::Environment& environment, const Options& options)
    : options_(options), defects_(options.defects) {
  const StreamGraph& stream = options.graph.stream;
  const JobVertex& vertex = options.graph.vertex(options.vertex);
  std::vector<Tail::Edge> edges;
  for (size_t i = 0; i < vertex.outputs.size(); ++i) {
    const JobEdge& edge = options.graph.edges.at(vertex.outputs[i]);
    edges.push_back({.edge = &stream.edges.at(edge.stream_edge),
                     .partition = options.partitions.at(i),
                     .next = 0});
  }
  tail_ = std::make_unique<Tail>(stream.max_parallelism, options.subtask, std::move(edges));
  members_.resize(vertex.operators.size());
  Output* next = tail_.get();
  for (size_t i = members_.size(); i-- > 0;) {
    const StreamNode& node = stream.nodes.at(vertex.operators[i]);
    Member& member = members_[i];
    member.name = node.name;
    member.code = node.make();
    if (node.key) {
      member.keyed_state = std::make_unique<KeyedStateBackend>(
          RangeOf(options.subtask, stream.max_parallelism, node.parallelism),
          stream.max_parallelism);
    }
    if (node.is_source) {
      source_ = dynamic_cast<SourceOperator*>(member.code.get());
      sim::Check(i == 0 && source_ != nullptr, "{} is no source at the head of its chain",
                 node.name);
    }
    member.input = std::make_unique<Link>(*member.code, member.keyed_state.get(), node.key);
    member.context =
        std::make_unique<OperatorContext>(OperatorContext{.environment = environment,
                                                          .output = *next,
                                                          .name = node.name,
                                                          .subtask = options.subtask,
                                                          .parallelism = node.parallelism,
                                                          .attempt = options.attempt,
                                                          .keyed_state = member.keyed_state.get(),
                                                          .defects = defects_});
    next = member.input.get();
  }
}

OperatorChain::~OperatorChain() = default;

Output& OperatorChain::head() { return *members_.front().input; }

sim::Result<void> OperatorChain::Open(const std::vector<TaskSnapshot>* restored) {
  for (size_t i = members_.size(); i-- > 0;) {
    if (sim::Result<void> opened = OpenMember(members_[i], restored); !opened) {
      return opened;
    }
  }
  return {};
}

sim::Result<void> OperatorChain::OpenMember(Member& member,
                                            const std::vector<TaskSnapshot>* restored) {
  if (restored == nullptr) {
    return member.code->Open(*member.context, nullptr);
  }
  OperatorState state;
  const OperatorState nothing;
  const bool is_left_out =
      defects_.Has(Defect::kListStateToTheFirstSubtask) && options_.subtask != SubtaskIndex(0);
  for (const TaskSnapshot& snapshot : *restored) {
    const auto found = snapshot.find(member.name);
    if (found == snapshot.end()) {
      continue;  // the operator is new: it starts empty
    }
    for (const auto& [list, entries] : is_left_out ? nothing : found->second.state) {
      std::vector<Bytes>& merged = state[list];
      merged.insert(merged.end(), entries.begin(), entries.end());
    }
    if (member.keyed_state) {
      sim::Result<void> keyed = member.keyed_state->Restore(found->second.keyed, defects_);
      if (!keyed) {
        return keyed;
      }
    }
  }
  return member.code->Open(*member.context, &state);
}

sim::Result<void> OperatorChain::EmitFromSource(EventTime watermark) {
  sim::Check(source_ != nullptr, "a chain without a source emits by itself");
  return members_.front().context->output.EmitWatermark(watermark);
}

sim::Result<void> OperatorChain::Finish() {
  for (Member& member : members_) {
    if (sim::Result<void> finished = member.code->Finish(); !finished) {
      return finished;
    }
  }
  return {};
}

sim::Result<FrozenTask> OperatorChain::Snapshot(CheckpointId id) {
  FrozenTask snapshot;
  for (Member& member : members_) {
    sim::Result<OperatorState> state = member.code->Snapshot(id);
    if (!state) {
      return sim::Fail(state);
    }
    FrozenOperator& mine = snapshot[member.name];
    mine.state = *std::move(state);
    if (member.keyed_state) {
      mine.keyed = member.keyed_state->Freeze(defects_.Has(Defect::kUploadReadsLiveState));
    }
  }
  return snapshot;
}

void OperatorChain::ReadAgain(CheckpointId id, FrozenTask& snapshot) {
  for (const Member& member : members_) {
    FrozenOperator& mine = snapshot[member.name];
    if (member.code.get() == source_ && defects_.Has(Defect::kListStateByReference)) {
      mine.state = source_->Snapshot(id).value_or(mine.state);
    }
  }
}

sim::Result<void> OperatorChain::NotifyComplete(CheckpointId id) {
  for (Member& member : members_) {
    if (sim::Result<void> notified = member.code->NotifyCheckpointComplete(id); !notified) {
      return notified;
    }
  }
  return {};
}

sim::Result<void> OperatorChain::NotifyAborted(CheckpointId id) {
  for (Member& member : members_) {
    if (sim::Result<void> notified = member.code->NotifyCheckpointAborted(id); !notified) {
      return notified;
    }
  }
  return {};
}

size_t OperatorChain::keyed_entries() const {
  size_t entries = 0;
  for (const Member& member : members_) {
    entries += member.keyed_state ? member.keyed_state->entries() : 0;
  }
  return entries;
}

void OperatorChain::Cancel() {
  for (const Member& member : members_) {
    member.code->Cancel();
  }
}

void OperatorChain::Close() {
  for (const Member& member : members_) {
    member.code->Close();
  }
}

}  // namespace flinch::engine
