// The smallest run that breaks the same promise.
//
// Intuition: a run is small when there is little to read: first few faults, then few records, few
// processes, then settings that are not the scenario's own, then round numbers. Each pass tries
// runs that are smaller in one of these ways and goes on from what still fails; passes follow one
// another until a whole round of them changes nothing. So a second shrink changes nothing.
//
//   faults     left out in chunks; two alike merged; of what is drawn from the seed, the drawn plan
//              is the start
//   schedule   first in, first out, instead of chance; else, where a tape is allowed, the fewest
//              choices that are not the first in line
//   defects    left out
//   rows       left out in chunks; then as many records one after the other
//   cluster    fewer keys, partitions, subtasks, TaskManagers, slots
//   load       where many rows stay because of how they meet: fewer that go apart from each other,
//              or take longer (task.record-time)
//   steps      of a job of the algebra: left out; smaller numbers
//   settings   back to the scenario's own
//   wording    of each fault: without conditions, smaller counts, rounder times, smaller names
//
// "Still fails" is: the same signature (scenarios/stage/signature.h). A candidate may take twice
// the events of the first run, not more: who shrinks a crash does not wait for a hang.
// Cost: of a candidate, by the rows that it has; the input is made once, and rows are told by
//       ranges.
// Chance: none, and no clock: `stop` alone may end it early, with the best so far. It is asked
//         within runs, too.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/files/scenario_toml.h"
#include "scenarios/stage/run.h"
#include "sim/result.h"

namespace flinch::scenarios {

// How much there is to read of a run.
struct RunSize {
  size_t faults = 0;
  size_t records = 0;
  size_t processes = 0;
  size_t settings = 0;   // that differ from the scenario's own
  uint64_t choices = 0;  // of a tape, that are not the default
  uint64_t events = 0;

  friend bool operator==(const RunSize&, const RunSize&) = default;
};

struct ShrinkStep {
  std::string pass;  // "faults", "rows" …; "" of the run that was given
  RunSize size;
  uint64_t runs = 0;  // so far
};

struct ShrinkOptions {
  std::optional<std::string> input;  // the file whose rows the job reads
  // The scenario as its name or file says, before settings: what settings go back to.
  Scenario base;
  // Whether the smallest run may choose by a tape. One that is given always may.
  bool may_use_tape = false;
  std::function<bool()> stop = [] { return false; };
  std::function<void(const ShrinkStep&)> tell = [](const ShrinkStep&) {};
  // After each run, with how many there were.
  std::function<void(uint64_t)> tried = [](uint64_t) {};
};

struct Shrunk {
  // Its plan is explicit; without faults, the scenario says so (faults.source).
  RunRequest run;
  reports::RunSummary summary;
  std::string signature;
  std::vector<ShrinkStep> steps;  // the run that was given, then each pass that made it smaller
  uint64_t runs = 0;
  uint64_t known = 0;  // candidates that had been tried before
  bool stopped = false;
};

// kInvalidArgument when the run does not fail, or not with the faults that are drawn for it written
// down. kUnavailable when it was stopped before the run that was given was over.
sim::Result<Shrunk> Shrink(RunRequest run, const ShrinkOptions& options);

// The names of the defects that are planted, in the order of the catalogue.
std::vector<std::string> NamesOf(const engine::Defects& defects);

}  // namespace flinch::scenarios
