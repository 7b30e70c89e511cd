#include "engine/runtime/stream_task.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/graph/iterations.h"
#include "engine/runtime/task_parts.h"
#include "engine/runtime/user_code.h"
#include "engine/waits.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

// Flink's taskmanager.memory.min-segment-size: buffers do not become smaller.
constexpr uint32_t kBufferBytesMin = 256;

}  // namespace

StreamTask::StreamTask(sim::Environment& environment, TaskListener& listener,
                       const Options& options)
    : environment_(environment),
      listener_(listener),
      engine_(options.engine),
      results_(options.shuffle.results()),
      deployment_(options.deployment),
      code_(options.code),
      id_(deployment_.task),
      name_(deployment_.subtask_name()),
      defects_(options.defects),
      pool_(options.shuffle.pool()),
      work_(environment),
      fibers_(environment),
      partitions_(MakePartitions(
          environment, engine_.network, pool_, options.code, deployment_, [this] { Wake(); },
          defects_, this, engine_.execution.is_batch())),
      chain_(environment, {.code = options.code,
                           .deployment = deployment_,
                           .defects = defects_,
                           .partitions = Pointers(partitions_),
                           .state = engine_.keyed_state(),
                           .wake = [this] { Wake(); },
                           .is_batch = engine_.execution.is_batch(),
                           .run_mails = [this] { return RunMails(); }}),
      gate_(
          environment, engine_.network, options.shuffle,
          DescribeChannels(options.code, deployment_, engine_.execution.is_batch()),
          [this] { Wake(); },
          defects_.Has(Defect::kReconnectsWithoutSequence) ? BrokenChannel::kReconnects
                                                           : BrokenChannel::kFails,
          defects_),
      role_(RoleInIteration(options.code, deployment_)),
      barriers_(MakeBarriers(engine_.checkpoint, gate_.channels(), role_, defects_)),
      edges_(EdgesOfGates(options.code, deployment_)) {
  MakeInputs(options.code);
  const NetworkOptions& network = engine_.network;
  if (network.debloat.enabled && gate_.channels() > 0) {
    debloater_.emplace(network.debloat, std::min(kBufferBytesMin, network.buffer_bytes),
                       network.buffer_bytes);
    debloated_ = environment.Now();
  }
  if (role_) {
    rounds_.emplace(role_->is_head, role_->channel_count(),
                    defects_.Has(Defect::kIterationEndsAfterOneRound));
  }
}

// One per input of the operator at the root, over all channels of all edges into it.
void StreamTask::MakeInputs(const StreamGraph& code) {
  const OperatorSpec* const root = code.Find(deployment_.chain.front());
  sim::Check(root != nullptr, "{} has no code", name_);
  std::vector<size_t> sizes(root->inputs.size());
  for (const GateDescriptor& gate : deployment_.gates) {
    for (size_t i = 0; i < gate.channels.size(); ++i) {
      channels_.push_back({.input = gate.input, .index = sizes.at(gate.input)++});
    }
  }
  for (uint32_t input = 0; input < sizes.size(); ++input) {
    inputs_.push_back({.type = root->inputs[input].type,
                       .into = &chain_.input(input),
                       .watermarks = WatermarkValve(sizes[input], defects_),
                       .channels = sizes[input],
                       .open = sizes[input]});
  }
  if (engine_.execution.is_batch()) {
    MakeBatch(*root);
  }
}

StreamTask::Ending StreamTask::Run() {
  bool has_thrown = true;
  const sim::Result<void> worked = CallUserCode("", [&] {
    const sim::Result<void> started = Start();
    const sim::Result<void> done = started && !cancelled_ ? Loop() : started;
    has_thrown = false;
    return done;
  });
  Ending ending;
  if (finished_ && !has_thrown) {
    ending.state = ExecutionState::kFinished;
  } else if (cancelled_ && !has_thrown) {
    ending.state = ExecutionState::kCanceled;
  } else {
    sim::Check(!worked.has_value(), "task {} ended for no reason", name_);
    ending.reason = worked.error().message;
    ending.missing = gate_.missing();
  }
  gate_.Close();
  for (const std::unique_ptr<ResultPartition>& partition : partitions_) {
    partition->Close();
  }
  chain_.Close();
  fibers_.WaitForAll();
  chain_.DropState();
  RemoveFiles();
  return ending;
}

