#include "scenarios/lab/subject_run.h"

#include <stdexcept>
#include <unistd.h>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/lab/subject_shrink.h"
#include "sim/environment.h"

namespace flinch::lab {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class CrashCount final : public sim::TraceObserver {
 public:
  void OnEvent(const sim::TraceEvent& event) override {
    crashes += event.kind == "fault.crash" && event.Text("process") == "a" ? 1 : 0;
  }

  int crashes = 0;
};

// Two processes tick; a crash of "a" is what its judge minds.
Judgement RunTicks(const Attempt& attempt) {
  sim::World world(attempt.world);
  for (const std::string name : {"a", "b"}) {
    world.AddProcess(world.AddHost(name), name,
                     [ticks = attempt.Knob("ticks")](sim::Environment& environment) {
                       for (uint64_t tick = 0; tick < ticks; ++tick) {
                         environment.Sleep(100ms);
                         environment.Trace("tick", {{"n", static_cast<int64_t>(tick)}});
                       }
                     });
  }
  CrashCount count;
  world.Observe(count);
  const faults::Injector injector(world, attempt.plan, attempt.heal_at);
  const sim::Outcome outcome = world.Run([&] { return world.Now() >= attempt.heal_at; });
  return JudgementOf(
      attempt, world, injector, outcome,
      count.crashes == 0 ? std::nullopt : std::optional(Failure{"crashed", "a has crashed."}));
}

Subject Ticks() {
  return {.name = "ticks",
          .what = "Two processes tick.",
          .knobs = {{.name = "ticks", .usual = 10, .least = 2}},
          .faults = {.crash_targets = {{.process = "a"}, {.process = "b"}},
                     .hosts = {"a", "b"},
                     .horizon = 2s,
                     .crashes_min = 4,
                     .crashes_max = 6},
          .run = RunTicks};
}

std::string TroubleOf(std::function<Judgement(const Attempt&)> run) {
  Subject subject = Ticks();
  subject.run = std::move(run);
  const sim::Result<Surveyed> surveyed = Survey(subject);
  return surveyed ? "" : surveyed.error().message;
}

// The first seed that fails.
SubjectRun FailedRunOf(const Surveyed& surveyed) {
  SubjectRun run;
  while (run.seed < 100 && Perform(surveyed, run).verdict != Verdict::kFailed) {
    ++run.seed;
  }
  return run;
}

TEST(SurveyTest, KnowsWhoIsThereAndWhatTheyTrace) {
  const Subject subject = Ticks();
  const sim::Result<Surveyed> surveyed = Survey(subject);
  ASSERT_TRUE(surveyed.has_value()) << surveyed.error().message;
  EXPECT_THAT(surveyed->cast.processes, SizeIs(2));
  EXPECT_TRUE(surveyed->cast.events.contains("tick"));
  ASSERT_THAT(surveyed->swarm.anchors, SizeIs(1));
  EXPECT_EQ(surveyed->swarm.anchors[0].nth_max, 20U);
}

TEST(SurveyTest, ASubjectThatMisbehavesIsToldInASentence) {
  EXPECT_THAT(TroubleOf([](const Attempt&) -> Judgement { _exit(3); }),
              HasSubstr("ticks does not pass even without faults: it ends the process"));
  EXPECT_THAT(TroubleOf([](const Attempt&) -> Judgement { throw 7; }),
              HasSubstr("The subject threw: something that is no std::exception."));
  EXPECT_THAT(TroubleOf([](const Attempt&) -> Judgement { throw std::runtime_error("no disk"); }),
              HasSubstr("The subject threw: no disk"));
  EXPECT_THAT(TroubleOf([](const Attempt&) {
                return Judgement{.verdict = Verdict::kFailed, .witness = "All is lost."};
              }),
              HasSubstr("All is lost."));
}

TEST(SubjectRunTest, ItsTokenMeansTheSameRun) {
  const Subject subject = Ticks();
  const Surveyed surveyed = Survey(subject).value();
  const SubjectRun run = FailedRunOf(surveyed);
  const Judgement judgement = Perform(surveyed, run);
  ASSERT_EQ(judgement.verdict, Verdict::kFailed);
  const std::string text = scenarios::ShowToken(TokenOf(surveyed, run, judgement));
  const sim::Result<SubjectRun> again = RunOf(surveyed, scenarios::ParseToken(text).value());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(Perform(surveyed, *again).digest, judgement.digest);
}

TEST(SubjectRunTest, ATokenOfAnotherSubjectIsRefused) {
  const Subject subject = Ticks();
  const Surveyed surveyed = Survey(subject).value();
  scenarios::ReplayToken token{.scenario = "ticks", .settings = {{"tocks", "3"}}};
  EXPECT_THAT(RunOf(surveyed, token).error().message, HasSubstr("has no knob \"tocks\""));
  token.settings = {{"ticks", "1"}};
  EXPECT_THAT(RunOf(surveyed, token).error().message, HasSubstr("a whole number from 2 on"));
  token.settings.clear();
  token.faults = {"{when={at=\"1s\"},do={crash=\"c\"}}"};
  EXPECT_THAT(RunOf(surveyed, token).error().message, HasSubstr("\"c\""));
}

TEST(SubjectRunTest, OneThatDependsOnMoreThanTheAttemptIsCaught) {
  Subject subject = Ticks();
  subject.run = [runs = 0](const Attempt& attempt) mutable {
    Attempt other = attempt;
    other.world.seed += static_cast<uint64_t>(runs++);
    return RunTicks(other);
  };
  const Surveyed surveyed = Survey(subject).value();
  const scenarios::UnitResult result = PerformUnit(surveyed, {}, {.seed = 5, .twice = true});
  EXPECT_EQ(result.verdict, scenarios::UnitVerdict::kNondeterministic);
}

TEST(ShrinkRunTest, LeavesOneFaultAndTheSmallestKnobs) {
  const Subject subject = Ticks();
  const Surveyed surveyed = Survey(subject).value();
  const ShrunkRun shrunk = ShrinkRun(surveyed, FailedRunOf(surveyed));
  EXPECT_EQ(shrunk.judgement.signature, "crashed");
  EXPECT_THAT(shrunk.run.plan->faults, SizeIs(1));
  ASSERT_THAT(shrunk.run.knobs, SizeIs(1));
  EXPECT_EQ(shrunk.run.knobs[0].value, 2U);
  EXPECT_FALSE(shrunk.stopped);
}

TEST(ShrinkRunTest, StopsWhenItIsToldTo) {
  const Subject subject = Ticks();
  const Surveyed surveyed = Survey(subject).value();
  const ShrunkRun shrunk = ShrinkRun(surveyed, FailedRunOf(surveyed), [] { return true; });
  EXPECT_TRUE(shrunk.stopped);
  EXPECT_EQ(shrunk.judgement.verdict, Verdict::kFailed);
}

}  // namespace

}  // namespace flinch::lab
