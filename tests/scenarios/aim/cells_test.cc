#include "scenarios/aim/cells.h"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/fault_plan_toml.h"
#include "scenarios/files/registry.h"
#include "scenarios/files/scenario_problems.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {

namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

const VertexRoles kRoles = {
    {"source", CellRole::kSource}, {"window", CellRole::kOperator}, {"sink", CellRole::kSink}};

std::vector<std::string> NamesOf(const std::vector<uint32_t>& cells) {
  std::vector<std::string> names;
  for (const uint32_t cell : cells) {
    names.push_back(CellName(cell));
  }
  return names;
}

// Events of a run that nobody ran.
class History {
 public:
  void Tell(std::string_view process, std::string_view kind,
            std::initializer_list<sim::Field> fields = {}) {
    last_ = sim::EventId(++count_);
    counter_.OnEvent({.id = last_,
                      .cause = {},
                      .time = {},
                      .process = {},
                      .process_name = process,
                      .kind = kind,
                      .fields = {fields.begin(), fields.size()}});
  }

  void StrikeAtLastEvent(const faults::Action& action) {
    counter_.OnFired({.kind = {}, .target = {}, .at = {}, .event = last_}, action);
  }

  void StrikeLater(const faults::Action& action) {
    counter_.OnFired({.kind = {}, .target = {}, .at = {}}, action);
  }

  std::vector<std::string> hit() const { return NamesOf(counter_.hit()); }

 private:
  CellCounter counter_{kRoles};
  uint64_t count_ = 0;
  sim::EventId last_;
};

const faults::Action kCrashOne = faults::Crash{.process = "tm-1"};

TEST(CellsTest, EachHasANameOfItsOwnThatFindsIt) {
  std::set<std::string> names;
  for (uint32_t cell = 0; cell < CellCount(); ++cell) {
    EXPECT_EQ(FindCell(CellName(cell)), cell);
    names.insert(CellName(cell));
  }
  EXPECT_EQ(names.size(), CellCount());
  EXPECT_THAT(names, IsSupersetOf({"ack_sent/sink/crash/after", "store/jm/volume/during",
                                   "first_checkpoint/tm/pause/before", "commit/broker/cut/during",
                                   "barrier_middle/operator/crash/after"}));
  EXPECT_THAT(names, Not(Contains("complete/jm/crash/during")));  // a moment has no middle
  EXPECT_THAT(names, Not(Contains("store/jm/disk/during")));      // that disk holds nothing
  EXPECT_THAT(names, Contains("alignment/operator/reset/during"));
  EXPECT_THAT(names, Not(Contains("alignment/jm/reset/during")));  // it has no connections
  EXPECT_THAT(names, Not(Contains("store/broker/reset/during")));
  EXPECT_FALSE(FindCell("ack_sent/sink/crash"));
}

TEST(CellsTest, AResetThatIsAimedTakesEffect) {
  Scenario scenario = *FindLibraryScenario("small_job");
  scenario.faults.swarm.aim = "alignment/operator/reset/during";
  size_t resets = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const sim::Result<Workload> workload = LoadWorkload(scenario, seed, std::nullopt);
    const RunResult result =
        scenarios::Run({.scenario = scenario, .workload = *workload, .seed = seed, .defects = {}});
    resets += std::ranges::any_of(result.summary.faults,
                                  [](const auto& fault) { return fault.kind == "reset"; })
                  ? 1U
                  : 0U;
  }
  EXPECT_GE(resets, 10U);
}

TEST(CellCounterTest, AFaultAtAnEventIsAfterWhatEndsAndBeforeWhatBegins) {
  History history;
  history.Tell("tm-1", "checkpoint.snapshot", {{"id", 3}, {"subtask", "sink[0]"}});
  history.Tell("tm-1", "checkpoint.uploaded", {{"id", 3}, {"subtask", "sink[0]"}});
  history.StrikeAtLastEvent(kCrashOne);
  EXPECT_THAT(history.hit(), ElementsAre("upload/sink/crash/after", "ack_sent/sink/crash/before"));
}

TEST(CellCounterTest, AFaultBetweenEventsIsDuringAllThatIsUnderWay) {
  History history;
  history.Tell("tm-1", "checkpoint.snapshot", {{"id", 3}, {"subtask", "window[0]"}});
  history.Tell("tm-2", "checkpoint.snapshot", {{"id", 3}, {"subtask", "window[1]"}});
  history.StrikeLater(faults::CutLink{.from = "jm", .to = "tm-1"});
  EXPECT_THAT(history.hit(),
              UnorderedElementsAre("upload/operator/cut/during", "upload/jm/cut/during"));
}