sim::Result<void> StreamTask::Start() {
  const CheckpointId restored = deployment_.restored();
  events::Trace(
      environment_,
      events::TaskRestoring{.subtask = name_, .attempt = id_.attempt, .checkpoint = restored});
  if (restored == CheckpointId()) {
    if (sim::Result<void> opened = chain_.Open(nullptr); !opened) {
      return opened;
    }
  } else {
    const sim::Result<std::vector<TaskSnapshot>> snapshots = ReadSnapshots();
    if (!snapshots) {
      return sim::Fail(snapshots);
    }
    if (sim::Result<void> opened = chain_.Open(&*snapshots); !opened) {
      return opened;
    }
  }
  last_checkpoint_ = std::max(last_checkpoint_, restored);
  restored_entries_ = chain_.keyed_entries();
  if (sim::Result<void> opened = OpenFeedback(); !opened) {
    return opened;
  }
  if (sim::Result<void> read = ReadRecovered(); !read) {
    return read;
  }
  if (chain_.has_source()) {
    chain_.OnAvailable([this] {
      source_available_ = true;
      Wake();
    });
  }
  if (recovered_.empty()) {
    GoLive();
  }
  return {};
}

void StreamTask::GoLive() {
  if (!batch_ || !batch_->is_over) {
    gate_.Start(fibers_);
  }
  started_ = true;
  events::Trace(environment_, events::TaskStarted{.subtask = name_,
                                                  .attempt = id_.attempt,
                                                  .checkpoint = deployment_.restored(),
                                                  .entries = restored_entries_});
  listener_.OnStarted(id_);
}

sim::Result<std::vector<TaskSnapshot>> StreamTask::ReadSnapshots() {
  std::vector<TaskSnapshot> snapshots;
  for (const SnapshotHandle& handle : deployment_.restore->snapshots) {
    sim::Result<TaskSnapshot> snapshot = ReadSnapshot(environment_.shared(), handle);
    if (!snapshot) {
      return sim::Fail(snapshot);
    }
    snapshots.push_back(*std::move(snapshot));
  }
  return snapshots;
}

sim::Result<void> StreamTask::RunMails() {
  while (!mails_.empty()) {
    auto mail = std::move(mails_.front());
    mails_.pop_front();
    if (sim::Result<void> handled = mail(); !handled) {
      return handled;
    }
  }
  return {};
}

sim::Result<void> StreamTask::Loop() {
  for (;;) {
    if (sim::Result<void> handled = RunMails(); !handled) {
      return handled;
    }
    if (cancelled_ || finished_) {
      return {};
    }
    if (InputFailed()) {
      return std::unexpected(*gate_.error());
    }
    if (sim::Result<void> looked = LookAtClocks(); !looked) {
      return looked;
    }
    if (sim::Result<void> fired = FireTimersWhenDue(); !fired) {
      return fired;
    }
    const sim::Result<bool> worked = WorkTurn();
    if (!worked) {
      return sim::Fail(worked);
    }
    if (sim::Result<void> spilled = SpillResults(); !spilled) {
      return spilled;
    }
    FlushWhenDue();
    DebloatWhenDue();
    if (*worked) {
      chain_.SettleState();
    }
    if (records_ > 0) {
      // Mails and other tasks get their turn, after the time that the work took.
      environment_.Sleep(std::exchange(records_, 0) * engine_.task.record_time);
    } else if (!*worked) {
      AwaitWork();
    }
  }
}

void StreamTask::AwaitWork() {
  const auto can_go_on = [this] {
    return !mails_.empty() || cancelled_ || InputFailed() || (gate_.HasUrgent() && !held_) ||
           HasSettledOutputs() || ((OutputsAvailable() || postponing_) && HasInput());
  };
  while (!can_go_on()) {
    const std::string_view reason = WhatIsAwaited();
    const sim::SimTime since = environment_.Now();
    const bool was_woken = work_.WaitUntil(
        std::min({flush_at_, timed_out_at_, overtakes_at_, NextTimer()}), reason, this);
    if (reason == kWaitForInput) {
      throughput_.OnIdle(environment_.Now() - since);
    }
    if (!was_woken) {
      return;
    }
  }
}

