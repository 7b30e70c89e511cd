// Clocks and pauses as processes feel them.
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/sync.h"
#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

constexpr uint16_t kPort = 7;

// One host "a" with one process "a", whose body notes when in the world it got how far.
class InterventionsTest : public testing::Test {
 protected:
  void Boot(Program program, const HostOptions& options = {}) {
    host_ = world_.AddHost("a", options);
    process_ = world_.AddProcess(host_, "a", std::move(program));
  }

  void Note() { noted_.push_back(world_.Now() - kEpoch); }

  void RunAll() {
    const Outcome outcome = world_.Run([] { return false; });
    EXPECT_EQ(outcome.ending, Ending::kIdle) << Show(outcome);
  }

  void SetClockAt(SimTime time, const ClockCondition& condition) {
    world_.At(time, [this, condition] { world_.SetClock(host_, condition); });
  }

  const RecordedEvent* Find(std::string_view kind) const {
    for (const RecordedEvent& event : world_.recording().events) {
      if (event.kind == kind) {
        return &event;
      }
    }
    return nullptr;
  }

  World world_{{.seed = 1, .keep = Keep::kTrace}};
  HostId host_;
  ProcessId process_;
  std::vector<Duration> noted_;
};

TEST_F(InterventionsTest, AfterHealingEverythingNothingIsWrong) {
  Boot([](Environment& env) { env.Sleep(1h); });
  const HostId other = world_.AddHost("b");
  const ProcessId paused =
      world_.AddProcess(other, "paused", [](Environment& env) { env.Sleep(1h); });
  const ProcessId ended = world_.AddProcess(other, "ended", [](Environment&) {});
  world_.At(SimTime(1s), [&] {
    world_.Crash(process_);
    world_.Pause(paused, PausedTimers::kRunning);
    world_.SetClock(other, {.frozen = true});
    world_.SetClock(host_, {.wall_offset = 5s});
    world_.SetDisk(other, {.hung = true});
    world_.Impair(host_, other, {.cut = true});
  });
  world_.At(SimTime(2s), [&] {
    world_.HealEverything();
    EXPECT_TRUE(world_.IsAlive(process_));
    EXPECT_FALSE(world_.IsPaused(paused));
    EXPECT_FALSE(world_.IsAlive(ended)) << "it ended of itself";
    EXPECT_FALSE(world_.ClockOf(other).frozen);
    EXPECT_EQ(world_.WallTimeOf(host_), WallTime(world_.Now().time_since_epoch()));
    const size_t events = world_.recording().events.size();
    world_.HealEverything();
    EXPECT_EQ(world_.recording().events.size(), events + 1) << "only that it was done";
  });
  RunAll();
  EXPECT_EQ(Find("fault.restart")->Text("process"), "a");
  world_.Impair(host_, other, {.delay = 1ms});
  EXPECT_EQ(world_.recording().events.back().Number("cut"), 0);
}

