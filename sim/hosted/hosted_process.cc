#include "sim/hosted/hosted_process.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "sim/kernel/interpose.h"
#include "sim/kernel/interposed.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/stack_trace.h"

namespace flinch::sim {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::string_view kReason = "what another of its threads does";
constexpr int64_t kSecondsMax = 4'000'000'000;  // what is later is never
constexpr int64_t kNanosPerSecond = 1'000'000'000;
// Who only looks at the clock waits for it to move.
constexpr uint32_t kClockReadsMax = 100;
constexpr Duration kMoment = std::chrono::microseconds(1);

std::string ActorOf(const Incarnation& life) {
  return fmt::format("{}/{}", life.record.name, life.number);
}

std::vector<std::span<std::byte>> PlacesOf(const HostedOptions& options, bool of_threads) {
  std::vector<std::span<std::byte>> places = of_threads ? options.thread_locals : options.globals;
  for (const std::string& name : options.libraries) {
    const LibraryPlaces library = FindLibrary(name);
    const auto& found = of_threads ? library.thread_locals : library.globals;
    places.insert(places.end(), found.begin(), found.end());
  }
  return places;
}

}  // namespace

HostedProcess::HostedProcess(ProcessEnvironment& environment, const HostedOptions& options)
    : world_(environment),
      kernel_(environment.kernel()),
      winner_(kernel_.choices().Point("hosted.winner", ActorOf(environment.incarnation_record()))),
      spurious_(
          kernel_.choices().Point("hosted.spurious", ActorOf(environment.incarnation_record()))),
      spurious_share_(options.spurious_wakeups),
      locks_(*this),
      environment_(*this, environment),
      thread_local_places_(PlacesOf(options, true)),
      globals_(CopiesOf(PlacesOf(options, false))) {
  if (options.memory == HostedMemory::kGivenBack) {
    heap_ = HostedHeap::Make();
    Check(heap_ != nullptr, "the machine has no addresses left for the memory of process {}",
          environment.process_name());
  }
}

HostedProcess::~HostedProcess() {
  for (const auto& [key, destructor] : keys_) {
    pthread_key_delete(key);
  }
}

void HostedProcess::RunMain(const Program& program) {
  HostedThread& main = NewThread("main");
  main.fiber = world_.CurrentFiber();
  {
    const InsideScope inside(*this, main);
    program(environment_);
  }
  kernel_.EndProcess();
}

// ---- The border ---------------------------------------------------------------------------------

HostedThread* HostedProcess::Leave() {
  HostedThread* const thread = std::exchange(active_, nullptr);
  if (thread != nullptr) {
    thread->error = errno;
    hosting = nullptr;
    HostedHeap::Leave();
  }
  return thread;
}

void HostedProcess::Enter(HostedThread* thread) {
  if (thread == nullptr) {
    return;
  }
  for (const std::unique_ptr<SwappedCopy>& copy : globals_) {
    copy->BringIn();
  }
  for (const std::unique_ptr<SwappedCopy>& copy : thread->thread_locals) {
    copy->BringIn();
  }
  active_ = thread;
  hosting = this;
  if (heap_) {
    heap_->Enter();
  }
  errno = thread->error;
}

void HostedProcess::NoteFailure(const Violation& violation) { kernel_.Fail(violation); }

void HostedProcess::StayForEver() {
  try {
    for (;;) {  // false at once for the dead, whose fiber ends here
      if (!world_.Park(kForever, "the end of its world, which has failed", nullptr)) {
        break;
      }
    }
  } catch (const ProcessKilled&) {
    // As it should.
  }
  Kernel::AbandonFiber();
}

void HostedProcess::FailAssertion(const char* expression, const char* file, unsigned line) {
  const HostedThread& self = *Leave();
  FailRun(self, fmt::format("assertion `{}` failed", expression), fmt::format("{}:{}", file, line));
  StayForEver();
}

