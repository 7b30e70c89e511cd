#include "scenarios/lab/process_time.h"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string>

#include <fmt/format.h>

namespace flinch::scenarios {

namespace {

constexpr int64_t kNanosOfOneSecond = 1'000'000'000;

int64_t ProcessorTimeOf(int process) {
  clockid_t clock{};
  timespec time{};
  const bool is_told =
      clock_getcpuclockid(process, &clock) == 0 && clock_gettime(clock, &time) == 0;
  return is_told ? time.tv_sec * kNanosOfOneSecond + time.tv_nsec : 0;
}

// "1234 (name) R 1 …"; the name may hold anything.
ProcessState StateOf(int process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::string line;
  std::getline(file, line);
  const size_t behind = line.rfind(") ");
  const char letter = behind == std::string::npos ? 'S' : line[behind + 2];
  switch (letter) {
    case 'R':
      return ProcessState::kRunning;
    case 'T':
    case 't':
      return ProcessState::kStopped;
    default:
      return ProcessState::kWaiting;
  }
}

}  // namespace

ProcessLook LookAt(int process) {
  return {.state = StateOf(process), .processor_ns = ProcessorTimeOf(process)};
}

void OwnTime::Begin(int64_t now, const ProcessLook& look) {
  looked_at_ = now;
  processor_ns_ = look.processor_ns;
  spent_ns_ = 0;
}

void OwnTime::Add(int64_t now, const ProcessLook& look) {
  const int64_t ran = std::max<int64_t>(look.processor_ns - processor_ns_, 0);
  const int64_t passed = std::min(now - looked_at_, glance_ns_);
  spent_ns_ += look.state == ProcessState::kWaiting ? std::max(ran, passed) : ran;
  looked_at_ = now;
  processor_ns_ = look.processor_ns;
}

}  // namespace flinch::scenarios
