// The part of StreamTask that reads records.
#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "engine/checkpoint/checkpoint_stream.h"
#include "engine/runtime/element_reader.h"
#include "engine/runtime/stream_task.h"
#include "engine/state/key_groups.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

// Takes the records that are somebody else's.
class NoOutput final : public Output {
 public:
  sim::Result<void> Emit(const StreamRecord&) override { return {}; }

  sim::Result<void> EmitWatermark(EventTime) override { return {}; }
};

}  // namespace

sim::Result<bool> StreamTask::ReadInput() {
  if (!started_ && (recovered_.empty() || defects_.Has(Defect::kNewDataBeforeRecovered))) {
    GoLive();
    return true;
  }
  if (!postponed_.empty()) {
    reading_ = std::move(postponed_.front());
    postponed_.pop_front();
    return ReadOn();
  }
  if (!recovered_.empty() && (!started_ || !gate_.Next())) {
    reading_ = std::move(recovered_.front());
    recovered_.pop_front();
    return ReadOn();
  }
  const std::optional<size_t> channel = gate_.Next();
  if (!channel) {
    return false;
  }
  Buffer buffer = gate_.Take(*channel);
  throughput_.OnRead(buffer.content().size());
  if (buffer.kind == BufferKind::kRecords) {
    if (end_of_input_) {
      return sim::Fail(sim::ErrorCode::kInvalidArgument,
                       fmt::format("{} is fed a record by {} behind its end of input: an operator "
                                   "of an iteration must not emit feedback when it finishes.",
                                   name_, gate_.channel(*channel).producer_name));
    }
    reading_ = {.input = channels_[*channel].input,
                .channel = channel,
                .bytes = std::move(buffer.bytes),
                .begin = kBufferHeadroom};
    return ReadOn();
  }
  if (sim::Result<void> processed = ProcessEvent(*channel, buffer.content()); !processed) {
    return sim::Fail(processed);
  }
  pool_.Give(std::move(buffer.bytes));
  return true;
}

sim::Result<bool> StreamTask::ReadOn() {
  Reading& reading = *reading_;
  Decoder in(std::string_view(reading.bytes).substr(reading.begin));
  while (in.good() && in.remaining() > 0) {
    if (sim::Result<void> processed = ReadElementOf(reading, in); !processed) {
      return sim::Fail(processed);
    }
    if (engine_.checkpoint.overtakes() && in.remaining() > 0 && HasSomethingElse()) {
      reading.begin = reading.bytes.size() - in.remaining();
      if (gate_.HasUrgent() && defects_.Has(Defect::kRestOfABufferIsDropped)) {
        reading_.reset();
      }
      return true;
    }
  }
  if (!in.good()) {
    return std::unexpected(Undecodable(reading.channel));
  }
  pool_.Give(std::move(reading.bytes));
  reading_.reset();
  return true;
}

sim::Result<void> StreamTask::ReadElementOf(const Reading& reading, Decoder& in) {
  Input& input = inputs_[reading.input];
  const Element element = ReadElement(in);
  if (!in.good()) {
    return {};
  }
  if (batch_ && batch_->sorter) {
    return AddToSort(reading, element, in);
  }
  if (element.kind == ElementKind::kWatermark) {
    const auto watermark = reading.channel
                               ? input.watermarks.OnWatermark(channels_[*reading.channel].index,
                                                              element.record.timestamp)
                               : OnMovedWatermark(input, element.record.timestamp);
    return watermark ? input.into->EmitWatermark(*watermark) : sim::Result<void>();
  }
  if (reading.filters && !IsMine(element.record.key_hash)) {
    NoOutput nobody;
    return input.type.read(in, element.record, nobody);
  }
  CountRecord();
  if (!reading.is_recovered) {
    ++channels_[*reading.channel].records;
  }
  return input.type.read(in, element.record, *input.into);
}

