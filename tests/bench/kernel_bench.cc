// The kernel's workloads M1 to M5 and the standard small job; what they are: tests/bench/README.md.
//
// Each reports its figure as a rate, beside `bare`, a loop of this very run that does the least
// that any simulator must do (a heap of timers): figures of noisy machines are read as ratios to
// it.
#include <algorithm>
#include <cstdint>
#include <queue>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "scenarios/registry.h"
#include "scenarios/run.h"
#include "sim/check.h"
#include "sim/world/world.h"

namespace flinch {
namespace {

using namespace std::chrono_literals;
using sim::Bytes;
using sim::Environment;
using sim::World;

constexpr sim::LinkOptions kSlowLink{.latency_min = 1ms, .latency_max = 10ms};

void Bare(benchmark::State& state) {
  constexpr int kTimers = 1'000'000;
  for (auto _ : state) {
    sim::Random random(7);
    std::priority_queue<std::pair<int64_t, int>, std::vector<std::pair<int64_t, int>>,
                        std::greater<>>
        heap;
    for (int i = 0; i < 1'000; ++i) {
      heap.emplace(random.Between(int64_t{1'000'000}, int64_t{10'000'000}), i);
    }
    for (int i = 0; i < kTimers; ++i) {
      const auto [time, fiber] = heap.top();
      heap.pop();
      heap.emplace(time + random.Between(int64_t{1'000'000}, int64_t{10'000'000}), fiber);
    }
    benchmark::DoNotOptimize(heap.top());
  }
  state.counters["timers"] =
      benchmark::Counter(static_cast<double>(kTimers) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

void M1Timers(benchmark::State& state) {
  constexpr int kFibers = 1'000;
  constexpr int kSleeps = 1'000;
  for (auto _ : state) {
    World world({.seed = 7});
    world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
      for (uint64_t i = 0; i < kFibers; ++i) {
        env.Spawn("sleeper", [&env, i] {
          sim::Random random = env.RandomStream("sleeper").Split("", i);
          for (int k = 0; k < kSleeps; ++k) {
            env.Sleep(random.Between(sim::Duration(1ms), sim::Duration(10ms)));
          }
        });
      }
    });
    world.Run([] { return false; });
  }
  state.counters["timers"] = benchmark::Counter(
      static_cast<double>(kFibers * kSleeps) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

void M2Messages(benchmark::State& state) {
  constexpr int kMessages = 1'000'000;
  for (auto _ : state) {
    World world({.seed = 7, .link = kSlowLink});
    int count = 0;
    const auto bounce = [&count](Environment& env) {
      const auto socket = *env.network().Bind(1);
      if (env.host_name() == "a") {
        socket->Send(*env.network().Resolve("b", 1), Bytes(32, 'x'));
      }
      while (count < kMessages) {
        sim::Result<sim::Message> message = socket->Receive();
        ++count;
        socket->Send(message->from, std::move(message->payload));
      }
    };
    for (const std::string name : {"a", "b"}) {
      world.AddProcess(world.AddHost(name), name, bounce);
    }
    world.Run([&count] { return count >= kMessages; });
  }
  state.counters["messages"] =
      benchmark::Counter(static_cast<double>(kMessages) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

// Simulated seconds per real second.
void M3Gossip(benchmark::State& state) {
  const auto processes = static_cast<uint64_t>(state.range(0));
  const sim::SimTime span(processes > 100 ? 1s : 10s);
  for (auto _ : state) {
    World world({.seed = 7, .link = kSlowLink});
    for (uint64_t i = 0; i < processes; ++i) {
      const std::string name = "n" + std::to_string(i);
      world.AddProcess(world.AddHost(name), name, [processes](Environment& env) {
        const auto socket = *env.network().Bind(1);
        env.Spawn("receiver", [raw = socket.get()] {
          while (raw->Receive()) {
          }
        });
        sim::Random random = env.RandomStream("peer");
        for (;;) {
          const sim::HostId peer(static_cast<uint32_t>(random.Below(processes)));
          socket->Send({peer, 1}, Bytes(32, 'x'));
          env.Sleep(10ms);
        }
      });
    }
    world.Run([&] { return world.Now() >= span; });
  }
  state.counters["simulated_s"] =
      benchmark::Counter(std::chrono::duration<double>(span - sim::kEpoch).count() *
                             static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

void M4Heartbeats(benchmark::State& state) {
  constexpr auto kSpan = sim::SimTime(10'000s);
  for (auto _ : state) {
    World world({.seed = 7});
    for (int i = 0; i < 10; ++i) {
      const std::string name = "n" + std::to_string(i);
      world.AddProcess(world.AddHost(name), name, [](Environment& env) {
        const auto socket = *env.network().Bind(1);
        for (;;) {
          socket->Send({sim::HostId(0), 2}, Bytes(8, 'x'));
          env.Sleep(1s);
        }
      });
    }
    world.Run([&] { return world.Now() >= kSpan; });
  }
  state.counters["simulated_s"] = benchmark::Counter(
      10'000.0 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void M5Worlds(benchmark::State& state) {
  for (auto _ : state) {
    World world({.seed = 7});
    for (const std::string name : {"a", "b", "c", "d", "e"}) {
      world.AddProcess(world.AddHost(name), name, [](Environment&) {});
    }
    world.Run([] { return false; });
  }
  state.counters["worlds"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
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

BENCHMARK(Bare)->Unit(benchmark::kMillisecond);
BENCHMARK(M1Timers)->Unit(benchmark::kMillisecond);
BENCHMARK(M2Messages)->Unit(benchmark::kMillisecond);
BENCHMARK(M3Gossip)->Arg(100)->Arg(500)->Unit(benchmark::kMillisecond);
BENCHMARK(M4Heartbeats)->Unit(benchmark::kMillisecond);
BENCHMARK(M5Worlds);
BENCHMARK(SmallJob)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace flinch

BENCHMARK_MAIN();
