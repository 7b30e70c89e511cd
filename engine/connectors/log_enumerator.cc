#include "engine/connectors/log_enumerator.h"

#include <utility>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {

LogEnumerator::LogEnumerator(SplitEnumeratorContext& context, const LogSourceOptions& options)
    : context_(context), options_(options) {}

sim::Result<void> LogEnumerator::Start(const Bytes* restored) {
  LogEnumeratorState state;
  if (restored != nullptr) {
    sim::Result<LogEnumeratorState> decoded = Decode<LogEnumeratorState>(*restored);
    if (!decoded) {
      return sim::Fail(decoded);
    }
    state = *std::move(decoded);
  }
  if (client_ == nullptr) {
    sim::Result<std::unique_ptr<LogClient>> client =
        LogClient::Open(context_.environment(), options_.client);
    if (!client) {
      return sim::Fail(client);
    }
    client_ = *std::move(client);
  }
  ++starts_;
  assigned_ = {state.assigned.begin(), state.assigned.end()};
  waiting_.clear();
  for (const SourceOffset& split : state.waiting) {
    waiting_[split.partition] = split;
  }
  is_complete_ = false;
  topic_due_ = sim::Later(context_.environment().Now(), options_.client.retry.deadline);
  Discover();
  return {};
}

void LogEnumerator::Discover() {
  if (std::exchange(is_asking_, true)) {
    return;  // the answer that is to come is as good
  }
  context_.CallAsync("discovery of " + options_.topic, [this]() -> SplitEnumeratorContext::Mail {
    return [this, info = client_->Call(TopicInfoRequest{.topic = options_.topic})] {
      is_asking_ = false;
      OnTopicInfo(info);
    };
  });
}

void LogEnumerator::DiscoverLater(sim::Duration delay) {
  context_.CallLater(delay, [this, start = starts_] {
    if (start == starts_) {  // else another start has begun to ask
      Discover();
    }
  });
}

void LogEnumerator::OnTopicInfo(const sim::Result<TopicInfoReply>& info) {
  if (info) {
    OnPartitions(static_cast<uint32_t>(info->end_offsets.size()), info->sealed);
    if (!is_complete_) {
      DiscoverLater(options_.discovery_interval);
    }
  } else if (info.error().code == sim::ErrorCode::kNotFound &&
             context_.environment().Now() < topic_due_) {
    DiscoverLater(options_.poll_pause);  // a job may start before its input exists
  } else {
    context_.FailJob(info.error().message);
  }
}

void LogEnumerator::OnPartitions(uint32_t partitions, bool is_sealed) {
  for (uint32_t partition = 0; partition < partitions; ++partition) {
    if (!assigned_.contains(partition) && !waiting_.contains(partition)) {
      waiting_[partition] = {.partition = partition, .next_offset = 0};
      context_.OnDiscovered(LogSplit(options_.topic, waiting_[partition]));
    }
  }
  is_complete_ = is_sealed || options_.discovery_interval == sim::Duration(0);
  for (uint32_t reader = 0; reader < context_.parallelism(); ++reader) {
    Serve(SubtaskIndex(reader));
  }
}

SubtaskIndex LogEnumerator::OwnerOf(uint32_t partition) const {
  return SubtaskIndex(partition % context_.parallelism());
}

void LogEnumerator::Serve(SubtaskIndex reader) {
  if (!context_.IsRegistered(reader)) {
    return;
  }
  std::vector<SourceSplit> splits;
  for (const auto& [partition, split] : waiting_) {
    if (OwnerOf(partition) == reader) {
      splits.push_back(LogSplit(options_.topic, split));
      assigned_.insert(partition);
    }
  }
  std::erase_if(waiting_, [this](const auto& entry) { return assigned_.contains(entry.first); });
  const sim::Result<void> given = context_.AssignSplits(reader, std::move(splits));
  const sim::Result<void> told =
      is_complete_ ? context_.SignalNoMoreSplits(reader) : sim::Result<void>();
  sim::Check(given && told, "reader {} is registered and cannot be told", reader.value());
}

void LogEnumerator::AddReader(SubtaskIndex reader) { Serve(reader); }

void LogEnumerator::AddSplitsBack(SubtaskIndex reader, std::vector<SourceSplit> splits) {
  for (const SourceSplit& each : splits) {
    const sim::Result<SourceOffset> split = Decode<SourceOffset>(each.state);
    sim::Check(split.has_value(), "split {} comes back damaged", each.id);
    assigned_.erase(split->partition);
    waiting_[split->partition] = *split;
  }
  Serve(reader);
}

Bytes LogEnumerator::SnapshotState(CheckpointId) {
  LogEnumeratorState state{.assigned = {assigned_.begin(), assigned_.end()}, .waiting = {}};
  for (const auto& [partition, split] : waiting_) {
    state.waiting.push_back(split);
  }
  return Encode(state);
}

SplitEnumeratorFactory EnumerateLog(const LogSourceOptions& options) {
  return [options](SplitEnumeratorContext& context) -> std::unique_ptr<SplitEnumerator> {
    return std::make_unique<LogEnumerator>(context, options);
  };
}

}  // namespace flinch::engine
