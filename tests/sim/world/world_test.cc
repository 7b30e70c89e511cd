#include "sim/world/world.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sim/check.h"
#include "sim/sync.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

// Talkative on purpose: fibers, messages, disk, randomness.
Program Chatter(int rounds) {
  return [rounds](Environment& env) {
    const auto socket = *env.network().Bind(1);
    Random random = env.RandomStream("chatter");
    env.Spawn("listener", [&env, raw = socket.get()] {
      while (const Result<Message> message = raw->Receive(Later(env.Now(), 500ms))) {
        env.Trace("heard", {{"text", message->payload}});
      }
    });
    for (int i = 0; i < rounds; ++i) {
      env.Sleep(random.Between(Duration(1ms), Duration(5ms)));
      const std::string_view peer = env.host_name() == "a" ? "b" : "a";
      socket->Send(*env.network().Resolve(peer, 1), std::to_string(i));
      if (i % 3 == 0) {
        (void)WriteDurably(env.shared(), "/log/" + std::string(env.host_name()), "x");
      }
    }
    env.Sleep(1s);
  };
}

std::unique_ptr<World> Build(uint64_t seed, Keep keep = Keep::kTrace, const Lens& lens = {}) {
  auto world = std::make_unique<World>(WorldOptions{.seed = seed, .keep = keep, .lens = lens});
  for (const std::string name : {"a", "b"}) {
    world->AddProcess(world->AddHost(name), name, Chatter(30));
  }
  World* raw = world.get();
  world->At(SimTime(20ms), [raw] { raw->Crash(*raw->FindProcess("b")); });
  world->At(SimTime(40ms), [raw] { raw->Restart(*raw->FindProcess("b")); });
  return world;
}

TEST(WorldTest, ASeedIsARun) {
  const auto first = Build(7);
  first->Run([] { return false; });
  const auto second = Build(7);
  second->Run([] { return false; });
  const auto other = Build(8);
  other->Run([] { return false; });
  EXPECT_EQ(first->digest(), second->digest());
  EXPECT_EQ(first->events(), second->events());
  EXPECT_FALSE(FirstDifference(first->recording(), second->recording()));
  EXPECT_NE(first->digest(), other->digest());
}

TEST(WorldTest, WhatIsKeptDoesNotChangeTheDigest) {
  const auto silent = Build(7, Keep::kNothing);
  silent->Run([] { return false; });
  const auto full = Build(7, Keep::kEverything);
  full->Run([] { return false; });
  EXPECT_EQ(silent->digest(), full->digest());
  EXPECT_TRUE(silent->recording().events.empty());
  EXPECT_EQ(full->recording().events.size(), full->events());
}

// One that waits until it is notified, until it dies, and until now.
TEST(WorldTest, TellsWhereTheTimeOfFibersWent) {
  const auto run = [](bool measures) {
    auto world = std::make_unique<World>(WorldOptions{.seed = 7, .measure_times = measures});
    world->AddProcess(world->AddHost("a"), "a", [](Environment& env) {
      Condition bread(env, "bread");
      env.Spawn("eater", [&] {
        env.Sleep(1s);
        bread.Wait();
        bread.WaitUntil(kForever, "butter");
      });
      env.Sleep(3s);
      bread.NotifyAll();
      env.Sleep(kForever - env.Now());
    });
    World* const raw = world.get();
    world->At(SimTime(10s), [raw] { raw->Crash(*raw->FindProcess("a")); });
    world->At(SimTime(20s), [raw] { raw->Restart(*raw->FindProcess("a")); });
    world->Run([raw] { return raw->Now() >= SimTime(22s); });
    return world;
  };
  const auto world = run(true);
  const std::vector<FiberTime> times = world->FiberTimes();
  ASSERT_EQ(times.size(), 2U);
  const FiberTime& eater = times[0];
  EXPECT_EQ(eater.process, "a");
  EXPECT_EQ(eater.fiber, "eater");
  const Duration rest = world->Now() - SimTime(20s);  // of the second life
  EXPECT_EQ(eater.lived, 10s + rest);
  EXPECT_EQ(eater.waited.size(), 2U);
  EXPECT_EQ(eater.waited.at("bread"), 2s + rest - 1s);
  EXPECT_EQ(eater.waited.at("butter"), 7s);
  EXPECT_EQ(times[1].fiber, "main");
  EXPECT_EQ(times[1].lived, 10s + rest);
  EXPECT_TRUE(times[1].waited.empty());

  const auto silent = run(false);
  EXPECT_TRUE(silent->FiberTimes().empty());
  EXPECT_EQ(silent->digest(), world->digest());
}

