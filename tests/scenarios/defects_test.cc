// The test of the testers: every planted defect is caught by an oracle.
//
// A witness is a seed under which a defect shows; the seeds stand in witnesses.md beside this file.
// When runs change, UPDATE_GOLDEN=1 looks for another seed wherever the stored one shows no longer.
#include "engine/defects.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/registry.h"
#include "scenarios/stage/run.h"
#include "tests/paths.h"
#include "tests/support/golden.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using engine::Defect;

constexpr std::string_view kWitnesses = "tests/scenarios/witnesses.md";

// How far a new seed is looked for: what `flinch defects --seeds 1..1000` is to find.
constexpr uint64_t kSeedsMax = 1000;

// Where a defect shows: in the standard small job with faults drawn from the seed, unless the job
// lacks what it takes.
Scenario ScenarioFor(Defect defect) {
  Scenario scenario = *FindLibraryScenario("small_job");
  // A job that hangs need not do so for long; less would excuse it (scenarios/stage/budget.h).
  scenario.limits.simulated_time = 2min;
  if (defect == Defect::kFinalNotificationSentOnce || defect == Defect::kSinkTagsTheEndAlike ||
      defect == Defect::kFinalWaitsAfterRestore || defect == Defect::kFinalIsNotTriedAgain ||
      defect == Defect::kSinkSwallowsFailedCommits) {
    // Something must break when the input ends.
    scenario.limits.heal_after = 8s;
  }
  if (defect == Defect::kWindowIncludesItsEnd) {
    // Without lags in nanoseconds some timestamps lie on a border.
    scenario.workload.out_of_order = 0s;
  }
  if (defect == Defect::kFinalWaitsAfterRestore || defect == Defect::kFinalIsNotTriedAgain) {
    scenario.options.checkpoint.interval = 1h;  // or the wait would not be noticed
  }
  if (defect == Defect::kRestartsCountTwice) {
    scenario.options.restart.attempts = 2;
  }
  if (defect == Defect::kSinkSwallowsFailedCommits) {
    scenario.options.sink.transaction_timeout = 700ms;
  }
  return scenario;
}

struct Witness {
  uint64_t seed = 0;
  std::string oracle;
};

RunResult RunOn(const Scenario& scenario, uint64_t seed, engine::Defects defects) {
  const sim::Result<Workload> workload = LoadWorkload(scenario, seed, std::nullopt);
  return Run({.scenario = scenario, .workload = *workload, .seed = seed, .defects = defects});
}

// The oracles that spoke, in their order.
std::vector<std::string> Accusers(const RunResult& result) {
  std::vector<std::string> oracles;
  for (const reports::Finding& finding : result.summary.findings) {
    oracles.push_back(finding.oracle);
  }
  return oracles;
}

