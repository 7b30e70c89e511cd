#include "sim/hosted/hosted_locks.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "sim/check.h"
#include "sim/hosted/hosted_process.h"

namespace flinch::sim {
namespace {

constexpr std::string_view kWhere = "hosted code";

uintptr_t AddressOf(const volatile void* object) { return reinterpret_cast<uintptr_t>(object); }

int KindOf(const pthread_mutex_t& mutex) {
  constexpr int kKinds = 3;
  return mutex.__data.__kind & kKinds;
}

[[noreturn]] void FailBecause(std::string what) {
  throw Violation{.what = std::move(what), .where = std::string(kWhere)};
}

std::string NameOf(const HostedThread& thread) {
  return fmt::format("thread {}{}", thread.name, thread.ended ? ", which has ended" : "");
}

}  // namespace

HostedLocks::Mutex& HostedLocks::MutexAt(const pthread_mutex_t& mutex) {
  return mutexes_[AddressOf(&mutex)];
}

void HostedLocks::Take(HostedThread& self, Mutex& state) {
  state.owner = &self;
  state.depth = 1;
  ++self.locks;
}

void HostedLocks::LetGo(HostedThread& self, Mutex& state) {
  state.owner = nullptr;
  --self.locks;
  process_.WakeOne(state.waiters);
}

int HostedLocks::LockMutex(HostedThread& self, pthread_mutex_t& mutex, SimTime deadline) {
  process_.MaySwitch();
  Mutex& state = MutexAt(mutex);
  if (state.owner == &self) {
    if (KindOf(mutex) == PTHREAD_MUTEX_RECURSIVE) {
      ++state.depth;
      return 0;
    }
    if (KindOf(mutex) == PTHREAD_MUTEX_ERRORCHECK) {
      return EDEADLK;
    }
  }
  while (state.owner != nullptr) {
    state.number = state.number == 0 ? ++mutex_count_ : state.number;
    const bool for_ever = deadline == kForever;
    self.wait = {.kind = for_ever ? HostedWaitKind::kMutex : HostedWaitKind::kMutexOrDeadline,
                 .on = &state,
                 .number = state.number};
    if (for_ever) {
      LookForDeadlock(self, state);
    }
    const bool woken = process_.Wait(state.waiters, deadline);
    self.wait = {};
    if (!woken && state.owner != nullptr) {
      return ETIMEDOUT;
    }
  }
  Take(self, state);
  return 0;
}

// Follows who waits for whom; a wait with a deadline ends of itself.
void HostedLocks::LookForDeadlock(const HostedThread& self, const Mutex& state) const {
  std::string text = fmt::format("deadlock: thread {} waits for mutex {}", self.name, state.number);
  const Mutex* wanted = &state;
  for (size_t steps = 0; wanted->owner != nullptr; ++steps) {
    const HostedThread& owner = *wanted->owner;
    text += fmt::format(", held by {}", NameOf(owner));
    if (&owner == &self || owner.ended) {
      FailBecause(std::move(text));
    }
    if (owner.wait.kind != HostedWaitKind::kMutex || steps > mutexes_.size()) {
      return;
    }
    wanted = static_cast<const Mutex*>(owner.wait.on);
    text += fmt::format(", who waits for mutex {}", wanted->number);
  }
}

int HostedLocks::TryLockMutex(HostedThread& self, pthread_mutex_t& mutex) {
  process_.MaySwitch();
  Mutex& state = MutexAt(mutex);
  if (state.owner == &self && KindOf(mutex) == PTHREAD_MUTEX_RECURSIVE) {
    ++state.depth;
    return 0;
  }
  if (state.owner != nullptr) {
    return EBUSY;
  }
  Take(self, state);
  return 0;
}

int HostedLocks::UnlockMutex(HostedThread& self, pthread_mutex_t& mutex) {
  Mutex& state = MutexAt(mutex);
  if (state.owner != &self) {
    if (KindOf(mutex) == PTHREAD_MUTEX_RECURSIVE || KindOf(mutex) == PTHREAD_MUTEX_ERRORCHECK) {
      return EPERM;
    }
    FailBecause(fmt::format("thread {} unlocks a mutex that {} holds", self.name,
                            state.owner == nullptr ? "nobody" : NameOf(*state.owner)));
  }
  if (--state.depth == 0) {
    LetGo(self, state);
    process_.MaySwitch();
  }
  return 0;
}

int HostedLocks::DestroyMutex(pthread_mutex_t& mutex) {
  const auto found = mutexes_.find(AddressOf(&mutex));
  if (found == mutexes_.end()) {
    return 0;
  }
  if (found->second.owner != nullptr || !found->second.waiters.empty()) {
    return EBUSY;
  }
  found->second.number = 0;  // the next one here is another
  return 0;
}

int HostedLocks::WaitForCondition(HostedThread& self, pthread_cond_t& condition,
                                  pthread_mutex_t& mutex, SimTime deadline) {
  Mutex& state = MutexAt(mutex);
  if (state.owner != &self) {
    FailBecause(fmt::format("thread {} waits for a condition without its mutex", self.name));
  }
  const uint32_t depth = state.depth;
  LetGo(self, state);
  bool woken = true;
  if (!process_.DrawsSpuriousWakeup()) {
    woken =
        WaitAt(self, PlaceAt(&condition, condition_count_), HostedWaitKind::kCondition, deadline);
  }
  LockMutex(self, mutex, kForever);
  state.depth = depth;
  return woken ? 0 : ETIMEDOUT;
}

int HostedLocks::WakeCondition(pthread_cond_t& condition, Wakes wakes) {
  HostedWaiters& waiters = WaitersAt(&condition);
  if (wakes == Wakes::kAll) {
    process_.WakeAll(waiters);
  } else {
    process_.WakeOne(waiters);
  }
  process_.MaySwitch();
  return 0;
}

bool HostedLocks::CanTake(const ReadWriteLock& state, LockMode mode) {
  return state.writer == nullptr && (mode == LockMode::kShared || state.readers.empty());
}

void HostedLocks::Take(HostedThread& self, ReadWriteLock& state, LockMode mode) {
  if (mode == LockMode::kExclusive) {
    state.writer = &self;
  } else {
    state.readers.push_back(&self);
  }
  ++self.locks;
}

int HostedLocks::LockReadWrite(HostedThread& self, pthread_rwlock_t& lock, LockMode mode,
                               SimTime deadline) {
  process_.MaySwitch();
  ReadWriteLock& state = read_write_locks_[AddressOf(&lock)];
  if (state.writer == &self) {
    return EDEADLK;
  }
  while (!CanTake(state, mode)) {
    state.number = state.number == 0 ? ++read_write_count_ : state.number;
    self.wait = {.kind = HostedWaitKind::kReadWriteLock, .on = &state, .number = state.number};
    const bool woken = process_.Wait(state.waiters, deadline);
    self.wait = {};
    if (!woken && !CanTake(state, mode)) {
      return ETIMEDOUT;
    }
  }
  Take(self, state, mode);
  return 0;
}

int HostedLocks::TryLockReadWrite(HostedThread& self, pthread_rwlock_t& lock, LockMode mode) {
  process_.MaySwitch();
  ReadWriteLock& state = read_write_locks_[AddressOf(&lock)];
  if (!CanTake(state, mode)) {
    return EBUSY;
  }
  Take(self, state, mode);
  return 0;
}

int HostedLocks::UnlockReadWrite(HostedThread& self, pthread_rwlock_t& lock) {
  ReadWriteLock& state = read_write_locks_[AddressOf(&lock)];
  const auto reader = std::ranges::find(state.readers, &self);
  if (state.writer == &self) {
    state.writer = nullptr;
  } else if (reader != state.readers.end()) {
    state.readers.erase(reader);
  } else {
    FailBecause(fmt::format("thread {} unlocks a lock of readers and writers that it does not hold",
                            self.name));
  }
  --self.locks;
  process_.WakeAll(state.waiters);  // several readers may go on
  process_.MaySwitch();
  return 0;
}

HostedLocks::Place& HostedLocks::PlaceAt(const volatile void* object, uint64_t& count) {
  Place& place = places_[AddressOf(object)];
  place.number = place.number == 0 ? ++count : place.number;
  return place;
}

HostedWaiters& HostedLocks::WaitersAt(const volatile void* object) {
  const auto found = places_.find(AddressOf(object));
  return found == places_.end() ? nobody_ : found->second.waiters;
}

bool HostedLocks::WaitAt(HostedThread& self, Place& place, HostedWaitKind kind, SimTime deadline) {
  self.wait = {.kind = kind, .on = &place, .number = place.number};
  const bool woken = process_.Wait(place.waiters, deadline);
  self.wait = {};
  return woken;
}

int HostedLocks::WaitForSemaphore(HostedThread& self, sem_t& semaphore, SimTime deadline) {
  process_.MaySwitch();
  while (sem_trywait(&semaphore) != 0) {
    Place& place = PlaceAt(&semaphore, other_count_);
    if (!WaitAt(self, place, HostedWaitKind::kSemaphore, deadline)) {
      return sem_trywait(&semaphore) == 0 ? 0 : ETIMEDOUT;
    }
  }
  return 0;
}

int HostedLocks::PostSemaphore(sem_t& semaphore) {
  if (sem_post(&semaphore) != 0) {
    return errno;
  }
  process_.WakeOne(WaitersAt(&semaphore));
  process_.MaySwitch();
  return 0;
}

int HostedLocks::LockSpin(HostedThread& self, pthread_spinlock_t& lock) {
  process_.MaySwitch();
  while (pthread_spin_trylock(&lock) != 0) {
    WaitAt(self, PlaceAt(&lock, other_count_), HostedWaitKind::kSpinLock, kForever);
  }
  return 0;
}

int HostedLocks::UnlockSpin(pthread_spinlock_t& lock) {
  pthread_spin_unlock(&lock);
  process_.WakeOne(WaitersAt(&lock));
  process_.MaySwitch();
  return 0;
}

int HostedLocks::WaitForWord(HostedThread& self, uint32_t& word, uint32_t expected,
                             SimTime deadline) {
  process_.MaySwitch();
  if (__atomic_load_n(&word, __ATOMIC_SEQ_CST) != expected) {
    return EAGAIN;
  }
  return WaitAt(self, PlaceAt(&word, other_count_), HostedWaitKind::kWord, deadline) ? 0
                                                                                     : ETIMEDOUT;
}

int HostedLocks::WakeWord(uint32_t& word, uint32_t most) {
  HostedWaiters& waiters = WaitersAt(&word);
  int woken = 0;
  while (!waiters.empty() && static_cast<uint32_t>(woken) < most) {
    process_.WakeOne(waiters);
    ++woken;
  }
  process_.MaySwitch();
  return woken;
}

std::string HostedLocks::WaitText(const HostedThread& thread) const {
  const HostedWait& wait = thread.wait;
  switch (wait.kind) {
    case HostedWaitKind::kMutex:
    case HostedWaitKind::kMutexOrDeadline: {
      const HostedThread* const owner = static_cast<const Mutex*>(wait.on)->owner;
      return fmt::format("mutex {}, held by {}", wait.number,
                         owner == nullptr ? "nobody" : NameOf(*owner));
    }
    case HostedWaitKind::kReadWriteLock: {
      const auto& state = *static_cast<const ReadWriteLock*>(wait.on);
      std::string holders = state.writer == nullptr ? "" : NameOf(*state.writer);
      for (const HostedThread* const reader : state.readers) {
        holders += (holders.empty() ? "" : " and ") + NameOf(*reader);
      }
      return fmt::format("lock {} of readers and writers, held by {}", wait.number,
                         holders.empty() ? "nobody" : holders);
    }
    case HostedWaitKind::kCondition:
      return fmt::format("condition variable {}", wait.number);
    case HostedWaitKind::kSemaphore:
      return fmt::format("semaphore {}", wait.number);
    case HostedWaitKind::kSpinLock:
      return fmt::format("spin lock {}", wait.number);
    case HostedWaitKind::kWord:
      return fmt::format("word {} to change (futex)", wait.number);
    case HostedWaitKind::kThread:
      return fmt::format("{} to end", NameOf(*static_cast<const HostedThread*>(wait.on)));
    case HostedWaitKind::kOnce:
      return "somebody else's pthread_once";
    case HostedWaitKind::kNothing:
      break;
  }
  return "";
}

}  // namespace flinch::sim
