// A process dies at every point at which it can: the world still reaches its goal.
#include "sim/world/world.h"

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/sync.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

constexpr uint16_t kDatagrams = 1;
constexpr uint16_t kConnections = 2;
constexpr int kItems = 5;
constexpr int kCopies = 3;
constexpr std::string_view kDone = "/progress/done";

// Counts the fibers that have begun and not ended or been unwound.
struct Living {
  explicit Living(int& count) : count_(count) { ++count_; }

  ~Living() { --count_; }

  Living(const Living&) = delete;
  Living& operator=(const Living&) = delete;

 private:
  int& count_;
};

// Closes a queue whatever ends its scope: touches, while it is unwound, what lies on another stack.
struct CloseAtEnd {
  Queue<Bytes>& queue;

  ~CloseAtEnd() { queue.Close(); }
};

// Three fibers wait in one condition, are woken together, and are joined.
void Gather(Environment& env, int& living) {
  Condition start(env, "the start");
  FiberGroup group(env);
  bool started = false;
  int ran = 0;
  for (int i = 0; i < 3; ++i) {
    group.Spawn("gathered", [&] {
      const Living alive(living);
      start.WaitFor([&] { return started; });
      env.Trace("gathered");
      ++ran;
    });
  }
  env.Sleep(1ms);
  started = true;
  start.NotifyAll();
  group.WaitForAll();
  Check(ran == 3, "{} of 3 fibers were joined", ran);
}

// Answers every frame once it is on the disk: reader → queue → writer.
void Serve(Environment& env, Connection& connection, int& living) {
  Queue<Bytes> received(env, 1);
  FiberGroup fibers(env);
  fibers.Spawn("writer", [&] {
    const Living alive(living);
    while (const std::optional<Bytes> frame = received.Pop()) {
      if (WriteDurably(env.disk(), "/log/" + *frame, *frame)) {
        env.Trace("served", {{"frame", *frame}});
        (void)connection.Send("stored " + *frame);
      }
    }
  });
  fibers.Spawn("reader", [&] {
    const Living alive(living);
    const CloseAtEnd close{received};
    while (Result<Bytes> frame = connection.Receive()) {
      received.Push(*std::move(frame));
    }
  });
  fibers.WaitForAll();
}

Program Server(int& living) {
  return [&living](Environment& env) {
    const Living alive(living);
    const auto socket = *env.network().Bind(kDatagrams);
    const auto listener = *env.network().Listen(kConnections);
    env.Spawn("answering", [&] {
      const Living answering(living);
      while (const Result<Message> message = socket->Receive()) {
        socket->Send(message->from, "pong");
      }
    });
    Gather(env, living);
    for (;;) {
      Result<std::unique_ptr<Connection>> accepted = listener->Accept();
      env.Spawn("serving", [&env, &living, connection = *std::move(accepted)] {
        const Living serving(living);
        Serve(env, *connection, living);
      });
    }
  };
}

bool Ping(Environment& env, Socket& socket) {
  socket.Send(*env.network().Resolve("a", kDatagrams), "ping");
  return socket.Receive(Later(env.Now(), 5ms)).has_value();
}

bool Store(Environment& env, Connection& connection, int item) {
  const std::string name = std::to_string(item);
  for (int i = 0; i < kCopies; ++i) {  // more than the window takes
    if (!connection.Send(name)) {
      return false;
    }
  }
  for (;;) {
    const Result<Bytes> answer = connection.Receive(Later(env.Now(), 100ms));
    if (!answer) {
      return false;
    }
    if (*answer == "stored " + name) {
      env.Trace("stored", {{"item", item}});
      return WriteDurably(env.disk(), "/progress/" + name, name).has_value();
    }
  }
}

Program Client(int& living) {
  return [&living](Environment& env) {
    const Living alive(living);
    const auto socket = *env.network().Bind(0);
    Gather(env, living);
    for (int item = 0; item < kItems;) {
      while (!Ping(env, *socket)) {
      }
      const Result<std::unique_ptr<Connection>> connection =
          env.network().Connect(*env.network().Resolve("a", kConnections), 50ms);
      while (
          connection && item < kItems &&
          (env.disk().Read(fmt::format("/progress/{}", item)) || Store(env, **connection, item))) {
        ++item;
      }
    }
    Check(WriteDurably(env.disk(), kDone, "yes").has_value(), "a whole disk refused a file");
  };
}

struct Tale {
  Outcome outcome;
  Digest digest;
  bool struck = false;
  bool healed = false;
  int fibers_begun_in_excess = 0;  // of those that the world knows of
  int fibers_left = 0;             // after the world
};