// It said nothing about other channels.
std::optional<EventTime> StreamTask::OnMovedWatermark(Input& input, EventTime watermark) {
  std::optional<EventTime> advanced;
  for (size_t channel = 0;
       defects_.Has(Defect::kRecoveredWatermarksPass) && channel < input.channels; ++channel) {
    const std::optional<EventTime> next = input.watermarks.OnWatermark(channel, watermark);
    advanced = next ? next : advanced;
  }
  return advanced;
}

bool StreamTask::IsMine(int32_t key_hash) const {
  const uint32_t parallelism =
      deployment_.parallelism + (defects_.Has(Defect::kFilterOfAnotherParallelism) ? 1U : 0U);
  return OwnerOf(KeyGroupFor(key_hash, deployment_.max_parallelism), deployment_.max_parallelism,
                 parallelism) == id_.subtask;
}

bool StreamTask::HasSomethingElse() const {
  return records_ >= engine_.task.turn_records || !mails_.empty() || cancelled_ ||
         gate_.HasUrgent() || !OutputsAvailable();
}

void StreamTask::DebloatWhenDue() {
  const sim::Duration elapsed = environment_.Now() - debloated_;
  if (!debloater_ || elapsed < engine_.network.debloat.period) {
    return;
  }
  debloated_ = environment_.Now();
  const std::optional<uint32_t> size =
      debloater_->Next(throughput_.Next(elapsed), static_cast<uint32_t>(gate_.BuffersInUse()));
  if (size) {
    gate_.SetBufferSize(*size);
  }
}

sim::Error StreamTask::Undecodable(std::optional<size_t> channel) const {
  return {sim::ErrorCode::kCorruption, channel ? fmt::format("A buffer from {} cannot be decoded.",
                                                             gate_.channel(*channel).producer_name)
                                               : "A buffer that was in flight cannot be decoded."};
}

size_t StreamTask::ChannelOf(const ChannelPart& part) const {
  size_t first = 0;
  for (uint32_t gate = 0; gate < part.gate; ++gate) {
    first += deployment_.gates.at(gate).channels.size();
  }
  const std::vector<ChannelDescriptor>& channels = deployment_.gates.at(part.gate).channels;
  const auto found = std::ranges::find(channels, part.channel.producer,
                                       [](const auto& each) { return each.producer.subtask; });
  sim::Check(found != channels.end(), "{} does not read subtask {}, and yet did", name_,
             part.channel.producer.value());
  return first + static_cast<size_t>(found - channels.begin());
}

// In the order of the handles: of each channel what the consumer had before what its producer had.
sim::Result<void> StreamTask::ReadRecovered() {
  std::map<std::string, Bytes> files;
  std::deque<Reading> beside;  // planted: nobody waits for it
  for (const ChannelPart& part : deployment_.in_flight()) {
    const bool is_input = part.channel.side == ChannelSide::kInput;
    if (part.is_moved && is_input && defects_.Has(Defect::kRescaleDropsWhatConsumersHad)) {
      continue;
    }
    if (!files.contains(part.path)) {
      sim::Result<Bytes> file = environment_.shared().Read(part.path);
      if (!file) {
        return sim::Fail(file);
      }
      files.emplace(part.path, *std::move(file));
    }
    const Reading reading{.input = deployment_.gates.at(part.gate).input,
                          .channel = part.is_moved ? std::nullopt : std::optional(ChannelOf(part)),
                          .filters = part.filters,
                          .is_recovered = true};
    for (const uint64_t offset : part.channel.buffers) {
      const sim::Result<std::string_view> block = BlockAt(files.at(part.path), offset, part.path);
      if (!block) {
        return sim::Fail(block);
      }
      const bool is_beside =
          part.is_moved && !is_input && defects_.Has(Defect::kOutputIsRecoveredBeside);
      std::deque<Reading>& queue = is_beside ? beside : recovered_;
      queue.push_back(reading);
      queue.back().bytes = Bytes(*block);
    }
  }
  if (!beside.empty()) {
    fibers_.Spawn("recovery", [this, beside = std::move(beside)]() mutable {
      (void)environment_.shared().List("/");  // anything that takes time
      if (!started_) {
        std::ranges::move(beside, std::back_inserter(recovered_));
      }
    });
  }
  return {};
}

}  // namespace flinch::engine