void HostedProcess::FailAbort() {
  const HostedThread& self = *Leave();
  {
    const DiagnosisScope diagnosis;
    constexpr size_t kOwn = 2;  // this function and the call
    FailRun(self, "abort was called", fmt::format("{}", fmt::join(StackNow(kOwn), " < ")));
  }
  StayForEver();
}

void HostedProcess::FailRun(const HostedThread& thread, const std::string& what,
                            std::string where) {
  try {
    world_.Trace("hosted.failed", {{"thread", thread.name}, {"what", what}});
    kernel_.Fail({.what = fmt::format("{}: thread {} of process {}", what, thread.name,
                                      world_.process_name()),
                  .where = std::move(where)});
  } catch (const ProcessKilled&) {
    // An observer has crashed the process at just this event.
  }
}

void HostedProcess::ExitProcess(int status) {
  Leave();
  try {
    world_.Trace("hosted.exit", {{"status", status}});
    kernel_.EndProcess();
  } catch (const ProcessKilled&) {
    // An observer has crashed the process at just this event.
  }
  Kernel::AbandonFiber();
}

std::optional<std::string> HostedProcess::WaitText(FiberId fiber) const {
  for (const auto& [id, thread] : threads_) {
    if (thread->fiber == fiber && !thread->ended && thread->wait.kind != HostedWaitKind::kNothing) {
      return locks_.WaitText(*thread);
    }
  }
  return std::nullopt;
}

// ---- Waiting ------------------------------------------------------------------------------------

bool HostedProcess::Wait(HostedWaiters& waiters, SimTime deadline) {
  const FiberId fiber = world_.CurrentFiber();
  waiters.push_back(fiber);
  const bool unparked = world_.Park(deadline, kReason, nullptr);
  // Whoever is no longer in the list was woken, if only after its deadline had fired.
  return std::erase(waiters, fiber) == 0 || unparked;
}

void HostedProcess::WakeOne(HostedWaiters& waiters) {
  if (waiters.empty()) {
    return;
  }
  const size_t chosen = waiters.size() == 1 ? 0 : winner_.Below(waiters.size());
  const FiberId fiber = waiters[chosen];
  waiters.erase(waiters.begin() + static_cast<std::ptrdiff_t>(chosen));
  world_.Unpark(fiber);
}

void HostedProcess::WakeAll(HostedWaiters& waiters) {
  for (const FiberId fiber : std::exchange(waiters, {})) {
    world_.Unpark(fiber);
  }
}

void HostedProcess::MaySwitch() { kernel_.MaySwitch(); }

bool HostedProcess::DrawsSpuriousWakeup() {
  return spurious_share_.numerator > 0 && spurious_.Chance(spurious_share_);
}

SimTime HostedProcess::TimeOf(const CallDeadline* deadline) const {
  if (deadline == nullptr || deadline->time.tv_sec > kSecondsMax) {
    return kForever;
  }
  const int64_t whole = std::max<int64_t>(deadline->time.tv_sec, 0);
  const Duration time = seconds(whole) + nanoseconds(deadline->time.tv_nsec);
  if (deadline->clock == CLOCK_REALTIME) {
    const Duration left = time - world_.WallNow().time_since_epoch();
    return left <= Duration(0) ? kEpoch : Later(world_.Now(), left);
  }
  return kEpoch + time;
}

// ---- Time ---------------------------------------------------------------------------------------

int HostedProcess::ReadClock(clockid_t clock, timespec& now) {
  int64_t nanos = 0;
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
      nanos = Nanos(world_.WallNow());
      break;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
      nanos = Nanos(world_.Now());
      break;
    default:
      return EINVAL;  // nobody counts what a fiber takes of the processor
  }
  now = {.tv_sec = nanos / kNanosPerSecond, .tv_nsec = nanos % kNanosPerSecond};
  if (now.tv_nsec < 0) {
    now.tv_nsec += kNanosPerSecond;
    --now.tv_sec;
  }
  if (active_ != nullptr && ++active_->clock_reads >= kClockReadsMax) {
    SleepFor(kMoment);
  }
  return 0;
}

