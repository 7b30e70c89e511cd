#include "sim/kernel/network_model.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/world/world.h"
#include "tests/support/chi_square.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

constexpr uint16_t kPort = 7;

// Two hosts, a and b. `left` runs on a, `right` on b.
class NetworkModelTest : public testing::Test {
 protected:
  void Boot(Program left, Program right, uint64_t seed = 1) {
    world_.emplace(WorldOptions{.seed = seed});
    a_ = world_->AddHost("a");
    b_ = world_->AddHost("b");
    left_ = world_->AddProcess(a_, "left", std::move(left));
    right_ = world_->AddProcess(b_, "right", std::move(right));
  }

  Outcome RunFor(Duration span) {
    const SimTime end = Later(world_->Now(), span);
    bool over = false;
    world_->At(end, [&] { over = true; });
    return world_->Run([&] { return over; });
  }

  static Address Peer(Environment& env, std::string_view host) {
    return *env.network().Resolve(host, kPort);
  }

  std::optional<World> world_;
  HostId a_;
  HostId b_;
  ProcessId left_;
  ProcessId right_;
  std::vector<std::string> received_;
};

TEST_F(NetworkModelTest, OneWayMessagesArriveWithinTheLatencyAndMayOvertakeEachOther) {
  std::vector<Duration> latencies;
  Boot(
      [&](Environment& env) {
        const auto socket = *env.network().Bind(0);
        for (int i = 0; i < 100; ++i) {
          socket->Send(Peer(env, "b"), std::to_string(i));
        }
      },
      [&](Environment& env) {
        const auto socket = *env.network().Bind(kPort);
        while (const Result<Message> message = socket->Receive(SimTime(1s))) {
          received_.push_back(message->payload);
          latencies.push_back(env.Now() - kEpoch);
        }
      });
  RunFor(2s);
  ASSERT_EQ(received_.size(), 100U);
  EXPECT_NE(received_.front(), "0");  // with this seed
  EXPECT_EQ(std::set<std::string>(received_.begin(), received_.end()).size(), 100U);
  const LinkOptions options;
  EXPECT_GE(*std::ranges::min_element(latencies), options.latency_min);
  EXPECT_LE(*std::ranges::max_element(latencies), options.latency_max);
}

TEST_F(NetworkModelTest, ALossyLinkLosesItsShareOfMessagesAndAWholeOneNone) {
  int count = 0;
  Boot(
      [&](Environment& env) {
        const auto socket = *env.network().Bind(0);
        for (int i = 0; i < 2'000; ++i) {
          socket->Send(Peer(env, "b"), "x");
          env.Sleep(1ms);
        }
      },
      [&](Environment& env) {
        const auto socket = *env.network().Bind(kPort);
        while (socket->Receive()) {
          ++count;
        }
      });
  world_->SetLink(a_, b_, {.loss = Percent(50)});
  RunFor(1s);
  EXPECT_NEAR(count, 500, 60);
  world_->SetLink(a_, b_, {});
  count = 0;
  RunFor(500ms);
  EXPECT_NEAR(count, 500, 2);
}

TEST_F(NetworkModelTest, ACutIsOneWay) {
  int to_right = 0;
  int to_left = 0;
  Boot(
      [&](Environment& env) {
        const auto socket = *env.network().Bind(kPort);
        env.Spawn("sender", [&] {
          for (int i = 0; i < 10; ++i) {
            socket->Send(Peer(env, "b"), "x");
            env.Sleep(1ms);
          }
        });
        while (socket->Receive(SimTime(1s))) {
          ++to_left;
        }
      },
      [&](Environment& env) {
        const auto socket = *env.network().Bind(kPort);
        env.Spawn("sender", [&] {
          for (int i = 0; i < 10; ++i) {
            socket->Send(Peer(env, "a"), "x");
            env.Sleep(1ms);
          }
        });
        while (socket->Receive(SimTime(1s))) {
          ++to_right;
        }
      });
  world_->SetLink(a_, b_, {.cut = true});
  RunFor(2s);
  EXPECT_EQ(to_right, 0);
  EXPECT_EQ(to_left, 10);
}

// Sends numbered frames over one connection until it breaks.
Program Sender(std::vector<std::string>& log, int frames, Duration pause) {
  return [&log, frames, pause](Environment& env) {
    env.Sleep(1ms);
    auto connection = env.network().Connect(*env.network().Resolve("b", kPort), 1s);
    if (!connection) {
      log.push_back("no connection: " + connection.error().message);
      return;
    }
    for (int i = 0; i < frames; ++i) {
      if (!(*connection)->Send(std::to_string(i))) {
        log.push_back("broken at " + std::to_string(i));
        return;
      }
      env.Sleep(pause);
    }
    log.push_back("sent all");
  };
}