TEST_F(InterventionsTest, AFastClockEndsASleepEarlyInTheWorldAndInTimeForTheProcess) {
  Boot(
      [&](Environment& env) {
        const SimTime before = env.Now();
        env.Sleep(3s);
        EXPECT_EQ(env.Now() - before, 3s);
        Note();
      },
      {.clock = {.drift_ppm = 500'000}});
  RunAll();
  EXPECT_EQ(noted_, (std::vector<Duration>{2s}));
}

TEST_F(InterventionsTest, WaitsAreTimedAgainWhenTheRateChanges) {
  Boot([&](Environment& env) {
    const auto socket = *env.network().Bind(kPort);
    env.Spawn("sleeping", [&] {
      env.Sleep(3s);
      Note();
    });
    EXPECT_FALSE(socket->Receive(Later(env.Now(), 4s)));
    Note();
  });
  SetClockAt(SimTime(1s), {.drift_ppm = 500'000});        // 1 s of the 3 has passed
  SetClockAt(SimTime(1s + 1s), {.drift_ppm = -500'000});  // 2.5 s
  RunAll();
  EXPECT_EQ(noted_, (std::vector<Duration>{3s, 5s}));
  EXPECT_EQ(world_.MonotonicTime(host_), SimTime(4s));
}

TEST_F(InterventionsTest, NoTimerOfAFrozenClockFiresUntilItIsThawedButDisksGoOn) {
  Boot([&](Environment& env) {
    env.Spawn("writing", [&] {
      EXPECT_TRUE(WriteDurably(env.disk(), "/a/b", "c"));
      EXPECT_EQ(env.Now(), kEpoch);
      EXPECT_LT(world_.Now(), SimTime(1s));
    });
    env.Sleep(2s);
    Note();
  });
  world_.SetClock(host_, {.frozen = true});
  SetClockAt(SimTime(10s), {});
  RunAll();
  EXPECT_EQ(noted_, (std::vector<Duration>{12s}));
}

TEST_F(InterventionsTest, AWorldWhoseOnlyClockStandsIsIdle) {
  Boot([](Environment& env) { env.Sleep(1s); }, {.clock = {.frozen = true}});
  RunAll();
  EXPECT_TRUE(world_.IsAlive(process_));
  EXPECT_EQ(world_.Now(), kEpoch);
}

TEST_F(InterventionsTest, ProcessesReadTheWallClockWithItsJumps) {
  std::vector<WallTime> walls;
  Boot(
      [&](Environment& env) {
        for (int i = 0; i < 3; ++i) {
          walls.push_back(env.WallNow());
          env.Sleep(1s);
        }
      },
      {.monotonic_start = 100s, .clock = {.wall_offset = 7s}});
  SetClockAt(SimTime(500ms), {.wall_offset = -3s});
  SetClockAt(SimTime(1500ms), {});
  RunAll();
  EXPECT_EQ(walls, (std::vector<WallTime>{WallTime(7s), WallTime(-2s), WallTime(2s)}));
  const RecordedEvent* fault = Find("fault.clock");
  ASSERT_NE(fault, nullptr);
  EXPECT_EQ(ShowFields(*fault), "host=a drift_ppm=0 frozen=0 wall_step_ns=-10000000000");
}

TEST_F(InterventionsTest, AClockGoesOnOverARestart) {
  std::vector<SimTime> starts;
  Boot(
      [&](Environment& env) {
        starts.push_back(env.Now());
        env.Sleep(1h);
      },
      {.monotonic_start = 5s, .clock = {.drift_ppm = 100'000}});
  world_.At(SimTime(10s), [&] {
    world_.Crash(process_);
    world_.Restart(process_);
  });
  RunAll();
  EXPECT_EQ(starts, (std::vector<SimTime>{SimTime(5s), SimTime(16s)}));
}

TEST_F(InterventionsTest, AClockFaultChangesTheDigestOfARun) {
  const auto digest = [](int64_t drift_ppm) {
    World world({.seed = 1});
    const HostId host = world.AddHost("a");
    world.AddProcess(host, "a", [](Environment& env) { env.Trace("said"); });
    world.SetClock(host, {.drift_ppm = drift_ppm});
    world.Run([] { return false; });
    return world.digest();
  };
  EXPECT_EQ(digest(1), digest(1));
  EXPECT_NE(digest(1), digest(2));
}

TEST_F(InterventionsTest, ConditionsThatMakeNoSenseAreRefused) {
  const HostId host = world_.AddHost("a");
  const ClockCondition mad{.drift_ppm = 2'000'000};
  const Result<void> valid = mad.Validate();
  ASSERT_FALSE(valid);
  EXPECT_NE(valid.error().message.find("2000000 ppm"), std::string::npos);
  EXPECT_THROW(world_.SetClock(host, mad), Violation);
  EXPECT_THROW(world_.AddHost("b", {.clock = mad}), Violation);
  EXPECT_FALSE(HostOptions{.monotonic_start = Duration::max()}.Validate());
  EXPECT_FALSE(ClockCondition{.wall_offset = Duration::min()}.Validate());
}

TEST_F(InterventionsTest, APausedProcessIsSilentAndItsTimersAreOverdueWhenItResumes) {
  Boot([&](Environment& env) {
    for (int i = 0; i < 3; ++i) {
      env.Sleep(1s);
      Note();
    }
  });
  world_.At(SimTime(1500ms), [&] {
    world_.Pause(process_, PausedTimers::kRunning);
    EXPECT_TRUE(world_.IsPaused(process_));
    EXPECT_TRUE(world_.IsAlive(process_));
  });
  world_.At(SimTime(5s), [&] { world_.Resume(process_); });
  RunAll();
  EXPECT_EQ(noted_, (std::vector<Duration>{1s, 5s, 6s}));
  EXPECT_EQ(ShowFields(*Find("fault.pause")), "process=a incarnation=1 timers=running");
  EXPECT_EQ(ShowFields(*Find("fault.resume")), "process=a incarnation=1 paused_ns=3500000000");
}

TEST_F(InterventionsTest, FrozenTimersHaveTheirTimeLeftWhenTheProcessResumes) {
  Boot([&](Environment& env) {
    Condition never(env);
    EXPECT_FALSE(never.WaitUntil(Later(env.Now(), 2s)));
    Note();
    env.Sleep(1s);
    Note();
  });
  world_.At(SimTime(1500ms), [&] { world_.Pause(process_, PausedTimers::kFrozen); });
  world_.At(SimTime(5s), [&] { world_.Resume(process_); });
  RunAll();
  EXPECT_EQ(noted_, (std::vector<Duration>{5500ms, 6500ms}));
}

TEST_F(InterventionsTest, FrozenTimersOfADriftingClockHaveTheirTimeLeftToo) {
  Boot([&](Environment& env) {
    env.Sleep(3s);
    Note();
  });
  world_.At(SimTime(1s), [&] { world_.Pause(process_, PausedTimers::kFrozen); });
  SetClockAt(SimTime(2s), {.drift_ppm = 500'000});
  world_.At(SimTime(10s), [&] { world_.Resume(process_); });  // 2 s of its own are left
  RunAll();
  ASSERT_EQ(noted_.size(), 1U);
  const Duration rest = Duration(4s) / 3;
  EXPECT_GE(noted_[0], 10s + rest);
  EXPECT_LE(noted_[0], 10s + rest + 1ns);
}

TEST_F(InterventionsTest, TheInboxOfAPausedProcessFillsAndItsConnectionStaysOpen) {
  std::vector<Bytes> received;
  Boot([&](Environment& env) {
    const auto socket = *env.network().Bind(kPort);
    const auto listener = *env.network().Listen(kPort);
    const auto connection = *listener->Accept();
    EXPECT_EQ(*connection->Receive(), "frame");
    while (const Result<Message> message = socket->Receive(Later(env.Now(), 1s))) {
      received.push_back(message->payload);
    }
    EXPECT_GE(env.Now(), SimTime(100s));
  });
  world_.AddProcess(world_.AddHost("b"), "b", [&](Environment& env) {
    const Address to = *env.network().Resolve("a", kPort);
    const auto socket = *env.network().Bind(0);
    const auto connection = *env.network().Connect(to, 1s);
    world_.Pause(process_, PausedTimers::kRunning);
    for (int i = 0; i < 3; ++i) {
      socket->Send(to, std::to_string(i));
      env.Sleep(1s);
    }
    EXPECT_TRUE(connection->Send("frame"));
    env.Sleep(1s);
    EXPECT_EQ(connection->Receive(Later(env.Now(), 95s)).error().code, ErrorCode::kTimeout);
    EXPECT_TRUE(received.empty());
    world_.Resume(process_);
    env.Sleep(1s);
  });
  RunAll();
  EXPECT_EQ(received, (std::vector<Bytes>{"0", "1", "2"}));
}

TEST_F(InterventionsTest, APausedProcessMayCrashAndRunsWhenItIsRestarted) {
  Boot([&](Environment& env) {
    Note();
    env.Sleep(1s);
    Note();
  });
  world_.At(SimTime(500ms), [&] {
    world_.Pause(process_, PausedTimers::kFrozen);
    world_.Crash(process_);
    EXPECT_FALSE(world_.IsPaused(process_));
    world_.Pause(process_, PausedTimers::kFrozen);
    world_.Restart(process_);
    world_.Resume(process_);
    EXPECT_FALSE(world_.IsPaused(process_));
  });
  RunAll();
  EXPECT_EQ(noted_, (std::vector<Duration>{0s, 500ms, 1500ms}));
}

TEST_F(InterventionsTest, APauseAtATracedEventStopsItsFiberThere) {
  class Stopper : public TraceObserver {
   public:
    explicit Stopper(World& world) : world_(world) {}

    void OnEvent(const TraceEvent& event) override {
      if (event.kind == "before") {
        world_.Pause(event.process, PausedTimers::kRunning);
      }
    }

   private:
    World& world_;
  } stopper(world_);

  world_.Observe(stopper);
  Boot([&](Environment& env) {
    env.Trace("before");
    env.Trace("after");
    Note();
  });
  world_.At(SimTime(1s), [&] {
    EXPECT_TRUE(noted_.empty());
    world_.Resume(process_);
  });
  RunAll();
  EXPECT_EQ(noted_, (std::vector<Duration>{1s}));
}

TEST_F(InterventionsTest, AnActAtASuspensionSeesTheProcessThere) {
  uint64_t steps = 0;
  std::vector<uint64_t> seen;
  Boot([&](Environment& env) {
    for (; steps < 10; ++steps) {
      env.Yield();
    }
  });
  for (const uint64_t number : {7U, 3U}) {
    world_.AtSuspension(process_, number, [&] { seen.push_back(steps); });
  }
  world_.AtSuspension(process_, 11, [&] { seen.push_back(11); });
  RunAll();
  EXPECT_EQ(seen, (std::vector<uint64_t>{2, 6}));
  EXPECT_EQ(world_.SuspensionsOf(process_), 10U);
  world_.AtSuspension(process_, 10, [&] { seen.push_back(10); });  // has passed
}

}  // namespace
}  // namespace flinch::sim
