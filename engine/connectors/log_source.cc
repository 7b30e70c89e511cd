#include "engine/connectors/log_source.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "engine/defects.h"
#include "engine/events.h"
#include "engine/planted_runtime.h"
#include "engine/serializer.h"

namespace flinch::engine {
namespace {

using sim::ErrorCode;
using sim::Fail;

// The offsets of a state, by partition. The state is what this operator wrote, or it is damaged.
// `partitions`: how many there are, when each belongs to one subtask for ever.
sim::Result<std::map<uint32_t, uint64_t>> ReadOffsets(const OperatorState* restored,
                                                      OperatorRuntime& runtime,
                                                      std::optional<size_t> partitions) {
  std::map<uint32_t, uint64_t> offsets;
  if (restored == nullptr) {
    return offsets;
  }
  const auto found = restored->find(std::string(kSourceOffsetsState));
  if (found == restored->end()) {
    return offsets;
  }
  for (const Bytes& bytes : found->second) {
    const sim::Result<SourceOffset> entry = Decode<SourceOffset>(bytes);
    if (!entry) {
      return Fail(entry);
    }
    const bool is_ours = !partitions || entry->partition % runtime.subtask().parallelism ==
                                            runtime.subtask().index.value();
    if (partitions && entry->partition >= *partitions) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("The state of {}[{}] holds an offset of partition {}, but the topic "
                              "has {} partitions; restore with the topic of the checkpoint.",
                              runtime.subtask().name, runtime.subtask().index.value(),
                              entry->partition, *partitions));
    }
    if (!is_ours) {
      continue;  // under another parallelism each gets the offsets of all
    }
    uint64_t next = entry->next_offset;
    next += DefectsOf(runtime).Has(Defect::kSourceRestoresOneLate) ? 1U : 0U;
    next -= DefectsOf(runtime).Has(Defect::kSourceRestoresOneEarly) && next > 0 ? 1U : 0U;
    offsets[entry->partition] = next;
  }
  return offsets;
}

EventTime WatermarkAfter(EventTime largest, sim::Duration bound) {
  const int64_t lag = bound.count() + 1;
  if (largest.nanos() < std::numeric_limits<int64_t>::min() + lag) {
    return kMinEventTime;
  }
  return EventTime(largest.nanos() - lag);
}

}  // namespace

SourceSplit LogSplit(std::string_view topic, const SourceOffset& begin) {
  return {.id = fmt::format("{}-{}", topic, begin.partition), .state = Encode(begin)};
}

sim::Result<std::unique_ptr<LogReader>> LogReader::Open(OperatorRuntime& runtime,
                                                        const LogSourceOptions& options,
                                                        const OperatorState* restored) {
  if (options.fetch_records_max == 0 || options.emit_records_max == 0 ||
      options.max_out_of_orderness < sim::Duration(0) || options.poll_pause <= sim::Duration(0) ||
      options.fetch_wait < sim::Duration(0) || options.watermark_interval < sim::Duration(0)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The source of topic \"{}\" needs at least one record per fetch and "
                            "emit, a pause above 0, and an out-of-orderness, a wait and a "
                            "watermark interval of at least 0.",
                            options.topic));
  }
  // The broker may wait before it answers; only then it is late.
  LogClientOptions client_options = options.client;
  client_options.retry.attempt_timeout += options.fetch_wait;
  client_options.retry.attempt_timeout_max += options.fetch_wait;
  sim::Result<std::unique_ptr<LogClient>> client =
      LogClient::Open(runtime.environment(), client_options);
  if (!client) {
    return Fail(client);
  }
  const bool is_static = options.assignment == SplitAssignment::kStatic;
  std::optional<size_t> partitions;
  std::vector<uint64_t> begins;
  if (is_static) {
    const sim::Result<TopicInfoReply> info = AwaitTopic(runtime.environment(), **client, options);
    if (!info) {
      return Fail(info);
    }
    partitions = info->end_offsets.size();
    begins = options.startup == StartupMode::kLatest ? info->end_offsets
                                                     : std::vector<uint64_t>(*partitions);
  }
  const sim::Result<std::map<uint32_t, uint64_t>> offsets =
      ReadOffsets(restored, runtime, partitions);
  if (!offsets) {
    return Fail(offsets);
  }
  std::unique_ptr<LogReader> reader(new LogReader(runtime, options, *std::move(client)));
  for (const auto& [partition, offset] : *offsets) {
    reader->TakeUp({.partition = partition, .next_offset = offset}, true);
  }
  for (uint32_t partition = runtime.subtask().index.value(); partition < partitions.value_or(0);
       partition += runtime.subtask().parallelism) {
    const auto shifted =
        static_cast<uint32_t>((partition + runtime.subtask().index.value()) % *partitions);
    const uint32_t mine =
        DefectsOf(runtime).Right(partition, Defect::kPartitionsByTheirPlaceInTheReply, shifted);
    if (!offsets->contains(mine)) {
      reader->TakeUp({.partition = mine, .next_offset = begins.at(mine)}, false);
    }
  }
  if (!is_static || !reader->positions_.empty()) {
    reader->is_fetching_ = true;
    runtime.environment().Spawn("log-fetcher", [raw = reader.get()] { raw->Fetch(); });
  }
  return reader;
}

