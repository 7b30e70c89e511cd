// The kernel's benchmarks: what is done, never how long it takes.
//
// Shape:  each workload builds its own world, runs it once and says what it did. Who calls it holds
//         the watch: `flinch bench kernel` and tests/bench. The same every time, event by event.
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
  // What the figure counts: timers, messages, simulated seconds, worlds.
  uint64_t units = 0;
  // Timers, messages or worlds: what can be set beside the timers of `bare`.
  uint64_t operations = 0;
  // Events that the worlds numbered and hashed. 0: there was no world.
  uint64_t events = 0;

  friend bool operator==(const Work&, const Work&) = default;
};

enum class FigureKind : uint8_t {
  kUnitsPerSecond,  // the more the better
  kNanosPerEvent,   // the less the better
};

struct KernelWorkload {
  std::string_view name;
  std::string_view what;
  FigureKind kind = FigureKind::kUnitsPerSecond;
  std::string_view unit;
  std::optional<uint64_t> must{};  // of the figure, in its unit
  std::optional<uint64_t> goal{};
  // The workload whose figure this one's may be at most three times; empty: there is none.
  std::string_view at_most_thrice{};
  Work (*run)() = nullptr;
};

// The baseline of every comparison, always the first.
inline constexpr std::string_view kBareWorkload = "bare";

std::span<const KernelWorkload> KernelWorkloads();

const KernelWorkload* FindKernelWorkload(std::string_view name);

// The least any simulator does: a heap of 1,000 timers, popped and pushed.
Work RunBare(uint64_t timers);

// Fibers of one process, each sleeping 1-10 ms again and again.
Work RunTimers(uint64_t fibers, uint64_t sleeps);

// Two processes, one message of 32 bytes on its way between them, latency 1-10 ms.
Work RunMessages(uint64_t messages);

// Hosts with one process each, which sends 32 bytes to a random other every 10 ms.
Work RunGossip(uint64_t hosts, uint64_t seconds);

// 10 processes, one heartbeat per second each.
Work RunHeartbeats(uint64_t seconds);

// Worlds of five processes that do nothing: built, run and dropped.
Work RunWorlds(uint64_t worlds);

}  // namespace flinch::scenarios
