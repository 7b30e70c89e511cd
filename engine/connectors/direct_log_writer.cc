#include "engine/connectors/direct_log_writer.h"

#include <utility>

#include <fmt/format.h>

#include "engine/planted_runtime.h"
#include "sim/check.h"

namespace flinch::engine {

sim::Result<std::unique_ptr<LogWriter>> DirectLogWriter::Open(OperatorRuntime& runtime,
                                                              const LogSinkOptions& options) {
  sim::Check(options.guarantee != DeliveryGuarantee::kExactlyOnce,
             "a sink without transactions is to write exactly once");
  sim::Result<std::unique_ptr<LogClient>> client =
      LogClient::Open(runtime.environment(), options.client);
  if (!client) {
    return sim::Fail(client);
  }
  const sim::Result<TopicInfoReply> info =
      (*client)->Call(TopicInfoRequest{.topic = options.topic});
  if (!info) {
    return sim::Fail(info);
  }
  const auto partitions = static_cast<uint32_t>(info->end_offsets.size());
  return std::unique_ptr<LogWriter>(new DirectLogWriter(
      runtime, options, *std::move(client), runtime.subtask().index.value() % partitions));
}

DirectLogWriter::DirectLogWriter(OperatorRuntime& runtime, const LogSinkOptions& options,
                                 std::unique_ptr<LogClient> client, uint32_t partition)
    : options_(options),
      defects_(DefectsOf(runtime)),
      producer_(fmt::format("{}-{}-{}", runtime.subtask().name, runtime.subtask().index.value(),
                            runtime.subtask().attempt.value())),
      partition_(partition),
      client_(std::move(client)) {}

sim::Result<void> DirectLogWriter::Write(std::string_view key, std::string_view value,
                                         EventTime timestamp) {
  buffer_.Append(key, value, timestamp);
  return buffer_.size() < options_.batch_records_max ? sim::Result<void>() : Flush();
}

sim::Result<void> DirectLogWriter::Flush() {
  if (buffer_.empty()) {
    return {};
  }
  // A producer of its own for each batch: where one is lost the next leaves no gap.
  const ProduceRequest request{.producer = fmt::format("{}-{}", producer_, ++batches_),
                               .identity = {},
                               .topic = options_.topic,
                               .partition = partition_,
                               .base_sequence = 0,
                               .records = std::exchange(buffer_, {})};
  if (options_.guarantee == DeliveryGuarantee::kNone) {
    client_->Tell(request);
    return {};
  }
  const sim::Result<ProduceReply> reply = client_->Call(request);
  return reply ? sim::Result<void>() : sim::Fail(reply);
}

sim::Result<OperatorState> DirectLogWriter::Snapshot(CheckpointId) {
  if (defects_.Has(Defect::kDirectSinkSnapshotsUnflushed)) {
    return OperatorState();
  }
  const sim::Result<void> flushed = Flush();
  return flushed ? sim::Result<OperatorState>(OperatorState()) : sim::Fail(flushed);
}

}  // namespace flinch::engine
