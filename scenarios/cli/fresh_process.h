// This program once more, in a process of its own under chosen surroundings: what a run must not
// notice.
//
// Errors:   kIo where the system gives no process or no pipe.
// Survives: a child that dies by a signal, writes any amount, or writes nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/result.h"

namespace flinch::scenarios {

struct Surroundings {
  std::string_view name;                   // "plain"
  std::vector<std::string> environment{};  // "NAME=value", besides what this process has
  std::string folder{};                    // where it stands; empty: here
  bool fixed_addresses = false;            // no address space layout randomisation
};

// Short, quiet, as on most machines.
Surroundings PlainSurroundings();

// All that can be different on another machine or tomorrow: a larger environment, another folder,
// addresses without randomisation and in another order, other rests in fresh memory, other orders
// of hash tables, another time zone, another language.
Surroundings HostileSurroundings();

// What the two differ in on this machine, for people: where a locale is not installed, or a sandbox
// forbids to fix addresses, that does not stand there.
std::vector<std::string> DifferencesOfSurroundings();

struct Ended {
  int exit_code = 0;  // 128 + n when signal n ended it
  std::string out{};
  std::string err{};
};

// A child that runs. Two may run at once; each is awaited before it is dropped.
class FreshProcess {
 public:
  // `words`: the program (a path), then its arguments.
  static sim::Result<FreshProcess> Start(const std::vector<std::string>& words,
                                         const Surroundings& surroundings);
  FreshProcess(FreshProcess&& other) noexcept;
  FreshProcess& operator=(FreshProcess&&) = delete;
  // Ends a child that nobody has awaited.
  ~FreshProcess();

  Ended Await();

 private:
  FreshProcess(int child, int out, int err) : child_(child), out_(out), err_(err) {}

  int child_ = -1;
  int out_ = -1;
  int err_ = -1;
};

// This program's own file, whatever it was started as.
std::string OwnProgram();

}  // namespace flinch::scenarios
