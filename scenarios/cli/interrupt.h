// SIGINT and SIGTERM as a question that can be asked, while this lives: so that a long command can
// stop in good order and tell what it has.
//
// The second SIGINT ends the process at once, as it does elsewhere.
#pragma once

#include <csignal>
#include <string>

namespace flinch::scenarios {

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

// Of a command that was stopped before it was done: Ctrl-C is 130, anything else says try again.
int ExitCodeOfSignal(int signal);

}  // namespace flinch::scenarios
