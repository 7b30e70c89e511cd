// Who waits for what in a world: for a run that ended without its goal.
//
// Made by World::Explain at any time between runs, from nothing but what the world holds anyway: it
// costs a run nothing. What happened before comes from the recording; when none was kept, run the
// same seed again with Keep::kTrace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/ids.h"
#include "sim/recording/recording.h"
#include "sim/time.h"

namespace flinch::sim {

enum class WaitKind : uint8_t {
  kNothing,  // it could run
  kSleep,
  kPark,     // for another fiber of its process
  kDevice,   // a disk
  kMessage,  // a one-way message
  kAccept,   // somebody who connects
  kConnect,  // an answer to its own connecting
  kFrame,    // a frame of a connection
  kWindow,   // room in the window of a connection
};

struct StuckReport {
  // A live fiber.
  struct Waiter {
    std::string process;
    std::string fiber;
    FiberId id;
    WaitKind kind = WaitKind::kNothing;
    std::string what;      // "receives on connection 3 from b:7"
    std::string detail{};  // what its code says besides (WaitDetail)
    SimTime since;
    // When a timer ends the wait, as the clock of its host runs now.
    std::optional<SimTime> until;
    // The process that could end it, where that can be known: the peer of a connection.
    std::optional<std::string> waits_for;
  };

  struct QueueLength {
    std::string process;  // "" when nobody has it any more
    std::string what;     // "inbox of a:7"
    uint64_t length = 0;
    std::string unit;
  };

  struct Paused {
    std::string process;
    SimTime since;
    bool timers_frozen = false;
  };

  struct Clock {
    std::string host;
    SimTime monotonic;
    WallTime wall;
    bool right = true;  // false: it drifts, stands, or the wall clock is wrong
    bool frozen = false;
    int64_t drift_ppm = 0;
  };

  struct History {
    std::string process;
    std::vector<RecordedEvent> events;  // the last ones
  };

  SimTime time;
  uint64_t ready = 0;               // fibers that could run
  uint64_t pending = 0;             // timers (void ones too), messages in flight, acts
  std::vector<Waiter> waiters;      // by process, then in the order of their start
  std::vector<QueueLength> queues;  // those that are not empty
  std::vector<Paused> paused;
  std::vector<std::string> dead;
  std::vector<Clock> clocks;  // of all hosts
  std::vector<History> history;
};

// One sentence: "Nothing can happen any more at 12.3s; 2 fibers wait: …", the first few of them.
std::string Head(const StuckReport& report);

// All of it for people, a line each, aligned; the sentence first.
std::string Show(const StuckReport& report);

}  // namespace flinch::sim
