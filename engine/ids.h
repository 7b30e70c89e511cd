// The engine's identifiers and its two axes of record time.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string_view>

#include "sim/ids.h"

namespace flinch::engine {

using CheckpointId = sim::StrongId<struct CheckpointTag, uint64_t>;  // 1, 2, … ; 0: none
using VertexId = sim::StrongId<struct VertexTag>;                    // index in the job graph
using SubtaskIndex = sim::StrongId<struct SubtaskTag>;               // 0 … parallelism - 1
using AttemptNumber = sim::StrongId<struct AttemptTag>;  // grows with each restart of the job
using KeyGroup = sim::StrongId<struct KeyGroupTag>;      // 0 … max parallelism - 1

// Who an operator is, over restarts, rescaling and new versions of its job: a hash of its uid, or
// of its name when it has none. The only key of state. 0: none.
using OperatorId = sim::StrongId<struct OperatorTag, uint64_t>;
using JobId = sim::StrongId<struct JobTag, uint64_t>;  // a hash of the job's name

// One of an operator's outputs.
using OutputTag = sim::StrongId<struct OutputTagTag>;
inline constexpr OutputTag kMainOutput{0};

// FNV-1a with a finaliser: the same on every machine, and never 0.
constexpr uint64_t HashOfName(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  }
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
  hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53;
  hash ^= hash >> 33;
  return hash == 0 ? 1 : hash;
}

constexpr OperatorId OperatorIdOf(std::string_view uid) { return OperatorId(HashOfName(uid)); }

constexpr JobId JobIdOf(std::string_view name) { return JobId(HashOfName(name)); }

// Which incarnation of the JobManager speaks. A TaskManager obeys only the newest it knows.
using FencingToken = sim::StrongId<struct FencingTag, uint64_t>;

// One run of one subtask; every message about a task carries it, and stale ones are ignored.
struct ExecutionAttemptId {
  VertexId vertex;
  SubtaskIndex subtask;
  AttemptNumber attempt;

  friend auto operator<=>(const ExecutionAttemptId&, const ExecutionAttemptId&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.vertex);
    visit(self.subtask);
    visit(self.attempt);
  }
};

// The time in a record, in nanoseconds since 1970. Not SimTime: the two never mix.
class EventTime {
 public:
  constexpr EventTime() = default;

  constexpr explicit EventTime(int64_t nanos) : nanos_(nanos) {}

  constexpr int64_t nanos() const { return nanos_; }

  friend constexpr auto operator<=>(EventTime, EventTime) = default;

 private:
  int64_t nanos_ = 0;
};

// Before the first watermark, and the watermark after the last record.
inline constexpr EventTime kMinEventTime{std::numeric_limits<int64_t>::min()};
inline constexpr EventTime kMaxEventTime{std::numeric_limits<int64_t>::max()};

}  // namespace flinch::engine
