// The calls that block a thread, wake one or start one. While hosted code runs they are answered by
// who hosts it; inside any other code of a run those that would block are refused; else they go
// through. What does not block goes through everywhere: code that is not simulated may lock.
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdint>
#include <ctime>
#include <dlfcn.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim/kernel/interposed.h"
#include "sim/kernel/thread_calls.h"

namespace flinch::sim {

constinit thread_local ThreadCalls* hosting = nullptr;

namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

// The condition variables of today's C library, not those of its first years.
template <auto* kOurs>
auto RealCondition(const char* name) {
  static const auto real = [name] {
    void* const current = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
    return reinterpret_cast<decltype(kOurs)>(current != nullptr ? current : dlsym(RTLD_NEXT, name));
  }();
  return real;
}

// What pthread_condattr_setclock has said, where the C library keeps it.
clockid_t ClockOf(const pthread_cond_t& condition) {
  constexpr unsigned kIsMonotonic = 2;
  return (condition.__data.__wrefs & kIsMonotonic) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

// std::atomic, std::future, std::latch and the like wait for a word to change.
long WaitForWord(uint32_t* word, int operation, uint32_t expected, const timespec* end) {
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != expected) {
    return Answer(EAGAIN);
  }
  if (hosting == nullptr) {
    RefuseToBlock("futex");
  }
  if (end == nullptr) {
    return Answer(hosting->WaitForWord(*word, expected, nullptr));
  }
  const clockid_t clock =
      (operation & FUTEX_CLOCK_REALTIME) != 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC;
  CallDeadline deadline{.clock = clock, .time = *end};
  if ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT) {  // a span
    hosting->ReadClock(clock, deadline.time);
    deadline.time.tv_sec += end->tv_sec;
    deadline.time.tv_nsec += end->tv_nsec;
    if (deadline.time.tv_nsec >= kNanosPerSecond) {
      deadline.time.tv_nsec -= kNanosPerSecond;
      ++deadline.time.tv_sec;
    }
  }
  return Answer(hosting->WaitForWord(*word, expected, &deadline));
}

// Held by this thread: by another fiber of it, or by this one. Another thread will let it go.
bool IsHeldHere(const pthread_mutex_t& mutex) {
  return mutex.__data.__owner == static_cast<int>(gettid());
}

}  // namespace

