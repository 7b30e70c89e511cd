#include "engine/runtime/operator_chain.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "engine/graph/iterations.h"
#include "engine/planted_runtime.h"
#include "engine/runtime/keyed_state_home.h"
#include "engine/runtime/record_writer.h"
#include "engine/runtime/user_code.h"
#include "engine/state/key_groups.h"
#include "sim/check.h"

namespace flinch::engine {

sim::Result<void> OperatorChain::Activity::Refuse() {
  sim::Check(snapshotting != nullptr, "refused outside of a snapshot");
  refused = sim::Error{
      .code = sim::ErrorCode::kInvalidArgument,
      .message = fmt::format("Operator {} emits while it takes its snapshot: the barrier has left, "
                             "so a restore would lose that. Emit in PrepareSnapshotPreBarrier.",
                             snapshotting->Show())};
  return std::unexpected(*refused);
}

// What an operator is given.
class OperatorChain::Runtime final : public PlantedRuntime {
 public:
  Runtime(OperatorChain& chain, sim::Environment& environment, SubtaskInfo subtask,
          KeyedStateBackend* keyed_state)
      : chain_(chain),
        environment_(environment),
        subtask_(std::move(subtask)),
        keyed_state_(keyed_state) {}

  sim::Environment& environment() override { return environment_; }

  const SubtaskInfo& subtask() const override { return subtask_; }

  Output& output(OutputTag tag) override {
    const auto found = std::ranges::find(outputs_, tag, &Tagged::tag);
    sim::Check(found != outputs_.end(), "{} emits to an output that it has not declared",
               subtask_.name);
    return *found->output;
  }

  KeyedStateBackend* keyed_state() override { return keyed_state_; }

  bool is_cancelled() const override { return chain_.activity_.is_cancelled; }

  void Wake() override {
    if (chain_.options_.wake) {
      chain_.options_.wake();
    }
  }

  const Defects& defects() const override { return chain_.defects_; }

  sim::Result<void> RunMails() override {
    return chain_.options_.run_mails ? chain_.options_.run_mails() : sim::Result<void>();
  }

  void AddOutput(OutputTag tag, Output& output) { outputs_.push_back({tag, &output}); }

 private:
  struct Tagged {
    OutputTag tag;
    Output* output = nullptr;
  };

  OperatorChain& chain_;
  sim::Environment& environment_;
  SubtaskInfo subtask_;
  KeyedStateBackend* keyed_state_;
  std::vector<Tagged> outputs_;
};

// The watermark of an operator: the minimum over its inputs.
class CombinedWatermark {
 public:
  explicit CombinedWatermark(size_t inputs) : inputs_(inputs, kMinEventTime) {}

  // The new minimum, if it grew.
  std::optional<EventTime> OnWatermark(uint32_t input, EventTime watermark) {
    sim::Check(watermark >= inputs_.at(input), "the watermark of input {} goes back", input);
    inputs_[input] = watermark;
    const EventTime least = *std::ranges::min_element(inputs_);
    if (least <= emitted_) {
      return std::nullopt;
    }
    emitted_ = least;
    return least;
  }

 private:
  std::vector<EventTime> inputs_;
  EventTime emitted_ = kMinEventTime;
};

// An input of an operator, for those who feed it.
class OperatorChain::Link final : public Output {
 public:
  Link(StreamOperator& code, Runtime& runtime, uint32_t input, const KeyCodec& key,
       CombinedWatermark& watermark, Activity& activity)
      : runtime_(runtime),
        keyed_state_(runtime.keyed_state()),
        key_(key),
        activity_(activity),
        bare_(code, input, watermark),
        target_(&bare_) {}

  // What stands between here and the operator.
  void Decorate(const OutputDecorator& decorate) {
    decorated_ = decorate(runtime_, bare_);
    target_ = decorated_.get();
  }

  sim::Result<void> Emit(const StreamRecord& record) override {
    if (activity_.snapshotting != nullptr) {
      return activity_.Refuse();
    }
    return CallOperator(runtime_.subtask(), "a record", [&] {
      if (keyed_state_ != nullptr) {
        key_.encode(record.value, key_bytes_);
        keyed_state_->SetCurrentKey(key_bytes_,
                                    record.is_hashed ? record.key_hash : key_.hash(record.value));
      }
      return target_->Emit(record);
    });
  }

