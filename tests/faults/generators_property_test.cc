// How often plans hold what: frequencies over many seeds.

#include "faults/generators.h"

#include <map>
#include <set>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/chi_square.h"

namespace flinch::faults {

namespace {

using std::chrono::seconds;

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

// ---- Frequencies. The bounds are five standard deviations wide around what the options ask for.

struct Tally {
  std::map<std::string, int> kinds;    // plans in which a kind occurs
  std::map<std::string, int> targets;  // crashes per process
  int crashes = 0;
  int anchored = 0;
  int timed = 0;
  int again = 0;
  int aimed = 0;
  int one_way = 0;
  int links = 0;
};

Tally TallyPlans(const SwarmOptions& options) {
  Tally tally;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    std::set<std::string> kinds;
    for (const Fault& fault : Draw(options, seed).faults) {
      kinds.insert(std::string(KindOf(fault.what)));
      if (const auto* const crash = std::get_if<Crash>(&fault.what)) {
        tally.crashes += 1;
        tally.targets[crash->process] += 1;
        tally.again += std::holds_alternative<AfterFault>(fault.when) ? 1 : 0;
      } else if (!std::holds_alternative<Restart>(fault.what)) {
        tally.links += 1;
        tally.one_way += TargetOf(fault.what).contains('>') ? 1 : 0;
      }
      const auto* const when = std::get_if<AtEvent>(&fault.when);
      tally.anchored += when != nullptr ? 1 : 0;
      tally.aimed += when != nullptr && !when->process.empty() ? 1 : 0;
      tally.timed += std::holds_alternative<AtTime>(fault.when) ? 1 : 0;
    }
    for (const std::string& kind : kinds) {
      tally.kinds[kind] += 1;
    }
  }
  return tally;
}

// `count` of `trials`, where `per_mille` were expected.
void ExpectShare(int count, int trials, int per_mille, std::string_view what) {
  const int64_t expected = int64_t{trials} * per_mille / 1000;
  const int64_t variance = int64_t{trials} * per_mille * (1000 - per_mille) / 1'000'000;
  const int64_t deviation = count - expected;
  EXPECT_LE(deviation * deviation, 25 * variance)
      << what << ": " << count << " instead of " << expected;
}

TEST(DrawPlanTest, CrashesFallOnTargetsByWeight) {
  SwarmOptions options = Options();
  options.crash_again_chance = sim::Percent(0);
  const Tally tally = TallyPlans(options);
  for (const std::string target : {"tm-1", "tm-2", "tm-3"}) {
    ExpectShare(tally.targets.at(target), tally.crashes, 307, target);
  }
  ExpectShare(tally.targets.at("jm"), tally.crashes, 77, "jm");
  EXPECT_EQ(tally.again, 0);
}

// Counts as a chi-square takes them; all of `kinds` must have come.
template <typename Key>
std::vector<uint64_t> CountsOf(const std::map<Key, uint64_t>& counted, size_t kinds) {
  std::vector<uint64_t> counts;
  for (const auto& [key, count] : counted) {
    counts.push_back(count);
  }
  EXPECT_EQ(counts.size(), kinds);
  return counts;
}

TEST(DrawPlanTest, LinksLossesAndOccurrencesAreEvenlyPicked) {
  std::map<std::pair<std::string, std::string>, uint64_t> links;
  std::map<uint32_t, uint64_t> percents;
  std::map<uint64_t, uint64_t> occurrences;
  SwarmOptions options = Options();
  options.drop_chance = sim::Percent(100);
  for (uint64_t seed = 0; seed < 2 * kSeeds; ++seed) {
    for (const Fault& fault : Draw(options, seed).faults) {
      const auto* const drop = std::get_if<DropMessages>(&fault.what);
      if (drop == nullptr) {
        continue;
      }
      links[{drop->from, drop->to}] += 1;
      percents[drop->ratio.numerator] += 1;
      const auto* const when = std::get_if<AtEvent>(&fault.when);
      if (when != nullptr && when->kind == "checkpoint.stored") {
        occurrences[when->nth] += 1;
      }
    }
  }
  const auto even = [](size_t kinds) { return std::vector<uint64_t>(kinds, 1); };
  EXPECT_LT(tests::ChiSquareMilli(CountsOf(links, 12), even(12)), 31'264U);
  EXPECT_LT(tests::ChiSquareMilli(CountsOf(percents, 6), even(6)), 20'515U);
  EXPECT_LT(tests::ChiSquareMilli(CountsOf(occurrences, 5), even(5)), 18'467U);
}

TEST(DrawPlanTest, MostFaultsWaitForEvents) {
  const Tally tally = TallyPlans(Options());
  ExpectShare(tally.anchored, tally.anchored + tally.timed, 800, "anchored");
  EXPECT_GT(tally.again, tally.crashes / 20);
  EXPECT_GT(tally.aimed, tally.crashes / 20);
}

// In a swarm a kind is off in many seeds, and no kind is starved.
TEST(DrawPlanTest, EveryKindIsSometimesThereAndSometimesNot) {
  const Tally tally = TallyPlans(Options());
  EXPECT_EQ(tally.kinds.at("crash"), static_cast<int>(kSeeds));
  for (const std::string kind : {"drop", "delay", "cut"}) {
    // Half of the seeds switch it on, three quarters of those draw a link fault at all; other kinds
    // take their share.
    EXPECT_GT(tally.kinds.at(kind), static_cast<int>(kSeeds) * 15 / 100) << kind;
    EXPECT_LT(tally.kinds.at(kind), static_cast<int>(kSeeds) * 375 / 1000) << kind;
  }
  // Half of the seeds, half of the link faults there; links of one seed share its switch.
  EXPECT_GT(tally.one_way, tally.links * 20 / 100);
  EXPECT_LT(tally.one_way, tally.links * 30 / 100);
}

TEST(DrawPlanTest, TheSwitchOfAKindIsAsLikelyAsItsChance) {
  SwarmOptions options = Options();
  options.drop_chance = sim::Percent(30);
  options.delay_chance = sim::Percent(0);
  options.cut_chance = sim::Percent(0);
  const Tally tally = TallyPlans(options);
  // Three of four numbers of link faults, 0 to 3, are more than none.
  ExpectShare(tally.kinds.at("drop"), static_cast<int>(kSeeds), 225, "drop");
  EXPECT_FALSE(tally.kinds.contains("cut"));
}

TEST(DrawPlanTest, DrawsWhatLittleTheOptionsAllow) {
  SwarmOptions options = Options();
  options.anchors.clear();
  options.hosts = {"jm"};
  options.crashes_min = options.crashes_max = 1;
  const Tally tally = TallyPlans(options);
  EXPECT_EQ(tally.crashes, static_cast<int>(kSeeds));
  EXPECT_EQ(tally.timed, static_cast<int>(kSeeds));
  EXPECT_EQ(tally.links, 0);

  options.crashes_min = options.crashes_max = 0;
  EXPECT_EQ(Draw(options, 1), FaultPlan{});
}

}  // namespace

}  // namespace flinch::faults
