#include "sim/kernel/connection_model.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

constexpr uint16_t kPort = 7;

// A connection from a ("left") to b ("right"), made in the first millisecond. Each end logs what
// it observes.
class ConnectionModelTest : public testing::Test {
 protected:
  using Script = std::function<void(Environment&, Connection&)>;

  void Boot(Script left, Script right) {
    world_.emplace(
        WorldOptions{.seed = 3,
                     .keep = Keep::kEverything,
                     .link = {.latency_min = 100us, .latency_max = 100us, .window_bytes = 100}});
    a_ = world_->AddHost("a");
    b_ = world_->AddHost("b");
    right_ = world_->AddProcess(b_, "right", [right](Environment& env) {
      const auto listener = *env.network().Listen(kPort);
      while (const auto connection = listener->Accept()) {
        right(env, **connection);
      }
    });
    left_ = world_->AddProcess(a_, "left", [left](Environment& env) {
      env.Sleep(100us);
      const auto connection = *env.network().Connect(*env.network().Resolve("b", kPort), 1s);
      left(env, *connection);
    });
  }

  void RunUntil(Duration time) {
    bool over = false;
    world_->At(SimTime(time), [&] { over = true; });
    world_->Run([&] { return over; });
  }

  // Reads to the end and logs it.
  static Script Reads(std::vector<std::string>& log) {
    return [&log](Environment& env, Connection& connection) {
      Result<Bytes> frame = connection.Receive();
      for (; frame; frame = connection.Receive()) {
        log.push_back(*frame);
      }
      log.push_back("end " + Show(env.Now()));
    };
  }

  // Sends a frame each 10 ms until that fails.
  static Script Sends(std::vector<std::string>& log, Bytes frame) {
    return [&log, frame](Environment& env, Connection& connection) {
      while (connection.Send(frame)) {
        env.Sleep(10ms);
      }
      log.push_back("broken " + Show(env.Now()));
      env.Sleep(1h);
    };
  }

  static Script Waits() {
    return [](Environment& env, Connection&) { env.Sleep(1h); };
  }

  std::optional<World> world_;
  HostId a_;
  HostId b_;
  ProcessId left_;
  ProcessId right_;
  std::vector<std::string> left_log_;
  std::vector<std::string> right_log_;
};

TEST_F(ConnectionModelTest, AResetBreaksBothEndsAtOnceAndLosesWhatIsUnread) {
  Boot(
      [&](Environment& env, Connection& connection) {
        ASSERT_TRUE(connection.Send("unread"));
        Reads(left_log_)(env, connection);
        EXPECT_FALSE(connection.Send("x"));
      },
      [&](Environment& env, Connection& connection) {
        env.Sleep(20ms);
        Reads(right_log_)(env, connection);
      });
  size_t broken = 0;
  world_->At(SimTime(10ms), [&] { broken = world_->ResetConnections(b_, a_); });
  RunUntil(100ms);
  EXPECT_EQ(broken, 1U);
  EXPECT_EQ(left_log_, std::vector<std::string>{"end 0.010s"});
  EXPECT_EQ(right_log_.size(), 1U) << "the frame was lost";
}

TEST_F(ConnectionModelTest, AKeptArrivalNamesTheFrameThatWasSent) {
  Boot([&](Environment&, Connection& connection) { EXPECT_TRUE(connection.Send("x")); },
       Reads(right_log_));
  RunUntil(10ms);
  std::vector<int64_t> sent;
  std::vector<int64_t> arrived;
  for (const RecordedEvent& event : world_->recording().events) {
    if (event.kind == "sim.frame") {
      sent.push_back(static_cast<int64_t>(event.id.value()));
    } else if (event.kind == "sim.arrive" && !sent.empty() && event.process == "b") {
      arrived.push_back(event.Number("sent").value_or(0));
    }
  }
  ASSERT_EQ(sent.size(), 1U);
  ASSERT_FALSE(arrived.empty());
  EXPECT_EQ(arrived.front(), sent.front());
}

