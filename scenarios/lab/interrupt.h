// SIGINT, SIGTERM and a limit of time as questions that can be asked: so that a long command can
// stop in good order and tell what it has. Within a simulated run, too, where nobody reads a clock.
#pragma once

#include <csignal>
#include <cstdint>
#include <string>

namespace flinch::scenarios {

// While it lives. The second SIGINT ends the process at once, as it does elsewhere.
class InterruptWatch {
 public:
  InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;
  ~InterruptWatch();

  // The signal that came, or 0.
  int signal() const;

  // "SIGINT", or "".
  std::string name() const;

 private:
  struct sigaction former_interrupt_{};
  struct sigaction former_terminate_{};
};

// A span of real time, from now on. One at a time lives in a process; a forked one has its own.
class Alarm {
 public:
  explicit Alarm(int64_t nanos);
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm();

  bool is_over() const;

 private:
  struct sigaction former_{};
};

// Beats of real time, from now on, for who may read no clock. Instead of an Alarm: see there.
class Metronome {
 public:
  // `nanos` from one beat to the next: a microsecond at least.
  explicit Metronome(int64_t nanos);
  Metronome(const Metronome&) = delete;
  Metronome& operator=(const Metronome&) = delete;
  ~Metronome();

  // So far.
  int64_t beats() const;

 private:
  struct sigaction former_{};
};

// Of a command that was stopped before it was done: Ctrl-C is 130, anything else says try again.
int ExitCodeOfSignal(int signal);

}  // namespace flinch::scenarios