extern "C" {

// Locks.
int MutexLock(pthread_mutex_t* mutex) asm("pthread_mutex_lock");
int MutexTryLock(pthread_mutex_t* mutex) asm("pthread_mutex_trylock");
int MutexTimedLock(pthread_mutex_t* mutex, const timespec* end) asm("pthread_mutex_timedlock");
int MutexClockLock(pthread_mutex_t* mutex, clockid_t clock,
                   const timespec* end) asm("pthread_mutex_clocklock");
int MutexUnlock(pthread_mutex_t* mutex) asm("pthread_mutex_unlock");
int MutexDestroy(pthread_mutex_t* mutex) asm("pthread_mutex_destroy");
int ReadLock(pthread_rwlock_t* lock) asm("pthread_rwlock_rdlock");
int ReadTryLock(pthread_rwlock_t* lock) asm("pthread_rwlock_tryrdlock");
int ReadTimedLock(pthread_rwlock_t* lock, const timespec* end) asm("pthread_rwlock_timedrdlock");
int ReadClockLock(pthread_rwlock_t* lock, clockid_t clock,
                  const timespec* end) asm("pthread_rwlock_clockrdlock");
int WriteLock(pthread_rwlock_t* lock) asm("pthread_rwlock_wrlock");
int WriteTryLock(pthread_rwlock_t* lock) asm("pthread_rwlock_trywrlock");
int WriteTimedLock(pthread_rwlock_t* lock, const timespec* end) asm("pthread_rwlock_timedwrlock");
int WriteClockLock(pthread_rwlock_t* lock, clockid_t clock,
                   const timespec* end) asm("pthread_rwlock_clockwrlock");
int ReadWriteUnlock(pthread_rwlock_t* lock) asm("pthread_rwlock_unlock");
int SpinLock(pthread_spinlock_t* lock) asm("pthread_spin_lock");
int SpinTryLock(pthread_spinlock_t* lock) asm("pthread_spin_trylock");
int SpinUnlock(pthread_spinlock_t* lock) asm("pthread_spin_unlock");

// Waits and wakes.
int ConditionWait(pthread_cond_t* condition, pthread_mutex_t* mutex) asm("pthread_cond_wait");
int ConditionTimedWait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                       const timespec* end) asm("pthread_cond_timedwait");
int ConditionClockWait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                       const timespec* end) asm("pthread_cond_clockwait");
int ConditionSignal(pthread_cond_t* condition) asm("pthread_cond_signal");
int ConditionBroadcast(pthread_cond_t* condition) asm("pthread_cond_broadcast");
int SemaphoreWait(sem_t* semaphore) asm("sem_wait");
int SemaphoreTryWait(sem_t* semaphore) asm("sem_trywait");
int SemaphoreTimedWait(sem_t* semaphore, const timespec* end) asm("sem_timedwait");
int SemaphoreClockWait(sem_t* semaphore, clockid_t clock, const timespec* end) asm("sem_clockwait");
int SemaphorePost(sem_t* semaphore) asm("sem_post");
int BarrierWait(pthread_barrier_t* barrier) asm("pthread_barrier_wait");
long SystemCall(long number, ...) asm("syscall");
int EpollWait(int poll, epoll_event* events, int most, int timeout) asm("epoll_wait");
int Pause() asm("pause");
int SignalWait(const sigset_t* signals, int* signal) asm("sigwait");

// Threads.
int ThreadCreate(pthread_t* thread, const pthread_attr_t* attributes, void* (*entry)(void*),
                 void* argument) asm("pthread_create");
int ThreadJoin(pthread_t thread, void** result) asm("pthread_join");
int ThreadTryJoin(pthread_t thread, void** result) asm("pthread_tryjoin_np");
int ThreadTimedJoin(pthread_t thread, void** result,
                    const timespec* end) asm("pthread_timedjoin_np");
int ThreadClockJoin(pthread_t thread, void** result, clockid_t clock,
                    const timespec* end) asm("pthread_clockjoin_np");
int ThreadDetach(pthread_t thread) asm("pthread_detach");
pthread_t ThreadSelf() asm("pthread_self");
[[noreturn]] void ThreadExit(void* result) asm("pthread_exit");
int ThreadSetName(pthread_t thread, const char* name) asm("pthread_setname_np");
int ThreadKill(pthread_t thread, int signal) asm("pthread_kill");
int ThreadCancel(pthread_t thread) asm("pthread_cancel");
int ThreadGetAttributes(pthread_t thread, pthread_attr_t* out) asm("pthread_getattr_np");
int Once(pthread_once_t* once, void (*routine)()) asm("pthread_once");
int KeyCreate(pthread_key_t* key, void (*destructor)(void*)) asm("pthread_key_create");
int KeyDelete(pthread_key_t key) asm("pthread_key_delete");
void* GetSpecific(pthread_key_t key) asm("pthread_getspecific");
int SetSpecific(pthread_key_t key, const void* value) asm("pthread_setspecific");
int AtThreadExit(void (*destructor)(void*), void* object,
                 void* module) asm("__cxa_thread_atexit_impl");

// ---- Locks --------------------------------------------------------------------------------------

int MutexLock(pthread_mutex_t* mutex) {
  if (hosting != nullptr) {
    return hosting->LockMutex(*mutex, nullptr);
  }
  if (running != nullptr) {
    const int error = Real<MutexTryLock>("pthread_mutex_trylock")(mutex);
    if (error != EBUSY) {
      return error;
    }
    if (IsHeldHere(*mutex)) {
      RefuseToBlock("pthread_mutex_lock");
    }
  }
  return Real<MutexLock>("pthread_mutex_lock")(mutex);
}