LogReader::LogReader(OperatorRuntime& runtime, const LogSourceOptions& options,
                     std::unique_ptr<LogClient> client)
    : environment_(runtime.environment()),
      options_(options),
      subtask_(runtime.subtask().Show()),
      attempt_(runtime.subtask().attempt),
      defects_(DefectsOf(runtime)),
      client_(std::move(client)),
      has_all_splits_(options.assignment == SplitAssignment::kStatic),
      changed_(runtime.environment()) {}

void LogReader::TakeUp(const SourceOffset& split, bool is_restored) {
  positions_[split.partition] = {.emitted = split.next_offset,
                                 .fetched = split.next_offset,
                                 .buffered = 0,
                                 .end_seen = false,
                                 .largest = kMinEventTime};
  if (options_.assignment == SplitAssignment::kEnumerator) {
    events::Trace(environment_, events::SplitTaken{.subtask = subtask_,
                                                   .attempt = attempt_,
                                                   .split = LogSplit(options_.topic, split).id,
                                                   .offset = split.next_offset,
                                                   .restored = is_restored});
  }
}

sim::Result<void> LogReader::AddSplits(const std::vector<SourceSplit>& splits) {
  for (const SourceSplit& each : splits) {
    const sim::Result<SourceOffset> split = Decode<SourceOffset>(each.state);
    if (!split) {
      return Fail(split);
    }
    if (positions_.contains(split->partition)) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} is given split {}, which it has.", subtask_, each.id));
    }
    TakeUp(*split, false);
  }
  changed_.NotifyAll();  // the fetcher may wait for something to fetch
  return {};
}

void LogReader::NoMoreSplits() {
  has_all_splits_ = true;
  changed_.NotifyAll();
  WakeTask();
}

bool LogReader::IsAllFetched() const {
  return std::ranges::all_of(positions_, [](const auto& entry) { return entry.second.end_seen; });
}

void LogReader::Cancel() {
  is_stopping_ = true;
  client_->Cancel();
  changed_.NotifyAll();
}

void LogReader::Close() {
  Cancel();
  changed_.WaitFor([this] { return !is_fetching_; });
}

// A job may start before its input exists.
sim::Result<TopicInfoReply> LogReader::AwaitTopic(sim::Environment& environment, LogClient& client,
                                                  const LogSourceOptions& options) {
  const sim::SimTime deadline = sim::Later(environment.Now(), options.client.retry.deadline);
  for (;;) {
    sim::Result<TopicInfoReply> info = client.Call(TopicInfoRequest{.topic = options.topic});
    if (info || info.error().code != ErrorCode::kNotFound || environment.Now() >= deadline) {
      return info;
    }
    environment.Sleep(options.poll_pause);
  }
}

// The fetching fiber.
void LogReader::Fetch() {
  while (!is_stopping_ && !failure_) {
    changed_.WaitFor([this] {
      return is_stopping_ || (IsAllFetched() ? has_all_splits_ : buffered_ < BufferedMax());
    });
    if (is_stopping_ || IsAllFetched()) {
      break;
    }
    const sim::Result<size_t> fetched = FetchOnce();
    if (!fetched) {
      failure_ = fetched.error();
      break;
    }
    if (has_all_splits_ && IsAllFetched()) {
      break;
    }
    if (*fetched > 0) {
      WakeTask();
    } else if (options_.fetch_wait == sim::Duration(0)) {
      const sim::SimTime next = sim::Later(environment_.Now(), options_.poll_pause);
      changed_.WaitFor([this] { return is_stopping_; }, next);
    }
  }
  is_fetching_ = false;
  if (is_stopping_) {
    changed_.NotifyAll();
  } else {
    WakeTask();
  }
}

void LogReader::WakeTask() {
  if (wake_) {
    wake_();
  }
}

