// Refuses what a simulated run must never ask the real machine for.
//
// While a world runs on this thread, these calls end the program, whoever makes them (simulated
// code, an observer, a library): the real time and time zone, entropy, real sleep and waits
// (poll, select, whatever has a deadline), threads, other processes, environment variables, who
// and where the machine is (processors, process id, host name, current folder), opening real files
// to read, real folders and sockets. So do those that would block the thread, and with it the
// whole world, for ever: a mutex, a spin lock or a lock of readers and writers that a fiber of this
// thread holds, a semaphore of nothing, a word that std::future or the initialisation of a static
// variable waits for (futex; std::atomic and std::latch yield first); and always condition
// variables, joins and barriers. The message names the call, the fiber and its process, the
// simulated time, what to use instead, and the call stack; then std::abort(), so that a debugger
// stops there. A test expects it with a death test on "nondeterminism: ".
//
// Code that has threads of its own is hosted: sim/hosted/hosted.h. While it runs, the calls about
// threads and clocks are answered (thread_calls.h).
//
// Outside of a run, and on other threads, the same calls go through. A run pays nothing for it:
// only those calls look.
//
// Not seen: the rdtsc and rdrand instructions (except by std::random_device), raw syscall(2) except
// for waits on a futex, a recursive mutex that another fiber holds (to the machine it is the same
// thread), openat, creat, stat, drand48 and its kin, and calls that the C library makes within
// itself. What comes in that way is found by comparing two runs (sim/recording/divergence.h).
#pragma once

#include <string>

namespace flinch::sim {

class Kernel;
class ThreadCalls;

// The world runs while this lives. May be nested: a run within an observer of another.
class RunScope {
 public:
  explicit RunScope(const Kernel& kernel);
  ~RunScope();
  RunScope(const RunScope&) = delete;
  RunScope& operator=(const RunScope&) = delete;

 private:
  const Kernel* outer_;
  ThreadCalls* outer_hosting_;
};

// Our own diagnosis reads the real machine while this lives; nothing of it may reach the run.
class DiagnosisScope {
 public:
  DiagnosisScope();
  ~DiagnosisScope();
  DiagnosisScope(const DiagnosisScope&) = delete;
  DiagnosisScope& operator=(const DiagnosisScope&) = delete;

 private:
  const Kernel* suspended_;
};

// The one that runs on this thread; null outside of a run.
const Kernel* RunningKernel();

// "fiber main of tm-1"; "the experimenter" between fibers, "nobody" outside of a run.
std::string RunningActor();

}  // namespace flinch::sim
