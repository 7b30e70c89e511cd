// Tells how a hunt goes on: one line that is drawn over itself on a terminal, lines in a pipe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string_view>

#include "scenarios/lab/hunt.h"

namespace flinch::scenarios {

enum class ProgressStyle : uint8_t { kQuiet, kLines, kTerminal };

// How wide the terminal behind the descriptor is now; 100 where it is none or does not tell.
size_t TerminalColumns(int descriptor);

class HuntProgressPrinter {
 public:
  HuntProgressPrinter(ProgressStyle style, size_t cells_total, std::ostream& err)
      : style_(style), cells_total_(cells_total), err_(err) {}

  void Show(const HuntProgress& progress);

  // Clears the line, or prints the last one.
  void Finish(const HuntProgress& progress);

 private:
  void Step(const HuntProgress& progress, std::string_view what);
  void ShowLines(const HuntProgress& progress);
  void ShowTerminal(const HuntProgress& progress);

  ProgressStyle style_;
  size_t cells_total_;
  std::ostream& err_;
  int64_t shown_ns_ = 0;
  uint64_t pulse_ = 1;  // the next number of runs that is told
  bool drawn_ = false;
};

}  // namespace flinch::scenarios