// A task that waits for the end waits for nobody in particular.
std::string StreamTask::WaitText() const {
  TaskWait wait;
  if (end_of_input_ || held_) {
    return {};
  }
  for (size_t i = 0; i < partitions_.size(); ++i) {
    for (uint32_t each = 0; each < partitions_[i]->subpartitions(); ++each) {
      if (partitions_[i]->IsFull(each)) {
        wait.full.push_back({.edge = deployment_.partitions[i].edge, .subpartition = each});
      }
    }
  }
  for (size_t channel = 0; channel < gate_.channels(); ++channel) {
    const ChannelOptions& options = gate_.channel(channel);
    if (!gate_.HasEnded(channel)) {
      wait.inputs.push_back(
          {.place = {.edge = options.request.edge, .subpartition = options.request.subpartition},
           .is_blocked = gate_.IsBlocked(channel),
           .producer = options.producer_name});
    }
  }
  return Show(wait);
}

// Timers are work like records: they wait for room, and for what comes before anything new.
sim::SimTime StreamTask::NextTimer() const {
  const bool may_fire = started_ && !held_ && !end_of_input_ && OutputsAvailable();
  return may_fire ? chain_.NextTimer() : sim::kForever;
}

sim::Result<void> StreamTask::FireTimersWhenDue() {
  if (environment_.Now() < NextTimer()) {
    return {};
  }
  ++records_;  // it takes time, however short the next one is
  return chain_.FireTimers();
}

// Behind the savepoint that stops the job nothing is read any more, and producers may end first.
bool StreamTask::InputFailed() const { return gate_.error() && !held_; }

std::string_view StreamTask::WhatIsAwaited() const {
  if (end_of_input_ || held_) {
    return kWaitForFinalCheckpoint;
  }
  return OutputsAvailable() ? kWaitForInput : kWaitForRoom;
}

bool StreamTask::OutputsAvailable() const {
  return std::ranges::all_of(partitions_, [](const auto& each) { return each->IsAvailable(); });
}

bool StreamTask::HasInput() const {
  if (held_) {
    return false;
  }
  const bool is_source = gate_.channels() == 0;
  if (is_source) {
    return source_available_ && !end_of_input_;
  }
  if (batch_ && (batch_->feeds || (batch_->is_over && !end_of_input_))) {
    return true;
  }
  const bool has_kept = !recovered_.empty() || (!postponed_.empty() && !postponing_);
  return !started_ || reading_ || has_kept || gate_.Next().has_value();
}

// Works until there is nothing to do, or enough was done for one turn. False when nothing was.
sim::Result<bool> StreamTask::WorkTurn() {
  bool has_worked = false;
  do {
    const sim::Result<bool> worked = WorkOnce();
    if (!worked) {
      return worked;
    }
    if (!*worked) {
      return has_worked;
    }
    has_worked = true;
  } while (records_ < engine_.task.turn_records && mails_.empty() && !cancelled_ && !gate_.error());
  return true;
}

sim::Result<bool> StreamTask::WorkOnce() {
  if (held_) {
    return false;
  }
  if (gate_.HasUrgent()) {
    const sim::Result<void> heard = HearUrgent();
    return heard ? sim::Result<bool>(true) : sim::Fail(heard);
  }
  if (postponing_) {
    return Postpone();
  }
  if (!OutputsAvailable()) {
    return false;
  }
  if (reading_) {
    return ReadOn();
  }
  if (batch_ && batch_->is_over && !end_of_input_) {
    const sim::Result<void> ended = EndInput();
    return ended ? sim::Result<bool>(true) : sim::Fail(ended);
  }
  if (batch_ && batch_->feeds) {
    return FeedSorted();
  }
  return gate_.channels() == 0 ? PollSource() : ReadInput();
}

