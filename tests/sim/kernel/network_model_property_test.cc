// Every operation of the network under every family of faults: either the observer of the operation
// sees something, or the contract of the fault says that it does not act there. After healing it is
// as if nothing had ever been.
#include "sim/kernel/network_model.h"

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
const Bytes kFrameBytes(1'000, 'x');
constexpr SimTime kFault(10ms);
constexpr SimTime kOperation(20ms);
constexpr SimTime kHeal(500ms);
constexpr SimTime kAgain(1s);

enum class Operation : uint8_t { kMessage, kConnect, kFrame, kClose };

constexpr auto kOperations =
    std::to_array<std::pair<Operation, std::string_view>>({{Operation::kMessage, "message"},
                                                           {Operation::kConnect, "connect"},
                                                           {Operation::kFrame, "frame"},
                                                           {Operation::kClose, "close"}});

// What each operation's observer sees, in words with times.
using Observations = std::map<Operation, std::string>;

// Under the fault, and again when all is whole.
struct Seen {
  Observations faulty;
  Observations healed;

  Observations& At(SimTime now) { return now < kAgain ? faulty : healed; }
};

struct Stage {
  World* world = nullptr;
  HostId a;
  HostId b;
  ProcessId left;
  ProcessId right;
};

struct Family {
  std::string_view name;
  std::function<void(const Stage&)> act;
  std::vector<Operation> spared;  // by its contract
  bool heals = true;              // false: an act that the healing of links does not undo
};

Family OfLink(std::string_view name, const LinkCondition& condition,
              std::vector<Operation> spared = {}) {
  return {
      .name = name,
      .act = [condition](const Stage& stage) { stage.world->SetLink(stage.a, stage.b, condition); },
      .spared = std::move(spared)};
}

std::vector<Family> Families() {
  using enum Operation;
  return {
      OfLink("cut", {.cut = true}),
      OfLink("certain loss", {.loss = {1, 1}}),
      OfLink("delay", {.delay = 3ms}),
      OfLink("duplication", {.duplicate = {1, 1}}, {kConnect, kFrame, kClose}),
      OfLink("reordering", {.reorder = {1, 1}}),
      OfLink("detected corruption", {.corrupt = {1, 1}}),
      OfLink("undetected corruption", {.corrupt = {1, 1}, .corruption = Corruption::kUndetected},
             {kConnect, kClose}),
      OfLink("stall", {.stall = {1, 1}}, {kMessage}),
      OfLink("latency", {.latency = UniformLatency{.min = 7ms, .max = 7ms}}),
      OfLink("bandwidth", {.bytes_per_second = 10'000}),
      OfLink("slow reader", {.read_bytes_per_second = 10'000}, {kMessage, kConnect, kClose}),
      OfLink("clog", {.clog = true}),
      {.name = "partition",
       .act =
           [](const Stage& stage) {
             stage.world->Partition(std::array{stage.a}, std::array{stage.b});
           }},
      {.name = "host",
       .act =
           [](const Stage& stage) {
             stage.world->SetHost(stage.b, Direction::kTo, {.delay = 1ms});
           }},
      {.name = "reset",
       .act = [](const Stage& stage) { stage.world->ResetConnections(stage.a, stage.b); },
       .spared = {kMessage, kConnect},
       .heals = false},
      {.name = "one-sided reset",
       .act =
           [](const Stage& stage) {
             stage.world->ResetConnections(stage.a, stage.b, ResetEnds::kFirst);
           },
       .spared = {kMessage, kConnect},
       .heals = false},
      {.name = "crash",
       .act = [](const Stage& stage) { stage.world->Crash(stage.right); },
       .heals = false},
      {.name = "power loss",
       .act = [](const Stage& stage) { stage.world->Crash(stage.right, CrashStyle::kSilent); },
       .heals = false},
  };
}

Program Left(Seen& all) {
  return [&all](Environment& env) {
    const auto peer = *env.network().Resolve("b", kPort);
    const auto socket = *env.network().Bind(kPort);
    auto frames = *env.network().Connect(peer, 1s);
    std::vector<std::unique_ptr<Connection>> closing;
    for (int round = 0; round < 2; ++round) {
      closing.push_back(*env.network().Connect(peer, 1s));
      ASSERT_TRUE(closing.back()->Send("close"));
    }
    for (const SimTime start : {kOperation, kAgain}) {
      env.Sleep(start - env.Now());
      ASSERT_FALSE(env.Now() > start);
      Observations& seen = all.At(start);
      socket->Send(peer, "message");
      for (int i = 0; i < 3; ++i) {
        const bool sent = frames->Send(kFrameBytes).has_value();
        seen[Operation::kFrame] += sent ? "" : "broken ";
      }
      closing[start == kOperation ? 0 : 1]->Close();
      const auto connection = env.network().Connect(peer, 400ms);
      seen[Operation::kConnect] += connection ? "made" : connection.error().message;
      seen[Operation::kConnect] += " " + Show(env.Now());
    }
    env.Sleep(10s);
  };
}

Program Right(Seen& all) {
  return [&all](Environment& env) {
    env.Spawn("messages", [&all, &env] {
      const auto socket = *env.network().Bind(kPort);
      while (const Result<Message> message = socket->Receive()) {
        all.At(env.Now())[Operation::kMessage] += message->payload + " " + Show(env.Now()) + " ";
      }
    });
    const auto listener = *env.network().Listen(kPort);
    std::vector<std::unique_ptr<Connection>> connections;
    for (;;) {
      connections.push_back(*listener->Accept());
      env.Spawn("reader", [&all, &env, connection = connections.back().get()] {
        bool closes = false;
        while (const Result<Bytes> frame = connection->Receive()) {
          closes = *frame == "close";
          if (!closes) {
            all.At(env.Now())[Operation::kFrame] += std::to_string(frame->size()) +
                                                    (*frame == kFrameBytes ? " " : " changed ") +
                                                    Show(env.Now()) + " ";
          }
        }
        if (closes) {
          all.At(env.Now())[Operation::kClose] += "closed " + Show(env.Now());
        }
      });
    }
  };
}

// Every operation runs once at 20 ms, under the fault, and once at 1 s, after healing.
Seen Observe(const std::function<void(const Stage&)>& act, Recording* recording = nullptr) {
  Seen seen;
  World world(
      {.seed = 5, .keep = Keep::kEverything, .link = {.latency_min = 1ms, .latency_max = 1ms}});
  Stage stage{.world = &world, .a = world.AddHost("a"), .b = world.AddHost("b")};
  stage.right = world.AddProcess(stage.b, "right", Right(seen));
  stage.left = world.AddProcess(stage.a, "left", Left(seen));
  world.At(kFault, [&] { act(stage); });
  world.At(kHeal, [&] { world.Heal(); });
  bool over = false;
  world.At(SimTime(2s), [&] { over = true; });
  const Outcome outcome = world.Run([&] { return over; });
  EXPECT_EQ(outcome.ending, Ending::kGoal);
  if (recording != nullptr) {
    *recording = world.recording();
  }
  return seen;
}

TEST(NetworkModelPropertyTest, EveryOperationShowsEveryFaultThatActsOnIt) {
  Observations whole = Observe([](const Stage&) {}).faulty;
  EXPECT_EQ(whole[Operation::kMessage], "message 0.021s ");
  EXPECT_EQ(whole[Operation::kConnect], "made 0.022s");
  EXPECT_EQ(whole[Operation::kFrame], "1000 0.021s 1000 0.021s 1000 0.021s ");
  EXPECT_EQ(whole[Operation::kClose], "closed 0.021s");
  for (const Family& family : Families()) {
    Observations seen = Observe(family.act).faulty;
    for (const auto& [operation, name] : kOperations) {
      const bool spared = std::ranges::find(family.spared, operation) != family.spared.end();
      EXPECT_EQ(seen[operation] == whole[operation], spared)
          << family.name << " on " << name << ": " << seen[operation];
    }
  }
}

TEST(NetworkModelPropertyTest, AfterHealingNoFaultFires) {
  constexpr std::string_view kTroubles[] = {
      "sim.lose",    "sim.drop", "sim.duplicate",  "sim.reorder",    "sim.corrupt",
      "sim.discard", "sim.hold", "sim.retransmit", "sim.unanswered", "sim.reset"};
  Observations whole = Observe([](const Stage&) {}).healed;
  EXPECT_EQ(whole[Operation::kMessage], "message 1.001s ");
  EXPECT_EQ(whole[Operation::kClose], "closed 1.001s");
  for (const Family& family : Families()) {
    if (!family.heals) {
      continue;
    }
    Recording recording;
    EXPECT_EQ(Observe(family.act, &recording).healed, whole) << family.name;
    for (const RecordedEvent& event : recording.events) {
      const bool is_trouble = std::ranges::find(kTroubles, event.kind) != std::end(kTroubles);
      EXPECT_FALSE(is_trouble && event.time > kHeal) << family.name << ": " << Show(event);
    }
  }
}

}  // namespace
}  // namespace flinch::sim
