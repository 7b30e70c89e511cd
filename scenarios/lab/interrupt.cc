#include "scenarios/lab/interrupt.h"

#include <sys/time.h>

#include "scenarios/lab/version.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

// A handler may touch nothing else.
volatile std::sig_atomic_t came = 0;

void OnSignal(int signal) { came = signal; }

volatile std::sig_atomic_t over = 0;

void OnAlarm(int /*signal*/) { over = 1; }

volatile std::sig_atomic_t beaten = 0;

void OnBeat(int /*signal*/) { beaten = beaten + 1; }

constexpr int64_t kNanosPerMicrosecond = 1'000;

timeval Micros(int64_t micros) {
  constexpr int64_t kMicrosPerSecond = 1'000'000;
  return {.tv_sec = micros / kMicrosPerSecond, .tv_usec = micros % kMicrosPerSecond};
}

// 0: none; and none again after it.
void SetTimer(int64_t first_micros, int64_t next_micros = 0) {
  const itimerval timer{.it_interval = Micros(next_micros), .it_value = Micros(first_micros)};
  sim::Check(setitimer(ITIMER_REAL, &timer, nullptr) == 0, "no timer can be set");
}

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

Alarm::Alarm(int64_t nanos) {
  over = 0;
  struct sigaction action{};
  action.sa_handler = OnAlarm;
  action.sa_flags = SA_RESTART;
  sim::Check(sigaction(SIGALRM, &action, &former_) == 0, "an alarm cannot be watched");
  if (nanos < kNanosPerMicrosecond) {
    over = 1;
  } else {
    SetTimer(nanos / kNanosPerMicrosecond);
  }
}

Alarm::~Alarm() {
  SetTimer(0);
  sigaction(SIGALRM, &former_, nullptr);
}

bool Alarm::is_over() const { return over != 0; }

Metronome::Metronome(int64_t nanos) {
  beaten = 0;
  struct sigaction action{};
  action.sa_handler = OnBeat;
  action.sa_flags = SA_RESTART;
  sim::Check(nanos >= kNanosPerMicrosecond, "a metronome beats every {} ns", nanos);
  sim::Check(sigaction(SIGALRM, &action, &former_) == 0, "no beat can be watched");
  SetTimer(nanos / kNanosPerMicrosecond, nanos / kNanosPerMicrosecond);
}

Metronome::~Metronome() {
  SetTimer(0);
  sigaction(SIGALRM, &former_, nullptr);
}

int64_t Metronome::beats() const { return beaten; }

int ExitCodeOfSignal(int signal) { return signal == SIGINT ? kExitInterrupted : kExitTryAgain; }

}  // namespace flinch::scenarios
