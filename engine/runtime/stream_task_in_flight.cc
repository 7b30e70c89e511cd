// The part of StreamTask that deals with barriers that overtake, and keeps what they overtake.
//
// A checkpoint is whole, and is uploaded, when each channel has delivered its barrier, and no
// barrier waits in an output any more that might yet overtake.
// Source: Flink's SubtaskCheckpointCoordinatorImpl and ChannelStateWriter.
#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/events.h"
#include "engine/runtime/stream_task.h"
#include "sim/check.h"

namespace flinch::engine {

sim::Result<void> StreamTask::HearUrgent() {
  if (const std::optional<Announcement> announced = gate_.TakeAnnouncement()) {
    return Feed(barrier_input::Announcement{
        .channel = announced->channel, .meta = announced->meta, .now = environment_.WallNow()});
  }
  const size_t channel = *gate_.NextPriority();
  Buffer buffer = gate_.Take(channel);
  sim::Result<void> processed = ProcessEvent(channel, buffer.content());
  pool_.Give(std::move(buffer.bytes));
  return processed;
}

sim::Result<void> StreamTask::LookAtClocks() {
  if (environment_.Now() >= timed_out_at_) {
    timed_out_at_ = sim::kForever;
    if (sim::Result<void> fed = Feed(barrier_input::TimedOut{.id = timed_}); !fed) {
      return fed;
    }
  }
  const bool is_time = environment_.Now() >= overtakes_at_;
  if (!is_time && !HasSettledOutputs()) {
    return {};
  }
  overtakes_at_ = sim::kForever;
  const CheckpointMeta sent = std::exchange(sent_, {});
  const auto part = in_flight_.find(sent.id);
  if (part == in_flight_.end()) {
    return {};  // given up
  }
  CheckpointMeta overtaking = sent;
  overtaking.options.kind = CheckpointKind::kUnaligned;
  for (size_t i = 0; i < partitions_.size() && is_time; ++i) {
    AddOvertaken(sent.id, i, partitions_[i]->LetOvertake(overtaking));
  }
  part->second.output_open = false;
  UploadWhenWhole(sent.id);
  return {};
}

bool StreamTask::HasSettledOutputs() const {
  return sent_.id != CheckpointId() && std::ranges::none_of(partitions_, [this](const auto& each) {
           return each->Holds(sent_.id);
         });
}

uint64_t StreamTask::RecordsBefore(size_t channel, CheckpointId id) const {
  return in_flight_.contains(id) ? channels_[channel].at_snapshot : channels_[channel].records;
}

sim::Result<void> StreamTask::Perform(const barrier_effect::Persist& persist) {
  DropInFlight(CheckpointId(persist.id.value() - 1));
  InFlightPart& part = in_flight_[persist.id];
  part.input_open = true;
  if (reading_) {
    sim::Check(reading_->channel.has_value(), "{} takes a checkpoint while it recovers", name_);
    part.inputs[*reading_->channel].emplace_back(reading_->bytes.substr(reading_->begin));
  }
  if (!IsHead() || !defects_.Has(Defect::kFeedbackIsNotLogged)) {
    gate_.Persist(persist.id);
  }
  return {};
}

sim::Result<void> StreamTask::Perform(const barrier_effect::Persisted& persisted) {
  events::Trace(environment_, events::BarrierAligned{.id = persisted.id,
                                                     .subtask = name_,
                                                     .attempt = id_.attempt,
                                                     .channels = gate_.channels()});
  const auto found = in_flight_.find(persisted.id);
  std::vector<PersistedChannel> channels = gate_.StopPersisting(persisted.id);
  if (found == in_flight_.end()) {
    return {};  // given up
  }
  InFlightPart& part = found->second;
  size_t channel = 0;
  for (size_t gate = 0; gate < deployment_.gates.size(); ++gate) {
    const std::vector<ChannelDescriptor>& producers = deployment_.gates[gate].channels;
    for (size_t i = 0; i < producers.size(); ++i, ++channel) {
      std::vector<Bytes> buffers = std::move(part.inputs[channel]);
      const size_t source = defects_.Right(channel, Defect::kInFlightByLocalChannel, i);
      std::ranges::move(channels[source].buffers, std::back_inserter(buffers));
      if (channel + 1 == channels.size() && defects_.Has(Defect::kInFlightOfTheLastChannelIsLost)) {
        buffers.clear();
      }
      part.contents.push_back({.edge = edges_[gate],
                               .side = ChannelSide::kInput,
                               .producer = producers[i].producer.subtask,
                               .consumer = id_.subtask,
                               .buffers = std::move(buffers)});
    }
  }
  const bool stops = IsSynchronous(part.meta.options.kind);
  const bool is_empty = std::ranges::all_of(
      part.contents, [](const ChannelContent& content) { return content.buffers.empty(); });
  part.input_open = is_empty && defects_.Has(Defect::kEmptyPartIsNeverWhole);
  UploadWhenWhole(persisted.id);
  if (stops) {
    postponing_ = false;
    held_ = persisted.id;
  }
  return {};
}

sim::Result<void> StreamTask::Perform(const barrier_effect::Overtake& overtake) {
  gate_.LetOvertake(overtake.id);
  return {};
}

sim::Result<void> StreamTask::Perform(const barrier_effect::StartClock& start) {
  timed_ = start.id;
  timed_out_at_ = sim::Later(environment_.Now(), start.after);
  return {};
}

void StreamTask::SendBarrier(const CheckpointMeta& meta, size_t partition) {
  const CheckpointKind kind = meta.options.kind;
  const bool wants_to_overtake =
      kind == CheckpointKind::kUnaligned || kind == CheckpointKind::kTimeoutable;
  if (wants_to_overtake && !MayOvertake(code_, deployment_.partitions[partition].to, defects_)) {
    CheckpointMeta aligned = meta;
    aligned.options.kind = CheckpointKind::kForcedAligned;
    return partitions_[partition]->BroadcastEvent(BarrierEvent{.meta = aligned});
  }
  if (kind == CheckpointKind::kUnaligned) {
    return AddOvertaken(meta.id, partition,
                        partitions_[partition]->BroadcastOvertaking({.meta = meta}));
  }
  partitions_[partition]->BroadcastEvent(BarrierEvent{.meta = meta});
  if (kind == CheckpointKind::kTimeoutable) {
    sent_ = meta;
    const sim::Duration left =
        meta.timestamp + engine_.checkpoint.aligned_timeout - environment_.WallNow();
    overtakes_at_ = sim::Later(environment_.Now(), std::max(left, sim::Duration(0)));
    in_flight_[meta.id].output_open = true;
  }
}

void StreamTask::AddOvertaken(CheckpointId id, size_t partition,
                              std::vector<OvertakenRecords> overtaken) {
  const PartitionDescriptor& edge = deployment_.partitions[partition];
  for (OvertakenRecords& records : overtaken) {
    in_flight_[id].contents.push_back(
        {.edge = {.from = edge.from, .tag = edge.tag, .to = edge.to, .input = edge.input},
         .side = ChannelSide::kOutput,
         .producer = id_.subtask,
         .consumer = SubtaskIndex(records.subpartition),
         .buffers = std::move(records.buffers)});
  }
}

void StreamTask::UploadWhenWhole(CheckpointId id) {
  const auto part = in_flight_.find(id);
  if (!part->second.is_taken || part->second.input_open || part->second.output_open) {
    return;
  }
  const InFlightPart whole = std::move(in_flight_.extract(part).mapped());
  const CheckpointMeta meta = whole.meta;
  const bool overtakes = engine_.checkpoint.overtakes() && !IsSavepoint(meta.options.kind);
  if (overtakes || IsHead()) {
    TellInFlight(whole);
  }
  fibers_.Spawn("upload", [this, meta, contents = whole.contents] { Upload(meta, contents); });
}

void StreamTask::TellInFlight(const InFlightPart& part) const {
  uint64_t bytes = 0;
  for (const ChannelContent& content : part.contents) {
    const OperatorSpec* const to = code_.Find(content.edge.to);
    uint64_t records = 0;
    for (const Bytes& buffer : content.buffers) {
      bytes += buffer.size();
      records += CountRecords(to->inputs.at(content.edge.input).type, buffer);
    }
    const bool is_input = content.side == ChannelSide::kInput;
    if (records > 0) {
      events::Trace(environment_,
                    events::ChannelPersisted{.id = part.meta.id,
                                             .subtask = name_,
                                             .attempt = id_.attempt,
                                             .from = is_input ? NameOfProducer(content) : name_,
                                             .side = is_input ? "input" : "output",
                                             .records = records});
    }
  }
  events::Trace(environment_,
                events::InFlightPersisted{
                    .id = part.meta.id, .subtask = name_, .attempt = id_.attempt, .bytes = bytes});
}

std::string_view StreamTask::NameOfProducer(const ChannelContent& content) const {
  const auto gate = std::ranges::find(edges_, content.edge);
  const std::vector<ChannelDescriptor>& producers =
      deployment_.gates.at(static_cast<size_t>(gate - edges_.begin())).channels;
  const auto found = std::ranges::find(producers, content.producer,
                                       [](const auto& each) { return each.producer.subtask; });
  return found->producer_name;
}

void StreamTask::DropInFlight(CheckpointId id) {
  postponing_ = postponing_ && last_checkpoint_ > id;
  while (!in_flight_.empty() && in_flight_.begin()->first <= id) {
    frozen_.erase(in_flight_.begin()->first);
    gate_.StopPersisting(in_flight_.begin()->first);
    in_flight_.erase(in_flight_.begin());
  }
}

}  // namespace flinch::engine
