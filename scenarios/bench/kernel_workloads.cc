#include "scenarios/bench/kernel_workloads.h"

#include <algorithm>
#include <array>
#include <functional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "sim/check.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using sim::Bytes;
using sim::Environment;
using sim::World;

constexpr sim::LinkOptions kSlowLink{.latency_min = 1ms, .latency_max = 10ms};

constexpr auto kWorkloads = std::to_array<BenchWorkload>({
    {.name = kBareWorkload,
     .what = "a heap of 1,000 timers, 1,000,000 pops",
     .unit = "timers/s",
     .run = [] { return RunBare(1'000'000); }},
    {.name = "M1",
     .what = "1,000 fibers sleep 1,000 times",
     .unit = "timers/s",
     .must = 4'000'000,
     .goal = 8'000'000,
     .run = [] { return RunTimers(1'000, 1'000); }},
    {.name = "M2",
     .what = "1,000,000 one-way messages to and fro",
     .unit = "messages/s",
     .must = 8'000'000,
     .goal = 20'000'000,
     .run = [] { return RunMessages(1'000'000); }},
    {.name = "M3(100)",
     .what = "100 hosts gossip every 10 ms",
     .unit = "simulated s/s",
     .must = 300,
     .goal = 600,
     .run = [] { return RunGossip(100, 10); }},
    {.name = "M3(500)",
     .what = "500 hosts gossip every 10 ms",
     .unit = "simulated s/s",
     .must = 30,
     .goal = 60,
     .run = [] { return RunGossip(500, 1); }},
    {.name = "M4",
     .what = "10 processes, a heartbeat per second",
     .unit = "simulated s/s",
     .must = 500'000,
     .goal = 1'000'000,
     .run = [] { return RunHeartbeats(10'000); }},
    {.name = "M5",
     .what = "empty worlds of five processes",
     .unit = "worlds/s",
     .must = 500'000,
     .goal = 1'000'000,
     .run = [] { return RunWorlds(10'000); }},
    {.name = "hosts/5",
     .what = "cost per event, 5 hosts gossip",
     .kind = FigureKind::kNanosPerEvent,
     .unit = "ns/event",
     .run = [] { return RunGossip(5, 200); }},
    {.name = "hosts/50",
     .what = "the same, 50 hosts",
     .kind = FigureKind::kNanosPerEvent,
     .unit = "ns/event",
     .at_most_thrice = "hosts/5",
     .run = [] { return RunGossip(50, 20); }},
    {.name = "hosts/500",
     .what = "the same, 500 hosts",
     .kind = FigureKind::kNanosPerEvent,
     .unit = "ns/event",
     .at_most_thrice = "hosts/5",
     .run = [] { return RunGossip(500, 2); }},
});

sim::SimTime After(uint64_t seconds) {
  return sim::kEpoch + std::chrono::seconds(static_cast<int64_t>(seconds));
}

}  // namespace

std::span<const BenchWorkload> KernelWorkloads() { return kWorkloads; }

Work RunBare(uint64_t timers) {
  constexpr int64_t kMin = 1'000'000;
  constexpr int64_t kMax = 10'000'000;
  sim::Random random(7);
  using Timer = std::pair<int64_t, int>;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> heap;
  for (int i = 0; i < 1'000; ++i) {
    heap.emplace(random.Between(kMin, kMax), i);
  }
  for (uint64_t i = 0; i < timers; ++i) {
    const auto [time, fiber] = heap.top();
    heap.pop();
    heap.emplace(time + random.Between(kMin, kMax), fiber);
  }
  sim::Check(heap.top().first >= kMin, "the heap has lost its order");  // the loop has a use
  return {.units = timers, .operations = timers};
}

Work RunTimers(uint64_t fibers, uint64_t sleeps) {
  World world({.seed = 7});
  world.AddProcess(world.AddHost("a"), "a", [fibers, sleeps](Environment& env) {
    for (uint64_t i = 0; i < fibers; ++i) {
      env.Spawn("sleeper", [&env, i, sleeps] {
        sim::Random random = env.RandomStream("sleeper").Split("", i);
        for (uint64_t k = 0; k < sleeps; ++k) {
          env.Sleep(random.Between(sim::Duration(1ms), sim::Duration(10ms)));
        }
      });
    }
  });
  world.Run([] { return false; });
  return {.units = fibers * sleeps, .operations = fibers * sleeps, .events = world.events()};
}

Work RunMessages(uint64_t messages) {
  World world({.seed = 7, .link = kSlowLink});
  uint64_t count = 0;
  const auto bounce = [&count, messages](Environment& env) {
    const auto socket = *env.network().Bind(1);
    if (env.host_name() == "a") {
      socket->Send(*env.network().Resolve("b", 1), Bytes(32, 'x'));
    }
    while (count < messages) {
      sim::Result<sim::Message> message = socket->Receive();
      ++count;
      socket->Send(message->from, std::move(message->payload));
    }
  };
  for (const std::string name : {"a", "b"}) {
    world.AddProcess(world.AddHost(name), name, bounce);
  }
  world.Run([&] { return count >= messages; });
  return {.units = count, .operations = count, .events = world.events()};
}

Work RunGossip(uint64_t hosts, uint64_t seconds) {
  World world({.seed = 7, .link = kSlowLink});
  uint64_t sent = 0;
  for (uint64_t i = 0; i < hosts; ++i) {
    const std::string name = "n" + std::to_string(i);
    world.AddProcess(world.AddHost(name), name, [hosts, &sent](Environment& env) {
      const auto socket = *env.network().Bind(1);
      env.Spawn("receiver", [raw = socket.get()] {
        while (raw->Receive()) {
        }
      });
      sim::Random random = env.RandomStream("peer");
      for (;;) {
        const sim::HostId peer(static_cast<uint32_t>(random.Below(hosts)));
        socket->Send({peer, 1}, Bytes(32, 'x'));
        ++sent;
        env.Sleep(10ms);
      }
    });
  }
  world.Run([&] { return world.Now() >= After(seconds); });
  return {.units = seconds, .operations = sent, .events = world.events()};
}

Work RunHeartbeats(uint64_t seconds) {
  World world({.seed = 7});
  uint64_t sent = 0;
  for (int i = 0; i < 10; ++i) {
    const std::string name = "n" + std::to_string(i);
    world.AddProcess(world.AddHost(name), name, [&sent](Environment& env) {
      const auto socket = *env.network().Bind(1);
      for (;;) {
        socket->Send({sim::HostId(0), 2}, Bytes(8, 'x'));
        ++sent;
        env.Sleep(1s);
      }
    });
  }
  world.Run([&] { return world.Now() >= After(seconds); });
  return {.units = seconds, .operations = sent, .events = world.events()};
}

Work RunWorlds(uint64_t worlds) {
  Work work{.units = worlds, .operations = worlds};
  for (uint64_t i = 0; i < worlds; ++i) {
    World world({.seed = 7});
    for (const std::string name : {"a", "b", "c", "d", "e"}) {
      world.AddProcess(world.AddHost(name), name, [](Environment&) {});
    }
    world.Run([] { return false; });
    work.events += world.events();
  }
  return work;
}

}  // namespace flinch::scenarios
