// Numbers the events of a run, hashes each into the digest, keeps what is asked for, and shows
// traces to observers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sim/network.h"
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
  kDisk,     // a disk operation is answered: operation, answer and size, hash of all bytes
  kAct,      // the experimenter acts: number, 0
  // Troubles of the network; the second number is what has the trouble.
  kDrop,        // a message reaches nobody, or a full inbox: event that sent it, destination
  kDuplicate,   // a message gets a copy: destination, event that sent it
  kReorder,     // a message takes longer: nanoseconds, event that sent it
  kCorrupt,     // bits of a message flip: how many, event that sent it
  kDiscard,     // the checksum finds a message corrupt: event that sent it, 0
  kHold,        // a message is held by its link: destination, event that sent it
  kRetransmit,  // a frame is sent again: how often, connection
  kUnanswered,  // a frame reaches a host without power: connection, 0
  kReset,       // an end of a connection learns that it was reset: which end, connection
  // A fault strikes a disk operation: fault, operation and what it drew, hash of the path.
  kDiskFault,
  // A crash has drawn what it leaves of something that was not durable: which, and what is left.
  kDiskCrash,
};

// An address as one of a step's numbers.
constexpr uint64_t NumberOf(Address address) {
  return static_cast<uint64_t>(address.host.value()) << 16 | address.port;
}

class TraceRecorder {
 public:
  TraceRecorder(Keep keep, const Lens& lens);
  ~TraceRecorder();
  TraceRecorder(const TraceRecorder&) = delete;
  TraceRecorder& operator=(const TraceRecorder&) = delete;

  // An event of the kernel. Cheap: it is hashed, no more; see KeepStep.
  [[gnu::always_inline]] EventId Record(Step step, SimTime time, ProcessId process, uint64_t a,
                                        uint64_t b) {
    HashStep(Nanos(time),
             static_cast<uint64_t>(process.value()) << 32 | static_cast<uint32_t>(step), a, b);
    if (++count_ >= next_stop_) [[unlikely]] {
      Stop();
    }
    return EventId(count_);
  }

  // Whether the caller shall tell every event of the kernel to KeepStep.
  bool keeps_steps() const { return keep_ == Keep::kEverything; }

  // The last event, unless the lens does not cover it.
  void KeepStep(Step step, SimTime time, std::string_view process, uint64_t a, uint64_t b);

  // An event of a process or of the experimenter.
  EventId Trace(const TraceEvent& event_without_id);

  void Observe(TraceObserver& observer);

  uint64_t count() const { return count_; }

  Digest digest();

  const Ladder& ladder() const { return ladder_; }

  const Recording& recording() const { return recording_; }

 private:
  struct State;

  static constexpr size_t kWord = sizeof(uint64_t);
  static constexpr size_t kStepBytes = 4 * kWord;

  // There is room: Plan has seen to it. Four words at once, each stored where it is hashed from: a
  // copy of a struct would wait for the stores that have just made it.
  void HashStep(int64_t time, uint64_t step_and_process, uint64_t a, uint64_t b) {
    char* const place = pending_.data() + pending_bytes_;
    std::memcpy(place, &time, kWord);
    std::memcpy(place + kWord, &step_and_process, kWord);
    std::memcpy(place + 2 * kWord, &a, kWord);
    std::memcpy(place + 3 * kWord, &b, kWord);
    pending_bytes_ += kStepBytes;
  }

  void Hash(const void* bytes, size_t size) {
    if (size > pending_.size() - pending_bytes_) [[unlikely]] {
      Flush();
      if (size > pending_.size()) {
        HashNow(bytes, size);
        return;
      }
    }
    std::memcpy(pending_.data() + pending_bytes_, bytes, size);
    pending_bytes_ += size;
  }

  void Flush();
  void HashNow(const void* bytes, size_t size);

  // After the event of number next_stop_: makes room, adds the ladder's next rung, takes the call
  // stack that was asked for.
  void Stop();
  // Makes room for a step, and says when to stop next.
  void Plan();

  Keep keep_;
  Lens lens_;
  uint64_t count_ = 0;
  uint64_t next_stop_ = 0;
  // What is still to be hashed: the hash is fast when it gets much at a time.
  size_t pending_bytes_ = 0;
  std::array<char, 2048> pending_;
  std::unique_ptr<State> state_;
  // Who wants the events of this kind, in the order in which they came.
  const std::vector<TraceObserver*>& ObserversOf(std::string_view kind);

  struct Observed {
    TraceObserver* observer;
    std::vector<std::string> wants;  // none: all
  };

  std::vector<Observed> observers_;
  std::map<std::string, std::vector<TraceObserver*>, std::less<>> routes_;  // of kinds seen so far
  Ladder ladder_;
  Recording recording_;
};

}  // namespace flinch::sim
