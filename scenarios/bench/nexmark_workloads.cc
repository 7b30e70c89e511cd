#include "scenarios/bench/nexmark_workloads.h"

#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/bench/kernel_workloads.h"
#include "scenarios/files/registry.h"
#include "scenarios/stage/run.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

constexpr auto kQueries =
    std::to_array<std::string_view>({"q0", "q1", "q2", "q3", "q4", "q5", "q7", "q8", "q9", "q11",
                                     "q15", "q16", "q17", "q18", "q19", "q20", "q22"});

// The story's script with its tables, as long as it is wanted, and one of its queries.
std::string ScriptOf(std::string script, std::string_view query) {
  constexpr std::string_view kInsert = "INSERT INTO ";
  constexpr std::string_view kFew = "'1500'";
  const size_t queries = script.find(kInsert);
  const size_t begin = script.find(fmt::format("{}{}\n", kInsert, query));
  const size_t in_line = script.find(fmt::format("{}{} ", kInsert, query));
  const size_t from = std::min(begin, in_line);
  sim::Check(from != std::string::npos, "the story nexmark has no query {}", query);
  std::string only =
      script.substr(0, queries) + script.substr(from, script.find(";\n", from) + 2 - from);
  for (size_t at = only.find(kFew); at != std::string::npos; at = only.find(kFew)) {
    only.replace(at, kFew.size(), "'10000'");
  }
  return only;
}

Work RunQuery(std::string_view query) {
  Scenario scenario = *FindLibraryScenario("nexmark");
  scenario.job.sql = ScriptOf(std::move(scenario.job.sql), query);
  scenario.faults = {};
  scenario.workload.rows_per_second = 100'000;
  const RunResult result = Run(scenario, 7);
  sim::Check(result.summary.verdict == reports::Verdict::kPassed, "{} did not pass: {}", query,
             result.summary.reason);
  return {.units = result.summary.records_in,
          .operations = result.summary.records_in,
          .events = result.summary.events};
}

template <size_t kIndex>
Work RunAt() {
  return RunQuery(kQueries[kIndex]);
}

template <size_t... kIndices>
std::array<BenchWorkload, sizeof...(kIndices) + 1> MakeWorkloads(
    std::index_sequence<kIndices...> /*all*/) {
  return {BenchWorkload{.name = kBareWorkload,
                        .what = "a heap of 1,000 timers, 1,000,000 pops",
                        .unit = "timers/s",
                        .run = [] { return RunBare(1'000'000); }},
          BenchWorkload{.name = kQueries[kIndices],
                        .what = "rows drawn, run and judged",
                        .unit = "events/s",
                        .run = RunAt<kIndices>}...};
}

}  // namespace

std::span<const BenchWorkload> NexmarkWorkloads() {
  static const auto kWorkloads = MakeWorkloads(std::make_index_sequence<kQueries.size()>());
  return kWorkloads;
}

}  // namespace flinch::scenarios