  sim::Result<void> EmitWatermark(EventTime watermark) override {
    if (activity_.snapshotting != nullptr) {
      return activity_.Refuse();
    }
    return CallOperator(runtime_.subtask(), "a watermark",
                        [&] { return target_->EmitWatermark(watermark); });
  }

 private:
  // The operator itself.
  class Bare final : public Output {
   public:
    Bare(StreamOperator& code, uint32_t input, CombinedWatermark& watermark)
        : code_(code), input_(input), watermark_(watermark) {}

    sim::Result<void> Emit(const StreamRecord& record) override {
      return input_ == 0 ? code_.ProcessElement(record) : code_.ProcessInput(input_, record);
    }

    sim::Result<void> EmitWatermark(EventTime watermark) override {
      const std::optional<EventTime> combined = watermark_.OnWatermark(input_, watermark);
      return combined ? code_.ProcessWatermark(*combined) : sim::Result<void>();
    }

   private:
    StreamOperator& code_;
    uint32_t input_;
    CombinedWatermark& watermark_;
  };

  Runtime& runtime_;
  KeyedStateBackend* keyed_state_;
  const KeyCodec& key_;
  Activity& activity_;
  Bytes key_bytes_;
  Bare bare_;
  std::unique_ptr<Output> decorated_;
  Output* target_;
};

// One output with any number of readers but one. Nobody's records are dropped.
class OperatorChain::FanOut final : public Output {
 public:
  FanOut(std::vector<Output*> readers, std::vector<Output*> told)
      : readers_(std::move(readers)), told_(std::move(told)) {}

  sim::Result<void> Emit(const StreamRecord& record) override {
    for (Output* reader : readers_) {
      if (sim::Result<void> emitted = reader->Emit(record); !emitted) {
        return emitted;
      }
    }
    return {};
  }

  sim::Result<void> EmitWatermark(EventTime watermark) override {
    for (Output* reader : told_) {
      if (sim::Result<void> emitted = reader->EmitWatermark(watermark); !emitted) {
        return emitted;
      }
    }
    return {};
  }

 private:
  std::vector<Output*> readers_;
  std::vector<Output*> told_;  // whom watermarks are for
};

// What a source of a batch job writes to: event time is not over before its input is.
class OperatorChain::WithoutWatermarks final : public Output {
 public:
  explicit WithoutWatermarks(Output& next) : next_(next) {}

  sim::Result<void> Emit(const StreamRecord& record) override { return next_.Emit(record); }

  sim::Result<void> EmitWatermark(EventTime watermark) override {
    return watermark == kMaxEventTime ? next_.EmitWatermark(watermark) : sim::Result<void>();
  }

