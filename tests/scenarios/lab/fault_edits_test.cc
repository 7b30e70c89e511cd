#include "scenarios/lab/fault_edits.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/fault_plan_toml.h"
#include "scenarios/aim/cast.h"

namespace flinch::scenarios {

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

const faults::Cast& AnyCast() {
  static const faults::Cast kCast = CastOfAnyScenario();
  return kCast;
}

faults::FaultPlan Plan(const std::vector<std::string>& faults) {
  const sim::Result<faults::FaultPlan> plan = faults::ParseInlineFaults(faults, AnyCast());
  EXPECT_TRUE(plan.has_value()) << plan.error().message;
  return *plan;
}

std::vector<std::string> Edits(const std::string& fault) {
  std::vector<std::string> edits;
  for (const faults::FaultPlan& plan : SimplerFaults(Plan({fault}), 0, AnyCast())) {
    edits.push_back(faults::ShowInline(plan.faults.front()));
  }
  return edits;
}

std::vector<std::string> Kept(const std::vector<uint64_t>& kept) {
  const faults::FaultPlan plan = Plan({R"({when={at="1s"},do={crash="tm-1"}})",
                                       R"({when={after=0,delay="2s"},do={crash="tm-2"}})",
                                       R"({when={after=1,delay="3s"},do={restart="tm-1"}})",
                                       R"({when={after=1,delay="4s"},do={restart="tm-2"}})"});
  // The last one never came.
  const std::vector<reports::FiredFault> fired = {
      {.kind = "crash", .target = "tm-1", .at = sim::AtNanos(1'000'000'000), .fault = 0},
      {.kind = "crash", .target = "tm-2", .at = sim::AtNanos(3'000'000'000), .fault = 1},
      {.kind = "restart", .target = "tm-1", .at = sim::AtNanos(6'000'000'000), .fault = 2}};
  std::vector<std::string> texts;
  for (const faults::Fault& fault : KeepFaults(plan, kept, fired).faults) {
    texts.push_back(faults::ShowInline(fault));
  }
  return texts;
}

TEST(KeepFaultsTest, OneThatWaitedForAFaultThatIsGoneComesWhenItCame) {
  EXPECT_THAT(Kept({1, 2, 3}), ElementsAre(R"({when={at="3s"},do={crash="tm-2"}})",
                                           R"({when={after=0,delay="3s"},do={restart="tm-1"}})",
                                           R"({when={after=0,delay="4s"},do={restart="tm-2"}})"));
  EXPECT_THAT(Kept({0, 2}), ElementsAre(R"({when={at="1s"},do={crash="tm-1"}})",
                                        R"({when={at="6s"},do={restart="tm-1"}})"));
}

TEST(KeepFaultsTest, OneThatNeverCameGoesWithTheFaultItWaitedFor) {
  EXPECT_THAT(Kept({0, 3}), ElementsAre(R"({when={at="1s"},do={crash="tm-1"}})"));
}

TEST(MergedFaultsTest, LastFromTheFirstToTheEndOfTheSecondOfTheSameKindAndTarget) {
  const faults::FaultPlan plan =
      Plan({R"({when={event="sink.committed",nth=2},do={cut=["jm","tm-1"],for="2s",one_way=true}})",
            R"({when={at="5s"},do={crash="tm-1"}})",
            R"({when={at="4s"},do={cut=["jm","tm-1"],for="1s"}})"});
  const std::vector<reports::FiredFault> fired = {
      {.kind = "cut", .target = "jm/tm-1", .at = sim::AtNanos(2'000'000'000), .fault = 0},
      {.kind = "cut", .target = "jm/tm-1", .at = sim::AtNanos(4'000'000'000), .fault = 2}};
  std::vector<std::vector<std::string>> texts;
  for (const faults::FaultPlan& merged : MergedFaults(plan, fired, AnyCast())) {
    texts.emplace_back();
    for (const faults::Fault& fault : merged.faults) {
      texts.back().push_back(faults::ShowInline(fault));
    }
  }
  const std::string crash = R"({when={at="5s"},do={crash="tm-1"}})";
  const std::string when = R"({when={event="sink.committed",nth=2},)";
  EXPECT_THAT(
      texts,
      ElementsAre(ElementsAre(when + R"(do={cut=["jm","tm-1"],for="3s",one_way=true}})", crash),
                  ElementsAre(when + R"(do={cut=["jm","tm-1"],for="3s"}})", crash)));
  EXPECT_THAT(MergedFaults(plan, std::span(fired).first(1), AnyCast()), IsEmpty());
}

TEST(SimplerFaultsTest, LeaveConditionsOutAndCountLess) {
  EXPECT_THAT(
      Edits(R"({when={event="sink.committed",nth=9,where={subtask="s"}},do={restart="tm-1"}})"),
      ElementsAre(
          R"({when={event="sink.committed",nth=1,where={subtask="s"}},do={restart="tm-1"}})",
          R"({when={event="sink.committed",nth=9},do={restart="tm-1"}})",
          R"({when={event="sink.committed",nth=9},do={restart="tm-1"}})",
          R"({when={event="sink.committed",nth=1,where={subtask="s"}},do={restart="tm-1"}})",
          R"({when={event="sink.committed",nth=4,where={subtask="s"}},do={restart="tm-1"}})",
          R"({when={event="sink.committed",nth=8,where={subtask="s"}},do={restart="tm-1"}})"));
}

TEST(SimplerFaultsTest, RoundTimesButNeverMakeAFaultHarsher) {
  const std::vector<std::string> edits =
      Edits(R"({when={at="1234ms"},do={crash="tm-1",restart_after="300ms"}})");
  EXPECT_THAT(edits, Contains(R"({when={at="1s"},do={crash="tm-1",restart_after="300ms"}})"));
  EXPECT_THAT(edits, Not(Contains(R"({when={at="1234ms"},do={crash="tm-1"}})")));
}

TEST(SimplerFaultsTest, LetUserCodeThrowOnceAndEarlier) {
  const std::vector<std::string> edits =
      Edits(R"({when={at="1s"},do={operator_error="window",nth=9,ratio="37%",for="1234ms"}})");
  EXPECT_THAT(
      edits,
      IsSupersetOf(
          {R"({when={at="1s"},do={operator_error="window",nth=9,ratio="37%"}})",
           R"({when={at="1s"},do={operator_error="window",nth=1,ratio="37%",for="1234ms"}})",
           R"({when={at="1s"},do={operator_error="window",nth=9,ratio="37%",for="1s"}})",
           R"({when={at="1s"},do={operator_error="window",nth=9,ratio="100%",for="1234ms"}})"}));
}

// Every edit leads somewhere simpler: taking the first again and again ends.
TEST(SimplerFaultsTest, ComeToAnEnd) {
  faults::FaultPlan plan =
      Plan({R"({when={event="sink.committed",nth=77,process="tm-2",where={subtask="sink[1]"}},)"
            R"(do={drop=["jm","tm-1"],ratio="37%",for="1234567us",one_way=true}})"});
  size_t steps = 0;
  for (std::vector<faults::FaultPlan> simpler = SimplerFaults(plan, 0, AnyCast()); !simpler.empty();
       simpler = SimplerFaults(plan, 0, AnyCast())) {
    plan = simpler.back();
    ASSERT_LT(++steps, 200U);
  }
  EXPECT_THAT(Edits(faults::ShowInline(plan.faults.front())), IsEmpty());
}

TEST(SwapProcessesTest, ExchangesNamesAndNothingElse) {
  const faults::FaultPlan plan = Plan(
      {R"({when={event="sink.committed",nth=2,process="tm-3"},do={cut=["jm","tm-1"],for="1s"}})",
       R"({when={after=0,delay="1s"},do={crash="tm-3"}})"});
  const faults::FaultPlan swapped = SwapProcesses(plan, "tm-3", "tm-1", AnyCast());
  EXPECT_EQ(
      faults::ShowInline(swapped.faults[0]),
      R"({when={event="sink.committed",nth=2,process="tm-1"},do={cut=["jm","tm-3"],for="1s"}})");
  EXPECT_EQ(faults::ShowInline(swapped.faults[1]),
            R"({when={after=0,delay="1s"},do={crash="tm-1"}})");
  EXPECT_EQ(SwapProcesses(swapped, "tm-3", "tm-1", AnyCast()), plan);
}

TEST(RounderDurationsTest, HaveFewerDigits) {
  EXPECT_THAT(RounderDurations("1234ms"), ElementsAre("1s", "2s", "1200ms", "1300ms"));
  EXPECT_THAT(RounderDurations("1500ms"), ElementsAre("1s", "2s"));
  EXPECT_THAT(RounderDurations("300ms"), IsEmpty());
  EXPECT_THAT(RounderDurations("7ns"), IsEmpty());
  EXPECT_THAT(RounderDurations("99ms"), ElementsAre("90ms", "100ms"));
  EXPECT_THAT(RounderDurations("tm-1"), IsEmpty());
}

}  // namespace

}  // namespace flinch::scenarios
