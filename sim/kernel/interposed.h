// For the files of this folder that define calls of the C library: who runs, how a call is refused,
// and where the call goes when nobody refuses it.
#pragma once

#include <cerrno>
#include <cstddef>
#include <dlfcn.h>
#include <string_view>

namespace flinch::sim {

class Kernel;
class ThreadCalls;

// Of this thread: others (a test's watchdog) may look at the clock as they like. Null outside of a
// run.
extern constinit thread_local const Kernel* running;
// Who answers the calls of threads, while the code of a hosted process runs; else null.
extern constinit thread_local ThreadCalls* hosting;

inline constexpr std::string_view kUseClock = "ask sim::Environment::Now for the time";
inline constexpr std::string_view kUseSleep = "wait with sim::Environment::Sleep";
inline constexpr std::string_view kUseFiber = "spawn a fiber with sim::Environment::Spawn";

// Ends the program. What a run does must come from its seed; `instead` says how it would.
[[noreturn]] void Refuse(const char* call, std::string_view instead);
// Ends the program: the call would stop the one thread on which the whole world runs.
[[noreturn]] void RefuseToBlock(const char* call);

// For a function that gives -1 and sets errno.
inline int Answer(int error) {
  if (error == 0) {
    return 0;
  }
  errno = error;
  return -1;
}

// The definition behind ours: the C library's, or a sanitizer's, which calls that.
template <auto* kOurs>
auto Real(const char* name) {
  static const auto real = reinterpret_cast<decltype(kOurs)>(dlsym(RTLD_NEXT, name));
  return real;
}

template <auto* kOurs, typename... Args>
auto Guarded(const char* name, std::string_view instead, Args... args) {
  if (running != nullptr) [[unlikely]] {
    Refuse(name, instead);
  }
  return Real<kOurs>(name)(args...);
}

}  // namespace flinch::sim