 private:
  Output& next_;
};

struct OperatorChain::Member {
  const OperatorSpec* spec = nullptr;
  std::optional<KeyedStateHome> state;  // of a keyed operator
  std::unique_ptr<StreamOperator> code;
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<CombinedWatermark> watermark;
  std::vector<std::unique_ptr<Link>> inputs;     // what those before it write to
  std::vector<std::unique_ptr<Output>> outputs;  // fan-outs, and a source's decorator
};

OperatorChain::OperatorChain(sim::Environment& environment, const Options& options)
    : options_(options), defects_(options.defects) {
  const TaskDeployment& deployment = options.deployment;
  sim::Check(options.partitions.size() == deployment.partitions.size(),
             "{} partitions for {} edges", options.partitions.size(), deployment.partitions.size());
  for (size_t i = 0; i < deployment.partitions.size(); ++i) {
    const PartitionDescriptor& edge = deployment.partitions[i];
    const OperatorSpec* reader = options.code.Find(edge.to);
    sim::Check(reader != nullptr, "nobody knows who reads edge {}", edge.edge);
    writers_.push_back(std::make_unique<RecordWriter>(
        edge, reader->inputs.at(edge.input), deployment.max_parallelism, deployment.task.subtask,
        *options.partitions[i],
        IsFedBack(options.code, edge.to, edge.input) ? EdgeKind::kFeedback : EdgeKind::kPipelined));
  }
  members_.resize(deployment.chain.size());
  for (size_t i = members_.size(); i-- > 0;) {
    const OperatorSpec* spec = options.code.Find(deployment.chain[i]);
    sim::Check(spec != nullptr, "nobody knows operator {}", deployment.chain[i].value());
    members_[i] = Make(*spec, environment);
    ConnectOutputs(*members_[i]);
  }
  if (members_.front()->spec->is_source) {
    source_ = dynamic_cast<SourceOperator*>(members_.front()->code.get());
    sim::Check(source_ != nullptr, "{} is no source", members_.front()->spec->name);
  }
}

OperatorChain::~OperatorChain() = default;

std::unique_ptr<OperatorChain::Member> OperatorChain::Make(const OperatorSpec& spec,
                                                           sim::Environment& environment) {
  const TaskDeployment& deployment = options_.deployment;
  const SubtaskIndex index = deployment.task.subtask;
  auto member = std::make_unique<Member>();
  member->spec = &spec;
  member->code = spec.make();
  if (spec.is_keyed()) {
    member->state.emplace(environment, deployment, spec, options_.state, defects_);
  }
  member->runtime = std::make_unique<Runtime>(
      *this, environment,
      SubtaskInfo{.id = spec.id(),
                  .name = spec.name,
                  .index = index,
                  .parallelism = deployment.parallelism,
                  .max_parallelism = deployment.max_parallelism,
                  .widest = std::max(deployment.parallelism, deployment.widest()),
                  .attempt = deployment.task.attempt},
      member->state ? &member->state->backend() : nullptr);
  member->watermark = std::make_unique<CombinedWatermark>(spec.inputs.size());
  for (uint32_t input = 0; input < spec.inputs.size(); ++input) {
    member->inputs.push_back(std::make_unique<Link>(*member->code, *member->runtime, input,
                                                    spec.inputs[input].key, *member->watermark,
                                                    activity_));
    if (spec.decorate) {
      member->inputs.back()->Decorate(spec.decorate);
    }
  }
  return member;
}

void OperatorChain::ConnectOutputs(Member& member) {
  const OperatorSpec& spec = *member.spec;
  std::vector<Output*> all;
  for (const OutputSpec& output : spec.outputs) {
    const std::vector<Output*> readers = ReadersOf(spec, output.tag);
    all.insert(all.end(), readers.begin(), readers.end());
  }
  for (const OutputSpec& output : spec.outputs) {
    const bool is_main = output.tag == kMainOutput;
    const std::vector<Output*> readers = ReadersOf(spec, output.tag);
    Output* next = nullptr;
    if (is_main && readers.size() == 1 && all.size() == 1) {
      next = readers.front();
    } else {
      member.outputs.push_back(
          std::make_unique<FanOut>(readers, is_main ? all : std::vector<Output*>()));
      next = member.outputs.back().get();
    }
    if (is_main && spec.is_source && options_.is_batch) {
      member.outputs.push_back(std::make_unique<WithoutWatermarks>(*next));
      next = member.outputs.back().get();
    }
    if (is_main && spec.is_source && spec.decorate) {
      member.outputs.push_back(spec.decorate(*member.runtime, *next));
      next = member.outputs.back().get();
    }
    member.runtime->AddOutput(output.tag, *next);
  }
}

// In the order of the graph's edges.
std::vector<Output*> OperatorChain::ReadersOf(const OperatorSpec& spec, OutputTag tag) const {
  std::vector<Output*> readers;
  for (const StreamEdge& edge : options_.code.edges) {
    if (&options_.code.nodes.at(edge.from) != &spec || edge.tag != tag) {
      continue;
    }
    const OperatorSpec& to = options_.code.nodes.at(edge.to);
    for (const std::unique_ptr<Member>& other : members_) {
      if (other != nullptr && other->spec == &to) {
        readers.push_back(other->inputs.at(edge.input).get());
      }
    }
  }
  const std::vector<PartitionDescriptor>& partitions = options_.deployment.partitions;
  for (size_t i = 0; i < partitions.size(); ++i) {
    if (partitions[i].from == spec.id() && partitions[i].tag == tag) {
      readers.push_back(writers_[i].get());
    }
  }
  return readers;
}

sim::Result<void> OperatorChain::HandleSourceEvent(const SourceEvent& event) {
  const SubtaskInfo& subtask = members_.front()->runtime->subtask();
  auto* const reader = dynamic_cast<SourceReader*>(source_);
  if (reader == nullptr) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("{} has an enumerator and is no SourceReader.", subtask.Show()));
  }
  return CallOperator(subtask, "its splits", [&] {
    if (const auto* const add = std::get_if<AddSplitsEvent>(&event)) {
      return reader->AddSplits(add->splits);
    }
    reader->NoMoreSplits();
    return sim::Result<void>();
  });
}

