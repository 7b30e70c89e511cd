// What is known of one thread of a hosted process.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <pthread.h>
#include <string>
#include <vector>

#include "sim/hosted/swapped_image.h"
#include "sim/ids.h"

namespace flinch::sim {

// Who waits at one place, in the order in which they came.
using HostedWaiters = std::vector<FiberId>;

enum class HostedWaitKind : uint8_t {
  kNothing,
  kMutex,
  kMutexOrDeadline,
  kCondition,
  kReadWriteLock,
  kSemaphore,
  kSpinLock,
  kWord,
  kThread,
  kOnce,
};

struct HostedWait {
  HostedWaitKind kind = HostedWaitKind::kNothing;
  const void* on = nullptr;  // kMutex…: its state; kReadWriteLock: its state
  uint64_t number = 0;       // of what is waited for
};

class HostedThread {
 public:
  struct AtExit {
    void (*destructor)(void*) = nullptr;
    void* object = nullptr;
  };

  uint64_t id = 0;  // its pthread_t
  FiberId fiber;
  std::string name;
  void* (*entry)(void*) = nullptr;
  void* argument = nullptr;
  // Of Environment::Spawn; in the memory of the process, and never destroyed when that dies.
  std::move_only_function<void()>* body = nullptr;
  void* result = nullptr;
  bool ended = false;
  bool detached = false;
  uint64_t locks = 0;  // mutexes that it holds
  HostedWaiters joiners;
  uint64_t joining = 0;  // who has not looked since
  HostedWait wait;
  std::map<pthread_key_t, void*> values;
  std::vector<AtExit> at_exit;
  SwappedCopies thread_locals;
  int error = 0;             // its errno, while it is outside
  uint32_t clock_reads = 0;  // since it last waited
};

}  // namespace flinch::sim
