#include "sim/kernel/interpose.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <poll.h>
#include <random>
#include <semaphore.h>
#include <string>
#include <string_view>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

// Does something with a result that nobody needs.
template <typename T>
void Use(const T& value) {
  volatile T copy = value;
  (void)copy;
}

void RunInProcess(const std::function<void()>& leak) {
  World world({.seed = 1});
  world.AddProcess(world.AddHost("a"), "clerk", [&leak](Environment& env) {
    env.Sleep(1500ms);
    leak();
  });
  world.Run([] { return false; });
}

struct Call {
  std::string_view name;
  std::string_view symbol;
  void (*make)();
};

class InterposeDeathTest : public ::testing::TestWithParam<Call> {};

TEST_P(InterposeDeathTest, ARunThatMakesTheCallDiesByItsName) {
  GetParam().make();  // outside of a run it goes through
  EXPECT_DEATH(RunInProcess(GetParam().make), std::string("nondeterminism: ") +
                                                  std::string(GetParam().symbol) +
                                                  " .*fiber main of clerk at 1.500s");
}

INSTANTIATE_TEST_SUITE_P(
    Calls, InterposeDeathTest,
    ::testing::Values(
        Call{"SteadyClock", "clock_gettime",
             [] { Use(std::chrono::steady_clock::now().time_since_epoch().count()); }},
        Call{"SystemClock", "clock_gettime",
             [] { Use(std::chrono::system_clock::now().time_since_epoch().count()); }},
        Call{"Time", "time", [] { Use(std::time(nullptr)); }},
        Call{"Clock", "clock", [] { Use(std::clock()); }},
        Call{"LocalTime", "localtime",
             [] {
               const std::time_t zero = 0;
               Use(std::localtime(&zero)->tm_hour);
             }},
        Call{"RandomDevice", "std::random_device", [] { Use(std::random_device()()); }},
        Call{"GetRandom", "getrandom",
             [] {
               int value = 0;
               Use(getrandom(&value, sizeof value, 0));
             }},
        Call{"Rand", "rand", [] { Use(std::rand()); }},
        Call{"Thread", "pthread_create", [] { std::thread([] {}).join(); }},
        Call{"Yield", "sched_yield", [] { std::this_thread::yield(); }},
        Call{"Sleep", "(clock_)?nanosleep", [] { std::this_thread::sleep_for(1ns); }},
        Call{"Poll", "poll", [] { Use(poll(nullptr, 0, 0)); }},
        Call{"Select", "select",
             [] {
               timeval none{};
               Use(select(0, nullptr, nullptr, nullptr, &none));
             }},
        Call{"Semaphore", "sem_timedwait",
             [] {
               sem_t semaphore;
               sem_init(&semaphore, 0, 1);
               const timespec past{};
               Use(sem_timedwait(&semaphore, &past));
             }},
        Call{"Fork", "fork",
             [] {
               const pid_t child = fork();
               if (child == 0) {
                 _exit(0);
               }
               waitpid(child, nullptr, 0);
             }},
        Call{"GetEnv", "getenv", [] { Use(std::getenv("PATH") == nullptr); }},
        Call{"Processors", "get_nprocs", [] { Use(std::thread::hardware_concurrency()); }},
        Call{"ProcessId", "getpid", [] { Use(getpid()); }},
        Call{"Folder", "(fd)?opendir",
             [] { Use(std::filesystem::directory_iterator("/")->path().empty()); }},
        Call{"File", "f?open", [] { Use(std::ifstream("/dev/urandom").get()); }}),
    [](const auto& call) { return std::string(call.param.name); });

TEST(InterposeTest, ARunThatOnlyAsksItsWorldIsLeftAlone) {
  int64_t now = 0;
  World world({.seed = 1});
  world.AddProcess(world.AddHost("a"), "a", [&now](Environment& env) {
    env.Sleep(1ms);
    now = Nanos(env.Now());
  });
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
  EXPECT_EQ(now, 1'000'000);
  EXPECT_GT(std::chrono::steady_clock::now().time_since_epoch().count(), 0);
}

TEST(InterposeTest, AnotherThreadMayLookAtTheClockMeanwhile) {
  World world({.seed = 1});
  std::atomic<int> asked = 0;
  std::atomic<int> seen = 0;
  std::thread other([&] {
    while (asked == 0) {
    }
    Use(std::chrono::steady_clock::now().time_since_epoch().count());
    seen = 1;
  });
  world.At(SimTime(1ms), [&] {
    asked = 1;
    while (seen == 0) {
    }
  });
  world.Run([] { return false; });
  other.join();
  EXPECT_EQ(seen, 1);
}

using InterposeMessageDeathTest = ::testing::Test;

TEST(InterposeMessageDeathTest, AnObserverIsHeldToItTooAndTheStackNamesIt) {
  class Watch : public TraceObserver {
   public:
    void OnEvent(const TraceEvent&) override {
      Use(std::chrono::steady_clock::now().time_since_epoch().count());
    }
  } watch;

  EXPECT_DEATH(
      {
        World world({.seed = 1});
        world.Observe(watch);
        world.At(SimTime(1ms), [&] { world.Trace("tick"); });
        world.Run([] { return false; });
      },
      "by the experimenter at 0.001s(.|\n)*Environment::Now(.|\n)*at .*OnEvent");
}

TEST(InterposeTest, SaysWhoRuns) {
  EXPECT_EQ(RunningActor(), "nobody");
  std::string inside;
  std::string between;
  World world({.seed = 1});
  world.AddProcess(world.AddHost("a"), "a", [&](Environment&) { inside = RunningActor(); });
  world.At(SimTime(1ms), [&] { between = RunningActor(); });
  world.Run([] { return false; });
  EXPECT_EQ(inside, "fiber main of a");
  EXPECT_EQ(between, "the experimenter");
  EXPECT_EQ(RunningActor(), "nobody");
}

}  // namespace
}  // namespace flinch::sim
