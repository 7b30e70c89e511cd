// The threads of a hosted process: how they start, end, wait for each other, and what is their own.
#include <algorithm>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "sim/hosted/hosted_process.h"
#include "sim/kernel/interposed.h"
#include "sim/kernel/kernel.h"

namespace flinch::sim {
namespace {

// What std::call_once leaves for its routine in variables of the thread: others that call it while
// this one waits leave theirs.
class CallOnceState {
 public:
#ifdef _GLIBCXX_HAVE_TLS
  ~CallOnceState() {
    std::__once_callable = callable_;
    std::__once_call = call_;
  }

 private:
  void* callable_ = std::__once_callable;
  void (*call_)() = std::__once_call;
#endif
};

// Ends the work on a pthread_once_t, however it ends: if by an exception, somebody else tries.
template <typename End>
class Finally {
 public:
  explicit Finally(End end) : end_(std::move(end)) {}

  ~Finally() { end_(); }

  Finally(const Finally&) = delete;
  Finally& operator=(const Finally&) = delete;

 private:
  End end_;
};

}  // namespace

HostedThread& HostedProcess::NewThread(std::string_view name) {
  const uint64_t id = ++last_thread_;
  auto& thread = *threads_.emplace(id, std::make_unique<HostedThread>()).first->second;
  thread.id = id;
  thread.name = name.empty() ? fmt::format("t{}", id) : std::string(name);
  thread.thread_locals = CopiesOf(thread_local_places_);
  return thread;
}

HostedThread* HostedProcess::FindThread(pthread_t thread) {
  const auto found = threads_.find(thread);
  return found == threads_.end() ? nullptr : found->second.get();
}

void HostedProcess::RunThread(uint64_t id) {
  HostedThread& thread = *threads_.at(id);
  void* result = nullptr;
  {
    const InsideScope inside(*this, thread);
    if (thread.entry != nullptr) {
      result = thread.entry(thread.argument);
    } else {
      (*thread.body)();
      delete std::exchange(thread.body, nullptr);
    }
    DestroyWhatIsOwn(thread);
  }
  EndThread(thread, result);
}

// Inside: what is destroyed is the process's own.
void HostedProcess::DestroyWhatIsOwn(HostedThread& thread) {
  while (!thread.at_exit.empty()) {
    const HostedThread::AtExit last = thread.at_exit.back();
    thread.at_exit.pop_back();
    last.destructor(last.object);
  }
  // A destructor may set another value: a few times, as elsewhere.
  for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS; ++round) {
    for (const auto& [key, destructor] : keys_) {
      const auto value = thread.values.find(key);
      if (destructor != nullptr && value != thread.values.end() && value->second != nullptr) {
        destructor(std::exchange(value->second, nullptr));
      }
    }
  }
}

void HostedProcess::EndThread(HostedThread& thread, void* result) {
  thread.result = result;
  thread.ended = true;
  WakeAll(thread.joiners);
  if (thread.detached) {
    ForgetThread(thread);
  }
}

void HostedProcess::ForgetThread(HostedThread& thread) {
  if (thread.locks == 0 && thread.joining == 0) {  // a report names who holds what
    threads_.erase(thread.id);
  }
}

FiberId HostedProcess::SpawnFiber(std::string_view name, std::move_only_function<void()>&& body) {
  auto* const kept = new std::move_only_function<void()>(std::move(body));
  return Outside([&](HostedThread&) {
    HostedThread& thread = NewThread(name);
    thread.body = kept;
    thread.detached = true;
    thread.fiber = world_.Spawn(thread.name, [this, id = thread.id] { RunThread(id); });
    return thread.fiber;
  });
}

int HostedProcess::CreateThread(pthread_t& thread, const pthread_attr_t* attributes,
                                void* (*entry)(void*), void* argument) {
  int state = PTHREAD_CREATE_JOINABLE;
  if (attributes != nullptr) {
    pthread_attr_getdetachstate(attributes, &state);
  }
  return Outside([&](HostedThread&) {
    HostedThread& created = NewThread("");
    created.entry = entry;
    created.argument = argument;
    created.detached = state == PTHREAD_CREATE_DETACHED;
    thread = created.id;
    created.fiber = world_.Spawn(created.name, [this, id = created.id] { RunThread(id); });
    MaySwitch();
    return 0;
  });
}

