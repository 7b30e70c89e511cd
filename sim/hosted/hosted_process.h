// One life of a hosted process: its threads, its memory, and the border between its code and ours.
//
// The code of a hosted process runs inside. Whatever it asks of the world, and each of the C
// library's calls that kernel/thread_calls.h lists, goes outside and comes back (Outside). Only
// there a fiber of it is suspended, so only there it can die: what lies outside is unwound, what
// lies inside is abandoned.
#pragma once

#include <cerrno>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/check.h"
#include "sim/environment.h"
#include "sim/hosted/heap.h"
#include "sim/hosted/hosted.h"
#include "sim/hosted/hosted_environment.h"
#include "sim/hosted/hosted_locks.h"
#include "sim/hosted/hosted_thread.h"
#include "sim/hosted/swapped_image.h"
#include "sim/kernel/choices.h"
#include "sim/kernel/process_environment.h"
#include "sim/kernel/thread_calls.h"

namespace flinch::sim {

class HostedProcess final : public ThreadCalls {
 public:
  HostedProcess(ProcessEnvironment& environment, const HostedOptions& options);
  ~HostedProcess() override;

  // On the process's first fiber; returns when the process is over.
  void RunMain(const Program& program);

  // What this thread does outside: no memory, no thread, no clock of the process. `call` gets the
  // thread that runs. Its result is moved in, or copied into the memory of the process where it can
  // be. Does not return when the process dies meanwhile.
  template <typename Call>
  auto Outside(Call call);

  // Going in and out by hand.
  HostedThread* Leave();
  void Enter(HostedThread* thread);

  // Keeps what belongs to the world until the process lets it go or dies; returns its number.
  template <typename T>
  uint64_t Keep(std::unique_ptr<T> thing);

  void LetGo(uint64_t number) { kept_.erase(number); }

  FiberId SpawnFiber(std::string_view name, std::move_only_function<void()>&& body);

  // For the locks; all of them outside. Wait: false when the deadline came first.
  bool Wait(HostedWaiters& waiters, SimTime deadline);
  void WakeOne(HostedWaiters& waiters);
  void WakeAll(HostedWaiters& waiters);
  void MaySwitch();
  bool DrawsSpuriousWakeup();

  // The calls of kernel/thread_calls.h.
  int LockMutex(pthread_mutex_t& mutex, const CallDeadline* deadline) override;
  int TryLockMutex(pthread_mutex_t& mutex) override;
  int UnlockMutex(pthread_mutex_t& mutex) override;
  int DestroyMutex(pthread_mutex_t& mutex) override;
  int WaitForCondition(pthread_cond_t& condition, pthread_mutex_t& mutex,
                       const CallDeadline* deadline) override;
  int WakeCondition(pthread_cond_t& condition, Wakes wakes) override;
  int LockReadWrite(pthread_rwlock_t& lock, LockMode mode, const CallDeadline* deadline) override;
  int TryLockReadWrite(pthread_rwlock_t& lock, LockMode mode) override;
  int UnlockReadWrite(pthread_rwlock_t& lock) override;
  int WaitForSemaphore(sem_t& semaphore, const CallDeadline* deadline) override;
  int PostSemaphore(sem_t& semaphore) override;
  int LockSpin(pthread_spinlock_t& lock) override;
  int UnlockSpin(pthread_spinlock_t& lock) override;
  int WaitForWord(uint32_t& word, uint32_t expected, const CallDeadline* deadline) override;
  int WakeWord(uint32_t& word, uint32_t most) override;
  int CreateThread(pthread_t& thread, const pthread_attr_t* attributes, void* (*entry)(void*),
                   void* argument) override;
  int JoinThread(pthread_t thread, void** result, const CallDeadline* deadline) override;
  int DetachThread(pthread_t thread) override;
  int NameThread(pthread_t thread, const char* name) override;
  pthread_t CurrentThread() override;
  [[noreturn]] void ExitThread(void* result) override;
  int RunOnce(pthread_once_t& once, void (*routine)()) override;
  void CreateKey(pthread_key_t key, void (*destructor)(void*)) override;
  void DeleteKey(pthread_key_t key) override;
  bool ValueOf(pthread_key_t key, void*& value) override;
  bool SetValue(pthread_key_t key, void* value) override;
  bool DestroyAtThreadExit(void (*destructor)(void*), void* object) override;
  int ReadClock(clockid_t clock, timespec& now) override;
  int SleepUntil(const CallDeadline& deadline) override;
  void SleepFor(Duration span) override;
  void Yield() override;
  [[noreturn]] void FailAssertion(const char* expression, const char* file, unsigned line) override;
  [[noreturn]] void FailAbort() override;
  [[noreturn]] void ExitProcess(int status) override;

