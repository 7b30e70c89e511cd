// What a process may ask of the world: its system calls.
//
// One Environment per incarnation of a process. Code under simulation gets everything from here; it
// has no other source of time, chance or input. A call marked "may suspend" lets other fibers run,
// and is where a crashed process stops: the call throws `ProcessKilled`, destructors run, and every
// call they make does nothing. Fibers are unwound in the reverse order of their start. So a
// destructor must not make such a call while its process lives: an exception cannot leave it.
//
// The same interface can be implemented on a real machine; nothing in it knows that it is
// simulated.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "sim/disk.h"
#include "sim/ids.h"
#include "sim/network.h"
#include "sim/random.h"
#include "sim/time.h"
#include "sim/trace.h"

namespace flinch::sim {

// Unwinds the fibers of a crashed process. Never caught outside the kernel; not a std::exception.
struct ProcessKilled {};

// What a fiber that waits knows of it beyond a literal. Asked by whoever explains a stuck world,
// and never before: it costs a run nothing.
class WaitDetail {
 public:
  virtual ~WaitDetail() = default;
  virtual std::string WaitText() const = 0;
};

class Environment {
 public:
  virtual ~Environment() = default;

  // That of the process whose fiber runs: for code that has no place to carry one through, a
  // callback of a library say. Asked for outside of any process it is a broken invariant.
  static Environment& Current();

  // Names are unique in the world and kept over restarts; the incarnation is 1, 2, … .
  virtual std::string_view process_name() const = 0;
  virtual std::string_view host_name() const = 0;
  virtual uint32_t incarnation() const = 0;

  // The host's monotonic clock: never goes back, and goes on over restarts of the process. Its
  // origin is the host's own, so times of two hosts cannot be compared; and it may run faster or
  // slower than the world, or stand. All deadlines and spans are of this clock. It moves only while
  // everybody waits.
  virtual SimTime Now() const = 0;
  // The host's wall clock: close to the true time while it is right, and may jump either way.
  virtual WallTime WallNow() const = 0;

  // May suspend.
  virtual void Sleep(Duration span) = 0;
  // Lets others run first. May suspend.
  virtual void Yield() = 0;

  // Starts a fiber; it runs after the caller suspends. An exception that leaves `body` is a bug,
  // and ends the run.
  virtual FiberId Spawn(std::string_view name, std::move_only_function<void()> body) = 0;
  virtual FiberId CurrentFiber() const = 0;

  // Waits until another fiber unparks this one (true) or until `deadline` (false). May suspend. An
  // Unpark of a fiber that is not parked does nothing. sim/sync.h builds everything else from these
  // two. `reason` is what a report about a stuck world says the fiber waits for, and `detail` what
  // it says besides; they must stay valid for as long as the wait.
  virtual bool Park(SimTime deadline, std::string_view reason = {},
                    const WaitDetail* detail = nullptr) = 0;
  virtual void Unpark(FiberId fiber) = 0;

  // The stream of this name of this incarnation: it depends on the seed, the names of process and
  // stream and the number of the incarnation, and on nothing that has happened. Asked for again it
  // begins anew, with the same numbers: ask once, and keep it.
  virtual Random RandomStream(std::string_view name) = 0;

  virtual Network& network() = 0;
  virtual FileSystem& disk() = 0;    // this host's own
  virtual FileSystem& shared() = 0;  // one for all hosts

  // Tells observers what happened, now. May suspend: a fault may be waiting for just this event.
  // Returns 0 for a kind that the experimenter does not want (WorldOptions::untraced).
  virtual EventId Trace(std::string_view kind, std::initializer_list<Field> fields = {}) = 0;
};

// The body of a process: runs on its first fiber. When it returns the process goes on until its
// other fibers end.
using Program = std::function<void(Environment&)>;

}  // namespace flinch::sim