int HostedProcess::JoinThread(pthread_t thread, void** result, const CallDeadline* deadline) {
  return Outside([&](HostedThread& self) {
    HostedThread* const joined = FindThread(thread);
    if (joined == nullptr) {
      return ESRCH;
    }
    if (joined->detached) {
      return EINVAL;
    }
    if (joined == &self) {
      return EDEADLK;
    }
    MaySwitch();
    while (!joined->ended) {
      self.wait = {.kind = HostedWaitKind::kThread, .on = joined, .number = joined->id};
      ++joined->joining;
      const bool woken = Wait(joined->joiners, TimeOf(deadline));
      --joined->joining;
      self.wait = {};
      if (!woken && !joined->ended) {
        return ETIMEDOUT;
      }
    }
    if (result != nullptr) {
      *result = joined->result;
    }
    joined->detached = true;
    ForgetThread(*joined);
    return 0;
  });
}

int HostedProcess::DetachThread(pthread_t thread) {
  return Outside([&](HostedThread&) {
    HostedThread* const detached = FindThread(thread);
    if (detached == nullptr) {
      return ESRCH;
    }
    if (std::exchange(detached->detached, true)) {
      return EINVAL;
    }
    if (detached->ended) {
      ForgetThread(*detached);
    }
    return 0;
  });
}

int HostedProcess::NameThread(pthread_t thread, const char* name) {
  return Outside([&](HostedThread&) {
    HostedThread* const named = FindThread(thread);
    if (named == nullptr) {
      return ESRCH;
    }
    named->name = name;
    return 0;
  });
}

pthread_t HostedProcess::CurrentThread() { return active_->id; }

void HostedProcess::ExitThread(void* result) {
  DestroyWhatIsOwn(*active_);
  EndThread(*Leave(), result);
  Kernel::AbandonFiber();
}

int HostedProcess::RunOnce(pthread_once_t& once, void (*routine)()) {
  constexpr int kDone = 2;  // as the C library has it, which may ask later
  const auto address = reinterpret_cast<uintptr_t>(&once);
  while ((once & kDone) == 0) {
    Once& state = [&]() -> Once& {
      const OutsideScope outside(*this);
      return onces_[address];
    }();
    if (!state.under_way) {
      state.under_way = true;
      const Finally end([this, &state] {
        const OutsideScope outside(*this);
        state.under_way = false;
        WakeAll(state.waiters);
      });
      routine();
      once = kDone;
      return 0;
    }
    const CallOnceState call;
    Outside([&](HostedThread& self) {
      self.wait = {.kind = HostedWaitKind::kOnce, .on = nullptr, .number = 0};
      Wait(state.waiters, kForever);
      self.wait = {};
    });
  }
  return 0;
}

// ---- What is a thread's own ---------------------------------------------------------------------

void HostedProcess::CreateKey(pthread_key_t key, void (*destructor)(void*)) {
  const OutsideScope outside(*this);
  keys_[key] = destructor;
}

void HostedProcess::DeleteKey(pthread_key_t key) {
  const OutsideScope outside(*this);
  keys_.erase(key);
  for (const auto& [id, thread] : threads_) {
    thread->values.erase(key);
  }
}

bool HostedProcess::ValueOf(pthread_key_t key, void*& value) {
  if (!keys_.contains(key)) {
    return false;
  }
  const auto found = active_->values.find(key);
  value = found == active_->values.end() ? nullptr : found->second;
  return true;
}

bool HostedProcess::SetValue(pthread_key_t key, void* value) {
  if (!keys_.contains(key)) {
    return false;
  }
  const OutsideScope outside(*this);
  outside.thread()->values[key] = value;
  return true;
}

// A variable that is not one of each thread is destroyed when the machine's thread ends; but not if
// its memory is gone by then.
bool HostedProcess::DestroyAtThreadExit(void (*destructor)(void*), void* object) {
  const auto* const place = static_cast<const std::byte*>(object);
  const bool is_own = std::ranges::any_of(thread_local_places_, [place](const auto& bytes) {
    return place >= bytes.data() && place < bytes.data() + bytes.size();
  });
  if (is_own) {
    const OutsideScope outside(*this);
    outside.thread()->at_exit.push_back({.destructor = destructor, .object = object});
  }
  return is_own || heap_ != nullptr;
}

}  // namespace flinch::sim
