// A small algebra of operators: jobs as lists of words, made up by people or drawn at random.
//
//   job.name = "algebra"
//   job.steps = ["map 3", "window_sum", "key 4", "count"]
//
// A record is a key and a number; at first the row's key, and a number made of its timestamp and
// its value. A step is a word and, of some, a number N:
//   map N        the number becomes (number * N + 1) mod 1,000,003
//   filter N     drops records whose number is a multiple of N (2 to 1000)
//   flat_map N   each record N times (2 to 4): number, number + 1, …
//   key N        the key becomes "k" and number mod N (1 to 1000)
//   rebalance    the next operator's subtasks get records in turn
//   count        keyed: the number becomes how many records of the key have come so far
//   distinct     keyed: of equal records only the first; the key becomes "key/number"
//   window_count, window_sum, window_max   keyed: one record per key and window of job.window
//
// Laws: the result depends on the rows alone, neither on parallelism, timing and faults nor on what
//       partition a row stood in. So a window needs timestamps that are determined, which those
//       behind `count` and `distinct` are not; and as order is judged per key, nothing behind the
//       last keyed step (of which there is at least one) may merge keys or shuffle.
// Reference: plain loops over the rows, operator by operator.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/stream_graph.h"
#include "scenarios/input/workload.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/model/expected.h"
#include "scenarios/model/scenario.h"
#include "sim/result.h"

namespace flinch::scenarios {

enum class StepKind : uint8_t {
  kMap,
  kFilter,
  kFlatMap,
  kKey,
  kRebalance,
  kCount,
  kDistinct,
  kWindowCount,
  kWindowSum,
  kWindowMax,
};

struct StepInfo {
  StepKind kind;
  std::string_view word;
  int64_t min = 0;  // of N; both 0: it takes none
  int64_t max = 0;
};

// In the order of StepKind.
std::span<const StepInfo> AlgebraSteps();

struct Step {
  StepKind kind = StepKind::kCount;
  int64_t n = 0;

  friend bool operator==(const Step&, const Step&) = default;
};

inline constexpr size_t kStepsMax = 12;

// "map 3".
std::string Show(const Step& step);
sim::Result<Step> ParseStep(std::string_view text);

// The steps obey the laws, and are one to kStepsMax.
sim::Result<std::vector<Step>> ParseSteps(std::span<const std::string> texts);

// For the registry of jobs. The scenario's steps are valid.
engine::StreamGraph BuildAlgebra(const Scenario& scenario, const Workload& workload);
std::vector<ExpectedRecord> ReferenceAlgebra(const Scenario& scenario, const Workload& workload);
// Of the first keyed step: what stands before it keeps nothing. The state of those behind it is
// what it emitted, which, behind a window, depends on the watermark.
CountedState StateOfAlgebra(const Scenario& scenario);
std::string ShowAlgebraJson(std::string_view key, std::string_view value);
std::string ShowAlgebra(std::string_view value);

}  // namespace flinch::scenarios
