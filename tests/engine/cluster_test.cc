#include "engine/cluster.h"

#include <gtest/gtest.h>

#include "engine/events.h"
#include "tests/support/click_cluster.h"

namespace flinch::engine {
namespace {

using sim::SimTime;

EngineOptions Quick() {
  EngineOptions options;
  options.checkpoint.interval = 200ms;
  options.checkpoint.timeout = 2s;
  options.checkpoint.tolerable_failures = 10;
  options.restart.delay = 100ms;
  options.heartbeat.interval = 100ms;
  options.heartbeat.timeout = 500ms;
  options.rpc.ask_timeout = 300ms;
  options.sink.transaction_timeout = 1min;
  return options;
}

ClickClusterOptions QuickCluster(uint64_t seed) { return {.seed = seed, .engine = Quick()}; }

void ExpectExactlyOnce(const ClickCluster& cluster) {
  EXPECT_EQ(cluster.job_status(), "FINISHED");
  EXPECT_EQ(cluster.CommittedCounts(), cluster.expected());
}

TEST(ClusterTest, ABoundedJobRunsToItsEndWithoutFaults) {
  ClickCluster cluster(QuickCluster(1));
  const sim::Outcome outcome = cluster.RunToEnd(SimTime(60s));
  ASSERT_FALSE(outcome.violation) << outcome.violation->what << " at " << outcome.violation->where;
  ExpectExactlyOnce(cluster);
  EXPECT_GE(cluster.seen().at("checkpoint.stored"), 5);
  EXPECT_EQ(cluster.seen().count("task.failed"), 0U);
}

TEST(ClusterTest, TheCrashOfATaskManagerIsSurvived) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    ClickCluster cluster(QuickCluster(seed));
    const sim::ProcessId victim = cluster.process(seed % 2 == 0 ? "tm-1" : "tm-2");
    const auto when = SimTime(std::chrono::milliseconds(300 + 83 * seed));
    cluster.world().At(when, [&] { cluster.world().Crash(victim); });
    cluster.world().At(when + 250ms, [&] { cluster.world().Restart(victim); });
    const sim::Outcome outcome = cluster.RunToEnd(SimTime(120s));
    ASSERT_FALSE(outcome.violation)
        << seed << ": " << outcome.violation->what << " at " << outcome.violation->where;
    SCOPED_TRACE(seed);
    ExpectExactlyOnce(cluster);
    EXPECT_GE(cluster.seen().at("job.restored"), 2);
  }
}

TEST(ClusterTest, TheCrashOfTheJobManagerIsSurvived) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    ClickCluster cluster(QuickCluster(seed));
    const sim::ProcessId victim = cluster.process("jm");
    const auto when = SimTime(std::chrono::milliseconds(300 + 83 * seed));
    cluster.world().At(when, [&] { cluster.world().Crash(victim); });
    cluster.world().At(when + 250ms, [&] { cluster.world().Restart(victim); });
    const sim::Outcome outcome = cluster.RunToEnd(SimTime(120s));
    ASSERT_FALSE(outcome.violation)
        << seed << ": " << outcome.violation->what << " at " << outcome.violation->where;
    SCOPED_TRACE(seed);
    ExpectExactlyOnce(cluster);
  }
}

TEST(ClusterTest, ACutBetweenMasterAndWorkerMakesNoZombieOutput) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    ClickCluster cluster(QuickCluster(seed));
    sim::World& world = cluster.world();
    const sim::HostId jm = world.HostOf(cluster.process("jm"));
    const sim::HostId tm = world.HostOf(cluster.process("tm-1"));
    const auto when = SimTime(std::chrono::milliseconds(300 + 83 * seed));
    world.At(when, [&] {
      world.SetLink(jm, tm, {.cut = true});
      if (seed % 2 == 0) {
        world.SetLink(tm, jm, {.cut = true});
      }
    });
    world.At(when + 1500ms, [&] {
      world.SetLink(jm, tm, {});
      world.SetLink(tm, jm, {});
    });
    const sim::Outcome outcome = cluster.RunToEnd(SimTime(120s));
    ASSERT_FALSE(outcome.violation)
        << seed << ": " << outcome.violation->what << " at " << outcome.violation->where;
    SCOPED_TRACE(seed);
    ExpectExactlyOnce(cluster);
  }
}

TEST(ClusterTest, LostMessagesDelayTheJobAndNothingElse) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    ClickCluster cluster(QuickCluster(seed));
    sim::World& world = cluster.world();
    for (const std::string_view name : {"tm-1", "tm-2", "broker"}) {
      const sim::HostId peer = world.HostOf(cluster.process(name));
      const sim::HostId jm = world.HostOf(cluster.process("jm"));
      world.SetLink(jm, peer, {.loss = sim::Percent(20)});
      world.SetLink(peer, jm, {.loss = sim::Percent(20)});
    }
    world.At(SimTime(5s), [&] {
      for (const std::string_view name : {"tm-1", "tm-2", "broker"}) {
        const sim::HostId peer = world.HostOf(cluster.process(name));
        const sim::HostId jm = world.HostOf(cluster.process("jm"));
        world.SetLink(jm, peer, {});
        world.SetLink(peer, jm, {});
      }
    });
    const sim::Outcome outcome = cluster.RunToEnd(SimTime(120s));
    ASSERT_FALSE(outcome.violation)
        << seed << ": " << outcome.violation->what << " at " << outcome.violation->where;
    SCOPED_TRACE(seed);
    ExpectExactlyOnce(cluster);
  }
}

// Kills whoever tells of an event, at the n-th event and at that very point of its code.
class AssassinOfTheNth : public sim::TraceObserver {
 public:
  AssassinOfTheNth(sim::World& world, int nth) : world_(world), left_(nth) {}

  void OnEvent(const sim::TraceEvent& event) override {
    if (--left_ != 0 || event.process_name == "world" || event.process_name == "publisher") {
      return;
    }
    const sim::ProcessId victim = event.process;
    world_.Crash(victim);
    world_.At(sim::Later(world_.Now(), 200ms), [this, victim] { world_.Restart(victim); });
  }

 private:
  sim::World& world_;
  int left_;
};

TEST(ClusterTest, ACrashAtAnyEventIsSurvived) {
  for (int nth = 1; nth < 1'500; nth += 11) {
    ClickCluster cluster(QuickCluster(3));
    // A first crash early on, so that the second may meet cancels, restores and registrations.
    const sim::ProcessId first = cluster.process("tm-1");
    cluster.world().At(SimTime(700ms), [&] { cluster.world().Crash(first); });
    cluster.world().At(SimTime(900ms), [&] { cluster.world().Restart(first); });
    AssassinOfTheNth assassin(cluster.world(), nth);
    cluster.world().Observe(assassin);
    const sim::Outcome outcome = cluster.RunToEnd(SimTime(120s));
    SCOPED_TRACE(nth);
    ASSERT_FALSE(outcome.violation)
        << outcome.violation->what << " at " << outcome.violation->where;
    ExpectExactlyOnce(cluster);
  }
}

TEST(ClusterTest, TheSameSeedIsTheSameRun) {
  ClickCluster first(QuickCluster(9));
  first.RunToEnd(SimTime(60s));
  ClickCluster second(QuickCluster(9));
  second.RunToEnd(SimTime(60s));
  EXPECT_EQ(first.world().digest(), second.world().digest());
  ClickCluster other(QuickCluster(10));
  other.RunToEnd(SimTime(60s));
  EXPECT_NE(first.world().digest(), other.world().digest());
}

}  // namespace
}  // namespace flinch::engine