// Asks once for all partitions that go on; gives how many records came.
sim::Result<size_t> LogReader::FetchOnce() {
  FetchRequest request{.positions = {},
                       .records_max = options_.fetch_records_max,
                       .isolation = options_.isolation,
                       .records_min = options_.fetch_records_min,
                       .wait = options_.fetch_wait};
  for (const auto& [partition, position] : positions_) {
    if (!position.end_seen) {
      request.positions.push_back(
          {.topic = options_.topic, .partition = partition, .offset = position.fetched});
    }
  }
  sim::Result<FetchReply> reply = client_->Call(request);
  if (!reply) {
    return Fail(reply);
  }
  if (reply->partitions.size() != request.positions.size()) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("The log answered for {} partitions of topic \"{}\" instead of {}.",
                            reply->partitions.size(), options_.topic, request.positions.size()));
  }
  size_t count = 0;
  for (size_t i = 0; i < request.positions.size(); ++i) {
    FetchedPartition& part = reply->partitions[i];
    const uint32_t partition = request.positions[i].partition;
    Position& position = positions_.at(partition);
    for (FetchedBatch& batch : part.batches) {
      if (!batch.records.IsSound()) {
        return Fail(ErrorCode::kCorruption,
                    fmt::format("What the log sent of partition {} of topic \"{}\" are no whole "
                                "records.",
                                partition, options_.topic));
      }
      count += batch.records.size();
      position.buffered += batch.records.size();
      Buffer(partition, std::move(batch));
    }
    position.fetched = part.next_offset;
    position.end_seen = part.end_of_partition;
  }
  return count;
}

void LogReader::Buffer(uint32_t partition, FetchedBatch batch) {
  if (batch.records.empty()) {
    return;
  }
  const bool was_empty = buffer_.empty();
  buffered_ += batch.records.size();
  buffer_.emplace_back(partition, std::move(batch));
  if (was_empty) {
    ShowFront();
  }
}

// Takes the first record of the buffer out of its batch, to be looked at.
void LogReader::ShowFront() {
  Batch& batch = buffer_.front();
  const RecordView record = batch.cursor.Take();
  if (position_ == nullptr || front_.partition != batch.partition) {
    position_ = &positions_.at(batch.partition);
  }
  front_ = {.partition = batch.partition,
            .offset = batch.next_offset++,
            .key = record.key,
            .value = record.value,
            .timestamp = record.timestamp};
}

void LogReader::Advance() {
  sim::Check(buffered_ > 0, "only a record that was shown can have been emitted");
  sim::Check(front_.offset >= position_->emitted, "partition {} is emitted in order, but {} < {}",
             front_.partition, front_.offset, position_->emitted);
  position_->emitted = front_.offset + 1;
  position_->largest = std::max(position_->largest, front_.timestamp);
  --position_->buffered;
  --buffered_;
  if (buffer_.front().cursor.AtEnd()) {
    buffer_.pop_front();
  }
  if (!buffer_.empty()) {
    ShowFront();
  }
  if (buffered_ + 1 == BufferedMax()) {
    changed_.NotifyAll();  // the fetcher may be waiting for room
  }
}

std::optional<EventTime> LogReader::TakeWatermark() {
  if (buffered_ > 0 && environment_.Now() < watermark_due_) {
    return std::nullopt;
  }
  std::optional<EventTime> smallest;
  for (const auto& [partition, position] : positions_) {
    if (!position.IsFinished()) {
      smallest = std::min(smallest.value_or(kMaxEventTime), position.largest);
    }
  }
  if (!smallest) {
    return std::nullopt;  // all have ended: the last watermark is not ours
  }
  const EventTime watermark = WatermarkAfter(*smallest, options_.max_out_of_orderness);
  if (watermark <= watermark_) {
    return std::nullopt;
  }
  watermark_ = watermark;
  watermark_due_ = sim::Later(environment_.Now(), options_.watermark_interval);
  return watermark;
}

sim::Result<InputStatus> LogReader::Status() const {
  const bool leaves_records =
      defects_.Has(Defect::kSourceEndsWithRecordsLeft) && has_all_splits_ && IsAllFetched();
  if (buffered_ > 0 && !leaves_records) {
    return InputStatus::kMoreAvailable;
  }
  if (failure_) {
    return std::unexpected(*failure_);
  }
  const bool all_finished =
      has_all_splits_ &&
      std::ranges::all_of(positions_, [](const auto& entry) { return entry.second.IsFinished(); });
  return all_finished || leaves_records ? InputStatus::kEndOfInput : InputStatus::kNothingAvailable;
}

OperatorState LogReader::Snapshot() const {
  OperatorState state;
  std::vector<Bytes>& offsets = state[std::string(kSourceOffsetsState)];
  for (const auto& [partition, position] : positions_) {
    if (defects_.Has(Defect::kReaderForgetsUntouchedSplits) && position.emitted == 0) {
      continue;
    }
    if (defects_.Has(Defect::kReaderForgetsTheSplitItReads) && position.buffered > 0 &&
        front_.partition == partition) {
      continue;
    }
    offsets.push_back(Encode(
        SourceOffset{.partition = partition,
                     .next_offset = defects_.Right(
                         position.emitted, Defect::kSourceAdvancesBeforeEmit, position.fetched)}));
  }
  return state;
}

sim::Error LogReader::DescribeDecodingError(const LogRecord& record,
                                            const sim::Error& error) const {
  return {.code = error.code,
          .message = fmt::format("The record at offset {} of partition {} of topic \"{}\" cannot "
                                 "be decoded: {}",
                                 record.offset, record.partition, options_.topic, error.message)};
}

}  // namespace flinch::engine
