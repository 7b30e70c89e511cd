// Numbers the events of a run, hashes each into the digest, keeps what is asked for, and shows
// traces to observers.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "sim/recording/recording.h"
#include "sim/world/options.h"

namespace flinch::sim {

// What the kernel itself does. Each has two numbers that belong to it.
enum class Step : uint32_t {
  kRun,      // a fiber runs: fiber, cause
  kSend,     // a one-way message leaves: destination, hash of the payload
  kLose,     // … and is lost: destination, 0
  kDeliver,  // … and arrives: event that sent it, 0
  kConnect,  // a connection is asked for: destination, connection
  kFrame,    // a frame is queued: connection, hash of the payload
  kArrive,   // a frame, or the end of the stream, arrives: connection, 0
  kDisk,     // a disk operation takes effect: operation and size, hash of the path
  kAct,      // the experimenter acts: number, 0
  // A fault strikes a disk operation: fault and operation, hash of the path.
  kDiskFault,
};

class TraceRecorder {
 public:
  explicit TraceRecorder(Keep keep);
  ~TraceRecorder();
  TraceRecorder(const TraceRecorder&) = delete;
  TraceRecorder& operator=(const TraceRecorder&) = delete;

  // An event of the kernel. Cheap: hashed, and kept only with Keep::kEverything.
  EventId Record(Step step, SimTime time, ProcessId process, std::string_view process_name,
                 uint64_t a, uint64_t b);

  // An event of a process or of the experimenter.
  EventId Trace(const TraceEvent& event_without_id);

  void Observe(TraceObserver& observer) { observers_.push_back(&observer); }

  uint64_t count() const { return count_; }

  Digest digest() const;

  const Recording& recording() const { return recording_; }

 private:
  struct Hash;

  Keep keep_;
  uint64_t count_ = 0;
  std::unique_ptr<Hash> hash_;
  std::vector<TraceObserver*> observers_;
  Recording recording_;
};

}  // namespace flinch::sim
