#include "faults/generators.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/fault_plan_toml.h"
#include "sim/check.h"

namespace flinch::faults {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr uint64_t kSeeds = 2000;

SwarmOptions Options() {
  return {
      .crash_targets = {{"tm-1", 4}, {"tm-2", 4}, {"tm-3", 4}, {"jm", 1}},
      .hosts = {"jm", "tm-1", "tm-2", "tm-3"},
      .anchors = {{"checkpoint.acknowledged", 20, {"tm-1", "tm-2", "tm-3"}},
                  {"checkpoint.stored", 5, {"jm"}}},
      .horizon = seconds(10),
      .crashes_min = 1,
      .crashes_max = 4,
      .follow_chance = sim::Percent(0),
  };
}

FaultPlan Draw(const SwarmOptions& options, uint64_t seed) {
  return DrawPlan(options, sim::Random(seed).Split("faults"));
}

template <typename AnyAction>
size_t CountOf(const FaultPlan& plan) {
  return static_cast<size_t>(std::ranges::count_if(plan.faults, [](const Fault& fault) {
    return std::holds_alternative<AnyAction>(fault.what);
  }));
}

size_t CountCrashes(const FaultPlan& plan) {
  return static_cast<size_t>(std::ranges::count_if(
      plan.faults, [](const Fault& fault) { return std::holds_alternative<Crash>(fault.what); }));
}

// How long a fault may hold after it fired.
sim::Duration SpanOf(const Action& action) {
  return std::visit(
      [](const auto& what) {
        if constexpr (requires { what.duration; }) {
          return what.duration;
        } else if constexpr (requires { what.restart_after; }) {
          // Without one there is a fault of its own for it: see DelayOfRestart.
          return what.restart_after.value_or(sim::Duration(0));
        } else {
          return sim::Duration(0);
        }
      },
      action);
}

// After which a crash is followed by the restart that is written into it or a fault of its own.
std::optional<sim::Duration> DelayOfRestart(const FaultPlan& plan, size_t index) {
  const auto& crash = std::get<Crash>(plan.faults[index].what);
  if (crash.restart_after) {
    return crash.restart_after;
  }
  for (const Fault& fault : plan.faults) {
    const auto* const after = std::get_if<AfterFault>(&fault.when);
    const auto* const restart = std::get_if<Restart>(&fault.what);
    if (restart != nullptr && restart->process == crash.process && after != nullptr &&
        after->fault == index) {
      return after->delay;
    }
  }
  return std::nullopt;
}

// When a fault is over, if that depends on no event.
std::optional<sim::SimTime> EndOf(const FaultPlan& plan, size_t index) {
  sim::Duration delay(0);
  while (const auto* const after = std::get_if<AfterFault>(&plan.faults[index].when)) {
    delay += after->delay + SpanOf(plan.faults[index].what);
    index = after->fault;
  }
  const auto* const at = std::get_if<AtTime>(&plan.faults[index].when);
  if (at == nullptr) {
    return std::nullopt;
  }
  return at->time + delay + SpanOf(plan.faults[index].what);
}

TEST(DrawPlanTest, TheSeedDecidesThePlan) {
  std::set<std::string> plans;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    EXPECT_EQ(Draw(Options(), seed), Draw(Options(), seed));
    plans.insert(ShowToml(Draw(Options(), seed)));
  }
  EXPECT_GT(plans.size(), 195U);
}

TEST(DrawPlanTest, EveryPlanFitsItsCastAndItsBounds) {
  const SwarmOptions options = Options();
  const Cast cast = {.processes = {"jm", "tm-1", "tm-2", "tm-3"},
                     .events = {{"checkpoint.acknowledged", {}}, {"checkpoint.stored", {}}}};
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const FaultPlan plan = Draw(options, seed);
    const std::vector<PlanProblem> problems = CheckAgainst(plan, cast);
    ASSERT_TRUE(problems.empty()) << seed << ": " << Show(problems.front());
    const size_t crashes = CountCrashes(plan);
    EXPECT_GE(crashes, options.crashes_min);
    EXPECT_LE(crashes, options.crashes_max);
    EXPECT_LE(plan.faults.size() - crashes - CountOf<Restart>(plan), options.link_faults_max);
    for (size_t index = 0; index < plan.faults.size(); ++index) {
      EXPECT_LE(SpanOf(plan.faults[index].what), options.horizon / 2) << seed;
      EXPECT_LE(EndOf(plan, index).value_or(sim::kEpoch), sim::kEpoch + options.horizon) << seed;
      const auto* const when = std::get_if<AtEvent>(&plan.faults[index].when);
      EXPECT_TRUE(when == nullptr || when->nth <= (when->kind == "checkpoint.stored" ? 5U : 20U));
    }
  }
}

