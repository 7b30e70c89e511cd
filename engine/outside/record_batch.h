// Records as they travel and as they lie in the log: encoded once, by whoever produces them, and
// decoded once, by whoever reads them. In between they are bytes that nobody looks into.
//
// Shape:  a record is its key and its value, each behind its length in 32 bits, and its timestamp.
// Errors: bytes that are no whole records are found by IsSound, which a broker asks before it
//         appends; a reader of sound bytes cannot fail.
// Source: Kafka's record batches (KIP-98), without compression.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/ids.h"
#include "engine/serializer.h"
#include "sim/check.h"

namespace flinch::engine {

// A record that somebody holds.
struct ProducedRecord {
  Bytes key;
  Bytes value;
  EventTime timestamp;

  friend bool operator==(const ProducedRecord&, const ProducedRecord&) = default;
};

// A record inside a batch. Valid as long as the batch is.
struct RecordView {
  std::string_view key;
  std::string_view value;
  EventTime timestamp;
};

// Takes records from the front of sound bytes.
class RecordCursor {
 public:
  explicit RecordCursor(std::string_view bytes) : rest_(bytes) {}

  bool AtEnd() const { return rest_.empty(); }

  // The bytes of the records that are still to come.
  std::string_view rest() const { return rest_; }

  RecordView Take() {
    RecordView record;
    record.key = TakeText();
    record.value = TakeText();
    int64_t nanos = 0;
    std::memcpy(&nanos, TakeRaw(sizeof nanos), sizeof nanos);
    record.timestamp = EventTime(nanos);
    return record;
  }

  void Skip(uint64_t records) {
    for (; records > 0; --records) {
      Take();
    }
  }

 private:
  std::string_view TakeText() {
    uint32_t size = 0;
    std::memcpy(&size, TakeRaw(sizeof size), sizeof size);
    return {TakeRaw(size), size};
  }

  const char* TakeRaw(size_t size) {
    sim::Check(size <= rest_.size(), "a batch ends in the middle of a record");
    const char* const data = rest_.data();
    rest_.remove_prefix(size);
    return data;
  }

  std::string_view rest_;
};

class RecordBatch {
 public:
  RecordBatch() = default;

  RecordBatch(std::initializer_list<ProducedRecord> records) {
    for (const ProducedRecord& record : records) {
      Append(record.key, record.value, record.timestamp);
    }
  }

  void Append(std::string_view key, std::string_view value, EventTime timestamp) {
    AppendText(key);
    AppendText(value);
    const int64_t nanos = timestamp.nanos();
    AppendRaw(&nanos, sizeof nanos);
    ++count_;
  }

  uint64_t size() const { return count_; }

  bool empty() const { return count_ == 0; }

  std::string_view bytes() const { return bytes_; }

  RecordCursor records() const { return RecordCursor(bytes_); }

  // Returns the records from the `first` on, at most `count` of them.
  RecordBatch Slice(uint64_t first, uint64_t count) const;

  // Whether the bytes are as many whole records as the batch says.
  bool IsSound() const;

  friend bool operator==(const RecordBatch&, const RecordBatch&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.count_);
    visit(self.bytes_);
  }

 private:
  void AppendText(std::string_view text) {
    const auto size = static_cast<uint32_t>(text.size());
    AppendRaw(&size, sizeof size);
    bytes_.append(text);
  }

  void AppendRaw(const void* data, size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
  }

  uint64_t count_ = 0;
  Bytes bytes_;
};

}  // namespace flinch::engine
