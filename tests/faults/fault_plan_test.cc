#include "faults/fault_plan.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::faults {

namespace {

using std::chrono::milliseconds;

const Cast& SmallCast() {
  static const Cast kCast = {
      .processes = {"jm", "tm-1", "tm-2"},
      .events = {{"checkpoint.triggered", {"id"}}, {"checkpoint.stored", {"id", "x"}}},
      .operators = {{"source", "window"}}};
  return kCast;
}

std::string Problems(std::vector<Fault> faults) {
  std::string shown;
  for (const PlanProblem& problem : CheckAgainst({.faults = std::move(faults)}, SmallCast())) {
    shown += (shown.empty() ? "" : "\n") + Show(problem);
  }
  return shown;
}

const AtTime kNow = {sim::kEpoch};

TEST(CheckAgainstTest, AcceptsWhatTheCastKnows) {
  EXPECT_EQ(
      Problems(
          {{AtEvent{
                .kind = "checkpoint.stored", .process = "jm", .where = {{"id", "3"}, {"x", "3"}}},
            Crash{"tm-1", milliseconds(0)}},
           {AfterFault{.fault = 0}, Restart{"tm-1"}},
           {kNow, DropMessages{.from = "jm", .to = "tm-2", .duration = milliseconds(1)}},
           {kNow,
            DelayMessages{
                .from = "jm", .to = "tm-2", .by = milliseconds(1), .duration = milliseconds(1)}},
           {kNow, CutLink{.from = "jm", .to = "tm-2", .duration = milliseconds(1)}}}),
      "");
  EXPECT_EQ(Problems({}), "");
}

struct Mistake {
  std::string_view name;
  Fault fault;
  std::string_view sentence;
};

class BadFaultTest : public ::testing::TestWithParam<Mistake> {};

TEST_P(BadFaultTest, IsNamedInASentence) {
  EXPECT_EQ(Problems({GetParam().fault}), GetParam().sentence);
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, BadFaultTest,
    ::testing::Values(
        Mistake{"unknown_process",
                {kNow, Crash{.process = "tm2"}},
                "fault[0]: There is no process \"tm2\" in this scenario. Did you mean \"tm-2\"?"},
        Mistake{"unknown_process_to_restart",
                {kNow, Restart{.process = "broker"}},
                "fault[0]: There is no process \"broker\" in this scenario."},
        Mistake{
            "unknown_event",
            {AtEvent{.kind = "checkpoint.stred"}, Crash{.process = "jm"}},
            "fault[0]: There is no event kind \"checkpoint.stred\" in this scenario. Did you mean "
            "\"checkpoint.stored\"?"},
        Mistake{"unknown_tracer",
                {AtEvent{.kind = "checkpoint.stored", .process = "tm-9"}, Crash{.process = "jm"}},
                "fault[0]: There is no process \"tm-9\" in this scenario. Did you mean \"tm-1\"?"},
        Mistake{"event_number_0",
                {AtEvent{.kind = "checkpoint.stored", .nth = 0}, Crash{.process = "jm"}},
                "fault[0]: Events are counted from 1; nth = 0 never comes."},
        Mistake{"field_twice",
                {AtEvent{.kind = "checkpoint.stored", .where = {{"id", "1"}, {"id", "2"}}},
                 Crash{.process = "jm"}},
                "fault[0]: The field \"id\" stands twice in where; give it one value."},
        Mistake{
            "unknown_field",
            {AtEvent{.kind = "checkpoint.stored", .where = {{"idd", "1"}}}, Crash{.process = "jm"}},
            "fault[0]: The event checkpoint.stored has no field \"idd\"; it has id, x. Did you "
            "mean \"id\"?"},
        Mistake{"before_the_start",
                {AtTime{sim::AtNanos(-1)}, Crash{.process = "jm"}},
                "fault[0]: The time -0.000000001s is before the start of the world, which is 0s."},
        Mistake{"after_nothing",
                {AfterFault{.fault = 0}, Crash{.process = "jm"}},
                "fault[0]: This is the first fault; there is none before it to wait for."},
        Mistake{
            "negative_delay",
            {AfterFault{.fault = 0, .delay = milliseconds(-1)}, Crash{.process = "jm"}},
            "fault[0]: This is the first fault; there is none before it to wait for.\n"
            "fault[0]: The delay is negative; a fault cannot fire before the one it waits for."},
        Mistake{"negative_restart",
                {kNow, Crash{"jm", milliseconds(-1)}},
                "fault[0]: restart_after is negative; a process cannot boot before it died."},
        Mistake{"link_to_itself",
                {kNow, CutLink{.from = "jm", .to = "jm", .duration = milliseconds(1)}},
                "fault[0]: cut names the host \"jm\" twice; a link joins two hosts."},
        Mistake{"unknown_host",
                {kNow, CutLink{.from = "jm", .to = "tm_1", .duration = milliseconds(1)}},
                "fault[0]: There is no host \"tm_1\" in this scenario. Did you mean \"tm-1\"?"},
        Mistake{"no_duration",
                {kNow, CutLink{.from = "jm", .to = "tm-1"}},
                "fault[0]: cut lasts for nothing; give for a positive duration such as \"2s\"."},
        Mistake{"drops_nothing",
                {kNow,
                 DropMessages{
                     .from = "jm", .to = "tm-1", .ratio = {0, 100}, .duration = milliseconds(1)}},
                "fault[0]: The ratio 0% is not above 0% and up to 100%."},
        Mistake{"drops_too_much",
                {kNow,
                 DropMessages{
                     .from = "jm", .to = "tm-1", .ratio = {3, 2}, .duration = milliseconds(1)}},
                "fault[0]: The ratio 3/2 is not above 0% and up to 100%."},
        Mistake{"jumps_out_of_the_world",
                {kNow, ClockFault{.host = "tm-1", .by = std::chrono::hours(2'562'047)}},
                "fault[0]: A clock jumps by at most 876600h, which is 100 years, not by 2562047h."},
        Mistake{"more_operations_than_the_world_counts",
                {kNow, VolumeFault{.trouble = VolumeTrouble::kThrottle,
                                   .operations_per_second = uint64_t{1} << 32,
                                   .duration = milliseconds(1)}},
                "fault[0]: operations_per_second is 4294967296, but must be at most 4294967295."},
        Mistake{
            "unknown_operator",
            {kNow, OperatorFault{.operator_name = "windw"}},
            "fault[0]: There is no operator \"windw\" in this scenario. Did you mean \"window\"?"},
        Mistake{"throws_for_nothing",
                {kNow, OperatorFault{.operator_name = "window", .lasts = milliseconds(0)}},
                "fault[0]: operator_error lasts for nothing; give for a positive duration such as "
                "\"2s\"."},
        Mistake{"delays_by_nothing",
                {kNow, DelayMessages{.from = "jm", .to = "tm-1", .duration = milliseconds(1)}},
                "fault[0]: A delay by nothing is no fault; give by a positive duration such as "
                "\"200ms\"."}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(CheckAgainstTest, SelectorsThatMatchNothingAreMistakes) {
  Cast cast = SmallCast();
  cast.events["sink.committed"] = {"subtask"};
  cast.subtasks = {{"window[0]", "window[1]", "sink[0]", "sink[1]"}};
  cast.healed = sim::kEpoch + milliseconds(500);
  const auto problems = [&cast](Trigger when) {
    std::string shown;
    for (const PlanProblem& problem :
         CheckAgainst({.faults = {{std::move(when), Crash{"tm-1"}}}}, cast)) {
      shown += Show(problem);
    }
    return shown;
  };
  const auto at = [](std::string subtask) {
    return AtEvent{.kind = "sink.committed", .where = {{"subtask", std::move(subtask)}}};
  };
  EXPECT_EQ(problems(at("sink[1]")), "");
  EXPECT_EQ(problems(at("source[*]|sink[*]")), "");
  EXPECT_EQ(
      problems(at("sink[99]")),
      "fault[0]: There is no subtask \"sink[99]\" in this scenario; there are 4 of them, from "
      "window[0] to sink[1]. Did you mean \"sink[0]\"?");
  EXPECT_EQ(problems(AtTime{sim::kEpoch + milliseconds(499)}), "");
  EXPECT_EQ(problems(AtTime{sim::kEpoch + milliseconds(500)}),
            "fault[0]: At 500ms the run is healed already, at 500ms: from then on no fault fires. "
            "Give an earlier time, or raise limits.heal_after.");
  EXPECT_EQ(problems(AtRate{sim::Duration(500)}), "");
  EXPECT_EQ(problems(AtRate{sim::Duration(1)}),
            "fault[0]: Once every 1ns until the healing at 500ms is more than 1000000 times. Give "
            "every at least 500ns.");
}

TEST(CheckAgainstTest, TakesAnyOperatorWhereNobodyKnowsTheJob) {
  Cast cast = SmallCast();
  cast.operators.reset();
  const FaultPlan plan = {.faults = {{kNow, OperatorFault{.operator_name = "windw"}}}};
  EXPECT_TRUE(CheckAgainst(plan, cast).empty());
}

TEST(CheckAgainstTest, TellsAllProblemsWithTheNumberOfTheFault) {
  EXPECT_EQ(Problems({{kNow, Crash{.process = "jm"}},
                      {AfterFault{.fault = 2}, Crash{.process = "x"}},
                      {AfterFault{.fault = 2}, Crash{.process = "jm"}}}),
            "fault[1]: after = 2 does not point back; it may name the faults 0 to 0.\n"
            "fault[1]: There is no process \"x\" in this scenario.\n"
            "fault[2]: after = 2 does not point back; it may name the faults 0 to 1.");
}

TEST(FaultPlanTest, NamesKindsAndTargets) {
  EXPECT_EQ(KindOf(Crash{.process = "jm"}), "crash");
  EXPECT_EQ(KindOf(Restart{.process = "jm"}), "restart");
  EXPECT_EQ(KindOf(DropMessages{}), "drop");
  EXPECT_EQ(KindOf(DelayMessages{}), "delay");
  EXPECT_EQ(KindOf(CutLink{}), "cut");
  EXPECT_EQ(TargetOf(Crash{.process = "jm"}), "jm");
  EXPECT_EQ(TargetOf(Restart{.process = "tm-1"}), "tm-1");
  EXPECT_EQ(TargetOf(CutLink{.from = "jm", .to = "tm-1"}), "jm/tm-1");
  EXPECT_EQ(TargetOf(CutLink{.from = "jm", .to = "tm-1", .to_only = true}), "jm>tm-1");
}

}  // namespace

}  // namespace flinch::faults