// The crashes that are promised wait for nothing that may not come.
TEST(DrawPlanTest, PromisedCrashesAreNotAimedAtOneProcess) {
  SwarmOptions options = Options();
  options.crashes_min = 2;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const FaultPlan plan = Draw(options, seed);
    for (size_t index = 0; index < options.crashes_min; ++index) {
      const auto* const when = std::get_if<AtEvent>(&plan.faults[index].when);
      EXPECT_TRUE(when == nullptr || when->process.empty());
    }
  }
}

TEST(DrawPlanTest, ASecondBlowHitsTheSameProcessAfterItBooted) {
  int count = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const FaultPlan plan = Draw(Options(), seed);
    for (const Fault& fault : plan.faults) {
      const auto* const after = std::get_if<AfterFault>(&fault.when);
      const auto* const second = std::get_if<Crash>(&fault.what);
      if (after != nullptr && second != nullptr) {
        EXPECT_EQ(second->process, std::get<Crash>(plan.faults[after->fault].what).process);
        EXPECT_GT(after->delay, DelayOfRestart(plan, after->fault).value());
        count += 1;
      }
    }
  }
  EXPECT_GT(count, 0);
}

// The kinds of the fault and of those that it waits for, one after the other.
std::vector<std::string_view> ChainOf(const FaultPlan& plan, size_t index) {
  std::vector<std::string_view> kinds = {KindOf(plan.faults[index].what)};
  for (;;) {
    const auto* const after = std::get_if<AfterFault>(&plan.faults[index].when);
    const auto* const event = std::get_if<AtEvent>(&plan.faults[index].when);
    if (after != nullptr) {
      index = after->fault;
    } else if (event != nullptr && event->since) {
      index = *event->since;
    } else {
      return kinds;
    }
    kinds.push_back(KindOf(plan.faults[index].what));
  }
}

TEST(DrawPlanTest, AnyKindOfFaultFollowsAnyOtherUpToThreeInARow) {
  SwarmOptions options = Options();
  options.follow_chance = sim::Percent(100);
  options.again_events = {{.kind = "checkpoint.stored"}};
  std::set<std::pair<std::string_view, std::string_view>> pairs;
  size_t longest = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const FaultPlan plan = Draw(options, seed);
    for (size_t index = 0; index < plan.faults.size(); ++index) {
      const std::vector<std::string_view> chain = ChainOf(plan, index);
      longest = std::max(longest, chain.size());
      if (chain.size() > 1) {
        pairs.insert({chain[1], chain[0]});
      }
    }
  }
  EXPECT_GE(longest, 4U) << "one, and three behind it";
  EXPECT_LE(longest, 6U) << "a crash again and its restart may come before";
  for (const std::string_view first : {"crash", "drop", "delay", "cut"}) {
    for (const std::string_view second : {"crash", "drop", "delay", "cut"}) {
      EXPECT_TRUE(pairs.contains({first, second})) << first << " " << second;
    }
  }
}

TEST(DrawPlanTest, FaultsOfTheVolumeMayBeAboutOneKindOfFiles) {
  SwarmOptions options = Options();
  options.others_max = 3;
  options.other_chance = sim::Percent(100);
  options.volume_paths = {"/ha/job/completed", "/checkpoints"};
  std::set<std::string> paths;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    for (const Fault& fault : Draw(options, seed).faults) {
      if (const auto* const disk = std::get_if<DiskFault>(&fault.what)) {
        EXPECT_TRUE(disk->path.empty() || disk->disk == kSharedVolume);
        paths.insert(disk->path);
      }
    }
  }
  EXPECT_THAT(paths, ::testing::UnorderedElementsAre("", "/ha/job/completed", "/checkpoints"));
}

TEST(DrawPlanTest, EveryCrashIsFollowedByARestartThatMayBeAFaultOfItsOwn) {
  size_t crashes = 0;
  size_t restarts = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const FaultPlan plan = Draw(Options(), seed);
    for (size_t index = 0; index < plan.faults.size(); ++index) {
      const auto* const crash = std::get_if<Crash>(&plan.faults[index].what);
      if (crash != nullptr) {
        const sim::Duration delay = DelayOfRestart(plan, index).value_or(sim::Duration::max());
        EXPECT_LE(delay, Options().restart().max) << ShowToml(plan);
        EXPECT_GE(delay, Options().restart().min);
      }
    }
    crashes += CountCrashes(plan);
    restarts += CountOf<Restart>(plan);
  }
  EXPECT_GT(restarts, crashes / 5);
  EXPECT_LT(restarts, crashes / 3);
}