TEST_F(ConnectionModelTest, TheOtherEndOfAOneSidedResetLearnsItWhenItSends) {
  Boot(Reads(left_log_), [&](Environment& env, Connection& connection) {
    env.Sleep(50ms);
    EXPECT_TRUE(connection.Send("into the void"));
    Reads(right_log_)(env, connection);
  });
  world_->At(SimTime(10ms), [&] { world_->ResetConnections(a_, b_, ResetEnds::kFirst); });
  RunUntil(45ms);
  EXPECT_EQ(left_log_, std::vector<std::string>{"end 0.010s"});
  EXPECT_TRUE(right_log_.empty()) << "half-open";
  RunUntil(100ms);
  ASSERT_EQ(right_log_.size(), 1U);
  EXPECT_TRUE(right_log_[0].starts_with("end 0.050")) << right_log_[0];
}

TEST_F(ConnectionModelTest, ABlockedSenderLearnsAOneSidedResetToo) {
  Boot(Sends(left_log_, Bytes(60, 'x')), Waits());
  world_->At(SimTime(100ms), [&] { world_->ResetConnections(b_, a_, ResetEnds::kFirst); });
  RunUntil(99ms);
  EXPECT_TRUE(left_log_.empty());
  RunUntil(200ms);
  EXPECT_EQ(left_log_, std::vector<std::string>{"broken 0.1001s"});
}

TEST_F(ConnectionModelTest, TheDeathOfAProcessIsToldByItsHostAndAPowerLossByNobody) {
  for (const CrashStyle style : {CrashStyle::kProcess, CrashStyle::kSilent}) {
    left_log_.clear();
    Boot(Reads(left_log_), Waits());
    world_->At(SimTime(10ms), [&] { world_->Crash(right_, style); });
    RunUntil(10s);
    EXPECT_EQ(left_log_.empty(), style == CrashStyle::kSilent);
  }
}

TEST_F(ConnectionModelTest, WithoutPowerNothingIsAcknowledgedUntilTheNextBootAnswersWithAReset) {
  Boot(Sends(left_log_, Bytes(30, 'x')), Waits());
  world_->At(SimTime(15ms), [&] { world_->Crash(right_, CrashStyle::kSilent); });
  RunUntil(1s);
  EXPECT_TRUE(left_log_.empty()) << "blocked by its full window";
  world_->At(SimTime(2s), [&] { world_->Restart(right_); });
  RunUntil(3s);
  EXPECT_EQ(left_log_, std::vector<std::string>{"broken 2.0001s"});
}

TEST_F(ConnectionModelTest, AHostWithoutPowerAnswersNoConnectAndAfterItsBootItDoes) {
  std::vector<std::string> log;
  Boot(
      [&](Environment& env, Connection&) {
        const Address peer = *env.network().Resolve("b", kPort);
        for (const Duration start : {100ms, 300ms}) {
          env.Sleep(start - (env.Now() - kEpoch));
          const auto second = env.network().Connect(peer, 50ms);
          log.push_back(second ? "made" : second.error().message);
        }
      },
      [](Environment& env, Connection&) { env.Sleep(1ms); });
  world_->At(SimTime(50ms), [&] { world_->Crash(right_, CrashStyle::kSilent); });
  world_->At(SimTime(200ms), [&] { world_->Restart(right_); });
  RunUntil(1s);
  EXPECT_EQ(log, (std::vector<std::string>{"The host did not answer in time.", "made"}));
}