Program Receiver(std::vector<std::string>& received) {
  return [&received](Environment& env) {
    const auto listener = *env.network().Listen(kPort);
    while (auto connection = listener->Accept()) {
      while (Result<Bytes> frame = (*connection)->Receive()) {
        received.push_back(*frame);
      }
      received.push_back("end");
    }
  };
}

TEST_F(NetworkModelTest, FramesArriveInOrderThenTheEnd) {
  std::vector<std::string> log;
  Boot(Sender(log, 5, 100us), Receiver(received_));
  RunFor(1s);
  EXPECT_EQ(log, std::vector<std::string>{"sent all"});
  EXPECT_EQ(received_, (std::vector<std::string>{"0", "1", "2", "3", "4", "end"}));
}

TEST_F(NetworkModelTest, ACutHoldsFramesAndLosesNone) {
  std::vector<std::string> log;
  Boot(Sender(log, 20, 10ms), Receiver(received_));
  world_->At(SimTime(50ms), [&] { world_->SetLink(a_, b_, {.cut = true}); });
  RunFor(400ms);
  EXPECT_LT(received_.size(), 8U);
  world_->SetLink(a_, b_, {});
  RunFor(100ms);
  ASSERT_EQ(received_.size(), 21U);
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(received_[i], std::to_string(i));
  }
}

TEST_F(NetworkModelTest, TheCrashOfAPeerBreaksTheConnection) {
  std::vector<std::string> log;
  Boot(Sender(log, 100, 10ms), Receiver(received_));
  world_->At(SimTime(55ms), [&] { world_->Crash(right_); });
  RunFor(2s);
  ASSERT_EQ(log.size(), 1U);
  EXPECT_TRUE(log[0].starts_with("broken at ")) << log[0];
}

TEST_F(NetworkModelTest, BehindACutACrashIsSilent) {
  std::vector<std::string> log;
  Boot(Sender(log, 100, 10ms), Receiver(received_));
  world_->At(SimTime(50ms), [&] {
    world_->SetLink(b_, a_, {.cut = true});
    world_->Crash(right_);
  });
  RunFor(2s);
  EXPECT_EQ(log, std::vector<std::string>{"sent all"});  // into the void: half-open
}

TEST_F(NetworkModelTest, NobodyListeningIsAnErrorAndACutATimeout) {
  std::vector<std::string> log;
  Boot(Sender(log, 1, 1ms), [](Environment&) {});
  RunFor(2s);
  EXPECT_EQ(log, std::vector<std::string>{"no connection: Nobody listens there."});
  log.clear();
  Boot(Sender(log, 1, 1ms), Receiver(received_));
  world_->SetLink(a_, b_, {.cut = true});
  RunFor(2s);
  EXPECT_EQ(log, std::vector<std::string>{"no connection: The host did not answer in time."});
}

TEST_F(NetworkModelTest, AFullWindowBlocksTheSenderUntilTheReceiverReads) {
  SimTime sent{};
  Boot(
      [&](Environment& env) {
        env.Sleep(1ms);
        const auto connection = *env.network().Connect(Peer(env, "b"), 1s);
        for (int i = 0; i < 10; ++i) {
          ASSERT_TRUE(connection->Send(Bytes(32 * 1024, 'x')));
        }
        sent = env.Now();
        env.Sleep(10s);
      },
      [&](Environment& env) {
        const auto listener = *env.network().Listen(kPort);
        const auto connection = *listener->Accept();
        env.Sleep(500ms);
        while (connection->Receive()) {
        }
      });
  RunFor(2s);
  EXPECT_GE(sent, SimTime(500ms));
  EXPECT_LT(sent, SimTime(600ms));
}

TEST_F(NetworkModelTest, APortIsGivenOnceUntilItsHolderIsGone) {
  int checked = 0;
  Boot(
      [&](Environment& env) {
        auto first = env.network().Bind(kPort);
        ASSERT_TRUE(first.has_value());
        EXPECT_FALSE(env.network().Bind(kPort).has_value());
        first->reset();
        EXPECT_TRUE(env.network().Bind(kPort).has_value());
        ++checked;
      },
      [](Environment&) {});
  RunFor(1s);
  EXPECT_EQ(checked, 1);
}

