// What a sink does that writes to a topic of the log without transactions: what was written is seen
// at once, whatever becomes of the checkpoint.
//
// Guarantees: kAtLeastOnce waits at each snapshot until the log has everything; after a restore
//             what lies behind the snapshot comes again. kNone sends once and waits for nothing:
//             what is lost is lost.
// Doubles:    a batch is recognised by its number at the log, so a message that the network doubles
//             counts once.
// Survives:   with kAtLeastOnce a log that is away for less than the retry deadline.
// Source:     Flink's KafkaWriter and DeliveryGuarantee.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/connectors/log_client.h"
#include "engine/connectors/log_sink.h"
#include "engine/defects.h"

namespace flinch::engine {

class DirectLogWriter final : public LogWriter {
 public:
  static sim::Result<std::unique_ptr<LogWriter>> Open(OperatorRuntime& runtime,
                                                      const LogSinkOptions& options);

  sim::Result<void> Write(std::string_view key, std::string_view value,
                          EventTime timestamp) override;

  sim::Result<void> EndInput() override { return Flush(); }

  sim::Result<OperatorState> Snapshot(CheckpointId checkpoint) override;

  sim::Result<void> NotifyCheckpointComplete(CheckpointId) override { return {}; }

  void NotifyCheckpointAborted(CheckpointId) override {}

  void Cancel() override { client_->Cancel(); }

  void Close() override { Cancel(); }

 private:
  DirectLogWriter(OperatorRuntime& runtime, const LogSinkOptions& options,
                  std::unique_ptr<LogClient> client, uint32_t partition);

  // Gives what is buffered to the log; with kAtLeastOnce it has it then.
  sim::Result<void> Flush();

  LogSinkOptions options_;
  Defects defects_;
  std::string producer_;  // "sink-1-2": of this attempt of this subtask
  uint32_t partition_ = 0;
  std::unique_ptr<LogClient> client_;
  RecordBatch buffer_;
  uint64_t batches_ = 0;  // sent
};

}  // namespace flinch::engine