TEST(DrawPlanTest, HalfOfTheSeedsCrashNoMoreTargetsThanAreSpare) {
  SwarmOptions options = Options();
  options.crashes_min = options.crashes_max = 4;
  options.spare_targets = 2;
  size_t within = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    std::set<std::string> targets;
    for (const Fault& fault : Draw(options, seed).faults) {
      if (const auto* const crash = std::get_if<Crash>(&fault.what)) {
        targets.insert(crash->process);
      }
    }
    within += targets.size() <= 2 ? 1U : 0U;
  }
  EXPECT_GE(within, kSeeds / 2 - 100);
  EXPECT_LT(within, kSeeds);
}

TEST(DrawPlanTest, FewerCrashesAreThePrefixOfMore) {
  SwarmOptions few = Options();
  few.crashes_min = few.crashes_max = 2;
  SwarmOptions many = few;
  many.crashes_min = many.crashes_max = 5;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const FaultPlan small = Draw(few, seed);
    const FaultPlan large = Draw(many, seed);
    EXPECT_EQ(small.faults[0], large.faults[0]);
    const auto links_of = [](const FaultPlan& plan) {
      return std::vector(plan.faults.begin() + static_cast<std::ptrdiff_t>(CountCrashes(plan) +
                                                                           CountOf<Restart>(plan)),
                         plan.faults.end());
    };
    EXPECT_EQ(links_of(small), links_of(large))
        << "link faults do not move with the number of crashes";
  }
}

TEST(DrawPlanTest, SwitchingOneKindOffMovesNoCrash) {
  SwarmOptions options = Options();
  options.cut_chance = sim::Percent(0);
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const FaultPlan with = Draw(Options(), seed);
    const FaultPlan without = Draw(options, seed);
    const size_t crashes = CountCrashes(with);
    ASSERT_EQ(CountCrashes(without), crashes);
    EXPECT_TRUE(std::equal(with.faults.begin(),
                           with.faults.begin() + static_cast<std::ptrdiff_t>(crashes),
                           without.faults.begin()));
    for (const Fault& fault : without.faults) {
      EXPECT_NE(KindOf(fault.what), "cut");
    }
  }
}

// ---- Bad options

// ---- Everything else

SwarmOptions WithOthers() {
  SwarmOptions options = Options();
  options.others_max = 4;
  options.connected_hosts = {"tm-1", "tm-2", "tm-3"};
  options.disk_hosts = {"jm"};
  options.operators = {"parse", "sink"};
  return options;
}

const Cast& WholeCast() {
  static const Cast kCast = {
      .processes = {"jm", "tm-1", "tm-2", "tm-3"},
      .events = {{"checkpoint.acknowledged", {}}, {"checkpoint.stored", {}}, {"job.restored", {}}}};
  return kCast;
}

TEST(DrawPlanTest, EveryOtherKindIsDrawnSometimesAndFitsTheCast) {
  std::map<std::string_view, size_t> kinds;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const FaultPlan plan = Draw(WithOthers(), seed);
    const std::vector<PlanProblem> problems = CheckAgainst(plan, WholeCast());
    ASSERT_TRUE(problems.empty()) << Show(problems.front()) << "\n" << ShowToml(plan);
    for (const Fault& fault : plan.faults) {
      kinds[KindOf(fault.what)] += 1;
    }
  }
  for (const FaultInfo& info : kFaultCatalogue) {
    const bool damages = info.after.starts_with("storage");
    EXPECT_EQ(kinds.contains(info.kind), !damages) << info.kind;
  }
}

TEST(DrawableKindsTest, AreThoseThatAreDrawn) {
  for (const uint32_t others_max : {0U, 4U}) {
    for (const bool is_connected : {false, true}) {
      SwarmOptions options = WithOthers();
      options.others_max = others_max;
      options.link_faults_max = others_max;
      if (!is_connected) {
        options.connected_hosts.clear();
        options.operators.clear();
      }
      std::set<std::string_view> drawn;
      for (uint64_t seed = 0; seed < kSeeds; ++seed) {
        for (const Fault& fault : Draw(options, seed).faults) {
          drawn.insert(KindOf(fault.what));
        }
      }
      EXPECT_THAT(DrawableKinds(options), ::testing::UnorderedElementsAreArray(drawn));
    }
  }
}

TEST(DrawableKindsTest, KnowWhatChancesExclude) {
  SwarmOptions damaging = WithOthers();
  damaging.damages_storage = true;
  SwarmOptions cuts = Options();
  cuts.crashes_min = cuts.crashes_max = 0;
  cuts.drop_chance = cuts.delay_chance = sim::Percent(0);
  SwarmOptions alone = Options();
  alone.hosts = {"jm"};
  for (const SwarmOptions& options : {damaging, cuts, alone}) {
    std::set<std::string_view> drawn;
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      for (const Fault& fault : Draw(options, seed).faults) {
        drawn.insert(KindOf(fault.what));
      }
    }
    EXPECT_THAT(DrawableKinds(options), ::testing::UnorderedElementsAreArray(drawn));
  }
  EXPECT_THAT(DrawableKinds(damaging, "pause"), ::testing::ElementsAre("pause"));
}