// Kills at the n-th traced event of a process.
class Assassin final : public TraceObserver {
 public:
  Assassin(std::string_view victim, uint64_t number, std::function<void()> kill)
      : victim_(victim), number_(number), kill_(std::move(kill)) {}

  void OnEvent(const TraceEvent& event) override {
    if (event.process_name == victim_ && ++seen_ == number_) {
      kill_();
    }
  }

 private:
  std::string victim_;
  uint64_t number_;
  uint64_t seen_ = 0;
  std::function<void()> kill_;
};

enum class At : uint8_t { kSuspension, kTrace };
enum class Blow : uint8_t { kCrash, kPause, kFreeze, kCrashOfThePaused };

// What happens at the point, and what heals it.
void Strike(World& world, ProcessId process, Blow blow, bool& healed) {
  const SimTime later = Later(world.Now(), 10ms);
  if (blow != Blow::kCrash) {
    world.Pause(process, blow == Blow::kFreeze ? PausedTimers::kFrozen : PausedTimers::kRunning);
  }
  if (blow == Blow::kCrash) {
    world.Crash(process);
  }
  world.At(later, [&world, &healed, process, blow] {
    healed = true;
    if (blow == Blow::kCrashOfThePaused) {
      world.Crash(process);
    }
    world.Resume(process);
    world.Restart(process);
  });
}

Tale Tell(std::string_view victim, At at, Blow blow, uint64_t number) {
  Tale tale;
  int living = 0;
  {
    World world({.seed = 5, .link = {.window_bytes = 1}, .limits = {.time_max = SimTime(60s)}});
    const HostId b = world.AddHost("b");
    world.AddProcess(world.AddHost("a"), "a", Server(living));
    world.AddProcess(b, "b", Client(living));
    const ProcessId process = *world.FindProcess(victim);
    const auto kill = [&] {
      tale.struck = true;
      Strike(world, process, blow, tale.healed);
    };
    Assassin assassin(victim, at == At::kTrace ? number : 0, kill);
    world.Observe(assassin);
    if (at == At::kSuspension) {
      world.AtSuspension(process, number, kill);
    }
    tale.outcome =
        world.Run([&] { return world.ReadFile(b, kDone) && (!tale.struck || tale.healed); });
    tale.digest = world.digest();
    tale.fibers_begun_in_excess = living - static_cast<int>(world.Explain().waiters.size());
  }
  tale.fibers_left = living;
  return tale;
}

// Returns how many points there were.
uint64_t StrikeAtEvery(std::string_view victim, At at, Blow blow = Blow::kCrash) {
  for (uint64_t number = 1;; ++number) {
    SCOPED_TRACE(fmt::format("{} is struck at point {}", victim, number));
    const Tale tale = Tell(victim, at, blow, number);
    const Tale again = Tell(victim, at, blow, number);
    EXPECT_EQ(tale.outcome.ending, Ending::kGoal) << Show(tale.outcome);
    EXPECT_EQ(tale.digest, again.digest);
    EXPECT_LE(tale.fibers_begun_in_excess, 0);
    EXPECT_EQ(tale.fibers_left, 0);
    if (!tale.struck || testing::Test::HasFailure()) {
      return number - 1;
    }
  }
}

TEST(WorldPropertyTest, AServerMayDieAtEverySuspension) {
  EXPECT_GT(StrikeAtEvery("a", At::kSuspension), 50U);
}

TEST(WorldPropertyTest, AClientMayDieAtEverySuspension) {
  EXPECT_GT(StrikeAtEvery("b", At::kSuspension), 50U);
}

TEST(WorldPropertyTest, AServerMayDieAtEveryEventItTraces) {
  EXPECT_GE(StrikeAtEvery("a", At::kTrace), 3U + kItems);
}

TEST(WorldPropertyTest, AClientMayDieAtEveryEventItTraces) {
  EXPECT_EQ(StrikeAtEvery("b", At::kTrace), 3U + kItems);
}

class PauseTest : public testing::TestWithParam<Blow> {};

TEST_P(PauseTest, MayComeAtEverySuspensionAndEveryTracedEvent) {
  for (const std::string_view victim : {"a", "b"}) {
    EXPECT_GT(StrikeAtEvery(victim, At::kSuspension, GetParam()), 50U);
    EXPECT_GE(StrikeAtEvery(victim, At::kTrace, GetParam()), 3U + kItems);
  }
}

INSTANTIATE_TEST_SUITE_P(WorldPropertyTest, PauseTest,
                         testing::Values(Blow::kPause, Blow::kFreeze, Blow::kCrashOfThePaused));

}  // namespace
}  // namespace flinch::sim
