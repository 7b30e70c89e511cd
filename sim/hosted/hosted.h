// Code that was not written for simulation, as a process of a world: it starts threads, locks,
// waits, sleeps, asks for the time, asserts and exits by the C library's calls, and needs no
// change.
//
//   world.AddProcess(host, "db", Hosted([](Environment& env) { RunTheDatabase(env); }));
//
// While such a process runs,
// - its threads are fibers: pthread_create, std::thread, std::async, join, detach, once, names. All
//   of them have the stack of a fiber;
// - mutexes of all kinds, locks of readers and writers, spin locks, condition variables, semaphores
//   and futexes (and with them std::atomic::wait, std::latch, std::future, static variables) block
//   the fiber. Each call is a place where another thread may run; which one the world's scheduling
//   strategy chooses. Which of several waiters is woken is drawn ("hosted.winner"), and a condition
//   variable may wake without a reason ("hosted.spurious"), as it may anywhere;
// - clocks, sleeps and deadlines are the host's, in simulated time. Who yields, or looks at the
//   clock again and again, lets a microsecond pass;
// - an assertion that fails, abort(), an exception that nobody catches and threads that hold each
//   other's mutexes end the run with Ending::kViolation: which thread, what, and where.
//   "hosted.failed" is traced. World::Explain says which thread waits for what, and who holds it;
// - exit() and the return of the program end the process with all its threads ("hosted.exit").
// What is refused elsewhere (entropy, environment variables, real files, …) is refused here.
//
// A crash unwinds nothing: the frames of foreign code are abandoned, no destructor of theirs runs.
// So such a process must not share memory with others, and what it has allocated is lost unless
// HostedOptions::memory says otherwise. Destructors of static variables and handlers of atexit
// never run.
//
// Not told apart: threads of one world are one thread to the machine. A thread_local variable is
// one for all of them, and outlives the process, unless named in the options; so is a global
// variable, for all processes that run the same code. Keys (pthread_key_create) that were made
// while the process ran are each thread's own, others are not. What only looks at atomic variables
// is interleaved at the calls above and at those of Environment, nowhere else. Not there:
// cancellation, signals to threads, barriers, robust mutexes, inheritance of priorities.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/environment.h"
#include "sim/random.h"
#include "sim/result.h"

namespace flinch::sim {

// What becomes of what a process has allocated and not freed when it dies.
enum class HostedMemory : uint8_t {
  kKept,  // it stays, like any leak
  // It is given back, all of it. What the process allocates comes from a heap of its own, at the
  // same addresses in every run; with the address sanitizer it is noted, and freed, so that who
  // uses it later is found. Whatever shall outlive the process, such as the experimenter's notes,
  // is allocated within OutsideHosted.
  kGivenBack,
};

struct HostedOptions {
  HostedMemory memory = HostedMemory::kKept;
  // How often a wait for a condition variable ends at once, for no reason.
  Ratio spurious_wakeups = Percent(1);
  // Shared libraries that are loaded, by the beginning of their file name ("libleveldb.so"): each
  // life of a process has global variables of its own in them, each thread thread-local ones. They
  // begin as they are when Hosted is called.
  std::vector<std::string> libraries;
  // The same for variables of the program; see BytesOf.
  std::vector<std::span<std::byte>> globals;
  std::vector<std::span<std::byte>> thread_locals;

  // A whole sentence about a library that is not loaded, or a share above one.
  Result<void> Validate() const;
};

template <typename T>
std::span<std::byte> BytesOf(T& variable) {
  return std::as_writable_bytes(std::span(&variable, 1));
}

// For World::AddProcess. `program` is main: with its return the process ends. It gets an
// environment by which it, and the adapters of the code that it hosts, reach the world. The options
// are valid. May be called by the thread that runs the world only, where thread-local variables are
// named.
Program Hosted(Program program, HostedOptions options = {});

// The experimenter's own code within a hosted process, while this lives: memory is everybody's, and
// calls of the C library are what they are in any other process. May not wait.
class OutsideHosted {
 public:
  OutsideHosted();
  ~OutsideHosted();
  OutsideHosted(const OutsideHosted&) = delete;
  OutsideHosted& operator=(const OutsideHosted&) = delete;

 private:
  class HostedProcess* process_;
  class HostedThread* thread_;
};

}  // namespace flinch::sim