TEST(WorldTest, TwoRunsOfOneSeedAreFoundIdenticalAndALeakIsNamed) {
  const std::optional<Divergence> same = RunTwice([](const Lens& lens) {
    const auto world = Build(3, Keep::kEverything, lens);
    world->Run([] { return false; });
    return world->trail();
  });
  EXPECT_FALSE(same.has_value());
  int leak = 0;  // what a static counter would do
  const std::optional<Divergence> different = RunTwice([&leak](const Lens& lens) {
    World world({.seed = 3, .keep = Keep::kEverything, .lens = lens});
    world.AddProcess(world.AddHost("a"), "a", [&leak](Environment& env) {
      for (int i = 0; i < 500; ++i) {
        env.Sleep(1ms);
        env.Trace("counted", {{"value", i == 400 ? ++leak : 0}});
      }
    });
    world.Run([] { return false; });
    return world.trail();
  });
  ASSERT_TRUE(different.has_value());
  EXPECT_NE(different->first.event.find("counted value=3"), std::string::npos)
      << different->first.event;
  EXPECT_NE(different->second.event.find("counted value=4"), std::string::npos)
      << different->second.event;
  EXPECT_EQ(different->first.actor, "fiber main of a");
  EXPECT_TRUE(std::ranges::any_of(different->first.stack, [](const std::string& function) {
    return function.find("ALeakIsNamed") != std::string::npos;
  })) << Show(*different, "first", "second");
  EXPECT_EQ(different->first.stack, different->second.stack);
}

TEST(WorldTest, ACrashedProcessIsUnwoundAndSaysNothingMore) {
  World world({.seed = 1});
  std::vector<std::string> said;

  struct Witness {
    std::vector<std::string>* said;
    Environment* env;

    ~Witness() {
      said->push_back("unwound");
      env->Trace("ghost");  // does nothing
    }
  };

  const ProcessId process = world.AddProcess(world.AddHost("a"), "a", [&](Environment& env) {
    const Witness witness{&said, &env};
    for (;;) {
      env.Sleep(10ms);
      said.push_back("alive");
    }
  });
  world.At(SimTime(35ms), [&] { world.Crash(process); });
  const uint64_t before = world.events();
  world.Run([] { return false; });
  EXPECT_EQ(said, (std::vector<std::string>{"alive", "alive", "alive", "unwound"}));
  EXPECT_FALSE(world.IsAlive(process));
  EXPECT_GT(world.events(), before);
}

TEST(WorldTest, AnObserverMayCrashAProcessAtTheEventItSees) {
  World world({.seed = 1, .keep = Keep::kTrace});

  class Assassin : public TraceObserver {
   public:
    explicit Assassin(World& world) : world_(world) {}

    void OnEvent(const TraceEvent& event) override {
      if (event.kind == "step" && event.Number("number") == 3) {
        world_.Crash(*world_.FindProcess("a"));
      }
    }

   private:
    World& world_;
  } assassin(world);

  world.Observe(assassin);
  world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
    for (int i = 1; i < 10; ++i) {
      env.Trace("step", {{"number", i}});
    }
  });
  world.Run([] { return false; });
  ASSERT_EQ(world.recording().events.size(), 4U);
  EXPECT_EQ(world.recording().events[2].kind, "step");
  EXPECT_EQ(world.recording().events[3].kind, "fault.crash");
}