int HostedProcess::SleepUntil(const CallDeadline& deadline) {
  const SimTime time = TimeOf(&deadline);
  SleepFor(time == kForever ? Duration::max() : time - world_.Now());
  return 0;
}

void HostedProcess::SleepFor(Duration span) {
  Outside([&](HostedThread& self) {
    self.clock_reads = 0;
    world_.Sleep(std::max(span, Duration(0)));
  });
}

void HostedProcess::Yield() { SleepFor(kMoment); }

// ---- Locks --------------------------------------------------------------------------------------

int HostedProcess::LockMutex(pthread_mutex_t& mutex, const CallDeadline* deadline) {
  return Outside(
      [&](HostedThread& self) { return locks_.LockMutex(self, mutex, TimeOf(deadline)); });
}

int HostedProcess::TryLockMutex(pthread_mutex_t& mutex) {
  return Outside([&](HostedThread& self) { return locks_.TryLockMutex(self, mutex); });
}

int HostedProcess::UnlockMutex(pthread_mutex_t& mutex) {
  return Outside([&](HostedThread& self) { return locks_.UnlockMutex(self, mutex); });
}

int HostedProcess::DestroyMutex(pthread_mutex_t& mutex) {
  return Outside([&](HostedThread&) { return locks_.DestroyMutex(mutex); });
}

int HostedProcess::WaitForCondition(pthread_cond_t& condition, pthread_mutex_t& mutex,
                                    const CallDeadline* deadline) {
  return Outside([&](HostedThread& self) {
    self.clock_reads = 0;
    return locks_.WaitForCondition(self, condition, mutex, TimeOf(deadline));
  });
}

int HostedProcess::WakeCondition(pthread_cond_t& condition, Wakes wakes) {
  return Outside([&](HostedThread&) { return locks_.WakeCondition(condition, wakes); });
}

int HostedProcess::LockReadWrite(pthread_rwlock_t& lock, LockMode mode,
                                 const CallDeadline* deadline) {
  return Outside(
      [&](HostedThread& self) { return locks_.LockReadWrite(self, lock, mode, TimeOf(deadline)); });
}

int HostedProcess::TryLockReadWrite(pthread_rwlock_t& lock, LockMode mode) {
  return Outside([&](HostedThread& self) { return locks_.TryLockReadWrite(self, lock, mode); });
}

int HostedProcess::UnlockReadWrite(pthread_rwlock_t& lock) {
  return Outside([&](HostedThread& self) { return locks_.UnlockReadWrite(self, lock); });
}

int HostedProcess::WaitForSemaphore(sem_t& semaphore, const CallDeadline* deadline) {
  return Outside([&](HostedThread& self) {
    return locks_.WaitForSemaphore(self, semaphore, TimeOf(deadline));
  });
}

int HostedProcess::PostSemaphore(sem_t& semaphore) {
  return Outside([&](HostedThread&) { return locks_.PostSemaphore(semaphore); });
}

int HostedProcess::LockSpin(pthread_spinlock_t& lock) {
  return Outside([&](HostedThread& self) { return locks_.LockSpin(self, lock); });
}

int HostedProcess::UnlockSpin(pthread_spinlock_t& lock) {
  return Outside([&](HostedThread&) { return locks_.UnlockSpin(lock); });
}

int HostedProcess::WaitForWord(uint32_t& word, uint32_t expected, const CallDeadline* deadline) {
  return Outside([&](HostedThread& self) {
    return locks_.WaitForWord(self, word, expected, TimeOf(deadline));
  });
}

int HostedProcess::WakeWord(uint32_t& word, uint32_t most) {
  return Outside([&](HostedThread&) { return locks_.WakeWord(word, most); });
}

}  // namespace flinch::sim