TEST(CellCounterTest, WhatIsOverOrOfAnotherProcessIsNotHit) {
  History history;
  history.Tell("tm-1", "checkpoint.snapshot", {{"id", 3}, {"subtask", "sink[0]"}});
  history.Tell("tm-1", "checkpoint.uploaded", {{"id", 3}, {"subtask", "sink[0]"}});
  history.Tell("tm-1", "task.end_of_input", {{"subtask", "sink[0]"}, {"attempt", 1}});
  history.StrikeAtLastEvent(faults::Crash{.process = "tm-2"});
  EXPECT_THAT(history.hit(), IsEmpty());
  history.Tell("jm", "job.restored", {{"checkpoint", 2}, {"attempt", 2}});
  history.StrikeLater(kCrashOne);
  EXPECT_THAT(history.hit(), ElementsAre("deploy/tm/crash/during"));
}

TEST(CellCounterTest, OneAndTheSameFaultMayStrikeManyRoles) {
  History history;
  history.Tell("jm", "checkpoint.completed", {{"id", 3}});
  history.StrikeAtLastEvent(faults::CutLink{.from = "broker", .to = "tm-2"});
  EXPECT_THAT(history.hit(),
              UnorderedElementsAre("complete/tm/cut/after", "complete/broker/cut/after",
                                   "store/tm/cut/before", "store/broker/cut/before"));
}

std::vector<std::string> CellsOf(std::string_view plan_text) {
  const Scenario& scenario = *FindLibraryScenario("url_clicks");
  const sim::Result<Workload> workload = LoadWorkload(scenario, 7, std::nullopt);
  const sim::Result<faults::FaultPlan> plan =
      faults::ParseFaultPlan("plan.toml", std::string(plan_text));
  EXPECT_TRUE(plan.has_value()) << plan.error().message;
  const RunResult result =
      Run({.scenario = scenario, .workload = *workload, .seed = 7, .defects = {}, .plan = *plan});
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed);
  return NamesOf(result.cells);
}

TEST(CellsTest, ARunTellsWhereItsFaultsStruck) {
  EXPECT_THAT(CellsOf(R"(
version = 1
[[fault]]
when = { event = "checkpoint.acknowledged", nth = 2, process = "tm-2", where = { id = 3 } }
do = { crash = "tm-2", restart_after = "300ms" }
[[fault]]
when = { event = "checkpoint.stored", nth = 1, where = { after_restore = 1 } }
do = { crash = "jm", restart_after = "300ms" }
)"),
              IsSupersetOf({"ack_received/tm/crash/before", "store/jm/crash/after",
                            "notify/jm/crash/before", "first_checkpoint/jm/crash/after"}));
}

// ---- Aiming

TEST(CellsTest, ACellIsAddressedInOneLine) {
  EXPECT_THAT(CellsOf(R"(
version = 1
[[fault]]
when = { cell = "precommit/sink/after", nth = 2 }
do = { crash = "tm-2", restart_after = "300ms" }
[[fault]]
when = { cell = "first_checkpoint/jm/during", since = 0 }
do = { pause = "jm", for = "300ms" }
)"),
              IsSupersetOf({"precommit/sink/crash/after", "first_checkpoint/jm/pause/during"}));
}

TEST(ResolveCellsTest, FindsTheEventOfTheStruckProcess) {
  const faults::FaultPlan plan =
      ResolveCells({.faults = {{faults::AtCell{.cell = "ack_sent/sink/before", .nth = 2},
                                faults::Crash{.process = "tm-2"}},
                               {faults::AtCell{.cell = "first_checkpoint/jm/during", .since = 0},
                                faults::Crash{.process = "jm"}},
                               {faults::AtCell{.cell = "barrier_last/jm/after"},
                                faults::CutLink{.from = "jm", .to = "tm-1"}}}},
                   kRoles);
  EXPECT_EQ(plan.faults[0].when,
            faults::Trigger(faults::AtEvent{.kind = "checkpoint.uploaded",
                                            .nth = 2,
                                            .process = "tm-2",
                                            .where = {{"subtask", "sink[*]"}}}));
  const auto& during = std::get<faults::AtEvent>(plan.faults[1].when);
  EXPECT_EQ(during.kind, "checkpoint.triggered");
  EXPECT_EQ(during.since, 0U);
  EXPECT_GT(during.delay, sim::Duration(0));
  const auto& last = std::get<faults::AtEvent>(plan.faults[2].when);
  EXPECT_EQ(last.process, "");
  EXPECT_THAT(last.where,
              ElementsAre(std::pair<std::string, std::string>("place", "last"),
                          std::pair<std::string, std::string>("subtask", "window[*]|sink[*]")));
}