TEST_F(ConnectionModelTest, ASlowReaderFillsTheWindowAndBlocksTheSender) {
  SimTime sent{};
  Boot(
      [&](Environment& env, Connection& connection) {
        for (int i = 0; i < 20; ++i) {
          ASSERT_TRUE(connection.Send(Bytes(50, 'x')));
        }
        sent = env.Now();
        env.Sleep(1h);
      },
      Reads(right_log_));
  world_->SetLink(a_, b_, {.read_bytes_per_second = 1'000});
  RunUntil(10s);
  // 18 frames must have been read before the last one fits: 900 bytes.
  EXPECT_GE(sent, SimTime(900ms));
  EXPECT_LT(sent, SimTime(920ms));
}

TEST_F(ConnectionModelTest, WhatIsInFlightAtACutFollowsThePolicy) {
  struct Case {
    InFlight in_flight;
    std::string_view arrival;
  };

  for (const auto& [in_flight, arrival] :
       {Case{InFlight::kDeliver, "0.0101s"}, Case{InFlight::kDrop, "0.5001s"},
        Case{InFlight::kHold, "0.5001s"}}) {
    SimTime at{};
    Boot(
        [&](Environment& env, Connection& connection) {
          env.Sleep(10ms - (env.Now() - kEpoch));
          ASSERT_TRUE(connection.Send("x"));
          env.Sleep(1h);
        },
        [&](Environment& env, Connection& connection) {
          ASSERT_TRUE(connection.Receive());
          at = env.Now();
        });
    world_->At(SimTime(10'050us),
               [&] { world_->Partition(std::array{a_}, std::array{b_}, in_flight); });
    world_->At(SimTime(500ms), [&] { world_->Heal(); });
    RunUntil(1s);
    EXPECT_EQ(Show(at), arrival);
  }
}

TEST_F(ConnectionModelTest, OnlyWhereNobodyDetectsItAFrameComesChanged) {
  for (const Corruption corruption : {Corruption::kDetected, Corruption::kUndetected}) {
    std::vector<std::string> log;
    Boot(
        [](Environment& env, Connection& connection) {
          for (int i = 0; i < 3; ++i) {
            ASSERT_TRUE(connection.Send("frame"));
          }
          env.Sleep(1h);
        },
        Reads(log));
    world_->SetLink(a_, b_, {.corrupt = {1, 2}, .corruption = corruption});
    RunUntil(10s);
    ASSERT_EQ(log.size(), 3U);
    const auto changed =
        std::ranges::count_if(log, [](const auto& each) { return each != "frame"; });
    EXPECT_EQ(changed > 0, corruption == Corruption::kUndetected);
    EXPECT_TRUE(std::ranges::all_of(log, [](const auto& each) { return each.size() == 5; }));
  }
}

TEST_F(ConnectionModelTest, HealingBringsForwardWhatATroubleHasPutFarAway) {
  Boot(
      [](Environment& env, Connection& connection) {
        env.Sleep(20ms);
        ASSERT_TRUE(connection.Send("late"));
        env.Sleep(1h);
      },
      Reads(right_log_));
  world_->At(SimTime(10ms), [&] { world_->SetLink(a_, b_, {.delay = 1h}); });
  world_->At(SimTime(1s), [&] { world_->Heal(); });
  RunUntil(1'100ms);
  EXPECT_EQ(right_log_, std::vector<std::string>{"late"});
}

TEST_F(ConnectionModelTest, AHostThatWasBootedAnswersWithAResetAlsoAfterASecondCrash) {
  Boot(
      [&](Environment& env, Connection& connection) {
        env.Sleep(30ms - (env.Now() - kEpoch));
        ASSERT_TRUE(connection.Send("to a host without memory"));
        Reads(left_log_)(env, connection);
      },
      Waits());
  world_->At(SimTime(10ms), [&] { world_->Crash(right_, CrashStyle::kSilent); });
  world_->At(SimTime(20ms), [&] { world_->Restart(right_); });
  world_->At(SimTime(30'050us), [&] { world_->Crash(right_); });
  RunUntil(1s);
  EXPECT_EQ(left_log_, std::vector<std::string>{"end 0.0302s"});
}

TEST_F(ConnectionModelTest, TheEndOfAStreamThatReachesAForgetfulHostIsAnsweredToo) {
  Boot(
      [&](Environment& env, Connection& connection) {
        env.Sleep(30ms);
        connection.Close();
        env.Sleep(1h);
      },
      [&](Environment& env, Connection& connection) {
        env.Sleep(10ms);
        Reads(right_log_)(env, connection);
      });
  world_->At(SimTime(20ms), [&] { world_->ResetConnections(b_, a_, ResetEnds::kFirst); });
  RunUntil(1s);
  const auto& events = world_->recording().events;
  EXPECT_EQ(std::ranges::count(events, "sim.reset", &RecordedEvent::kind), 2);
}

// ---- The handshake ------------------------------------------------------------------------------

// b listens from the start, and takes connections from 50 ms on.
class HandshakeTest : public testing::Test {
 protected:
  void Boot(const Program& left) {
    world_.emplace(WorldOptions{.seed = 3, .link = {.latency_min = 1ms, .latency_max = 1ms}});
    a_ = world_->AddHost("a");
    b_ = world_->AddHost("b");
    world_->AddProcess(b_, "right", [this](Environment& env) {
      const auto listener = *env.network().Listen(kPort);
      env.Sleep(50ms);
      while (const auto connection = listener->Accept(SimTime(2s))) {
        const Result<Bytes> frame = (*connection)->Receive();
        accepted_.push_back(frame ? *frame : "end");
      }
    });
    left_ = world_->AddProcess(a_, "left", left);
  }

  Result<std::unique_ptr<Connection>> Connect(Environment& env, Duration timeout) {
    auto made = env.network().Connect({b_, kPort}, timeout);
    answer_ = made ? "made" : std::string(Name(made.error().code));
    return made;
  }

  std::optional<World> world_;
  HostId a_;
  HostId b_;
  ProcessId left_;
  std::string answer_;
  std::vector<std::string> accepted_;
};

TEST_F(HandshakeTest, ARequestThatIsOnItsWayArrivesThoughItsCallerGaveUp) {
  Boot([&](Environment& env) { (void)Connect(env, 1'500us); });
  world_->Run([] { return false; });
  EXPECT_EQ(answer_, "timeout");
  EXPECT_EQ(accepted_, std::vector<std::string>{"end"});
}

TEST_F(HandshakeTest, ARequestThatIsHeldIsGivenUpWithItsCaller) {
  Boot([&](Environment& env) { (void)Connect(env, 10ms); });
  world_->SetLink(a_, b_, {.cut = true});
  world_->At(SimTime(100ms), [&] { world_->Heal(); });
  world_->Run([] { return false; });
  EXPECT_EQ(answer_, "timeout");
  EXPECT_TRUE(accepted_.empty());
}

TEST_F(HandshakeTest, AResetAtTheListenersHostRefusesTheRequest) {
  Boot([&](Environment& env) { (void)Connect(env, 1s); });
  size_t broken = 0;
  world_->At(SimTime(500us), [&] { broken = world_->ResetConnections(b_, a_, ResetEnds::kFirst); });
  world_->Run([] { return false; });
  EXPECT_EQ(broken, 1U);
  EXPECT_EQ(answer_, "unavailable");
  EXPECT_TRUE(accepted_.empty());
}

TEST_F(HandshakeTest, AResetAtTheCallersHostIsToldToTheListenerByTheAnswer) {
  Boot([&](Environment& env) {
    (void)Connect(env, 1s);
    env.Sleep(1s);
  });
  world_->At(SimTime(500us), [&] { world_->ResetConnections(a_, b_, ResetEnds::kFirst); });
  world_->Run([] { return false; });
  EXPECT_EQ(answer_, "unavailable");
  EXPECT_EQ(accepted_, std::vector<std::string>{"end"});
}

TEST_F(HandshakeTest, MoreThanABacklogAreRefused) {
  constexpr size_t kCallers = ModelListener::kBacklogMax + 2;
  size_t refused = 0;
  Boot([&](Environment& env) {
    for (size_t i = 0; i < kCallers; ++i) {
      env.Spawn("caller", [&] {
        const auto connection = env.network().Connect({b_, kPort}, 1s);
        refused += connection || connection.error().code != ErrorCode::kUnavailable ? 0U : 1U;
      });
    }
  });
  world_->Run([] { return false; });
  EXPECT_EQ(refused, 2U);
  EXPECT_EQ(accepted_.size(), ModelListener::kBacklogMax);
}

}  // namespace
}  // namespace flinch::sim