sim::Result<bool> StreamTask::PollSource() {
  if (!source_available_ || end_of_input_) {
    return false;
  }
  if (deployment_.checkpoint.kind == CheckpointKind::kSavepointTerminate) {
    const sim::Result<void> ended = EndInput();
    return ended ? sim::Result<bool>(true) : sim::Fail(ended);
  }
  source_available_ = false;  // before the poll: what arrives during it counts
  const sim::Result<InputStatus> status = chain_.EmitNext();
  if (!status) {
    return sim::Fail(status);
  }
  switch (*status) {
    case InputStatus::kMoreAvailable:
      CountRecord();
      source_available_ = true;
      return true;
    case InputStatus::kNothingAvailable:
      return false;
    case InputStatus::kEndOfInput:
      if (sim::Result<void> ended = EndInput(); !ended) {
        return sim::Fail(ended);
      }
      return true;
  }
  sim::Unreachable("input status {}", static_cast<int>(*status));
}

sim::Result<void> StreamTask::ProcessEvent(size_t channel, std::string_view bytes) {
  const sim::Result<StreamEvent> event = Decode<StreamEvent>(bytes);
  if (!event) {
    return std::unexpected(Undecodable(channel));
  }
  return std::visit([&](const auto& each) { return On(channel, each); }, *event);
}

// What operators have seen last; before the first, the smallest.
EventTime StreamTask::watermark() const {
  EventTime least = inputs_.empty() ? kMinEventTime : kMaxEventTime;
  for (size_t input = 0; input < inputs_.size(); ++input) {
    if (!IsHead() || input != kFeedbackInput) {
      least = std::min(least, inputs_[input].watermarks.current());
    }
  }
  return least;
}

void StreamTask::CountRecord() {
  ++records_;
  if (!std::exchange(saw_record_, true)) {
    events::Trace(environment_, events::FirstRecord{.subtask = name_, .attempt = id_.attempt});
  }
}

sim::Result<void> StreamTask::On(size_t channel, const BarrierEvent& barrier) {
  const CheckpointId id = barrier.meta.id;
  const std::string_view place = std::visit(
      [channel, id](const auto& barriers) { return barriers.PlaceOf(channel, id); }, barriers_);
  events::Trace(environment_, events::BarrierReceived{.id = id,
                                                      .subtask = name_,
                                                      .channel = channel,
                                                      .attempt = id_.attempt,
                                                      .place = place,
                                                      .from = gate_.channel(channel).producer_name,
                                                      .records = RecordsBefore(channel, id)});
  if (defects_.Has(Defect::kBarriersOfEndedChannelsAreLost) && gate_.HasEnded(channel)) {
    return {};
  }
  const barrier_input::Barrier input{
      .channel = channel, .meta = barrier.meta, .now = environment_.WallNow()};
  return WaitsForTheEnd(input) ? sim::Result<void>() : Feed(input);
}

sim::Result<void> StreamTask::On(size_t channel, const CancelMarkerEvent& marker) {
  return Feed(barrier_input::CancelMarker{.channel = channel, .id = marker.id});
}

sim::Result<void> StreamTask::Feed(const BarrierInput& input) {
  const std::span<const BarrierEffect> effects =
      std::visit([&input](auto& barriers) { return barriers.Step(input); }, barriers_);
  for (const BarrierEffect& effect : effects) {
    if (sim::Result<void> performed =
            std::visit([this](const auto& each) { return Perform(each); }, effect);
        !performed) {
      return performed;
    }
  }
  return {};
}

sim::Result<void> StreamTask::Perform(const barrier_effect::Block& block) {
  gate_.Block(block.channel);
  return {};
}

sim::Result<void> StreamTask::Perform(const barrier_effect::Resume& resume) {
  gate_.Resume(resume.channel);
  return {};
}

sim::Result<void> StreamTask::Perform(const barrier_effect::Trigger& trigger) {
  for (Channel& channel : channels_) {
    channel.at_snapshot = channel.records;
  }
  if (in_flight_.contains(trigger.meta.id)) {
    sim::Result<void> taken = PerformCheckpoint(trigger.meta);  // channels are still to deliver
    postponing_ = IsSynchronous(trigger.meta.options.kind);
    return taken;
  }
  events::Trace(environment_, events::BarrierAligned{.id = trigger.meta.id,
                                                     .subtask = name_,
                                                     .attempt = id_.attempt,
                                                     .channels = gate_.channels()});
  return PerformCheckpoint(trigger.meta);
}

