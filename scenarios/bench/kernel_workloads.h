// The kernel's benchmarks: timers, messages, hosts, worlds.
#pragma once

#include <cstdint>
#include <span>

#include "scenarios/bench/bench_workload.h"

namespace flinch::scenarios {

std::span<const BenchWorkload> KernelWorkloads();

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