Output& OperatorChain::input(uint32_t index) { return *members_.front()->inputs.at(index); }

// Calls it for each operator, from the root to the leaves, until one fails.
template <typename Call>
sim::Result<void> OperatorChain::ForEach(const char* doing, const Call& call) {
  for (const std::unique_ptr<Member>& member : members_) {
    sim::Result<void> called =
        CallOperator(member->runtime->subtask(), doing, [&] { return call(*member); });
    if (!called) {
      return called;
    }
  }
  return {};
}

sim::Result<void> OperatorChain::Open(const std::vector<TaskSnapshot>* restored) {
  for (size_t i = members_.size(); i-- > 0;) {
    if (sim::Result<void> opened = OpenMember(*members_[i], restored); !opened) {
      return opened;
    }
  }
  SettleState();
  return {};
}

sim::Result<void> OperatorChain::OpenMember(Member& member,
                                            const std::vector<TaskSnapshot>* restored) {
  const SubtaskInfo& subtask = member.runtime->subtask();
  OperatorState state;
  const OperatorState nothing;
  const bool is_left_out =
      defects_.Has(Defect::kListStateToTheFirstSubtask) && subtask.index != SubtaskIndex(0);
  const std::span<const TaskSnapshot> snapshots =
      restored == nullptr ? std::span<const TaskSnapshot>() : std::span(*restored);
  if (member.state) {
    sim::Result<void> opened = member.state->Open(snapshots);
    if (!opened && opened.error().code == sim::ErrorCode::kInvalidArgument) {
      return sim::Fail(opened.error().code,
                       fmt::format("Operator '{}', subtask {}: {}", subtask.name,
                                   subtask.index.value(), opened.error().message));
    }
    if (!opened) {
      return opened;
    }
  }
  for (const TaskSnapshot& snapshot : snapshots) {
    const auto found = snapshot.find(member.spec->state_name());
    if (found == snapshot.end()) {
      continue;  // the operator is new: it starts empty
    }
    for (const auto& [list, entries] : is_left_out ? nothing : found->second.state) {
      std::vector<Bytes>& merged = state[list];
      merged.insert(merged.end(), entries.begin(), entries.end());
    }
  }
  return CallOperator(subtask, "its opening", [&] {
    return member.code->Open(*member.runtime, restored == nullptr ? nullptr : &state);
  });
}

void OperatorChain::OnAvailable(std::function<void()> wake) {
  sim::Check(source_ != nullptr, "a chain without a source is never available");
  source_->OnAvailable(std::move(wake));
}

sim::Result<InputStatus> OperatorChain::EmitNext() {
  sim::Check(source_ != nullptr, "a chain without a source is polled");
  return CallOperator(members_.front()->runtime->subtask(), "a poll",
                      [this] { return source_->EmitNext(); });
}

sim::Result<void> OperatorChain::EmitFromSource(EventTime watermark) {
  sim::Check(source_ != nullptr, "a chain without a source emits by itself");
  return members_.front()->runtime->main_output().EmitWatermark(watermark);
}

bool OperatorChain::GoesByTheClock(const Member& member) const {
  return !options_.is_batch || !member.state;
}

sim::SimTime OperatorChain::NextTimer() const {
  sim::SimTime next = sim::kForever;
  for (const std::unique_ptr<Member>& member : members_) {
    if (GoesByTheClock(*member)) {
      next = std::min(next, member->code->NextTimer());
    }
  }
  return next;
}

sim::Result<void> OperatorChain::FireTimers() {
  return ForEach("a timer", [this](const Member& member) {
    return GoesByTheClock(member) ? member.code->FireTimers() : sim::Result<void>();
  });
}

sim::Result<void> OperatorChain::EndKey() {
  const Member& root = *members_.front();
  return CallOperator(root.runtime->subtask(), "the end of a key", [&] {
    sim::Result<void> ended = root.code->EndKey();
    if (ended && root.state) {
      root.runtime->keyed_state()->Clear();
    }
    return ended;
  });
}

sim::Result<void> OperatorChain::EndInput(uint32_t index) {
  const Member& root = *members_.front();
  sim::Check(index < root.inputs.size(), "input {} of {} ends", index, root.spec->name);
  return CallOperator(root.runtime->subtask(), "the end of an input",
                      [&] { return root.code->EndInput(index); });
}

