// Every wait of a process under every family of faults of its clock and of the process itself:
// either it ends at another time of the world, or the contract of the fault says that it does not.
// After healing it is as if nothing had ever been.
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

constexpr uint16_t kPort = 7;
constexpr Duration kWait = 20ms;  // of every operation
constexpr SimTime kFault(10ms);
constexpr SimTime kOperation(20ms);
constexpr SimTime kMiddle(25ms);
constexpr SimTime kResume(100ms);
constexpr SimTime kHeal(500ms);
constexpr SimTime kAgain(1s);

struct OperationCase {
  std::string_view name;
  std::function<std::string(Environment&, Listener&, Socket&)> run;
};

template <typename T>
std::string Text(const Result<T>& result) {
  return result ? "done" : std::string(Name(result.error().code));
}

const std::vector<OperationCase>& Operations() {
  static const std::vector<OperationCase> kOperations = {
      {"sleep",
       [](Environment& env, Listener&, Socket&) {
         env.Sleep(kWait);
         return std::string();
       }},
      {"park",
       [](Environment& env, Listener&, Socket&) {
         return std::string(env.Park(Later(env.Now(), kWait)) ? "unparked" : "alone");
       }},
      {"receive", [](Environment& env, Listener&,
                     Socket& socket) { return Text(socket.Receive(Later(env.Now(), kWait))); }},
      {"accept", [](Environment& env, Listener& listener,
                    Socket&) { return Text(listener.Accept(Later(env.Now(), kWait))); }},
      {"connect",
       [](Environment& env, Listener&, Socket&) {
         return Text(env.network().Connect(*env.network().Resolve("nowhere", kPort), kWait));
       }},
      {"disk",
       [](Environment& env, Listener&, Socket&) { return Text(env.disk().Size("/nothing")); }},
      {"wall clock",
       [](Environment& env, Listener&, Socket&) {
         return std::to_string(env.WallNow().time_since_epoch().count());
       }},
  };
  return kOperations;
}

struct Stage {
  World& world;
  HostId host;
  ProcessId process;
};

struct Family {
  std::string_view name;
  SimTime when;
  std::function<void(const Stage&)> act;
  std::vector<std::string_view> spared;  // by its contract
  SimTime ends = kHeal;
};

Family OfClock(std::string_view name, const ClockCondition& condition,
               std::vector<std::string_view> spared) {
  return {.name = name,
          .when = kFault,
          .act = [condition](const Stage& stage) { stage.world.SetClock(stage.host, condition); },
          .spared = std::move(spared)};
}

Family OfPause(std::string_view name, PausedTimers timers) {
  return {.name = name,
          .when = kMiddle,
          .act = [timers](const Stage& stage) { stage.world.Pause(stage.process, timers); },
          .spared = {"wall clock"},  // it has been read by then
          .ends = kResume};
}

std::vector<Family> Families() {
  return {
      OfClock("fast", {.drift_ppm = 400'000, .wall_offset = std::nullopt}, {"disk"}),
      OfClock("slow", {.drift_ppm = -400'000, .wall_offset = std::nullopt}, {"disk"}),
      OfClock("frozen", {.frozen = true, .wall_offset = std::nullopt}, {"disk"}),
      OfClock("jump forward", {.wall_offset = 1h},
              {"sleep", "park", "receive", "accept", "connect", "disk"}),
      OfClock("jump back", {.wall_offset = -1h},
              {"sleep", "park", "receive", "accept", "connect", "disk"}),
      OfPause("paused, timers running", PausedTimers::kRunning),
      OfPause("paused, timers frozen", PausedTimers::kFrozen),
  };
}

// Runs the operation when it is told to by a host that nothing ails.
Program Operator(const OperationCase& operation, World& world, std::vector<std::string>& seen) {
  return [&operation, &world, &seen](Environment& env) {
    const auto orders = *env.network().Bind(kPort);
    const auto silent = *env.network().Bind(kPort + 1);
    const auto listener = *env.network().Listen(kPort);
    for (int round = 0; round < 2; ++round) {
      ASSERT_TRUE(orders->Receive());
      const std::string answer = operation.run(env, *listener, *silent);
      seen.push_back(answer + " at " + Show(world.Now()));
    }
  };
}

// What was seen of the operation while the fault held, and when all was whole again.
std::vector<std::string> Observe(const OperationCase& operation, const Family& family) {
  std::vector<std::string> seen;
  World world({.seed = 5,
               .link = {.latency_min = 1ms, .latency_max = 1ms},
               .disk = {.latency_min = kWait, .latency_max = kWait}});
  const HostId host = world.AddHost("a");
  const HostId nowhere = world.AddHost("nowhere");
  const ProcessId process = world.AddProcess(host, "a", Operator(operation, world, seen));
  world.AddProcess(world.AddHost("b"), "b", [](Environment& env) {
    const auto socket = *env.network().Bind(0);
    for (const SimTime time : {kOperation, kAgain}) {
      env.Sleep(time - 1ms - env.Now());
      socket->Send(*env.network().Resolve("a", kPort), "now");
    }
  });
  world.SetLink(host, nowhere, {.cut = true});
  const Stage stage{world, host, process};
  world.At(family.when, [&] { family.act(stage); });
  world.At(family.ends, [&] {
    world.SetClock(host, {});
    world.Resume(process);
  });
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle) << family.name;
  EXPECT_EQ(seen.size(), 2U) << operation.name << " with " << family.name;
  return seen;
}

TEST(InterventionsPropertyTest, EveryWaitShowsEveryFaultThatActsOnItAndNoneAfterHealing) {
  const Family nothing{.name = "nothing", .when = kFault, .act = [](const Stage&) {}, .spared = {}};
  for (const OperationCase& operation : Operations()) {
    const std::vector<std::string> whole = Observe(operation, nothing);
    for (const Family& family : Families()) {
      const std::vector<std::string> seen = Observe(operation, family);
      const bool spared = std::ranges::find(family.spared, operation.name) != family.spared.end();
      EXPECT_EQ(seen[0] == whole[0], spared)
          << family.name << " on " << operation.name << ": " << seen[0];
      EXPECT_EQ(seen[1], whole[1]) << family.name << " on " << operation.name << ", healed";
    }
  }
}

}  // namespace
}  // namespace flinch::sim