TEST(WorldTest, AnObserverIsToldOfWhatItWants) {
  class Listener : public TraceObserver {
   public:
    explicit Listener(std::vector<std::string_view> wants) : wants_(std::move(wants)) {}

    std::vector<std::string_view> wants() const override { return wants_; }

    void OnEvent(const TraceEvent& event) override { heard.emplace_back(event.kind); }

    std::vector<std::string> heard;

   private:
    std::vector<std::string_view> wants_;
  };

  World world({.seed = 1});
  Listener all({});
  Listener some({"b", "c."});
  world.Observe(all);
  world.Observe(some);
  world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
    for (const char* kind : {"a", "b", "c", "c.d", "b"}) {
      env.Trace(kind);
    }
  });
  world.Run([] { return false; });
  EXPECT_EQ(all.heard, (std::vector<std::string>{"a", "b", "c", "c.d", "b"}));
  EXPECT_EQ(some.heard, (std::vector<std::string>{"b", "c.d", "b"}));
}

TEST(WorldTest, WhatIsNotTracedIsNoEvent) {
  World world({.seed = 1, .keep = Keep::kTrace, .untraced = {"b"}});
  world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
    EXPECT_NE(env.Trace("a"), EventId());
    EXPECT_EQ(env.Trace("b"), EventId());
  });
  world.Run([] { return false; });
  ASSERT_EQ(world.recording().events.size(), 1U);
  EXPECT_EQ(world.recording().events[0].kind, "a");
}

TEST(WorldTest, ABrokenInvariantEndsTheRunWithItsPlace) {
  World world({.seed = 1});
  world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
    env.Sleep(1ms);
    Check(false, "one and one are {}", 3);
  });
  const Outcome outcome = world.Run([] { return false; });
  EXPECT_EQ(outcome.ending, Ending::kViolation);
  ASSERT_TRUE(outcome.violation.has_value());
  EXPECT_EQ(outcome.violation->what, "one and one are 3");
}

TEST(WorldTest, AnExceptionThatLeavesAFiberEndsTheRun) {
  World world({.seed = 1});
  world.AddProcess(world.AddHost("a"), "a",
                   [](Environment&) { throw std::runtime_error("out of cheese"); });
  const Outcome outcome = world.Run([] { return false; });
  EXPECT_EQ(outcome.ending, Ending::kViolation);
  EXPECT_NE(outcome.violation->what.find("out of cheese"), std::string::npos);
}

