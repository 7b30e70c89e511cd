#include "sim/world/crash_points.h"

#include <set>

#include <gtest/gtest.h>

#include "sim/check.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

// Two files, one after the other, on two disks; what is left of them after a crash is noted.
class Sweep {
 public:
  std::vector<CrashPoint> operator()(const CrashPoint& crash) {
    World world({.seed = 7});
    const HostId host = world.AddHost("a");
    const ProcessId process = world.AddProcess(host, "a", [](Environment& env) {
      if (env.incarnation() == 1) {
        (void)WriteDurably(env.disk(), "/first", "1");
        (void)WriteDurably(env.shared(), "/second", "2");
      }
    });
    Arm(world, crash);
    world.Run([] { return false; });
    died += crash.write != 0 ? 1 : 0;
    world.Restart(process);
    world.Run([] { return false; });
    const bool first = world.ReadFile(host, "/first").has_value();
    const bool second = world.ReadSharedFile("/second").has_value();
    left.insert({first, second});
    return WritesOf(world);
  }

  int died = 0;
  std::set<std::pair<bool, bool>> left;
};

TEST(CrashPointsTest, EveryWriteIsOneAndThereAreNoOthers) {
  Sweep sweep;
  const std::vector<CrashPoint> points = CrashPoints(std::ref(sweep));
  // Five operations make a file durable: create, append, sync, rename, sync of the directory.
  ASSERT_EQ(points.size(), 10U);
  EXPECT_EQ(points.front(), (CrashPoint{.host = HostId(0), .write = 1}));
  EXPECT_EQ(points.back(), (CrashPoint{.host = std::nullopt, .write = 5}));
  EXPECT_EQ(sweep.left, (std::set<std::pair<bool, bool>>{{true, true}}));
  sweep.left.clear();
  for (const CrashPoint& point : points) {
    sweep(point);
  }
  EXPECT_EQ(sweep.died, 10);
  EXPECT_EQ(sweep.left, (std::set<std::pair<bool, bool>>{{false, false}, {true, false}}));
}

TEST(CrashPointsTest, AnExperimentThatWritesNothingIsNone) {
  EXPECT_THROW((void)CrashPoints([](const CrashPoint&) {
                 World world({});
                 world.AddHost("a");
                 world.Run([] { return false; });
                 return WritesOf(world);
               }),
               Violation);
}

TEST(CrashPointsTest, APointIsShownInWords) {
  EXPECT_EQ(Show(CrashPoint{}), "without a crash");
  EXPECT_EQ(Show({.host = HostId(2), .write = 17}), "before write 17 of host 2");
  EXPECT_EQ(Show({.host = std::nullopt, .write = 3}), "before write 3 of the shared volume");
}

TEST(CrashPointsTest, FaultsOfADiskDoNotMoveTheCount) {
  World world({});
  const HostId host = world.AddHost("a");
  world.AddProcess(host, "a", [&](Environment& env) {
    (void)env.disk().Create("/f");
    world.SetDisk(host, {.write_error = {1, 1}});
    EXPECT_FALSE(env.disk().Create("/g"));
    world.HealDisks();
    (void)env.disk().Read("/f");
    EXPECT_FALSE(env.disk().Create("/no/../path"));
    (void)env.disk().Remove("/f");
  });
  world.Run([] { return false; });
  EXPECT_EQ(world.WritesOf(host), 3U);
  EXPECT_EQ(world.WritesOfShared(), 0U);
}

}  // namespace
}  // namespace flinch::sim
