// The command `bench`: a watch, which is why it stands here and nowhere below.
//
// It shows the processor time of the one thread that works, and workloads take turns, so that a
// busy neighbour, who still takes cache away, disturbs all of them alike; a figure is the median
// over the rounds. Nothing of what is measured reaches a world.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "scenarios/bench/bench_workload.h"
#include "scenarios/cli/command_line.h"
#include "sim/result.h"

namespace flinch::scenarios {

struct Figure {
  BenchWorkload workload;
  double value = 0;               // in the workload's unit
  std::optional<double> of_bare;  // its operations per second, as a share of bare's timers
  std::optional<double> must;
  std::optional<double> goal;
  std::string why_not{};  // it was not measured

  // Whether the must is reached; nothing where there is none.
  std::optional<bool> reached() const;
};

using Watch = std::function<std::chrono::nanoseconds()>;
// Tells what a process of its own shows of a workload (bench_probe.h).
using Prober = std::function<sim::Result<double>(const BenchWorkload&)>;

// `runs` is positive.
std::vector<Figure> Measure(std::span<const BenchWorkload> workloads, uint32_t runs,
                            const Watch& watch, const Prober& probe);

std::string ShowTable(std::span<const Figure> figures);

// One array of {name, value, unit, must, goal, reached}; null where there is none, and `why_not`
// instead of a value that was not measured.
std::string ShowJson(std::span<const Figure> figures);

// kExitViolation only with `strict`, when a must is missed.
int BenchCommand(const BenchArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace flinch::scenarios
