#include "scenarios/lab/step_progress.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace flinch::scenarios {

namespace {

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kPatienceNs = 2 * kSecondNs;
constexpr int64_t kDrawAgainNs = kSecondNs / 5;
constexpr size_t kColumnsMax = 59;  // a line that is broken is not drawn over
constexpr std::string_view kCleared = "\r\x1b[K";

std::string ShowSteps(uint64_t done, uint64_t of, std::string_view unit, int64_t elapsed_ns) {
  const uint64_t millis = static_cast<uint64_t>(elapsed_ns) / 1'000'000;
  const uint64_t tenths = done * 10'000 / std::max<uint64_t>(millis, 1);
  if (of == 0) {
    return fmt::format("{} {}, {}.{} a second", done, unit, tenths / 10, tenths % 10);
  }
  const uint64_t left = done == 0 || done >= of ? 0 : (of - done) * millis / done / 1'000;
  return fmt::format("{} of {} {}, {}.{} a second, {} s left", done, of, unit, tenths / 10,
                     tenths % 10, left);
}

}  // namespace

ProgressStyle StyleOfProgress(const std::ostream& err) {
  if (&err != &std::cerr) {
    return ProgressStyle::kQuiet;
  }
  const char* const terminal = std::getenv("TERM");
  const bool can = terminal != nullptr && std::string_view(terminal) != "dumb";
  return can && isatty(STDERR_FILENO) == 1 ? ProgressStyle::kTerminal : ProgressStyle::kLines;
}

ProgressStyle StyleOnTerminal(const std::ostream& err) {
  const ProgressStyle style = StyleOfProgress(err);
  return style == ProgressStyle::kTerminal ? style : ProgressStyle::kQuiet;
}

StepProgress::StepProgress(ProgressStyle style, std::string unit, uint64_t of,
                           std::function<int64_t()> clock, std::ostream& err)
    : style_(style),
      unit_(std::move(unit)),
      of_(of),
      clock_(std::move(clock)),
      err_(err),
      begin_(clock_()),
      next_(begin_ + kPatienceNs) {}

StepProgress::~StepProgress() { Clear(); }

void StepProgress::Clear() {
  if (std::exchange(drawn_, false)) {
    err_ << kCleared << std::flush;
  }
}

void StepProgress::Show(uint64_t done) {
  if (style_ == ProgressStyle::kQuiet) {
    return;
  }
  const int64_t now = clock_();
  if (now < next_) {
    return;
  }
  const std::string steps = ShowSteps(done, of_, unit_, now - begin_);
  if (style_ == ProgressStyle::kTerminal) {
    err_ << kCleared << std::string_view(steps).substr(0, kColumnsMax) << std::flush;
    drawn_ = true;
    next_ = now + kDrawAgainNs;
  } else {
    err_ << steps << '\n' << std::flush;
    next_ = now + (now - begin_);
  }
}

}  // namespace flinch::scenarios
