// Who stands in for the machine's threads while the code of a hosted process runs.
//
// The calls that block, wait, wake and start threads, and those that end a program, are defined in
// blocking_calls.cc. Where `hosting` (interposed.h) is set they are answered by it, in the terms of
// the C library: 0 or an error number. sim/hosted implements it with fibers. Without it they are
// refused where they would block.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <pthread.h>
#include <semaphore.h>
#include <string>

#include "sim/environment.h"
#include "sim/ids.h"
#include "sim/time.h"

namespace flinch::sim {

// A point of time, as the C library tells one.
struct CallDeadline {
  clockid_t clock = CLOCK_REALTIME;
  timespec time{};
};

enum class LockMode : uint8_t { kShared, kExclusive };

enum class Wakes : uint8_t { kOne, kAll };

class ThreadCalls {
 public:
  virtual ~ThreadCalls() = default;

  // Locks and waits. Without a deadline they wait for ever.
  virtual int LockMutex(pthread_mutex_t& mutex, const CallDeadline* deadline) = 0;
  virtual int TryLockMutex(pthread_mutex_t& mutex) = 0;
  virtual int UnlockMutex(pthread_mutex_t& mutex) = 0;
  virtual int DestroyMutex(pthread_mutex_t& mutex) = 0;
  virtual int WaitForCondition(pthread_cond_t& condition, pthread_mutex_t& mutex,
                               const CallDeadline* deadline) = 0;
  virtual int WakeCondition(pthread_cond_t& condition, Wakes wakes) = 0;
  virtual int LockReadWrite(pthread_rwlock_t& lock, LockMode mode,
                            const CallDeadline* deadline) = 0;
  virtual int TryLockReadWrite(pthread_rwlock_t& lock, LockMode mode) = 0;
  virtual int UnlockReadWrite(pthread_rwlock_t& lock) = 0;
  virtual int WaitForSemaphore(sem_t& semaphore, const CallDeadline* deadline) = 0;
  virtual int PostSemaphore(sem_t& semaphore) = 0;
  virtual int LockSpin(pthread_spinlock_t& lock) = 0;
  virtual int UnlockSpin(pthread_spinlock_t& lock) = 0;
  // EAGAIN when `word` is not `expected`.
  virtual int WaitForWord(uint32_t& word, uint32_t expected, const CallDeadline* deadline) = 0;
  // How many were woken.
  virtual int WakeWord(uint32_t& word, uint32_t most) = 0;

  // Threads. One that is joined with a deadline of long ago is only asked.
  virtual int CreateThread(pthread_t& thread, const pthread_attr_t* attributes,
                           void* (*entry)(void*), void* argument) = 0;
  virtual int JoinThread(pthread_t thread, void** result, const CallDeadline* deadline) = 0;
  virtual int DetachThread(pthread_t thread) = 0;
  virtual int NameThread(pthread_t thread, const char* name) = 0;
  virtual pthread_t CurrentThread() = 0;
  [[noreturn]] virtual void ExitThread(void* result) = 0;
  virtual int RunOnce(pthread_once_t& once, void (*routine)()) = 0;

  // What each thread has of its own. The machine has made the key, and will delete it.
  virtual void CreateKey(pthread_key_t key, void (*destructor)(void*)) = 0;
  virtual void DeleteKey(pthread_key_t key) = 0;
  // False: not one of this process, the machine is asked.
  virtual bool ValueOf(pthread_key_t key, void*& value) = 0;
  virtual bool SetValue(pthread_key_t key, void* value) = 0;
  virtual bool DestroyAtThreadExit(void (*destructor)(void*), void* object) = 0;

  // Time.
  virtual int ReadClock(clockid_t clock, timespec& now) = 0;
  virtual int SleepUntil(const CallDeadline& deadline) = 0;
  virtual void SleepFor(Duration span) = 0;
  virtual void Yield() = 0;

  // The end: of the run, with a violation; of the process, of itself.
  [[noreturn]] virtual void FailAssertion(const char* expression, const char* file,
                                          unsigned line) = 0;
  [[noreturn]] virtual void FailAbort() = 0;
  [[noreturn]] virtual void ExitProcess(int status) = 0;

  // How the code of the process sees the world.
  virtual Environment& environment() = 0;
  // What a parked fiber of this process waits for; nothing when it waits for something of ours.
  virtual std::optional<std::string> WaitText(FiberId fiber) const = 0;
};

}  // namespace flinch::sim
