// A source that reads a topic of the log; what it has emitted is its state.
//
// Shape:    a split is a partition. With SplitAssignment::kEnumerator the enumerator at the master
//           gives them out (log_enumerator.h), also those that come while the job runs; with
//           kStatic partition p belongs to subtask p % parallelism, and those count that there are
//           when it opens. A fiber of its own polls the broker
//           into a bounded buffer, and lets it wait until there is something (a long poll); the
//           task takes records from there, so EmitNext never waits for the network.
// State:    the list "offsets": one SourceOffset per partition, the position behind the last record
//           emitted, exactly; also of one that was read to its end. With kStatic a partition that
//           the state does not name starts where LogSourceOptions::startup says. With kEnumerator a
//           reader has what its state names, whoever read it before. Watermarks are not state, as
//           in Flink.
// Time:     a record's event time is its timestamp. Watermarks are made per partition (largest
//           timestamp less the bound less 1 ns) and the smallest of the unfinished ones counts; it
//           is emitted only when it has grown, and while there are more records only at intervals.
// End:      when all partitions are sealed and emitted to their end, and no others can come. With
//           kStatic a subtask without partitions is at its end at once. The last watermark is the
//           task's to send.
// Errors:   a record that cannot be decoded fails the task, named by topic, partition and offset:
//           it would fail again after a restart, and nobody drops it in silence.
// Survives: a broker that is away for less than the retry deadline; a topic that is created after
//           the job has started.
// Source:   Flink's KafkaSource with bounded out-of-orderness, watermarks per split.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config.h"
#include "engine/connectors/log_client.h"
#include "engine/defects.h"
#include "engine/outside/log_protocol.h"
#include "engine/source.h"
#include "engine/stream_operator.h"
#include "sim/environment.h"
#include "sim/sync.h"

namespace flinch::engine {

enum class SplitAssignment : uint8_t { kStatic, kEnumerator };

struct LogSourceOptions {
  std::string topic;
  SplitAssignment assignment = SplitAssignment::kStatic;
  // From one look for new partitions to the next. 0: those count that there are at the first. Of
  // kEnumerator.
  sim::Duration discovery_interval = std::chrono::milliseconds(500);
  LogClientOptions client;
  Isolation isolation = Isolation::kReadCommitted;
  // How late a record may come after a younger one of its partition.
  sim::Duration max_out_of_orderness{0};
  // The broker keeps a fetch back until it has so many records for all partitions together, but
  // not for longer than `fetch_wait`.
  uint32_t fetch_records_min = 1;
  sim::Duration fetch_wait = std::chrono::milliseconds(500);
  // Between two polls that found nothing, when the broker may not wait, and between two looks for
  // the topic.
  sim::Duration poll_pause = std::chrono::milliseconds(20);
  // From one watermark to the next while records go on coming; one is due as well when the buffer
  // has run empty. 0: after each record.
  sim::Duration watermark_interval{0};
  // Per partition and poll; the buffer holds about twice as many per partition.
  uint32_t fetch_records_max = 250;
  // What one EmitNext emits at most: like Flink's mailbox, so that nothing waits behind more than
  // one record.
  uint32_t emit_records_max = 1;
  // Of a partition that no state names; of kStatic.
  StartupMode startup = StartupMode::kEarliest;
};

// A record as it comes out of the log. Key and value are valid until it has been emitted.
struct LogRecord {
  uint32_t partition = 0;
  uint64_t offset = 0;
  std::string_view key;
  std::string_view value;
  EventTime timestamp;
};

// An entry of the state "offsets".
struct SourceOffset {
  uint32_t partition = 0;
  uint64_t next_offset = 0;

  friend bool operator==(const SourceOffset&, const SourceOffset&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.partition);
    visit(self.next_offset);
  }
};

inline constexpr std::string_view kSourceOffsetsState = "offsets";

// A partition as a split: "input-3", and where to begin.
SourceSplit LogSplit(std::string_view topic, const SourceOffset& begin);

// What a source does that does not depend on the type of its records.
class LogReader {
 public:
  // Learns the partitions (may suspend until the topic exists) and starts to fetch.
  static sim::Result<std::unique_ptr<LogReader>> Open(OperatorRuntime& runtime,
                                                      const LogSourceOptions& options,
                                                      const OperatorState* restored);

  // Closed, or unwound with its process.
  ~LogReader() = default;
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  // Reads these partitions too. kInvalidArgument for one that it has.
  sim::Result<void> AddSplits(const std::vector<SourceSplit>& splits);
  void NoMoreSplits();

  void OnAvailable(std::function<void()> wake) { wake_ = std::move(wake); }

  // Stops fetching; does not wait.
  void Cancel();
  // Stops fetching and waits until the fetching fiber has ended. May suspend.
  void Close();

  // The next record to emit; null when the buffer is empty. Stays until Advance.
  const LogRecord* Peek() const { return buffered_ == 0 ? nullptr : &front_; }

  // The record that Peek showed has been emitted.
  void Advance();