int MutexTryLock(pthread_mutex_t* mutex) {
  return hosting != nullptr ? hosting->TryLockMutex(*mutex)
                            : Real<MutexTryLock>("pthread_mutex_trylock")(mutex);
}

int MutexTimedLock(pthread_mutex_t* mutex, const timespec* end) {
  if (hosting != nullptr) {
    const CallDeadline deadline{.clock = CLOCK_REALTIME, .time = *end};
    return hosting->LockMutex(*mutex, &deadline);
  }
  return Guarded<MutexTimedLock>("pthread_mutex_timedlock", kUseSleep, mutex, end);
}

int MutexClockLock(pthread_mutex_t* mutex, clockid_t clock, const timespec* end) {
  if (hosting != nullptr) {
    const CallDeadline deadline{.clock = clock, .time = *end};
    return hosting->LockMutex(*mutex, &deadline);
  }
  return Guarded<MutexClockLock>("pthread_mutex_clocklock", kUseSleep, mutex, clock, end);
}

int MutexUnlock(pthread_mutex_t* mutex) {
  return hosting != nullptr ? hosting->UnlockMutex(*mutex)
                            : Real<MutexUnlock>("pthread_mutex_unlock")(mutex);
}

int MutexDestroy(pthread_mutex_t* mutex) {
  return hosting != nullptr ? hosting->DestroyMutex(*mutex)
                            : Real<MutexDestroy>("pthread_mutex_destroy")(mutex);
}

int ReadTryLock(pthread_rwlock_t* lock) {
  return hosting != nullptr ? hosting->TryLockReadWrite(*lock, LockMode::kShared)
                            : Real<ReadTryLock>("pthread_rwlock_tryrdlock")(lock);
}

int WriteTryLock(pthread_rwlock_t* lock) {
  return hosting != nullptr ? hosting->TryLockReadWrite(*lock, LockMode::kExclusive)
                            : Real<WriteTryLock>("pthread_rwlock_trywrlock")(lock);
}

int ReadLock(pthread_rwlock_t* lock) {
  if (hosting != nullptr) {
    return hosting->LockReadWrite(*lock, LockMode::kShared, nullptr);
  }
  if (running != nullptr) {
    const int error = Real<ReadTryLock>("pthread_rwlock_tryrdlock")(lock);
    if (error == EBUSY) {
      RefuseToBlock("pthread_rwlock_rdlock");
    }
    return error;
  }
  return Real<ReadLock>("pthread_rwlock_rdlock")(lock);
}

int WriteLock(pthread_rwlock_t* lock) {
  if (hosting != nullptr) {
    return hosting->LockReadWrite(*lock, LockMode::kExclusive, nullptr);
  }
  if (running != nullptr) {
    const int error = Real<WriteTryLock>("pthread_rwlock_trywrlock")(lock);
    if (error == EBUSY) {
      RefuseToBlock("pthread_rwlock_wrlock");
    }
    return error;
  }
  return Real<WriteLock>("pthread_rwlock_wrlock")(lock);
}

int ReadTimedLock(pthread_rwlock_t* lock, const timespec* end) {
  if (hosting != nullptr) {
    const CallDeadline deadline{.clock = CLOCK_REALTIME, .time = *end};
    return hosting->LockReadWrite(*lock, LockMode::kShared, &deadline);
  }
  return Guarded<ReadTimedLock>("pthread_rwlock_timedrdlock", kUseSleep, lock, end);
}

int ReadClockLock(pthread_rwlock_t* lock, clockid_t clock, const timespec* end) {
  if (hosting != nullptr) {
    const CallDeadline deadline{.clock = clock, .time = *end};
    return hosting->LockReadWrite(*lock, LockMode::kShared, &deadline);
  }
  return Guarded<ReadClockLock>("pthread_rwlock_clockrdlock", kUseSleep, lock, clock, end);
}

