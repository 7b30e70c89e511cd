// How far a run is: "2400 of 60000 simulated ms, 1200.0 a second, 48 s left".
//
// Shape: on a terminal, from its third second on; see StepProgress. The end that is told is that of
//        the input: when the job is done after that nobody knows.
// Time:  by a Metronome, for within a run nobody reads a clock. So one lives in a process.
#pragma once

#include <optional>
#include <ostream>

#include "scenarios/lab/interrupt.h"
#include "scenarios/lab/step_progress.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {

class RunProgress {
 public:
  // Sets `request.tell`, and takes it back in the end.
  RunProgress(RunRequest& request, std::ostream& err);
  RunProgress(const RunProgress&) = delete;
  RunProgress& operator=(const RunProgress&) = delete;
  ~RunProgress();

 private:
  RunRequest& request_;
  std::optional<Metronome> metronome_{};
  std::optional<StepProgress> progress_{};
};

}  // namespace flinch::scenarios