TEST(DrawPlanTest, ResetsStrikeHostsThatHaveConnections) {
  size_t resets = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    for (const Fault& fault : Draw(WithOthers(), seed).faults) {
      if (const auto* const reset = std::get_if<ResetLink>(&fault.what)) {
        EXPECT_THAT((std::vector{reset->from, reset->to}),
                    ::testing::Each(::testing::StartsWith("tm-")));
        EXPECT_NE(reset->from, reset->to);
        ++resets;
      }
    }
  }
  EXPECT_GT(resets, 20U);
}

TEST(DrawPlanTest, WallClocksAreSetFarOffInBothDirections) {
  std::set<sim::Duration> ahead;
  std::set<sim::Duration> back;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    for (const Fault& fault : Draw(WithOthers(), seed).faults) {
      const auto* const clock = std::get_if<ClockFault>(&fault.what);
      if (clock != nullptr && clock->trouble == ClockTrouble::kJump) {
        (clock->backwards ? back : ahead).insert(clock->by);
      }
    }
  }
  const std::set<sim::Duration> jumps = {milliseconds(100), seconds(5), std::chrono::minutes(5),
                                         std::chrono::hours(1)};
  EXPECT_EQ(ahead, jumps);
  EXPECT_EQ(back, jumps);
}

TEST(DrawPlanTest, UserCodeComesLastAndMovesNothingElse) {
  size_t seeds_with = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SwarmOptions options = WithOthers();
    const FaultPlan with = Draw(options, seed);
    options.operators.clear();
    const FaultPlan without = Draw(options, seed);
    ASSERT_GE(with.faults.size(), without.faults.size());
    EXPECT_TRUE(std::equal(without.faults.begin(), without.faults.end(), with.faults.begin()));
    for (size_t index = without.faults.size(); index < with.faults.size(); ++index) {
      EXPECT_EQ(FamilyOf(with.faults[index].what), "code");
    }
    seeds_with += with == without ? 0U : 1U;
  }
  EXPECT_GT(seeds_with, 0U);
  EXPECT_LT(seeds_with, kSeeds / 5);
}

TEST(DrawPlanTest, StorageIsDamagedWhereThatIsAskedFor) {
  SwarmOptions options = WithOthers();
  options.damages_storage = true;
  std::set<std::string_view> kinds;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    for (const Fault& fault : Draw(options, seed).faults) {
      kinds.insert(KindOf(fault.what));
    }
  }
  EXPECT_TRUE(kinds.contains("bit_rot"));
  EXPECT_TRUE(kinds.contains("late_listing"));
}

TEST(DrawPlanTest, OtherKindsMoveNoCrashAndNoLinkFault) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const FaultPlan without = Draw(Options(), seed);
    const FaultPlan with = Draw(WithOthers(), seed);
    ASSERT_GE(with.faults.size(), without.faults.size());
    EXPECT_TRUE(std::equal(without.faults.begin(), without.faults.end(), with.faults.begin()));
  }
}

TEST(DrawPlanTest, ASecondBlowMayFallOnAnEventOfTheRecovery) {
  SwarmOptions options = Options();
  options.again_events = {{.kind = "job.restored"}};
  size_t count = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const FaultPlan plan = Draw(options, seed);
    for (size_t index = 0; index < plan.faults.size(); ++index) {
      const auto* const event = std::get_if<AtEvent>(&plan.faults[index].when);
      if (event != nullptr && event->since) {
        EXPECT_EQ(event->kind, "job.restored");
        EXPECT_EQ(*event->since, index - 1);
        EXPECT_EQ(std::get<Crash>(plan.faults[index].what).process,
                  std::get<Crash>(plan.faults[index - 1].what).process);
        ++count;
      }
    }
  }
  EXPECT_GT(count, 50U);
}

TEST(DrawActionTest, GivesAnActionOfTheFamilyThatStrikesTheVictim) {
  for (const std::string_view family : kFaultFamilies) {
    for (uint64_t seed = 0; seed < 50; ++seed) {
      const Action action =
          DrawAction(WithOthers(), family, {.first = "jm", .second = "tm-2"}, sim::Random(seed));
      const std::vector<std::string_view> struck = StruckBy(action);
      const bool is_shared = TargetOf(action) == kSharedVolume;
      if (family == "code") {
        EXPECT_THAT(TargetOf(action), AnyOf("parse", "sink"));
      } else {
        EXPECT_TRUE(is_shared || std::ranges::find(struck, "jm") != struck.end())
            << TargetOf(action);
      }
      EXPECT_EQ(FamilyOf(action), family) << KindOf(action);
    }
  }
}

}  // namespace

}  // namespace flinch::faults