int WriteTimedLock(pthread_rwlock_t* lock, const timespec* end) {
  if (hosting != nullptr) {
    const CallDeadline deadline{.clock = CLOCK_REALTIME, .time = *end};
    return hosting->LockReadWrite(*lock, LockMode::kExclusive, &deadline);
  }
  return Guarded<WriteTimedLock>("pthread_rwlock_timedwrlock", kUseSleep, lock, end);
}

int WriteClockLock(pthread_rwlock_t* lock, clockid_t clock, const timespec* end) {
  if (hosting != nullptr) {
    const CallDeadline deadline{.clock = clock, .time = *end};
    return hosting->LockReadWrite(*lock, LockMode::kExclusive, &deadline);
  }
  return Guarded<WriteClockLock>("pthread_rwlock_clockwrlock", kUseSleep, lock, clock, end);
}

int ReadWriteUnlock(pthread_rwlock_t* lock) {
  return hosting != nullptr ? hosting->UnlockReadWrite(*lock)
                            : Real<ReadWriteUnlock>("pthread_rwlock_unlock")(lock);
}

int SpinTryLock(pthread_spinlock_t* lock) {
  return Real<SpinTryLock>("pthread_spin_trylock")(lock);
}

int SpinLock(pthread_spinlock_t* lock) {
  if (hosting != nullptr) {
    return hosting->LockSpin(*lock);
  }
  if (running != nullptr && SpinTryLock(lock) == EBUSY) {
    RefuseToBlock("pthread_spin_lock");
  }
  return running != nullptr ? 0 : Real<SpinLock>("pthread_spin_lock")(lock);
}

int SpinUnlock(pthread_spinlock_t* lock) {
  return hosting != nullptr ? hosting->UnlockSpin(*lock)
                            : Real<SpinUnlock>("pthread_spin_unlock")(lock);
}

// ---- Waits and wakes ----------------------------------------------------------------------------

int ConditionWait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  if (hosting != nullptr) {
    return hosting->WaitForCondition(*condition, *mutex, nullptr);
  }
  if (running != nullptr) {
    RefuseToBlock("pthread_cond_wait");
  }
  return RealCondition<ConditionWait>("pthread_cond_wait")(condition, mutex);
}

int ConditionTimedWait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* end) {
  if (hosting != nullptr) {
    const CallDeadline deadline{.clock = ClockOf(*condition), .time = *end};
    return hosting->WaitForCondition(*condition, *mutex, &deadline);
  }
  if (running != nullptr) {
    RefuseToBlock("pthread_cond_timedwait");
  }
  return RealCondition<ConditionTimedWait>("pthread_cond_timedwait")(condition, mutex, end);
}

int ConditionClockWait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                       const timespec* end) {
  if (hosting != nullptr) {
    const CallDeadline deadline{.clock = clock, .time = *end};
    return hosting->WaitForCondition(*condition, *mutex, &deadline);
  }
  if (running != nullptr) {
    RefuseToBlock("pthread_cond_clockwait");
  }
  return Real<ConditionClockWait>("pthread_cond_clockwait")(condition, mutex, clock, end);
}

int ConditionSignal(pthread_cond_t* condition) {
  return hosting != nullptr ? hosting->WakeCondition(*condition, Wakes::kOne)
                            : RealCondition<ConditionSignal>("pthread_cond_signal")(condition);
}

int ConditionBroadcast(pthread_cond_t* condition) {
  return hosting != nullptr
             ? hosting->WakeCondition(*condition, Wakes::kAll)
             : RealCondition<ConditionBroadcast>("pthread_cond_broadcast")(condition);
}

int SemaphoreTryWait(sem_t* semaphore) { return Real<SemaphoreTryWait>("sem_trywait")(semaphore); }

int SemaphoreWait(sem_t* semaphore) {
  if (hosting != nullptr) {
    return Answer(hosting->WaitForSemaphore(*semaphore, nullptr));
  }
  if (running != nullptr) {
    if (SemaphoreTryWait(semaphore) == 0) {
      return 0;
    }
    RefuseToBlock("sem_wait");
  }
  return Real<SemaphoreWait>("sem_wait")(semaphore);
}

