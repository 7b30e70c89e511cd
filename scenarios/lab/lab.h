// A whole program for your systems: hunt, run, replay, shrink, keep and regress, in workers, with
// shards, stored results and groups of failures, as `flinch` has them for its jobs.
//
//   ledger hunt --seeds 1..2000          every seed once; exit code 1 when one of them fails
//   ledger run ledger --seed 7 --timeline
//   ledger run ledger --seed 7 --tape FILE, ledger replay FILE     with what the schedule chose
//   ledger replay fl1~ledger~s7~…        what `hunt` printed
//   ledger shrink TOKEN                  the smallest run that fails like that one
//   ledger keep TOKEN, ledger regress    a file of it, to be run again after each change
//
// Link flinch::lab: it needs no stream engine.
#pragma once

#include <vector>

#include "scenarios/lab/subject.h"

namespace flinch::lab {

// The exit code: 0 nothing failed, 1 something did, 2 the words make no sense, 3 nothing was
// decided, 4 a subject is not deterministic. Two subjects of one name are 2, with a sentence.
int Main(int argc, char** argv, const std::vector<Subject>& subjects);

}  // namespace flinch::lab