TEST(WorldTest, LimitsEndARunThatWouldGoOnForEver) {
  const auto restless = [](Environment& env) {
    for (;;) {
      env.Sleep(1ms);
    }
  };
  World by_events({.seed = 1, .limits = {.events_max = 1'000}});
  by_events.AddProcess(by_events.AddHost("a"), "a", restless);
  const Outcome events = by_events.Run([] { return false; });
  EXPECT_EQ(events.ending, Ending::kLimit);
  EXPECT_EQ(events.limit, Limit::kEvents);
  EXPECT_EQ(by_events.events(), 1'000U);
  EXPECT_EQ(
      Show(events),
      "Events ran out: limits.events_max = 1000 was reached at 1.000s, and the goal was not.");
  World by_time({.seed = 1, .limits = {.time_max = SimTime(2s)}});
  by_time.AddProcess(by_time.AddHost("a"), "a", restless);
  const Outcome time = by_time.Run([] { return false; });
  EXPECT_EQ(time.ending, Ending::kLimit);
  EXPECT_EQ(time.limit, Limit::kTime);
  EXPECT_EQ(time.time, SimTime(2s));
  EXPECT_EQ(by_time.Now(), SimTime(2s));
  EXPECT_EQ(Show(time),
            "Simulated time ran out: limits.time_max = 2.000s was reached after 2001 events, and "
            "the goal was not.");
}

TEST(WorldTest, AWorldThatIsIdleAtItsTimeLimitIsIdle) {
  World world({.seed = 1, .limits = {.time_max = SimTime(2s)}});
  world.AddProcess(world.AddHost("a"), "a", [](Environment& env) { env.Sleep(2s); });
  const Outcome outcome = world.Run([] { return false; });
  EXPECT_EQ(outcome.ending, Ending::kIdle);
  EXPECT_EQ(outcome.limit, std::nullopt);
  EXPECT_EQ(Show(outcome), "Nothing can happen any more at 2.000s, and the goal is not reached.");
}

TEST(WorldTest, ActsThatCallForOneAnotherForEverRunOutOfEvents) {
  World world({.seed = 1, .limits = {.events_max = 100}});
  std::function<void()> again = [&] { world.At(world.Now(), [&] { again(); }); };
  again();
  EXPECT_EQ(world.Run([] { return false; }).limit, Limit::kEvents);
  EXPECT_EQ(world.Now(), kEpoch);
}

TEST(WorldTest, WhatIsCrashedBeforeItRanNeverRuns) {
  World world({.seed = 1});
  std::vector<uint32_t> ran;
  const ProcessId process = world.AddProcess(
      world.AddHost("a"), "a", [&](Environment& env) { ran.push_back(env.incarnation()); });
  world.Crash(process);
  world.Restart(process);
  world.Run([] { return false; });
  EXPECT_EQ(ran, (std::vector<uint32_t>{2}));
}

TEST(WorldTest, FibersAreUnwoundYoungestFirst) {
  World world({.seed = 1});
  std::vector<std::string> unwound;

  struct Witness {
    std::vector<std::string>* unwound;
    std::string name;

    ~Witness() { unwound->push_back(name); }
  };

  const ProcessId process = world.AddProcess(world.AddHost("a"), "a", [&](Environment& env) {
    const Witness main{&unwound, "main"};
    for (const std::string name : {"first", "second"}) {
      env.Spawn(name, [&env, &unwound, name] {
        const Witness witness{&unwound, name};
        env.Sleep(1h);
      });
    }
    env.Sleep(1h);
  });
  world.At(SimTime(1s), [&] { world.Crash(process); });
  world.Run([] { return false; });
  EXPECT_EQ(unwound, (std::vector<std::string>{"second", "first", "main"}));
}

TEST(WorldTest, AFiberThatNeverRanMayWaitInTheDestructorsOfItsBody) {
  World world({.seed = 1});

  struct Sleeper {
    Environment* env;
    bool* done;

    ~Sleeper() {
      env->Sleep(1ms);  // nothing, for the process is dead
      *done = true;
    }
  };

  bool done = false;
  const ProcessId process = world.AddProcess(world.AddHost("a"), "a", [&](Environment& env) {
    env.Spawn("late", [held = std::make_unique<Sleeper>(&env, &done)] {});
    world.Crash(*world.FindProcess("a"));
    env.Sleep(1h);
  });
  world.Run([] { return false; });
  EXPECT_FALSE(world.IsAlive(process));
  EXPECT_TRUE(done);
  EXPECT_EQ(world.Now(), kEpoch);
}

TEST(WorldTest, EachHostHasItsClock) {
  World world({.seed = 1});
  std::vector<SimTime> clocks;
  const auto watch = [&](Environment& env) {
    const SimTime start = env.Now();
    env.Sleep(10ms);
    EXPECT_EQ(env.Now() - start, 10ms);
    Condition never(env);
    EXPECT_FALSE(never.WaitUntil(Later(env.Now(), 5ms)));
    clocks.push_back(env.Now());
  };
  world.AddProcess(world.AddHost("a", {.monotonic_start = 3s}), "a", watch);
  world.AddProcess(world.AddHost("b", {.monotonic_start = -1s}), "b", watch);
  world.Run([] { return false; });
  ASSERT_EQ(clocks.size(), 2U);
  EXPECT_EQ(world.Now(), SimTime(15ms));
  EXPECT_EQ(std::max(clocks[0], clocks[1]), SimTime(3s + 15ms));
  EXPECT_EQ(std::min(clocks[0], clocks[1]), SimTime(-1s + 15ms));
}

TEST(WorldTest, AThousandEqualTimersFireInAnOrderOfTheSeed) {
  const auto order = [](uint64_t seed, Strategy strategy) {
    World world({.seed = seed, .scheduling = {.strategy = strategy}});
    std::vector<int> fired;
    world.AddProcess(world.AddHost("a"), "a", [&](Environment& env) {
      FiberGroup fibers(env);
      for (int i = 0; i < 1'000; ++i) {
        fibers.Spawn("timer", [&, i] {
          env.Sleep(1ms);
          EXPECT_EQ(world.Now(), SimTime(1ms));
          fired.push_back(i);
        });
      }
      fibers.WaitForAll();
    });
    world.Run([] { return false; });
    return fired;
  };
  EXPECT_EQ(order(1, Strategy::kRandom), order(1, Strategy::kRandom));
  EXPECT_NE(order(1, Strategy::kRandom), order(2, Strategy::kRandom));
  EXPECT_TRUE(std::ranges::is_sorted(order(1, Strategy::kFifo)));
  std::vector<int> fired = order(1, Strategy::kRandom);
  std::ranges::sort(fired);
  EXPECT_EQ(fired, order(1, Strategy::kFifo));  // each once
}

// Kills whoever says "now".
class Killer final : public TraceObserver {
 public:
  explicit Killer(World& world) : world_(world) { world.Observe(*this); }

  void OnEvent(const TraceEvent& event) override {
    if (event.kind == "now") {
      world_.Crash(event.process);
    }
  }

 private:
  World& world_;
};

TEST(WorldTest, AProcessThatIsCrashedAtItsOwnEventIsUnwoundYoungestFirst) {
  World world({.seed = 7});
  const Killer killer(world);
  std::string order;

  struct Mark {
    std::string& order;
    char letter;

    ~Mark() { order += letter; }
  };

  world.AddProcess(world.AddHost("a"), "a", [&order](Environment& env) {
    const Mark old{order, 'o'};
    env.Spawn("young", [&order, &env] {
      const Mark young{order, 'y'};
      env.Sleep(1h);
    });
    env.Sleep(1ms);
    env.Trace("now");
  });
  world.Run([] { return false; });
  EXPECT_EQ(order, "yo");
}

TEST(WorldTest, ATapeOfAnotherSeedAndTimesBeforeNowAreRefused) {
  WorldOptions tape{.seed = 7, .play = Tape{.seed = 8, .tracks = {}}};
  EXPECT_FALSE(tape.Validate().has_value());
  tape.play->seed = 7;
  EXPECT_TRUE(tape.Validate().has_value());
  WorldOptions early;
  early.link.loopback_latency = Duration(-1);
  EXPECT_FALSE(early.Validate().has_value());
  WorldOptions nothing;
  nothing.scheduling = {.strategy = Strategy::kPct, .choices = 0};
  EXPECT_FALSE(nothing.Validate().has_value());
}

TEST(WorldTest, OptionsThatMakeNoSenseAreRefusedInWholeSentences) {
  WorldOptions options;
  options.link.latency_min = 2s;
  const Result<void> valid = options.Validate();
  ASSERT_FALSE(valid.has_value());
  EXPECT_NE(valid.error().message.find("latency of a link"), std::string::npos);
  EXPECT_THROW(World{options}, Violation);
}

TEST(WorldTest, ABrokenInvariantOfAnActEndsTheRunToo) {
  World world({.seed = 1, .keep = Keep::kTrace});
  const HostId a = world.AddHost("a");
  const HostId b = world.AddHost("b");
  world.AddProcess(a, "a", [](Environment& env) { env.Sleep(1h); });
  world.At(SimTime(1s), [&] { world.SetLink(a, b, {.delay = Duration(-1)}); });
  const Outcome outcome = world.Run([] { return false; });
  EXPECT_EQ(outcome.ending, Ending::kViolation);
  EXPECT_EQ(outcome.time, SimTime(1s));
  ASSERT_TRUE(outcome.violation.has_value());
  EXPECT_NE(outcome.violation->what.find("condition of a link"), std::string::npos);
  world.Trace("after");
  EXPECT_EQ(world.recording().events.back().cause, EventId()) << "nothing is caused by the act now";
}

TEST(WorldTest, AWorldOfActsAloneRuns) {
  World world({.seed = 1});
  int acts = 0;
  for (int i = 0; i < 10; ++i) {
    world.At(SimTime(i * 1s), [&] { ++acts; });
  }
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
  EXPECT_EQ(acts, 10);
}

TEST(WorldTest, NamesAreUniqueAndNotEmpty) {
  World world({.seed = 1});
  const HostId host = world.AddHost("a");
  world.AddProcess(host, "p", [](Environment&) {});
  EXPECT_THROW(world.AddHost("a"), Violation);
  EXPECT_THROW(world.AddHost(""), Violation);
  EXPECT_THROW(world.AddHost("a/b"), Violation) << "the link b of host a has that name";
  EXPECT_THROW(world.AddProcess(host, "", [](Environment&) {}), Violation);
  EXPECT_THROW(world.AddProcess(host, "p", [](Environment&) {}), Violation);
  EXPECT_EQ(world.AddHost("b"), HostId(1)) << "what was refused left nothing";
}

TEST(WorldTest, HostsAreFoundByTheirNames) {
  World world({.seed = 1});
  for (const char* name : {"m", "c", "x", "a", "n"}) {
    world.AddHost(name);
  }
  for (int i = 0; i < 20; ++i) {
    world.AddHost(std::to_string(i));
    EXPECT_THROW(world.AddHost(std::to_string(i / 2)), Violation);
  }
  int found = 0;
  world.AddProcess(HostId(0), "p", [&](Environment& env) {
    for (const auto& [name, host] :
         {std::pair("m", 0U), {"c", 1U}, {"x", 2U}, {"a", 3U}, {"n", 4U}}) {
      found += env.network().Resolve(name, 7) == Address{HostId(host), 7} ? 1 : 0;
    }
    for (const char* name : {"", "b", "z"}) {
      EXPECT_FALSE(env.network().Resolve(name, 7).has_value());
    }
  });
  world.Run([] { return false; });
  EXPECT_EQ(found, 5);
}

TEST(WorldTest, AHostThatLosesItsPowerLosesWhatEndedProcessesDidNotSync) {
  World world({.seed = 1, .keep = Keep::kTrace});
  const HostId host = world.AddHost("a");
  const HostId other = world.AddHost("b");
  const auto write = [](std::string path) {
    return [path](Environment& env) {
      for (FileSystem* volume : {&env.disk(), &env.shared()}) {
        EXPECT_TRUE(volume->Create(path));
        EXPECT_TRUE(volume->SyncDirectory("/"));
        EXPECT_TRUE((*volume->OpenForAppend(path))->Append("not synced"));
      }
    };
  };
  const ProcessId ended = world.AddProcess(host, "ended", write("/ended"));
  const ProcessId lives = world.AddProcess(host, "lives", [&](Environment& env) {
    write("/lives")(env);
    env.Sleep(1h);
  });
  const ProcessId elsewhere = world.AddProcess(other, "elsewhere", write("/elsewhere"));
  world.At(SimTime(1s), [&] {
    EXPECT_FALSE(world.IsAlive(ended));
    world.Crash(ended);
    EXPECT_EQ(world.ReadFile(host, "/ended"), "not synced") << "its end is no power loss";
    world.CrashHost(host);
  });
  world.Run([&] { return world.Now() >= SimTime(1s); });
  for (const char* path : {"/ended", "/lives"}) {
    EXPECT_EQ(world.ReadFile(host, path), "");
    EXPECT_EQ(world.ReadSharedFile(path), "");
  }
  EXPECT_EQ(world.ReadFile(other, "/elsewhere"), "not synced");
  EXPECT_EQ(world.ReadSharedFile("/elsewhere"), "not synced");
  EXPECT_FALSE(world.IsAlive(lives));
  EXPECT_FALSE(world.IsAlive(elsewhere));
  const auto& events = world.recording().events;
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, "fault.crash_host");
  EXPECT_EQ(events[0].Text("host"), "a");
  EXPECT_EQ(events[1].Text("process"), "lives");
}

// As what an earlier world has left: durable, so that no crash takes it away.
TEST(WorldTest, BeginsWithTheFilesThatArePlaced) {
  World world({.seed = 1});
  const HostId host = world.AddHost("a");
  world.PlaceFile(host, "/own/file", "mine");
  world.PlaceSharedFile("/all/file", "ours");
  EXPECT_EQ(world.ReadDurableFile(host, "/own/file"), "mine");
  EXPECT_EQ(world.ReadDurableSharedFile("/all/file"), "ours");
  EXPECT_THROW(world.PlaceSharedFile("/all/file", "again"), Violation);
  std::string read;
  world.AddProcess(host, "reader", [&read](Environment& env) {
    read = env.disk().Read("/own/file").value_or("") + env.shared().Read("/all/file").value_or("");
  });
  world.Run([] { return false; });
  EXPECT_EQ(read, "mineours");
}

}  // namespace
}  // namespace flinch::sim