TEST_F(NetworkModelTest, FreePortsAreUsedAgain) {
  int bound = 0;
  Boot(
      [&](Environment& env) {
        for (; bound < 40'000; ++bound) {
          ASSERT_TRUE(env.network().Bind(0).has_value());
        }
      },
      [](Environment&) {});
  EXPECT_EQ(RunFor(1s).ending, Ending::kGoal);
  EXPECT_EQ(bound, 40'000);
}

TEST_F(NetworkModelTest, NobodyCanImpairThePathOfAHostToItself) {
  Boot([](Environment&) {}, [](Environment&) {});
  EXPECT_THROW(world_->SetLink(a_, a_, {.cut = true}), Violation);
  EXPECT_THROW(world_->Impair(a_, a_, {.cut = true}), Violation);
  EXPECT_THROW(world_->Impair(a_, b_, {.loss = {3, 2}}), Violation);
}

// How a world tells of its links, one line per event.
std::vector<std::string> ToldOfLinks(const World& world) {
  std::vector<std::string> told;
  for (const RecordedEvent& event : world.recording().events) {
    if (event.kind == "fault.link" || event.kind == "fault.links") {
      told.push_back(ShowFields(event));
    }
  }
  return told;
}

TEST_F(NetworkModelTest, TroublesOfALinkComposeAndEachEndsAlone) {
  World world({.seed = 1, .keep = Keep::kTrace});
  const HostId a = world.AddHost("a");
  const HostId b = world.AddHost("b");
  const TroubleId lossy = world.Impair(a, b, {.loss = Percent(10), .delay = 3ms});
  const TroubleId cut = world.Impair(a, b, {.cut = true, .delay = 2ms});
  world.EndTrouble(lossy);
  world.EndTrouble(lossy);
  world.EndTrouble(cut);
  EXPECT_EQ(ToldOfLinks(world),
            (std::vector<std::string>{"from=a to=b cut=0 loss=10/100 delay_ns=3000000",
                                      "from=a to=b cut=1 loss=10/100 delay_ns=5000000",
                                      "from=a to=b cut=1 loss=0/1 delay_ns=2000000",
                                      "from=a to=b cut=0 loss=0/1 delay_ns=0"}));
}

TEST_F(NetworkModelTest, APartitionLeavesWhatElseAilsItsLinksAndEndsAlone) {
  World world({.seed = 1, .keep = Keep::kTrace});
  const HostId a = world.AddHost("a");
  const HostId b = world.AddHost("b");
  const HostId c = world.AddHost("c");
  world.Impair(a, b, {.loss = Percent(100)});
  const TroubleId partition = world.Partition(std::array{a}, std::array{b, c});
  int heard = 0;
  for (const auto& [host, name] : {std::pair(b, "b"), std::pair(c, "c")}) {
    world.AddProcess(host, name, [&heard](Environment& env) {
      const auto socket = *env.network().Bind(kPort);
      while (socket->Receive(SimTime(1s))) {
        ++heard;
      }
    });
  }
  world.AddProcess(a, "a", [](Environment& env) {
    const auto socket = *env.network().Bind(0);
    for (int second = 0; second < 2; ++second) {
      env.Sleep(100ms);
      socket->Send(Peer(env, "b"), "x");
      socket->Send(Peer(env, "c"), "x");
    }
  });
  world.At(SimTime(150ms), [&] {
    EXPECT_EQ(heard, 0);
    world.EndTrouble(partition);
  });
  world.Run([] { return false; });
  EXPECT_EQ(heard, 1) << "the link to b has lost all before and after, the one to c is whole";
  EXPECT_EQ(ToldOfLinks(world).back(), "from=b c to=a condition=cut is over");
}

TEST_F(NetworkModelTest, WhatIsSetEndsAllTroublesAndHealingToo) {
  World world({.seed = 1, .keep = Keep::kTrace});
  const HostId a = world.AddHost("a");
  const HostId b = world.AddHost("b");
  const TroubleId first = world.Impair(a, b, {.delay = 3ms});
  world.SetLink(a, b, {.cut = true});
  world.EndTrouble(first);
  const TroubleId second = world.Impair(a, b, {.delay = 4ms});
  world.Heal();
  world.EndTrouble(second);
  world.Impair(a, b, {.delay = 1ms});
  const std::vector<std::string> told = ToldOfLinks(world);
  ASSERT_EQ(told.size(), 4U);
  EXPECT_EQ(told[1], "from=a to=b cut=1 loss=0/1 delay_ns=0");
  EXPECT_EQ(told[2], "from=a to=b cut=1 loss=0/1 delay_ns=4000000");
  EXPECT_EQ(told[3], "from=a to=b cut=0 loss=0/1 delay_ns=1000000");
}

TEST_F(NetworkModelTest, ASwizzleLeavesWhatElseAilsItsLinksAndCanBeEnded) {
  World world({.seed = 1, .keep = Keep::kTrace});
  const HostId a = world.AddHost("a");
  const HostId b = world.AddHost("b");
  world.Impair(a, b, {.delay = 3ms});
  world.StartSwizzle(std::array{a}, {.span = 10ms});
  world.At(SimTime(20ms), [&] { world.Impair(a, b, {.loss = Percent(10)}); });
  TroubleId ended;
  world.At(SimTime(30ms), [&] { ended = world.StartSwizzle(std::array{a, b}, {.span = 3s}); });
  world.At(SimTime(2s), [&] { world.EndTrouble(ended); });
  world.At(SimTime(4s), [&] { world.Impair(b, a, {.delay = 1ms}); });
  world.Run([] { return false; });
  const std::vector<std::string> told = ToldOfLinks(world);
  EXPECT_NE(std::ranges::find(told, "from=a to=b cut=0 loss=10/100 delay_ns=3000000"), told.end());
  EXPECT_EQ(told.back(), "from=b to=a cut=0 loss=0/1 delay_ns=1000000");
}

// The names in the "from" of the single steps of a swizzle, in order.
std::vector<std::string> StepsOfASwizzle(uint64_t seed, size_t hosts) {
  World world({.seed = seed, .keep = Keep::kTrace});
  std::vector<HostId> group;
  for (size_t i = 0; i < hosts; ++i) {
    group.push_back(world.AddHost("h" + std::to_string(i)));
  }
  world.AddHost("outside");
  world.StartSwizzle(group, {.span = 700ms});
  world.Run([] { return false; });
  std::vector<std::string> steps;
  for (const RecordedEvent& event : world.recording().events) {
    const std::string from(event.Text("from").value_or(""));
    if (event.kind == "fault.links" && from.starts_with("h") && !from.contains(' ') &&
        event.Text("to")->contains("outside")) {
      steps.push_back(from);
    }
  }
  return steps;
}

TEST_F(NetworkModelTest, ASwizzleHealsInAnotherOrderThanItBreaks) {
  for (const size_t hosts : {2U, 3U}) {
    for (uint64_t seed = 0; seed < 100; ++seed) {
      const std::vector<std::string> steps = StepsOfASwizzle(seed, hosts);
      ASSERT_EQ(steps.size(), 2 * hosts);
      EXPECT_FALSE(std::ranges::equal(std::span(steps).first(hosts), std::span(steps).last(hosts)))
          << hosts << " hosts, seed " << seed;
    }
  }
}

TEST_F(NetworkModelTest, ASwizzleBreaksInEveryOrderAsOften) {
  constexpr size_t kHosts = 3;
  std::map<std::string, uint64_t> orders;
  for (uint64_t seed = 0; seed < 1'200; ++seed) {
    const std::vector<std::string> steps = StepsOfASwizzle(seed, kHosts);
    orders[steps[0] + steps[1] + steps[2]] += 1;
  }
  std::vector<uint64_t> counts;
  for (const auto& [order, count] : orders) {
    counts.push_back(count);
  }
  ASSERT_EQ(counts.size(), 6U);
  EXPECT_LT(tests::ChiSquareMilli(counts, std::vector<uint64_t>(6, 1)), 20'515U);
}

TEST_F(NetworkModelTest, ABroaderLinkLetsNewTrafficPassTheQueueOfANarrowOne) {
  std::vector<std::string> log;
  Boot(
      [&](Environment& env) {
        const auto socket = *env.network().Bind(0);
        env.Sleep(20ms);
        const auto connection = *env.network().Connect(Peer(env, "b"), 1s);
        env.Sleep(100ms - (env.Now() - kEpoch));
        for (int i = 0; i < 3; ++i) {
          socket->Send(Peer(env, "b"), Bytes(1'000, 'x'));
          ASSERT_TRUE(connection->Send("frame"));
        }
        env.Sleep(1s);
        socket->Send(Peer(env, "b"), "after");
        env.Sleep(1h);
      },
      [&](Environment& env) {
        env.Spawn("messages", [&] {
          const auto socket = *env.network().Bind(kPort);
          while (const auto message = socket->Receive()) {
            log.push_back(message->payload.substr(0, 5));
          }
        });
        const auto listener = *env.network().Listen(kPort);
        const auto connection = *listener->Accept();
        while (const auto frame = connection->Receive()) {
          log.push_back(*frame);
        }
      });
  world_->At(SimTime(90ms), [&] { world_->SetLink(a_, b_, {.bytes_per_second = 10}); });
  world_->At(SimTime(1s), [&] { world_->SetLink(a_, b_, {.bytes_per_second = 1'000'000'000}); });
  RunFor(2s);
  EXPECT_EQ(log, (std::vector<std::string>{"frame", "frame", "frame", "after"}));
}

}  // namespace
}  // namespace flinch::sim