int SemaphoreTimedWait(sem_t* semaphore, const timespec* end) {
  if (hosting != nullptr) {
    const CallDeadline deadline{.clock = CLOCK_REALTIME, .time = *end};
    return Answer(hosting->WaitForSemaphore(*semaphore, &deadline));
  }
  return Guarded<SemaphoreTimedWait>("sem_timedwait", kUseSleep, semaphore, end);
}

int SemaphoreClockWait(sem_t* semaphore, clockid_t clock, const timespec* end) {
  if (hosting != nullptr) {
    const CallDeadline deadline{.clock = clock, .time = *end};
    return Answer(hosting->WaitForSemaphore(*semaphore, &deadline));
  }
  return Guarded<SemaphoreClockWait>("sem_clockwait", kUseSleep, semaphore, clock, end);
}

int SemaphorePost(sem_t* semaphore) {
  return hosting != nullptr ? Answer(hosting->PostSemaphore(*semaphore))
                            : Real<SemaphorePost>("sem_post")(semaphore);
}

int BarrierWait(pthread_barrier_t* barrier) {
  if (running != nullptr) {
    RefuseToBlock("pthread_barrier_wait");
  }
  return Real<BarrierWait>("pthread_barrier_wait")(barrier);
}

int EpollWait(int poll, epoll_event* events, int most, int timeout) {
  return Guarded<EpollWait>("epoll_wait", kUseSleep, poll, events, most, timeout);
}

int Pause() { return Guarded<Pause>("pause", kUseSleep); }

int SignalWait(const sigset_t* signals, int* signal) {
  return Guarded<SignalWait>("sigwait", kUseSleep, signals, signal);
}

long SystemCall(long number, ...) {
  std::va_list rest;
  va_start(rest, number);
  long arguments[6];
  for (long& argument : arguments) {
    argument = va_arg(rest, long);
  }
  va_end(rest);
  if (number == SYS_futex && running != nullptr) {
    auto* const word = reinterpret_cast<uint32_t*>(arguments[0]);
    const int operation = static_cast<int>(arguments[1]);
    const int command = operation & FUTEX_CMD_MASK;
    const auto count = static_cast<uint32_t>(arguments[2]);
    if (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET) {
      return WaitForWord(word, operation, count, reinterpret_cast<const timespec*>(arguments[3]));
    }
    if (hosting != nullptr && (command == FUTEX_WAKE || command == FUTEX_WAKE_BITSET)) {
      return hosting->WakeWord(*word, count);
    }
  }
  return Real<SystemCall>("syscall")(number, arguments[0], arguments[1], arguments[2], arguments[3],
                                     arguments[4], arguments[5]);
}

// ---- Threads ------------------------------------------------------------------------------------

int ThreadCreate(pthread_t* thread, const pthread_attr_t* attributes, void* (*entry)(void*),
                 void* argument) {
  return hosting != nullptr ? hosting->CreateThread(*thread, attributes, entry, argument)
                            : Guarded<ThreadCreate>("pthread_create", kUseFiber, thread, attributes,
                                                    entry, argument);
}

int ThreadJoin(pthread_t thread, void** result) {
  if (hosting != nullptr) {
    return hosting->JoinThread(thread, result, nullptr);
  }
  if (running != nullptr) {
    RefuseToBlock("pthread_join");
  }
  return Real<ThreadJoin>("pthread_join")(thread, result);
}

int ThreadTryJoin(pthread_t thread, void** result) {
  if (hosting == nullptr) {
    return Guarded<ThreadTryJoin>("pthread_tryjoin_np", kUseFiber, thread, result);
  }
  const CallDeadline past;
  const int error = hosting->JoinThread(thread, result, &past);
  return error == ETIMEDOUT ? EBUSY : error;
}

