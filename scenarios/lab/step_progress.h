// How far a long command is: "120 of 400 seeds, 12.5 a second, 23 s left".
//
// Shape:  nothing in its first two seconds, for then it is soon over. After that on a terminal one
//         line, drawn over itself and cleared in the end; elsewhere lines, fewer and fewer.
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "scenarios/lab/hunt_progress.h"

namespace flinch::scenarios {

// Quiet where no person looks on: where what is complained of does not go to the standard error.
ProgressStyle StyleOfProgress(const std::ostream& err);

// Only on a terminal, of commands whose standard error programs may look at.
ProgressStyle StyleOnTerminal(const std::ostream& err);

class StepProgress {
 public:
  // `unit`: "seeds"; `of`: how many there are to be done, 0: nobody knows. `clock` gives real
  // nanoseconds.
  StepProgress(ProgressStyle style, std::string unit, uint64_t of, std::function<int64_t()> clock,
               std::ostream& err);
  StepProgress(const StepProgress&) = delete;
  StepProgress& operator=(const StepProgress&) = delete;
  ~StepProgress();

  // So many there are, where it is known only later.
  void Expect(uint64_t of) { of_ = of; }

  void Show(uint64_t done);

  // Takes the line away, for other text to come.
  void Clear();

 private:
  ProgressStyle style_;
  std::string unit_;
  uint64_t of_;
  std::function<int64_t()> clock_;
  std::ostream& err_;
  int64_t begin_;
  int64_t next_;  // when it is told again
  bool drawn_ = false;
};

}  // namespace flinch::scenarios
