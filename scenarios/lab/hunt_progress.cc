#include "scenarios/lab/hunt_progress.h"

#include <algorithm>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "scenarios/lab/hunt_text.h"

namespace flinch::scenarios {

namespace {

constexpr int64_t kRedrawNs = 200'000'000;
// New cells come in crowds at first.
constexpr int64_t kNewsNs = 1'000'000'000;
// A log that says nothing for long looks dead.
constexpr int64_t kSilenceNs = 60'000'000'000;

constexpr std::string_view kClearLine = "\r\x1b[K";

}  // namespace

size_t TerminalColumns(int descriptor) {
  constexpr size_t kUntold = 100;
  constexpr size_t kFewest = 20;
  winsize size{};
  const bool is_told = ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_told ? std::max<size_t>(size.ws_col, kFewest) : kUntold;
}

void HuntProgressPrinter::Show(const HuntProgress& progress) {
  if (style_ == ProgressStyle::kLines) {
    ShowLines(progress);
  } else if (style_ == ProgressStyle::kTerminal) {
    ShowTerminal(progress);
  }
}

void HuntProgressPrinter::Step(const HuntProgress& progress, std::string_view what) {
  err_ << ShowStep(progress, what, cells_total_) << '\n' << std::flush;
  shown_ns_ = progress.elapsed_ns;
}

void HuntProgressPrinter::ShowLines(const HuntProgress& progress) {
  const int64_t silence = progress.elapsed_ns - shown_ns_;
  if (progress.news.signature) {
    Step(progress, "new failure");
  } else if (progress.news.cell && silence >= kNewsNs) {
    Step(progress, "new step");
  } else if (progress.news.unit && progress.runs_now >= pulse_) {
    Step(progress, "so far");
  } else if (silence >= kSilenceNs) {
    Step(progress, "so far");
  }
  while (progress.runs_now >= pulse_) {
    pulse_ *= 2;
  }
}

void HuntProgressPrinter::ShowTerminal(const HuntProgress& progress) {
  if (progress.news.signature) {
    err_ << kClearLine << ShowStep(progress, "new failure", cells_total_) << '\n';
  } else if (drawn_ && progress.elapsed_ns - shown_ns_ < kRedrawNs) {
    return;
  }
  err_ << kClearLine << ShowStatus(progress, cells_total_, TerminalColumns(STDERR_FILENO) - 1)
       << std::flush;
  shown_ns_ = progress.elapsed_ns;
  drawn_ = true;
}

void HuntProgressPrinter::Finish(const HuntProgress& progress) {
  if (style_ == ProgressStyle::kLines) {
    Step(progress, "done");
  } else if (style_ == ProgressStyle::kTerminal) {
    err_ << kClearLine << std::flush;
  }
}

}  // namespace flinch::scenarios