int ThreadTimedJoin(pthread_t thread, void** result, const timespec* end) {
  if (hosting != nullptr) {
    const CallDeadline deadline{.clock = CLOCK_REALTIME, .time = *end};
    return hosting->JoinThread(thread, result, &deadline);
  }
  return Guarded<ThreadTimedJoin>("pthread_timedjoin_np", kUseSleep, thread, result, end);
}

int ThreadClockJoin(pthread_t thread, void** result, clockid_t clock, const timespec* end) {
  if (hosting != nullptr) {
    const CallDeadline deadline{.clock = clock, .time = *end};
    return hosting->JoinThread(thread, result, &deadline);
  }
  return Guarded<ThreadClockJoin>("pthread_clockjoin_np", kUseSleep, thread, result, clock, end);
}

int ThreadDetach(pthread_t thread) {
  return hosting != nullptr ? hosting->DetachThread(thread)
                            : Real<ThreadDetach>("pthread_detach")(thread);
}

pthread_t ThreadSelf() {
  return hosting != nullptr ? hosting->CurrentThread() : Real<ThreadSelf>("pthread_self")();
}

void ThreadExit(void* result) {
  if (hosting != nullptr) {
    hosting->ExitThread(result);
  }
  if (running != nullptr) {
    Refuse("pthread_exit", "a fiber ends by returning");
  }
  Real<ThreadExit>("pthread_exit")(result);
  __builtin_unreachable();
}

int ThreadSetName(pthread_t thread, const char* name) {
  return hosting != nullptr ? hosting->NameThread(thread, name)
                            : Real<ThreadSetName>("pthread_setname_np")(thread, name);
}

// What a fiber that stands for a thread has not got.
int ThreadKill(pthread_t thread, int signal) {
  return Guarded<ThreadKill>("pthread_kill", kUseFiber, thread, signal);
}

int ThreadCancel(pthread_t thread) {
  return Guarded<ThreadCancel>("pthread_cancel", kUseFiber, thread);
}

int ThreadGetAttributes(pthread_t thread, pthread_attr_t* out) {
  if (hosting != nullptr) {
    Refuse("pthread_getattr_np", "a fiber's stack has the size that the world was given");
  }
  return Real<ThreadGetAttributes>("pthread_getattr_np")(thread, out);
}

int Once(pthread_once_t* once, void (*routine)()) {
  if (hosting != nullptr) {
    return hosting->RunOnce(*once, routine);
  }
  constexpr int kStates = 3;
  constexpr int kInProgress = 1;
  if (running != nullptr && (*once & kStates) == kInProgress) {
    RefuseToBlock("pthread_once");
  }
  return Real<Once>("pthread_once")(once, routine);
}

int KeyCreate(pthread_key_t* key, void (*destructor)(void*)) {
  // What hosted threads keep is destroyed when they end, not when the machine's thread does.
  const int error =
      Real<KeyCreate>("pthread_key_create")(key, hosting != nullptr ? nullptr : destructor);
  if (error == 0 && hosting != nullptr) {
    hosting->CreateKey(*key, destructor);
  }
  return error;
}

int KeyDelete(pthread_key_t key) {
  if (hosting != nullptr) {
    hosting->DeleteKey(key);
  }
  return Real<KeyDelete>("pthread_key_delete")(key);
}

void* GetSpecific(pthread_key_t key) {
  void* value = nullptr;
  return hosting != nullptr && hosting->ValueOf(key, value)
             ? value
             : Real<GetSpecific>("pthread_getspecific")(key);
}

int SetSpecific(pthread_key_t key, const void* value) {
  return hosting != nullptr && hosting->SetValue(key, const_cast<void*>(value))
             ? 0
             : Real<SetSpecific>("pthread_setspecific")(key, value);
}

int AtThreadExit(void (*destructor)(void*), void* object, void* module) {
  return hosting != nullptr && hosting->DestroyAtThreadExit(destructor, object)
             ? 0
             : Real<AtThreadExit>("__cxa_thread_atexit_impl")(destructor, object, module);
}

}  // extern "C"

}  // namespace flinch::sim