// Whoever waits downstream for the barrier waits no longer.
sim::Result<void> StreamTask::Perform(const barrier_effect::GiveUp& given_up) {
  if (given_up.id > last_checkpoint_) {
    last_checkpoint_ = given_up.id;
    Broadcast(CancelMarkerEvent{.id = given_up.id});
  }
  DropInFlight(given_up.id);
  return {};
}

sim::Result<void> StreamTask::On(size_t channel, const EndOfDataEvent&) {
  if (gate_.HasEnded(channel)) {
    return {};  // what a channel says twice is heard once
  }
  gate_.EndOfData(channel);
  if (IsFeedback(channel)) {
    return {};  // for this task has ended
  }
  if (batch_ && batch_->sorter) {
    return gate_.AllEnded() ? Sort() : sim::Result<void>();
  }
  Input& input = inputs_[channels_[channel].input];
  sim::Check(input.open > 0, "an input of {} ends twice", name_);
  if (--input.open == 0) {
    sim::Result<void> ended = chain_.EndInput(channels_[channel].input);
    if (!ended) {
      return ended;
    }
  }
  if (rounds_) {
    if (sim::Result<void> advanced = AdvanceIteration(); !advanced || IsHead()) {
      return advanced;
    }
  }
  return gate_.AllEnded() ? EndInput() : sim::Result<void>();
}

sim::Result<void> StreamTask::EndInput() {
  sim::Check(!end_of_input_, "the input of {} ends twice", name_);
  end_of_input_ = true;
  // A source knows no more event time; downstream the maximum has come through the channels.
  if (chain_.has_source() && !defects_.Has(Defect::kEndWithoutWatermark)) {
    if (sim::Result<void> advanced = chain_.EmitFromSource(kMaxEventTime); !advanced) {
      return advanced;
    }
  }
  if (sim::Result<void> finished = chain_.Finish(); !finished) {
    return finished;
  }
  if (sim::Result<void> kept = batch_ ? KeepResults() : sim::Result<void>(); !kept) {
    return kept;
  }
  Broadcast(EndOfDataEvent());
  events::Trace(environment_, events::TaskEndOfInput{.subtask = name_, .attempt = id_.attempt});
  finished_ = batch_ && !batch_->commits;
  if (!finished_) {
    listener_.OnEndOfInput(id_);
  }
  return {};
}

// What a batch task gives is on the disk, and has its end there.
void StreamTask::Broadcast(const StreamEvent& event) {
  if (batch_) {
    return;
  }
  for (const std::unique_ptr<ResultPartition>& partition : partitions_) {
    partition->BroadcastEvent(event);
  }
}

// What is collected leaves after the buffer timeout, unless a barrier or a full buffer takes it.
void StreamTask::FlushWhenDue() {
  const bool unflushed = !batch_ && std::ranges::any_of(partitions_, [](const auto& each) {
    return each->HasUnflushed();
  });
  if (!unflushed) {
    flush_at_ = sim::kForever;
  } else if (flush_at_ == sim::kForever) {
    flush_at_ = sim::Later(environment_.Now(), engine_.network.buffer_timeout);
  } else if (environment_.Now() >= flush_at_) {
    flush_at_ = sim::kForever;
    for (const std::unique_ptr<ResultPartition>& partition : partitions_) {
      partition->Flush();
    }
  }
}

void StreamTask::Post(std::move_only_function<sim::Result<void>()> mail) {
  mails_.push_back(std::move(mail));
  Wake();
}

void StreamTask::Cancel() {
  cancelled_ = true;
  chain_.Cancel();
  gate_.Close();
  for (const std::unique_ptr<ResultPartition>& partition : partitions_) {
    partition->Close();  // whoever waits for room in one waits no longer
  }
  Wake();
}

ResultPartition* StreamTask::partition(uint32_t edge) {
  const auto found = std::ranges::find(deployment_.partitions, edge, &PartitionDescriptor::edge);
  if (found == deployment_.partitions.end()) {
    return nullptr;
  }
  return partitions_[static_cast<size_t>(found - deployment_.partitions.begin())].get();
}

}  // namespace flinch::engine
