// Benchmarks of all suites: what is done, never how long it takes.
//
// Shape:  each workload builds its own world, runs it once and says what it did. Who calls it holds
//         the watch: `flinch bench` and tests/bench. The same every time, event by event.
// Units:  a figure is a rate (units of the workload per second) or a cost (nanoseconds per event of
//         the world), by the caller's watch.
// Source: the budgets that the project gave itself; tests/bench/README.md tells them with figures.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace flinch::scenarios {

// What one run of a workload did.
struct Work {
  // What the figure counts: timers, messages, simulated seconds, worlds, records.
  uint64_t units = 0;
  // Timers, messages, worlds or records: what can be set beside the timers of `bare`.
  uint64_t operations = 0;
  // Events that the worlds numbered and hashed. 0: there was no world.
  uint64_t events = 0;

  friend bool operator==(const Work&, const Work&) = default;
};

enum class FigureKind : uint8_t {
  kUnitsPerSecond,  // the more the better
  kNanosPerEvent,   // the less the better
  // The less the better, and only a process of its own shows it: of the workload that `of` names.
  kMebibytes,     // the most memory
  kInstructions,  // the user's, per operation
};

struct BenchWorkload {
  std::string_view name;
  std::string_view what;
  FigureKind kind = FigureKind::kUnitsPerSecond;
  std::string_view unit;
  std::optional<uint64_t> must{};  // of the figure, in its unit
  std::optional<uint64_t> goal{};
  // The workload whose figure this one's may be at most three times; empty: there is none.
  std::string_view at_most_thrice{};
  // The workload whose figure this one must reach but for 15 %; empty: there is none.
  std::string_view within_15_percent{};
  std::string_view of{};
  Work (*run)() = nullptr;
};

constexpr bool IsProbed(FigureKind kind) {
  return kind == FigureKind::kMebibytes || kind == FigureKind::kInstructions;
}

// The baseline of every comparison, always the first.
inline constexpr std::string_view kBareWorkload = "bare";

// Returns the workload of this name, or null.
const BenchWorkload* FindWorkload(std::span<const BenchWorkload> suite, std::string_view name);

}  // namespace flinch::scenarios
