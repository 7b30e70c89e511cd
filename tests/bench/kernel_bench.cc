// The kernel's workloads (scenarios/bench) and the standard small job under Google Benchmark; what
// they are: tests/bench/README.md.
//
// Each reports its figure as a rate. `bare` is a loop of this very run that does the least that any
// simulator must do: figures of noisy machines are read as ratios to it.
#include <cstdint>
#include <optional>
#include <string>

#include <benchmark/benchmark.h>

#include "scenarios/bench/kernel_workloads.h"
#include "scenarios/files/registry.h"
#include "scenarios/stage/run.h"
#include "sim/check.h"

namespace flinch {
namespace {

void Kernel(benchmark::State& state, const scenarios::BenchWorkload& workload) {
  scenarios::Work total;
  for (auto _ : state) {
    const scenarios::Work work = workload.run();
    total.units += work.units;
    total.events += work.events;
  }
  const auto rate = [](uint64_t count) {
    return benchmark::Counter(static_cast<double>(count), benchmark::Counter::kIsRate);
  };
  state.counters["units"] = rate(total.units);
  state.counters["events"] = rate(total.events);
}

// The standard small job, with the faults and oracles that exist.
void SmallJob(benchmark::State& state) {
  const scenarios::Scenario& scenario = *scenarios::FindLibraryScenario("small_job");
  uint64_t seed = 0;
  for (auto _ : state) {
    const sim::Result<scenarios::Workload> workload =
        scenarios::LoadWorkload(scenario, ++seed, std::nullopt);
    sim::Check(workload.has_value(), "the standard small job has no workload");
    const scenarios::RunResult result =
        scenarios::Run({.scenario = scenario, .workload = *workload, .seed = seed});
    if (result.summary.verdict != reports::Verdict::kPassed) {
      state.SkipWithError("a run did not pass");
    }
  }
  state.counters["seeds"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void RegisterAll() {
  for (const scenarios::BenchWorkload& workload : scenarios::KernelWorkloads()) {
    benchmark::RegisterBenchmark(std::string(workload.name).c_str(), Kernel, workload)
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::RegisterBenchmark("SmallJob", SmallJob)->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace flinch

int main(int argc, char** argv) {
  flinch::RegisterAll();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