  // The subtask's watermark, if it has grown since it was last taken and is due.
  std::optional<EventTime> TakeWatermark();

  // What EmitNext shall return. An error once fetching has failed for good.
  sim::Result<InputStatus> Status() const;

  OperatorState Snapshot() const;

  // For the message about a record that cannot be decoded.
  sim::Error DescribeDecodingError(const LogRecord& record, const sim::Error& error) const;

 private:
  struct Position {
    uint64_t emitted = 0;  // next offset to emit
    uint64_t fetched = 0;  // next offset to fetch
    uint64_t buffered = 0;
    bool end_seen = false;
    EventTime largest = kMinEventTime;

    bool IsFinished() const { return end_seen && buffered == 0; }
  };

  // Records that were fetched and are still to be emitted, front first.
  struct Batch {
    uint32_t partition = 0;
    uint64_t next_offset = 0;
    RecordBatch records;
    RecordCursor cursor;

    Batch(uint32_t of, FetchedBatch fetched)
        : partition(of),
          next_offset(fetched.first_offset),
          records(std::move(fetched.records)),
          cursor(records.records()) {}

    // The cursor points into the batch.
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
  };

  LogReader(OperatorRuntime& runtime, const LogSourceOptions& options,
            std::unique_ptr<LogClient> client);

  static sim::Result<TopicInfoReply> AwaitTopic(sim::Environment& environment, LogClient& client,
                                                const LogSourceOptions& options);

  void TakeUp(const SourceOffset& split, bool is_restored);
  bool IsAllFetched() const;
  void Fetch();
  sim::Result<size_t> FetchOnce();
  void Buffer(uint32_t partition, FetchedBatch batch);
  void ShowFront();
  void WakeTask();

  size_t BufferedMax() const { return positions_.size() * options_.fetch_records_max; }

  sim::Environment& environment_;
  LogSourceOptions options_;
  std::string subtask_;  // "source[1]"
  AttemptNumber attempt_;
  Defects defects_;
  std::unique_ptr<LogClient> client_;
  bool has_all_splits_;                     // no others will be given
  std::map<uint32_t, Position> positions_;  // by partition
  std::deque<Batch> buffer_;
  size_t buffered_ = 0;           // records
  LogRecord front_;               // of the buffer, unless it is empty
  Position* position_ = nullptr;  // of that record's partition
  EventTime watermark_ = kMinEventTime;
  sim::SimTime watermark_due_{};  // the earliest, while there are more records
  std::optional<sim::Error> failure_;
  std::function<void()> wake_;
  bool is_stopping_ = false;
  bool is_fetching_ = false;
  sim::Condition changed_;
};

// The typed source. The decoder must not keep the record.
template <typename T>
class LogSource final : public SourceReader {
 public:
  // Where no enumerator gives them out each subtask finds its own among those of all.
  static std::vector<std::string> SharedLists() { return {std::string(kSourceOffsetsState)}; }

  using Out = T;
  using DecodeRecord = std::function<sim::Result<T>(const LogRecord&)>;

  LogSource(LogSourceOptions options, DecodeRecord decode)
      : options_(std::move(options)), decode_(std::move(decode)) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    output_ = &runtime.main_output();
    sim::Result<std::unique_ptr<LogReader>> reader = LogReader::Open(runtime, options_, restored);
    if (!reader) {
      return sim::Fail(reader);
    }
    reader_ = *std::move(reader);
    return {};
  }

  void OnAvailable(std::function<void()> wake) override { reader_->OnAvailable(std::move(wake)); }

  sim::Result<void> AddSplits(const std::vector<SourceSplit>& splits) override {
    return reader_->AddSplits(splits);
  }

  void NoMoreSplits() override { reader_->NoMoreSplits(); }

  sim::Result<InputStatus> EmitNext() override {
    for (uint32_t emitted = 0; emitted < options_.emit_records_max; ++emitted) {
      const LogRecord* record = reader_->Peek();
      if (record == nullptr) {
        break;
      }
      const sim::Result<T> value = decode_(*record);
      if (!value) {
        return std::unexpected(reader_->DescribeDecodingError(*record, value.error()));
      }
      const sim::Result<void> sent =
          output_->Emit({.value = &*value, .timestamp = record->timestamp});
      if (!sent) {
        return sim::Fail(sent);
      }
      reader_->Advance();
    }
    if (const std::optional<EventTime> watermark = reader_->TakeWatermark()) {
      const sim::Result<void> sent = output_->EmitWatermark(*watermark);
      if (!sent) {
        return sim::Fail(sent);
      }
    }
    return reader_->Status();
  }

  sim::Result<OperatorState> Snapshot(const CheckpointMeta&) override {
    return reader_->Snapshot();
  }

  void Cancel() override {
    if (reader_) {
      reader_->Cancel();
    }
  }

  void Close() override {
    if (reader_) {
      reader_->Close();
    }
  }

 private:
  LogSourceOptions options_;
  DecodeRecord decode_;
  Output* output_ = nullptr;
  std::unique_ptr<LogReader> reader_;
};

}  // namespace flinch::engine
