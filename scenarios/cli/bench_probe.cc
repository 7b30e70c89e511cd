#include "scenarios/cli/bench_probe.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <vector>

#include <fmt/format.h>

#include "scenarios/cli/fresh_process.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

constexpr auto kValgrinds =
    std::to_array<std::string_view>({"/usr/bin/valgrind", "/usr/local/bin/valgrind"});

sim::Result<Ended> RunOf(const std::vector<std::string>& words) {
  sim::Result<FreshProcess> process = FreshProcess::Start(words, PlainSurroundings());
  if (!process) {
    return sim::Fail(process);
  }
  Ended ended = process->Await();
  if (ended.exit_code != 0) {
    return sim::Fail(sim::ErrorCode::kIo,
                     fmt::format("{} ended with {}", words.front(), ended.exit_code));
  }
  return ended;
}

// The number behind the last `before` in the text.
sim::Result<uint64_t> NumberBehind(std::string_view text, std::string_view before) {
  const size_t at = text.rfind(before);
  uint64_t number = 0;
  if (at != std::string_view::npos) {
    const char* const begin = text.data() + at + before.size();
    if (std::from_chars(begin, text.data() + text.size(), number).ec == std::errc()) {
      return number;
    }
  }
  return sim::Fail(sim::ErrorCode::kIo, fmt::format("\"{}\" was not printed", before));
}

std::vector<std::string> OnceOf(std::string_view suite, std::string_view workload) {
  return {OwnProgram(), "bench", std::string(suite), "--once", std::string(workload)};
}

// The most of all children so far: whoever is measured is the largest of them.
sim::Result<double> Mebibytes(std::string_view suite, std::string_view workload) {
  const sim::Result<Ended> ended = RunOf(OnceOf(suite, workload));
  if (!ended) {
    return sim::Fail(ended);
  }
  rusage used{};
  sim::Check(getrusage(RUSAGE_CHILDREN, &used) == 0, "the system tells nothing of its processes");
  return static_cast<double>(used.ru_maxrss) / 1024;
}

sim::Result<uint64_t> Instructions(const std::vector<std::string>& words) {
  const auto* const valgrind = std::ranges::find_if(
      kValgrinds, [](std::string_view path) { return std::filesystem::exists(path); });
  if (valgrind == kValgrinds.end()) {
    return sim::Fail(sim::ErrorCode::kIo, "valgrind is not installed");
  }
  std::vector<std::string> counted = {std::string(*valgrind), "--tool=callgrind",
                                      "--callgrind-out-file=/dev/null"};
  counted.insert(counted.end(), words.begin(), words.end());
  const sim::Result<Ended> ended = RunOf(counted);
  return ended ? NumberBehind(ended->err, "Collected : ") : sim::Fail(ended);
}

// But for those of a program that does nothing.
sim::Result<double> InstructionsPerOperation(std::string_view suite, std::string_view workload) {
  const sim::Result<Ended> ended = RunOf(OnceOf(suite, workload));
  const sim::Result<uint64_t> operations =
      ended ? NumberBehind(ended->out, fmt::format("{}: ", workload)) : sim::Fail(ended);
  const sim::Result<uint64_t> idle = Instructions({OwnProgram(), "--version"});
  const sim::Result<uint64_t> all = Instructions(OnceOf(suite, workload));
  if (!operations || !idle || !all) {
    return !operations ? sim::Fail(operations) : sim::Fail(!idle ? idle : all);
  }
  return static_cast<double>(*all - *idle) / static_cast<double>(*operations);
}

}  // namespace

sim::Result<double> Probe(const BenchWorkload& workload, std::string_view suite) {
  switch (workload.kind) {
    case FigureKind::kMebibytes:
      return Mebibytes(suite, workload.of);
    case FigureKind::kInstructions:
      return InstructionsPerOperation(suite, workload.of);
    case FigureKind::kUnitsPerSecond:
    case FigureKind::kNanosPerEvent:
      break;
  }
  sim::Unreachable("{} is measured with a watch", workload.name);
}

}  // namespace flinch::scenarios
