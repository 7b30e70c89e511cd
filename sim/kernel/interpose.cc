#include "sim/kernel/interpose.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <string_view>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/kernel/kernel.h"
#include "sim/kernel/stack_trace.h"

namespace flinch::sim {
namespace {

// Of this thread: others (a test's watchdog) may look at the clock as they like.
constinit thread_local const Kernel* running = nullptr;

constexpr std::string_view kClock = "ask sim::Environment::Now for the time";
constexpr std::string_view kZone = "show times with sim/time.h, which knows no time zone";
constexpr std::string_view kChance = "draw from sim::Environment::RandomStream";
constexpr std::string_view kSleep = "wait with sim::Environment::Sleep";
constexpr std::string_view kFiber = "spawn a fiber with sim::Environment::Spawn";
constexpr std::string_view kOption =
    "take an option before the run; surroundings must not reach it";
constexpr std::string_view kDisk = "use sim::Environment::disk, or read the file before the run";
constexpr std::string_view kNetwork = "use sim::Environment::network";

// The functions between the caller and StackNow: Refuse, Guarded and the call itself.
constexpr size_t kOwnFrames = 2;

[[noreturn]] void Refuse(const char* call, std::string_view instead) {
  const Kernel& kernel = *running;
  running = nullptr;
  std::string text = fmt::format(
      "flinch: nondeterminism: {} was called inside a simulated run by {} at {}.\n"
      "What a run does must come from its seed: {}.\n",
      call, kernel.RunningActor(), Show(kernel.now()), instead);
  for (const std::string& name : StackNow(kOwnFrames)) {
    text += fmt::format("  at {}\n", name);
  }
  std::fputs(text.c_str(), stderr);
  std::abort();
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

}  // namespace

RunScope::RunScope(const Kernel& kernel) : outer_(std::exchange(running, &kernel)) {}

RunScope::~RunScope() { running = outer_; }

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

// Sleep and threads.
int NanoSleep(const timespec* span, timespec* left) asm("nanosleep");
int ClockNanoSleep(clockid_t clock, int flags, const timespec* span,
                   timespec* left) asm("clock_nanosleep");
int USleep(useconds_t span) asm("usleep");
unsigned SleepSeconds(unsigned span) asm("sleep");
int SchedYield() asm("sched_yield");
int PthreadCreate(pthread_t* thread, const pthread_attr_t* options, void* (*entry)(void*),
                  void* argument) asm("pthread_create");
pid_t Fork() asm("fork");
int Poll(pollfd* files, nfds_t count, int timeout) asm("poll");
int Select(int count, fd_set* in, fd_set* out, fd_set* other, timeval* timeout) asm("select");
int SemTimedWait(sem_t* semaphore, const timespec* deadline) asm("sem_timedwait");

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

int ClockGetTime(clockid_t clock, timespec* out) {
  return Guarded<ClockGetTime>("clock_gettime", kClock, clock, out);
}

int GetTimeOfDay(timeval* out, void* zone) {
  return Guarded<GetTimeOfDay>("gettimeofday", kClock, out, zone);
}

time_t Time(time_t* out) { return Guarded<Time>("time", kClock, out); }

clock_t Clock() { return Guarded<Clock>("clock", kClock); }

int TimespecGet(timespec* out, int base) {
  return Guarded<TimespecGet>("timespec_get", kClock, out, base);
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
  return Guarded<NanoSleep>("nanosleep", kSleep, span, left);
}

int ClockNanoSleep(clockid_t clock, int flags, const timespec* span, timespec* left) {
  return Guarded<ClockNanoSleep>("clock_nanosleep", kSleep, clock, flags, span, left);
}

int USleep(useconds_t span) { return Guarded<USleep>("usleep", kSleep, span); }

unsigned SleepSeconds(unsigned span) { return Guarded<SleepSeconds>("sleep", kSleep, span); }

int SchedYield() { return Guarded<SchedYield>("sched_yield", kFiber); }

int PthreadCreate(pthread_t* thread, const pthread_attr_t* options, void* (*entry)(void*),
                  void* argument) {
  return Guarded<PthreadCreate>("pthread_create", kFiber, thread, options, entry, argument);
}

pid_t Fork() { return Guarded<Fork>("fork", kFiber); }

int Poll(pollfd* files, nfds_t count, int timeout) {
  return Guarded<Poll>("poll", kSleep, files, count, timeout);
}

int Select(int count, fd_set* in, fd_set* out, fd_set* other, timeval* timeout) {
  return Guarded<Select>("select", kSleep, count, in, out, other, timeout);
}

int SemTimedWait(sem_t* semaphore, const timespec* deadline) {
  return Guarded<SemTimedWait>("sem_timedwait", kSleep, semaphore, deadline);
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

}  // extern "C"

}  // namespace flinch::sim