sim::Result<void> OperatorChain::Finish() {
  const Member* const root = members_.front().get();
  return ForEach("the end of its input", [root](const Member& member) {
    // Those behind the root have one input, and it ends with those before them.
    sim::Result<void> ended = &member == root ? sim::Result<void>() : member.code->EndInput(0);
    return ended ? member.code->Finish() : ended;
  });
}

sim::Result<void> OperatorChain::PrepareSnapshotPreBarrier(const CheckpointMeta& meta) {
  return ForEach("the preparation of a snapshot", [&meta](const Member& member) {
    return member.code->PrepareSnapshotPreBarrier(meta);
  });
}

sim::Result<FrozenTask> OperatorChain::Snapshot(const CheckpointMeta& meta) {
  FrozenTask snapshot;
  for (const std::unique_ptr<Member>& member : members_) {
    const SubtaskInfo& subtask = member->runtime->subtask();
    activity_.snapshotting = &subtask;
    sim::Result<OperatorState> state =
        CallOperator(subtask, "its snapshot", [&] { return member->code->Snapshot(meta); });
    activity_.snapshotting = nullptr;
    if (!state) {
      return sim::Fail(state);
    }
    if (activity_.refused) {  // whatever the operator made of the refusal
      return std::unexpected(*activity_.refused);
    }
    FrozenOperator& mine = snapshot[member->spec->state_name()];
    mine.state = *std::move(state);
    for (const auto& [list, entries] : mine.state) {
      if (const ListMode mode = member->code->ModeOf(list); mode != ListMode::kSplit) {
        mine.modes.emplace(list, mode);
      }
    }
    if (!member->state) {
      continue;
    }
    const sim::Result<void> frozen = CallOperator(subtask, "its snapshot", [&] {
      member->state->Freeze(meta, mine);
      return sim::Result<void>();
    });
    if (!frozen) {
      return sim::Fail(frozen);
    }
  }
  return snapshot;
}

void OperatorChain::OnUploaded(const SnapshotHandle& handle) {
  for (const std::unique_ptr<Member>& member : members_) {
    const auto found = handle.operators.find(member->spec->state_name());
    if (member->state && found != handle.operators.end()) {
      member->state->OnUploaded(found->second);
    }
  }
}

void OperatorChain::ReadAgain(const CheckpointMeta& meta, FrozenTask& snapshot) {
  if (source_ != nullptr && defects_.Has(Defect::kListStateByReference)) {
    OperatorState& mine = snapshot[members_.front()->spec->state_name()].state;
    mine = source_->Snapshot(meta).value_or(mine);
  }
}

sim::Result<void> OperatorChain::NotifyComplete(CheckpointId id) {
  for (const std::unique_ptr<Member>& member : members_) {
    if (member->state) {
      member->state->Confirm(id);
    }
  }
  return ForEach("the completion of a checkpoint",
                 [id](const Member& member) { return member.code->NotifyCheckpointComplete(id); });
}

sim::Result<void> OperatorChain::NotifyAborted(CheckpointId id) {
  for (const std::unique_ptr<Member>& member : members_) {
    if (member->state) {
      member->state->Abort(id);
    }
  }
  return ForEach("the end of a failed checkpoint",
                 [id](const Member& member) { return member.code->NotifyCheckpointAborted(id); });
}

size_t OperatorChain::keyed_entries() const {
  size_t entries = 0;
  for (const std::unique_ptr<Member>& member : members_) {
    entries += member->state ? member->state->backend().entries() : 0;
  }
  return entries;
}

void OperatorChain::Cancel() {
  activity_.is_cancelled = true;
  for (const std::unique_ptr<Member>& member : members_) {
    member->code->Cancel();
  }
}

void OperatorChain::Close() {
  for (const std::unique_ptr<Member>& member : members_) {
    member->code->Close();
  }
}

void OperatorChain::SettleState() {
  for (const std::unique_ptr<Member>& member : members_) {
    if (member->state) {
      member->state->Settle();
    }
  }
}

void OperatorChain::DropState() {
  for (const std::unique_ptr<Member>& member : members_) {
    if (member->state) {
      member->state->Drop();
    }
  }
}

}  // namespace flinch::engine
