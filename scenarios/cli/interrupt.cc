#include "scenarios/cli/interrupt.h"

#include "scenarios/cli/version.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

// A handler may touch nothing else.
volatile std::sig_atomic_t came = 0;

void OnSignal(int signal) { came = signal; }

}  // namespace

InterruptWatch::InterruptWatch() {
  came = 0;
  struct sigaction action{};
  action.sa_handler = OnSignal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sim::Check(sigaction(SIGINT, &action, &former_interrupt_) == 0 &&
                 sigaction(SIGTERM, &action, &former_terminate_) == 0,
             "signals cannot be watched");
}

InterruptWatch::~InterruptWatch() {
  sigaction(SIGINT, &former_interrupt_, nullptr);
  sigaction(SIGTERM, &former_terminate_, nullptr);
}

int InterruptWatch::signal() const { return came; }

std::string InterruptWatch::name() const {
  return came == SIGINT ? "SIGINT" : came == SIGTERM ? "SIGTERM" : "";
}

int ExitCodeOfSignal(int signal) { return signal == SIGINT ? kExitInterrupted : kExitTryAgain; }

}  // namespace flinch::scenarios