  Environment& environment() override { return environment_; }

  std::optional<std::string> WaitText(FiberId fiber) const override;

 private:
  struct Once {
    bool under_way = false;
    HostedWaiters waiters;
  };

  struct Kept {
    virtual ~Kept() = default;
  };

  template <typename T>
  struct KeptThing final : Kept {
    explicit KeptThing(std::unique_ptr<T> kept) : thing(std::move(kept)) {}

    std::unique_ptr<T> thing;
  };

  // Inside while this lives.
  class InsideScope;
  // Outside while this lives, for what does not wait.
  class OutsideScope;

  HostedThread& NewThread(std::string_view name);
  HostedThread* FindThread(pthread_t thread);
  void RunThread(uint64_t id);
  void DestroyWhatIsOwn(HostedThread& thread);
  void EndThread(HostedThread& thread, void* result);
  void ForgetThread(HostedThread& thread);
  SimTime TimeOf(const CallDeadline* deadline) const;
  // Outside, of a thread that has left. Does not throw.
  void FailRun(const HostedThread& thread, const std::string& what, std::string where);
  void NoteFailure(const Violation& violation);
  // After the world has failed, or the process is dead.
  [[noreturn]] void StayForEver();

  ProcessEnvironment& world_;
  Kernel& kernel_;
  ChoicePoint winner_;
  ChoicePoint spurious_;
  Ratio spurious_share_;
  HostedLocks locks_;
  HostedEnvironment environment_;
  std::vector<std::span<std::byte>> thread_local_places_;
  std::map<uint64_t, std::unique_ptr<HostedThread>> threads_;
  uint64_t last_thread_ = 0;
  HostedThread* active_ = nullptr;  // who runs inside
  HostedThread nobody_;             // who asks from within OutsideHosted
  std::map<pthread_key_t, void (*)(void*)> keys_;
  std::map<uintptr_t, Once> onces_;
  std::map<uint64_t, std::unique_ptr<Kept>> kept_;
  uint64_t last_kept_ = 0;
  SwappedCopies globals_;
  std::unique_ptr<HostedHeap> heap_;  // null: memory is everybody's
};

class HostedProcess::InsideScope {
 public:
  InsideScope(HostedProcess& process, HostedThread& thread) : process_(process) {
    process_.Enter(&thread);
  }

  ~InsideScope() { process_.Leave(); }

  InsideScope(const InsideScope&) = delete;
  InsideScope& operator=(const InsideScope&) = delete;

 private:
  HostedProcess& process_;
};

class HostedProcess::OutsideScope {
 public:
  explicit OutsideScope(HostedProcess& process) : process_(process), thread_(process.Leave()) {}

  ~OutsideScope() { process_.Enter(thread_); }

  OutsideScope(const OutsideScope&) = delete;
  OutsideScope& operator=(const OutsideScope&) = delete;

  HostedThread* thread() const { return thread_; }

 private:
  HostedProcess& process_;
  HostedThread* thread_;
};

template <typename Call>
auto HostedProcess::Outside(Call call) {
  using Value = std::invoke_result_t<Call, HostedThread&>;
  constexpr bool kHasValue = !std::is_void_v<Value>;
  std::conditional_t<
      kHasValue, std::optional<std::remove_const_t<std::conditional_t<kHasValue, Value, int>>>, int>
      value{};
  bool lives = true;
  {
    const OutsideScope outside(*this);
    HostedThread& self = outside.thread() == nullptr ? nobody_ : *outside.thread();
    try {
      if constexpr (kHasValue) {
        value.emplace(call(self));
      } else {
        call(self);
      }
    } catch (const ProcessKilled&) {
      lives = false;
    } catch (const Violation& violation) {
      NoteFailure(violation);
      lives = false;
    }
    if (!lives) {
      StayForEver();
    }
  }
  if constexpr (kHasValue && std::is_copy_constructible_v<Value>) {
    return Value(std::as_const(*value));
  } else if constexpr (kHasValue) {
    return std::move(*value);
  }
}

template <typename T>
uint64_t HostedProcess::Keep(std::unique_ptr<T> thing) {
  kept_.emplace(++last_kept_, std::make_unique<KeptThing<T>>(std::move(thing)));
  return last_kept_;
}

}  // namespace flinch::sim
