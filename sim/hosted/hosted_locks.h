// What the threads of one hosted process hold and wait for, by the address of what they lock.
//
// Nothing is written into the objects of the C library except counts of semaphores and spin locks;
// so a lock belongs to one life of a process, and dies with it. Called outside only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <pthread.h>
#include <semaphore.h>
#include <string>
#include <vector>

#include "sim/hosted/hosted_thread.h"
#include "sim/kernel/thread_calls.h"
#include "sim/time.h"

namespace flinch::sim {

class HostedProcess;

class HostedLocks {
 public:
  explicit HostedLocks(HostedProcess& process) : process_(process) {}

  // 0 or an error number, as the C library's. A Violation where it leaves open what happens: who
  // lets go of what somebody else holds. And where threads hold each other's mutexes.
  int LockMutex(HostedThread& self, pthread_mutex_t& mutex, SimTime deadline);
  int TryLockMutex(HostedThread& self, pthread_mutex_t& mutex);
  int UnlockMutex(HostedThread& self, pthread_mutex_t& mutex);
  int DestroyMutex(pthread_mutex_t& mutex);
  int WaitForCondition(HostedThread& self, pthread_cond_t& condition, pthread_mutex_t& mutex,
                       SimTime deadline);
  int WakeCondition(pthread_cond_t& condition, Wakes wakes);
  int LockReadWrite(HostedThread& self, pthread_rwlock_t& lock, LockMode mode, SimTime deadline);
  int TryLockReadWrite(HostedThread& self, pthread_rwlock_t& lock, LockMode mode);
  int UnlockReadWrite(HostedThread& self, pthread_rwlock_t& lock);
  int WaitForSemaphore(HostedThread& self, sem_t& semaphore, SimTime deadline);
  int PostSemaphore(sem_t& semaphore);
  int LockSpin(HostedThread& self, pthread_spinlock_t& lock);
  int UnlockSpin(pthread_spinlock_t& lock);
  int WaitForWord(HostedThread& self, uint32_t& word, uint32_t expected, SimTime deadline);
  int WakeWord(uint32_t& word, uint32_t most);

  // "mutex 1, held by thread t2". Numbers count in the order of the first wait.
  std::string WaitText(const HostedThread& thread) const;

 private:
  struct Mutex {
    HostedThread* owner = nullptr;
    uint32_t depth = 0;  // of a recursive one
    uint64_t number = 0;
    HostedWaiters waiters;
  };

  struct ReadWriteLock {
    HostedThread* writer = nullptr;
    std::vector<HostedThread*> readers;
    uint64_t number = 0;
    HostedWaiters waiters;
  };

  struct Place {
    uint64_t number = 0;
    HostedWaiters waiters;
  };

  Mutex& MutexAt(const pthread_mutex_t& mutex);
  static void Take(HostedThread& self, Mutex& state);
  void LetGo(HostedThread& self, Mutex& state);
  void LookForDeadlock(const HostedThread& self, const Mutex& state) const;
  static bool CanTake(const ReadWriteLock& state, LockMode mode);
  static void Take(HostedThread& self, ReadWriteLock& state, LockMode mode);
  Place& PlaceAt(const volatile void* object, uint64_t& count);
  HostedWaiters& WaitersAt(const volatile void* object);
  bool WaitAt(HostedThread& self, Place& place, HostedWaitKind kind, SimTime deadline);

  HostedProcess& process_;
  std::map<uintptr_t, Mutex> mutexes_;
  std::map<uintptr_t, ReadWriteLock> read_write_locks_;
  std::map<uintptr_t, Place> places_;
  HostedWaiters nobody_;
  uint64_t mutex_count_ = 0;
  uint64_t read_write_count_ = 0;
  uint64_t condition_count_ = 0;
  uint64_t other_count_ = 0;
};

}  // namespace flinch::sim
