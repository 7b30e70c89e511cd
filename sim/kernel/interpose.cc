#include "sim/kernel/interpose.h"

#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/single_threaded.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/kernel/interposed.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/stack_trace.h"
#include "sim/kernel/thread_calls.h"

namespace flinch::sim {
namespace {

constexpr std::string_view kZone = "show times with sim/time.h, which knows no time zone";
constexpr std::string_view kChance = "draw from sim::Environment::RandomStream";
constexpr std::string_view kOption =
    "take an option before the run; surroundings must not reach it";
constexpr std::string_view kDisk = "use sim::Environment::disk, or read the file before the run";
constexpr std::string_view kNetwork = "use sim::Environment::network";

// At least so many functions between the caller and StackNow: Refuse and the call itself.
constexpr size_t kOwnFrames = 2;

[[noreturn]] void RefuseBecause(const char* call, std::string_view why) {
  const Kernel& kernel = *running;
  running = nullptr;
  hosting = nullptr;
  std::string text = fmt::format(
      "flinch: nondeterminism: {} was called inside a simulated run by {} at {}.\n{}.\n", call,
      kernel.RunningActor(), Show(kernel.now()), why);
  for (const std::string& name : StackNow(kOwnFrames)) {
    text += fmt::format("  at {}\n", name);
  }
  std::fputs(text.c_str(), stderr);
  std::abort();
}

}  // namespace

constinit thread_local const Kernel* running = nullptr;

void Refuse(const char* call, std::string_view instead) {
  RefuseBecause(call, fmt::format("What a run does must come from its seed: {}", instead));
}

void RefuseToBlock(const char* call) {
  RefuseBecause(call,
                "It would block the one thread on which the whole world runs: wait with the types "
                "of sim/sync.h, or host code that has threads of its own (sim/hosted/hosted.h)");
}

namespace {

constexpr int64_t kNanosPerMicro = 1000;

Duration SpanOf(const timespec& span) {
  return std::chrono::seconds(span.tv_sec) + std::chrono::nanoseconds(span.tv_nsec);
}

timespec HostedClock(clockid_t clock) {
  timespec now{};
  hosting->ReadClock(clock, now);
  return now;
}

}  // namespace

RunScope::RunScope(const Kernel& kernel)
    : outer_(std::exchange(running, &kernel)), outer_hosting_(std::exchange(hosting, nullptr)) {
  // Else the C++ library takes a second fiber for the first one come back: where it would wait for
  // a static variable, which we refuse by name, it throws. As after the first thread, for good.
  __libc_single_threaded = 0;
}

RunScope::~RunScope() {
  running = outer_;
  hosting = outer_hosting_;
}

DiagnosisScope::DiagnosisScope() : suspended_(std::exchange(running, nullptr)) {}

DiagnosisScope::~DiagnosisScope() { running = suspended_; }

const Kernel* RunningKernel() { return running; }

std::string RunningActor() { return running == nullptr ? "nobody" : running->RunningActor(); }

// ---- The calls ----------------------------------------------------------------------------------
//
// Declared under names of our own, so that no header's attributes get in the way; the linker sees
// those of the C library. Being in the program they come before every shared library's.

extern "C" {

// Time.
int ClockGetTime(clockid_t clock, timespec* out) asm("clock_gettime");
int GetTimeOfDay(timeval* out, void* zone) asm("gettimeofday");
time_t Time(time_t* out) asm("time");
clock_t Clock() asm("clock");
int TimespecGet(timespec* out, int base) asm("timespec_get");
tm* LocalTime(const time_t* time) asm("localtime");
tm* LocalTimeR(const time_t* time, tm* out) asm("localtime_r");
time_t MakeTime(tm* time) asm("mktime");

// Chance.
ssize_t GetRandom(void* out, size_t size, unsigned flags) asm("getrandom");
int GetEntropy(void* out, size_t size) asm("getentropy");
uint32_t Arc4Random() asm("arc4random");
int Rand() asm("rand");
long RandomLong() asm("random");
long Lrand48() asm("lrand48");
// std::random_device draws by an instruction where it can.
unsigned RandomDevice(void* self) asm("_ZNSt13random_device9_M_getvalEv");

// Sleep, waits and other processes.
int NanoSleep(const timespec* span, timespec* left) asm("nanosleep");
int ClockNanoSleep(clockid_t clock, int flags, const timespec* span,
                   timespec* left) asm("clock_nanosleep");
int USleep(useconds_t span) asm("usleep");
unsigned SleepSeconds(unsigned span) asm("sleep");
int SchedYield() asm("sched_yield");
pid_t Fork() asm("fork");
int Poll(pollfd* files, nfds_t count, int timeout) asm("poll");
int Select(int count, fd_set* in, fd_set* out, fd_set* other, timeval* timeout) asm("select");

// Surroundings.
char* GetEnv(const char* name) asm("getenv");
char* SecureGetEnv(const char* name) asm("secure_getenv");
char* SetLocale(int category, const char* name) asm("setlocale");
pid_t GetPid() asm("getpid");
int GetHostName(char* out, size_t size) asm("gethostname");
int UName(utsname* out) asm("uname");
int GetProcessors() asm("get_nprocs");
int SchedGetCpu() asm("sched_getcpu");
long SysConf(int name) asm("sysconf");
char* GetCwd(char* out, size_t size) asm("getcwd");

// Files, folders, sockets.
int Open(const char* path, int flags, ...) asm("open");
int Open64(const char* path, int flags, ...) asm("open64");
FILE* FOpen(const char* path, const char* mode) asm("fopen");
FILE* FOpen64(const char* path, const char* mode) asm("fopen64");
DIR* OpenDir(const char* path) asm("opendir");
DIR* FdOpenDir(int folder) asm("fdopendir");
int OpenSocket(int domain, int type, int protocol) asm("socket");

// The end of the program. The first is what assert calls.
[[noreturn]] void AssertFail(const char* expression, const char* file, unsigned line,
                             const char* function) asm("__assert_fail");
[[noreturn]] void Abort() asm("abort");
[[noreturn]] void Exit(int status) asm("exit");
[[noreturn]] void ExitAtOnce(int status) asm("_exit");
[[noreturn]] void ExitAtOnceC(int status) asm("_Exit");

int ClockGetTime(clockid_t clock, timespec* out) {
  return hosting != nullptr ? Answer(hosting->ReadClock(clock, *out))
                            : Guarded<ClockGetTime>("clock_gettime", kUseClock, clock, out);
}

int GetTimeOfDay(timeval* out, void* zone) {
  if (hosting == nullptr) {
    return Guarded<GetTimeOfDay>("gettimeofday", kUseClock, out, zone);
  }
  const timespec now = HostedClock(CLOCK_REALTIME);
  *out = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / kNanosPerMicro};
  return 0;
}

time_t Time(time_t* out) {
  if (hosting == nullptr) {
    return Guarded<Time>("time", kUseClock, out);
  }
  const time_t now = HostedClock(CLOCK_REALTIME).tv_sec;
  if (out != nullptr) {
    *out = now;
  }
  return now;
}

clock_t Clock() { return Guarded<Clock>("clock", kUseClock); }

int TimespecGet(timespec* out, int base) {
  return Guarded<TimespecGet>("timespec_get", kUseClock, out, base);
}

tm* LocalTime(const time_t* time) { return Guarded<LocalTime>("localtime", kZone, time); }

tm* LocalTimeR(const time_t* time, tm* out) {
  return Guarded<LocalTimeR>("localtime_r", kZone, time, out);
}

time_t MakeTime(tm* time) { return Guarded<MakeTime>("mktime", kZone, time); }

ssize_t GetRandom(void* out, size_t size, unsigned flags) {
  return Guarded<GetRandom>("getrandom", kChance, out, size, flags);
}

int GetEntropy(void* out, size_t size) {
  return Guarded<GetEntropy>("getentropy", kChance, out, size);
}

uint32_t Arc4Random() { return Guarded<Arc4Random>("arc4random", kChance); }

int Rand() { return Guarded<Rand>("rand", kChance); }

long RandomLong() { return Guarded<RandomLong>("random", kChance); }

long Lrand48() { return Guarded<Lrand48>("lrand48", kChance); }

unsigned RandomDevice(void* self) {
  if (running != nullptr) [[unlikely]] {
    Refuse("std::random_device", kChance);
  }
  return Real<RandomDevice>("_ZNSt13random_device9_M_getvalEv")(self);
}

int NanoSleep(const timespec* span, timespec* left) {
  if (hosting == nullptr) {
    return Guarded<NanoSleep>("nanosleep", kUseSleep, span, left);
  }
  hosting->SleepFor(SpanOf(*span));
  return 0;
}

int ClockNanoSleep(clockid_t clock, int flags, const timespec* span, timespec* left) {
  if (hosting == nullptr) {
    return Guarded<ClockNanoSleep>("clock_nanosleep", kUseSleep, clock, flags, span, left);
  }
  if ((flags & TIMER_ABSTIME) != 0) {
    return hosting->SleepUntil({.clock = clock, .time = *span});
  }
  hosting->SleepFor(SpanOf(*span));
  return 0;
}

int USleep(useconds_t span) {
  if (hosting == nullptr) {
    return Guarded<USleep>("usleep", kUseSleep, span);
  }
  hosting->SleepFor(std::chrono::microseconds(span));
  return 0;
}

unsigned SleepSeconds(unsigned span) {
  if (hosting == nullptr) {
    return Guarded<SleepSeconds>("sleep", kUseSleep, span);
  }
  hosting->SleepFor(std::chrono::seconds(span));
  return 0;
}

int SchedYield() {
  if (hosting == nullptr) {
    return Guarded<SchedYield>("sched_yield", kUseFiber);
  }
  hosting->Yield();
  return 0;
}

pid_t Fork() { return Guarded<Fork>("fork", kUseFiber); }

int Poll(pollfd* files, nfds_t count, int timeout) {
  return Guarded<Poll>("poll", kUseSleep, files, count, timeout);
}

int Select(int count, fd_set* in, fd_set* out, fd_set* other, timeval* timeout) {
  return Guarded<Select>("select", kUseSleep, count, in, out, other, timeout);
}

char* GetEnv(const char* name) { return Guarded<GetEnv>("getenv", kOption, name); }

char* SecureGetEnv(const char* name) {
  return Guarded<SecureGetEnv>("secure_getenv", kOption, name);
}

char* SetLocale(int category, const char* name) {
  if (name == nullptr) {  // asks only
    return Real<SetLocale>("setlocale")(category, name);
  }
  return Guarded<SetLocale>("setlocale", kOption, category, name);
}

pid_t GetPid() { return Guarded<GetPid>("getpid", kOption); }

int GetHostName(char* out, size_t size) {
  return Guarded<GetHostName>("gethostname", kOption, out, size);
}

int UName(utsname* out) { return Guarded<UName>("uname", kOption, out); }

int GetProcessors() { return Guarded<GetProcessors>("get_nprocs", kOption); }

int SchedGetCpu() { return Guarded<SchedGetCpu>("sched_getcpu", kOption); }

long SysConf(int name) {
  if (name != _SC_NPROCESSORS_ONLN && name != _SC_NPROCESSORS_CONF) {
    return Real<SysConf>("sysconf")(name);  // such as the size of a page: allocators ask
  }
  return Guarded<SysConf>("sysconf", kOption, name);
}

char* GetCwd(char* out, size_t size) { return Guarded<GetCwd>("getcwd", kOption, out, size); }

// Only then has a call a mode.
bool MakesFile(int flags) { return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE; }

// An observer may write what it saw.
int Open(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const mode_t mode = MakesFile(flags) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (running != nullptr && (flags & O_ACCMODE) != O_WRONLY) [[unlikely]] {
    Refuse("open", kDisk);
  }
  return Real<Open>("open")(path, flags, mode);
}

int Open64(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const mode_t mode = MakesFile(flags) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (running != nullptr && (flags & O_ACCMODE) != O_WRONLY) [[unlikely]] {
    Refuse("open", kDisk);
  }
  return Real<Open64>("open64")(path, flags, mode);
}

FILE* FOpen(const char* path, const char* mode) {
  if (running != nullptr && std::string_view(mode).find_first_of("r+") != std::string_view::npos)
      [[unlikely]] {
    Refuse("fopen", kDisk);
  }
  return Real<FOpen>("fopen")(path, mode);
}

FILE* FOpen64(const char* path, const char* mode) {
  if (running != nullptr && std::string_view(mode).find_first_of("r+") != std::string_view::npos)
      [[unlikely]] {
    Refuse("fopen", kDisk);
  }
  return Real<FOpen64>("fopen64")(path, mode);
}

DIR* OpenDir(const char* path) { return Guarded<OpenDir>("opendir", kDisk, path); }

DIR* FdOpenDir(int folder) { return Guarded<FdOpenDir>("fdopendir", kDisk, folder); }

int OpenSocket(int domain, int type, int protocol) {
  return Guarded<OpenSocket>("socket", kNetwork, domain, type, protocol);
}

void AssertFail(const char* expression, const char* file, unsigned line, const char* function) {
  if (hosting != nullptr) {
    hosting->FailAssertion(expression, file, line);
  }
  Real<AssertFail>("__assert_fail")(expression, file, line, function);
  __builtin_unreachable();
}

void Abort() {
  if (hosting != nullptr) {
    hosting->FailAbort();
  }
  Real<Abort>("abort")();
  __builtin_unreachable();
}

void Exit(int status) {
  if (hosting != nullptr) {
    hosting->ExitProcess(status);
  }
  Real<Exit>("exit")(status);
  __builtin_unreachable();
}

void ExitAtOnce(int status) {
  if (hosting != nullptr) {
    hosting->ExitProcess(status);
  }
  Real<ExitAtOnce>("_exit")(status);
  __builtin_unreachable();
}

void ExitAtOnceC(int status) {
  if (hosting != nullptr) {
    hosting->ExitProcess(status);
  }
  Real<ExitAtOnceC>("_Exit")(status);
  __builtin_unreachable();
}

}  // extern "C"

namespace {

// Found before the first signal: its handler may call them, and must not ask the loader then.
[[maybe_unused]] const auto kRealAbort = Real<Abort>("abort");
[[maybe_unused]] const auto kRealExitAtOnce = Real<ExitAtOnce>("_exit");
[[maybe_unused]] const auto kRealExitAtOnceC = Real<ExitAtOnceC>("_Exit");

}  // namespace

}  // namespace flinch::sim
