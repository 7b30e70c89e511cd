// Why a run failed, in about a dozen sentences: what broke, which faults came when, the way of the
// transaction or of the checkpoint's files and whose step on it was wrong, what led there; which
// faults' timing matters, and where the nearest run that passes departs.
//
// The first half is read off the recording, the second is tried out: each fault is left out, and
// moved to either side.
// Words: no record is blamed for what concerns none (files that are left, a job that stands still),
//        and nobody who did right.
// Cost:  the run, and three short ones per fault. Shrink first: a story of seven faults is none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "faults/fault_plan.h"
#include "reports/run_summary.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {

struct Story {
  reports::Verdict verdict = reports::Verdict::kPassed;
  std::string signature;  // of a failure
  std::vector<std::string> sentences;
};

struct ExplainOptions {
  // Whether it may compare with a run that passes: without the planted defects, or with a fault
  // moved or left out. The bugs that people have are in no list, and stories are to name the guilty
  // without it.
  bool compares = true;
};

// Of a run that does not fail: what it went through, and why it says nothing where it says nothing.
Story Explain(const RunRequest& request, const ExplainOptions& options = {});

}  // namespace flinch::scenarios