std::string ReadDocument() {
  std::ifstream in(std::filesystem::path(FLINCH_SOURCE_DIR) / kWitnesses, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::map<std::string, Witness> ReadWitnesses() {
  const std::string document = ReadDocument();
  std::istringstream rows(tests::ReadGolden(document, "witnesses").value_or(""));
  std::map<std::string, Witness> witnesses;
  std::string name;
  std::string bar;
  Witness witness;
  std::string line;
  while (std::getline(rows, line)) {
    std::istringstream row(line);
    if (row >> bar >> name >> bar >> witness.seed >> bar >> witness.oracle) {
      witnesses[name] = witness;
    }
  }
  return witnesses;
}

std::string ShowWitnesses(const std::map<std::string, Witness>& witnesses) {
  std::string text = "\n| defect | seed | oracle |\n|---|---|---|\n";
  for (const engine::DefectInfo& info : engine::kDefects) {
    if (const auto found = witnesses.find(std::string(info.name)); found != witnesses.end()) {
      text +=
          fmt::format("| {} | {} | {} |\n", info.name, found->second.seed, found->second.oracle);
    }
  }
  return text + "\n";
}

std::optional<Witness> FindWitness(const Scenario& scenario, engine::Defects defects) {
  for (uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    const RunResult result = RunOn(scenario, seed, defects);
    if (result.summary.verdict == reports::Verdict::kFailed &&
        RunOn(scenario, seed, {}).summary.verdict == reports::Verdict::kPassed) {
      return Witness{.seed = seed, .oracle = Accusers(result).front()};
    }
  }
  return std::nullopt;
}

class DefectsTest : public testing::TestWithParam<engine::DefectInfo> {};

TEST_P(DefectsTest, IsCaughtByItsWitness) {
  const Scenario scenario = ScenarioFor(GetParam().defect);
  engine::Defects defects;
  defects.Plant(GetParam().defect);
  std::map<std::string, Witness> witnesses = ReadWitnesses();
  const std::string name(GetParam().name);
  const auto stored = witnesses.find(name);
  const auto shows = [&](const Witness& witness) {
    return testing::Value(Accusers(RunOn(scenario, witness.seed, defects)),
                          testing::Contains(witness.oracle));
  };
  if (tests::GoldenFromEnvironment() == tests::Golden::kUpdate &&
      (stored == witnesses.end() || !shows(stored->second))) {
    const std::optional<Witness> found = FindWitness(scenario, defects);
    ASSERT_TRUE(found) << name << " was not caught";
    witnesses[name] = *found;
    ASSERT_TRUE(
        tests::MatchesGolden(std::string(kWitnesses), "witnesses", ShowWitnesses(witnesses)));
    return;
  }
  if (stored == witnesses.end()) {
    GTEST_SKIP() << name << " has no witness, so it does not count; UPDATE_GOLDEN=1 looks for one";
  }
  EXPECT_TRUE(shows(stored->second)) << "seed " << stored->second.seed << " does not show " << name
                                     << " any more; UPDATE_GOLDEN=1 looks for another";
  const RunResult unplanted = RunOn(scenario, stored->second.seed, {});
  EXPECT_THAT(Accusers(unplanted), testing::IsEmpty());
  EXPECT_EQ(unplanted.summary.verdict, reports::Verdict::kPassed);
}

INSTANTIATE_TEST_SUITE_P(Planted, DefectsTest, testing::ValuesIn(engine::kDefects),
                         [](const testing::TestParamInfo<engine::DefectInfo>& tested) {
                           return std::string(tested.param.name);
                         });

// "G40" of "known-bugs 31: Materialize #13749 (its class); G40".
bool IsNamedIn(std::string_view id, std::string_view source) {
  constexpr std::string_view kDelimiters = " ,;:()|";
  while (!source.empty()) {
    const size_t end = std::min(source.find_first_of(kDelimiters), source.size());
    if (source.substr(0, end) == id) {
      return true;
    }
    source.remove_prefix(std::min(end + 1, source.size()));
  }
  return false;
}

// What issue 4 names, and G11 besides.
constexpr auto kNamed = std::to_array<std::string_view>(
    {"1",   "26",  "28",  "31",  "37",  "38",  "53",  "58",  "100", "127", "G01", "G02", "G04",
     "G05", "G07", "G08", "G10", "G11", "G13", "G14", "G16", "G22", "G23", "G25", "G28", "G29",
     "G31", "G37", "G38", "G40", "G43", "G44", "G46", "G49", "G50", "G52", "G53"});

TEST(DefectWitnessTest, EachNamedDefectIsPlantedOrSaysWhyNot) {
  const std::string document = ReadDocument();
  for (const std::string_view id : kNamed) {
    const bool is_planted = std::ranges::any_of(
        engine::kDefects,
        [id](const engine::DefectInfo& info) { return IsNamedIn(id, info.source); });
    EXPECT_TRUE(is_planted || document.contains(fmt::format("\n| {} | ", id))) << id;
  }
}

// Whose class stands for it is a defect that there is.
TEST(DefectWitnessTest, TheTableOfWhatIsNotPlantedNamesDefects) {
  std::istringstream lines(ReadDocument());
  size_t rows = 0;
  bool is_table = false;
  for (std::string line; std::getline(lines, line);) {
    is_table = is_table || line.starts_with("| id |");
    if (!is_table || !line.starts_with("| ") || line.starts_with("| id |")) {
      continue;
    }
    const size_t end = line.rfind(" |");
    const size_t start = line.rfind("| ", end - 1) + 2;
    EXPECT_TRUE(engine::FindDefect(line.substr(start, end - start))) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 7U);
}

// README.md shows just this run.
TEST(DefectWitnessTest, SeedSevenDoublesRecordsWhenTheSinkCommitsAtItsSnapshot) {
  engine::Defects defects;
  defects.Plant(Defect::kSinkCommitsAtSnapshot);
  const RunResult result = RunOn(*FindLibraryScenario("url_clicks"), 7, defects);
  ASSERT_EQ(result.summary.verdict, reports::Verdict::kFailed);
  EXPECT_EQ(result.summary.findings.front().oracle, "exactly_once");
  EXPECT_NE(result.summary.findings.front().witness.find("checkpoint"), std::string::npos)
      << result.summary.findings.front().witness;
}

}  // namespace

}  // namespace flinch::scenarios
