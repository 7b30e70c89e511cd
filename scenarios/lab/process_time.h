// What another process of this machine is doing, and how much of a processor it had.
//
// For who gives a process a limit of time: the clock on the wall goes on while a machine is short
// of processors, while a process is stopped by a signal, and while all of them are frozen.
#pragma once

#include <cstdint>

namespace flinch::scenarios {

enum class ProcessState : uint8_t { kRunning, kWaiting, kStopped };

struct ProcessLook {
  ProcessState state = ProcessState::kWaiting;
  int64_t processor_ns = 0;  // since it began
};

// Of a process that is gone, or where the system does not tell: waiting, and no time.
ProcessLook LookAt(int process);

// How much of its limit a process has used up, by looking at it now and then: all the time that it
// ran on a processor, and the time that it waited for something, but never more than `glance_ns` of
// one glance to the next. None of the time for which it was stopped or had no processor.
class OwnTime {
 public:
  explicit OwnTime(int64_t glance_ns) : glance_ns_(glance_ns) {}

  // From now on; `now` in nanoseconds from any origin.
  void Begin(int64_t now, const ProcessLook& look);
  void Add(int64_t now, const ProcessLook& look);

  int64_t spent_ns() const { return spent_ns_; }

  int64_t looked_at() const { return looked_at_; }

 private:
  int64_t glance_ns_;
  int64_t looked_at_ = 0;
  int64_t processor_ns_ = 0;
  int64_t spent_ns_ = 0;
};

}  // namespace flinch::scenarios