// Places ("alignment/sink") of the cells that faults can hit in the scenario's job.
std::set<std::string> ReachablePlaces(const Scenario& scenario) {
  std::set<std::string> places;
  for (const uint32_t cell : ReachableCells(BuildGraph(scenario))) {
    places.insert(std::string(CellAt(cell).phase) + "/" + std::string(Name(CellAt(cell).role)));
  }
  return places;
}

TEST(CellsTest, AKindOfEventBelongsToAPhase) {
  EXPECT_EQ(PhaseOf("checkpoint.stored"), "store");
  EXPECT_EQ(PhaseOf("sink.committing"), "commit");
  EXPECT_EQ(PhaseOf("job.restored"), "failover");
  // Which one depends on its fields.
  EXPECT_EQ(PhaseOf("checkpoint.barrier_received"), "");
  EXPECT_EQ(PhaseOf("no.such.event"), "");
  EXPECT_EQ(PhaseOf(""), "");
}

TEST(ReachableCellsTest, DependOnHowManyBarriersATaskWaitsFor) {
  Scenario scenario = *FindLibraryScenario("small_job");
  scenario.job.parallelism = 1;
  EXPECT_THAT(ReachablePlaces(scenario),
              AllOf(Contains("barrier_last/sink"), Not(Contains("barrier_first/sink")),
                    Not(Contains("barrier_first/jm")), Not(Contains("alignment/operator"))));
  scenario.job.parallelism = 2;
  EXPECT_THAT(ReachablePlaces(scenario),
              AllOf(Contains("barrier_first/operator"), Contains("alignment/jm"),
                    Not(Contains("barrier_middle/operator"))));
  scenario.job.parallelism = 3;
  EXPECT_THAT(ReachablePlaces(scenario), Contains("barrier_middle/operator"));
}

TEST(ReachableCellsTest, AreAllThatAreEverHit) {
  for (const char* const name : {"small_job", "word_count"}) {
    const Scenario& scenario = *FindLibraryScenario(name);
    const std::vector<uint32_t> reachable = ReachableCells(BuildGraph(scenario));
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      const sim::Result<Workload> workload = LoadWorkload(scenario, seed, std::nullopt);
      const RunResult run =
          scenarios::Run({.scenario = scenario, .workload = *workload, .seed = seed});
      EXPECT_THAT(NamesOf(reachable), IsSupersetOf(NamesOf(run.cells))) << name << " " << seed;
    }
  }
}

TEST(CellsTest, EveryAddressCanBeAimedAtAndMostShotsHit) {
  Scenario scenario = *FindLibraryScenario("small_job");
  const sim::Result<Workload> workload = LoadWorkload(scenario, 1, std::nullopt);
  size_t hits = 0;
  size_t shots = 0;
  for (uint32_t cell = 0; cell < CellCount(); cell += 29) {
    scenario.faults.swarm.aim = CellName(cell);
    ASSERT_TRUE(Validate(scenario).has_value()) << CellName(cell);
    const RunResult result =
        scenarios::Run({.scenario = scenario, .workload = *workload, .seed = cell});
    hits += std::ranges::find(result.cells, cell) != result.cells.end() ? 1U : 0U;
    ++shots;
    EXPECT_NE(result.summary.verdict, reports::Verdict::kFailed)
        << CellName(cell) << "\n"
        << reports::ShowText(result.summary);
  }
  EXPECT_GT(hits * 2, shots) << hits << " of " << shots;
}

TEST(CellsTest, ACellThatDoesNotExistIsMetWithASuggestion) {
  Scenario scenario = *FindLibraryScenario("small_job");
  scenario.faults.swarm.aim = "ack_sent/sink/crash/befor";
  EXPECT_THAT(Validate(scenario).error().message,
              ::testing::HasSubstr("Did you mean \"ack_sent/sink/crash/before\"?"));
}

}  // namespace

}  // namespace flinch::scenarios
