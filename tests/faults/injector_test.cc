#include "faults/injector.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/check.h"

namespace flinch::faults {

namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr sim::SimTime At(int64_t millis) { return sim::kEpoch + milliseconds(millis); }

// Each process says "tick" with its number every 10 ms, and "beat" with a text every 30 ms.
void Tick(sim::Environment& environment) {
  for (int64_t number = 1;; ++number) {
    environment.Sleep(milliseconds(10));
    environment.Trace("tick", {{"number", number}});
    if (number % 3 == 0) {
      environment.Trace("beat", {{"what", "third"}, {"number", number}});
    }
  }
}

// Three ticking processes on hosts of their own, and the faults that the world recorded.
class SmallWorld {
 public:
  explicit SmallWorld(uint64_t seed = 1)
      : world_(sim::WorldOptions{
            .seed = seed, .keep = sim::Keep::kTrace, .link = {}, .disk = {}, .limits = {}}) {
    for (const char* const name : {"a", "b", "c"}) {
      world_.AddProcess(world_.AddHost(name), name, Tick);
    }
  }

  sim::World& world() { return world_; }

  sim::ProcessId Process(std::string_view name) const { return world_.FindProcess(name).value(); }

  bool IsAlive(std::string_view name) const { return world_.IsAlive(Process(name)); }

  sim::Outcome RunUntil(int64_t millis) {
    world_.At(At(millis), [] {});
    return world_.Run([this, millis] { return world_.Now() >= At(millis); });
  }

  // "crash a @20ms", "restart a @50ms", "link a>b cut loss=0/1 delay=0s @…".
  std::vector<std::string> Acts() const {
    std::vector<std::string> acts;
    for (const sim::RecordedEvent& event : world_.recording().events) {
      const std::string at = " @" + sim::Show(event.time - sim::kEpoch);
      if (event.kind == "fault.crash" || event.kind == "fault.restart") {
        acts.push_back(event.kind.substr(6) + " " + std::string(event.Text("process").value()) +
                       at);
      } else if (event.kind == "fault.link") {
        acts.push_back(ShowLink(event) + at);
      }
    }
    return acts;
  }

 private:
  static std::string ShowLink(const sim::RecordedEvent& event) {
    std::string shown =
        std::string(event.Text("from").value()) + ">" + std::string(event.Text("to").value());
    const bool cut = event.Number("cut") == 1;
    const std::string_view loss = event.Text("loss").value();
    const sim::Duration delay(event.Number("delay_ns").value());
    shown += cut ? " cut" : "";
    shown += loss.starts_with("0/") ? "" : " loss=" + std::string(loss);
    shown += delay == sim::Duration(0) ? "" : " delay=" + sim::Show(delay);
    return shown.size() == 3 ? shown + " whole" : shown;
  }

  sim::World world_;
};

std::vector<std::string> Show(std::span<const FiredFault> fired) {
  std::vector<std::string> shown;
  for (const FiredFault& fault : fired) {
    shown.push_back(std::to_string(fault.fault) + " " + fault.kind + " " + fault.target + " @" +
                    sim::Show(fault.at - sim::kEpoch));
  }
  return shown;
}

TEST(InjectorTest, CrashesAtATimeAndRestartsAfterAWhile) {
  SmallWorld small;
  const Injector injector(small.world(),
                          {.faults = {{AtTime{At(25)}, Crash{"b", milliseconds(40)}}}});
  small.RunUntil(30);
  EXPECT_FALSE(small.IsAlive("b"));
  EXPECT_TRUE(small.IsAlive("a"));
  small.RunUntil(100);
  EXPECT_TRUE(small.IsAlive("b"));
  EXPECT_THAT(small.Acts(), ElementsAre("crash b @25ms", "restart b @65ms"));
  EXPECT_THAT(Show(injector.fired()), ElementsAre("0 crash b @25ms"));
}

TEST(InjectorTest, KnowsWhyAFaultThatWaitsForAnEventNeverFired) {
  SmallWorld small;
  const Injector injector(
      small.world(),
      {.faults = {{AtEvent{.kind = "tack"}, Crash{.process = "a"}},
                  {AtEvent{.kind = "beat", .process = "a", .where = {{"what", "thrid"}}},
                   Crash{.process = "a"}},
                  {AtEvent{.kind = "beat", .nth = 7}, Crash{.process = "a"}},
                  {AtEvent{.kind = "tick"}, Restart{.process = "b"}},
                  {AtEvent{.kind = "tick", .since = 0}, Crash{.process = "a"}},
                  {AtTime{At(900)}, Crash{.process = "a"}},
                  {AtEvent{.kind = "tick", .process = "c"}, Crash{.process = "c"}}}});
  small.RunUntil(65);
  EXPECT_THAT(injector.WhyNot(),
              ElementsAre("no tack came", "of 4 beat, none was of a with what=\"thrid\"",
                          "it waits for the beat number 7, but 4 came", "it found nothing to do",
                          "the fault that it waits for never fired", "", ""));
}

// Nobody's code is wrapped here: the test asks in its stead.
TEST(InjectorTest, AnErrorOfUserCodeFiresWhenItIsThrown) {
  SmallWorld small;
  Injector injector(small.world(),
                    {.faults = {{AtTime{At(10)}, OperatorFault{.operator_name = "map", .nth = 2}},
                                {AfterFault{.fault = 0, .delay = milliseconds(5)},
                                 OperatorFault{.trouble = CodeTrouble::kSlow,
                                               .operator_name = "sink",
                                               .by = milliseconds(3),
                                               .duration = milliseconds(20)}}}});
  EXPECT_FALSE(injector.OnRecord("map").throws);
  small.RunUntil(20);
  EXPECT_FALSE(injector.OnRecord("map").throws);
  EXPECT_THAT(injector.fired(), IsEmpty());
  EXPECT_TRUE(injector.OnRecord("map").throws);
  EXPECT_THAT(Show(injector.fired()), ElementsAre("0 operator_error map @20ms"));
  EXPECT_FALSE(injector.OnRecord("map").throws);
  small.RunUntil(30);
  EXPECT_EQ(injector.OnRecord("sink").takes, milliseconds(3));
  EXPECT_EQ(injector.OnRecord("map").takes, milliseconds(0));
  small.RunUntil(50);
  EXPECT_EQ(injector.OnRecord("sink").takes, milliseconds(0));
  EXPECT_THAT(Show(injector.fired()),
              ElementsAre("0 operator_error map @20ms", "1 operator_slow sink @25ms"));
}

TEST(InjectorTest, HealingMendsUserCode) {
  SmallWorld small;
  Injector injector(small.world(),
                    {.faults = {{AtTime{At(10)}, OperatorFault{.operator_name = "map",
                                                               .lasts = milliseconds(500)}}}});
  small.RunUntil(20);
  EXPECT_TRUE(injector.OnRecord("map").throws);
  injector.Heal();
  EXPECT_FALSE(injector.OnRecord("map").throws);
}

TEST(InjectorTest, CountsEventsByKindProcessAndFields) {
  SmallWorld small;
  const Injector injector(
      small.world(),
      {.faults = {
           {AtEvent{.kind = "tick", .nth = 4}, CutLink{"a", "b", true, milliseconds(1)}},
           {AtEvent{.kind = "tick", .nth = 4, .process = "c"},
            CutLink{"b", "c", true, milliseconds(1)}},
           {AtEvent{.kind = "beat", .where = {{"number", "6"}, {"what", "third"}}},
            CutLink{"c", "a", true, milliseconds(1)}},
           {AtEvent{.kind = "beat", .where = {{"number", "7"}}}, Crash{.process = "a"}},
           {AtEvent{.kind = "beat", .where = {{"absent", ""}}}, Crash{.process = "a"}},
           {AtEvent{.kind = "never"}, Crash{.process = "a"}},
       }});
  small.RunUntil(200);
  EXPECT_THAT(Show(injector.fired()),
              ElementsAre("0 cut a>b @20ms", "1 cut b>c @40ms", "2 cut c>a @60ms"));
}

// The narrowest fault there is: the process dies inside the very call that tells the event.
TEST(InjectorTest, CrashesAProcessAtItsOwnEvent) {
  SmallWorld small;
  const Injector injector(small.world(),
                          {.faults = {{AtEvent{.kind = "tick", .nth = 3, .process = "a"},
                                       Crash{"a", milliseconds(5)}}}});
  const sim::Outcome outcome = small.RunUntil(44);
  EXPECT_EQ(outcome.ending, sim::Ending::kGoal);
  EXPECT_THAT(Show(injector.fired()), ElementsAre("0 crash a @30ms"));
  EXPECT_TRUE(small.IsAlive("a"));
  for (const sim::RecordedEvent& event : small.world().recording().events) {
    EXPECT_FALSE(event.process == "a" && event.kind == "beat") << "the dead process went on";
  }
}

TEST(InjectorTest, FiresAfterAnotherFaultTookEffect) {
  SmallWorld small;
  const Injector injector(small.world(),
                          {.faults = {
                               {AtTime{At(15)}, Crash{"a", milliseconds(30)}},
                               {AfterFault{0, milliseconds(35)}, Crash{"a", milliseconds(10)}},
                               {AfterFault{1}, Crash{"b", milliseconds(10)}},
                           }});
  small.RunUntil(100);
  EXPECT_THAT(Show(injector.fired()),
              ElementsAre("0 crash a @15ms", "1 crash a @50ms", "2 crash b @50ms"));
}

TEST(InjectorTest, WhatDoesNothingDoesNotCount) {
  SmallWorld small;
  const Injector injector(small.world(), {.faults = {
                                              {AtTime{At(10)}, Restart{"a"}},
                                              {AfterFault{0}, Crash{.process = "b"}},
                                              {AtTime{At(20)}, Crash{.process = "a"}},
                                              {AtTime{At(30)}, Crash{"a", milliseconds(1)}},
                                              {AtTime{At(40)}, Restart{"a"}},
                                          }});
  small.RunUntil(60);
  EXPECT_THAT(Show(injector.fired()), ElementsAre("2 crash a @20ms", "4 restart a @40ms"));
  EXPECT_THAT(small.Acts(), ElementsAre("crash a @20ms", "restart a @40ms"));
}

TEST(InjectorTest, AnOldRestartDoesNotBootWhatAnotherFaultCrashed) {
  SmallWorld small;
  const Injector injector(small.world(), {.faults = {
                                              {AtTime{At(10)}, Crash{"a", milliseconds(50)}},
                                              {AtTime{At(20)}, Restart{"a"}},
                                              {AtTime{At(30)}, Crash{"a", milliseconds(50)}},
                                          }});
  small.RunUntil(100);
  EXPECT_THAT(small.Acts(),
              ElementsAre("crash a @10ms", "restart a @20ms", "crash a @30ms", "restart a @80ms"));
  EXPECT_THAT(injector.fired(), ::testing::SizeIs(3));
}

// A crash that waits for a crash: the world is in the middle of its own act when it tells of it.
TEST(InjectorTest, FiresBehindAnEventOfTheWorld) {
  SmallWorld small;
  const Injector injector(
      small.world(),
      {.faults = {
           {AtEvent{.kind = "fault.crash"}, Crash{"a", milliseconds(10)}},
           {AtEvent{.kind = "fault.crash", .nth = 2}, Crash{.process = "c"}},
           {AtEvent{.kind = "tick", .nth = 2, .process = "a"}, Crash{.process = "b"}},
       }});
  EXPECT_EQ(small.RunUntil(50).ending, sim::Ending::kGoal);
  EXPECT_THAT(Show(injector.fired()),
              ElementsAre("2 crash b @20ms", "0 crash a @20ms", "1 crash c @20ms"));
}

TEST(InjectorTest, SeveralFaultsMayWaitForOneEvent) {
  SmallWorld small;
  const AtEvent second_tick{.kind = "tick", .nth = 2, .process = "b"};
  const Injector injector(small.world(), {.faults = {
                                              {second_tick, Crash{.process = "b"}},
                                              {second_tick, Crash{.process = "a"}},
                                              {second_tick, Restart{"b"}},
                                          }});
  small.RunUntil(50);
  EXPECT_THAT(Show(injector.fired()),
              ElementsAre("0 crash b @20ms", "1 crash a @20ms", "2 restart b @20ms"));
}

// ---- Links

TEST(InjectorTest, OverlappingConditionsComposeAndEndOneByOne) {
  SmallWorld small;
  const Injector injector(
      small.world(),
      {.faults = {
           {AtTime{At(10)}, CutLink{"a", "b", true, milliseconds(50)}},
           {AtTime{At(20)}, DelayMessages{"a", "b", true, milliseconds(3), milliseconds(20)}},
           {AtTime{At(30)}, CutLink{"a", "b", true, milliseconds(50)}},
           {AtTime{At(35)}, DropMessages{"a", "b", true, sim::Percent(25), milliseconds(100)}},
       }});
  small.RunUntil(200);
  EXPECT_THAT(small.Acts(),
              ElementsAre("a>b cut @10ms", "a>b cut delay=3ms @20ms", "a>b cut delay=3ms @30ms",
                          "a>b cut loss=25/100 delay=3ms @35ms", "a>b cut loss=25/100 @40ms",
                          "a>b loss=25/100 @80ms", "a>b whole @135ms"));
  EXPECT_THAT(Show(injector.fired()), ElementsAre("0 cut a>b @10ms", "1 delay a>b @20ms",
                                                  "2 cut a>b @30ms", "3 drop a>b @35ms"));
}

TEST(InjectorTest, ALinkHasTwoDirectionsUnlessOneIsAskedFor) {
  SmallWorld small;
  const Injector injector(
      small.world(), {.faults = {{AtTime{At(10)}, CutLink{"a", "b", false, milliseconds(10)}}}});
  small.RunUntil(50);
  EXPECT_THAT(small.Acts(),
              ElementsAre("a>b cut @10ms", "b>a cut @10ms", "a>b whole @20ms", "b>a whole @20ms"));
}

// ---- Triggers

TEST(InjectorTest, AValueOfAFieldMayBeAPattern) {
  SmallWorld small;
  const Injector injector(
      small.world(),
      {.faults = {{AtEvent{.kind = "beat", .process = "b", .where = {{"what", "x|th*d"}}},
                   CutLink{"a", "b", true, milliseconds(1)}},
                  {AtEvent{.kind = "beat", .process = "b", .where = {{"what", "t*x|fourth"}}},
                   CutLink{"a", "b", true, milliseconds(1)}}}});
  small.RunUntil(100);
  EXPECT_THAT(Show(injector.fired()), ElementsAre("0 cut a>b @30ms"));
}

TEST(InjectorTest, AnEventMayCountFromAFaultOnAndItsFaultComeLater) {
  SmallWorld small;
  const Injector injector(
      small.world(), {.faults = {{AtTime{At(45)}, CutLink{"a", "b", true, milliseconds(1)}},
                                 {AtEvent{.kind = "tick", .nth = 2, .process = "c", .since = 0},
                                  CutLink{"b", "c", true, milliseconds(1)}},
                                 {AtEvent{.kind = "tick", .process = "c", .delay = milliseconds(7)},
                                  CutLink{"c", "a", true, milliseconds(1)}}}});
  small.RunUntil(100);
  EXPECT_THAT(Show(injector.fired()),
              ElementsAre("2 cut c>a @17ms", "0 cut a>b @45ms", "1 cut b>c @60ms"));
}

TEST(InjectorTest, CountsOfSeveralKindsMustAllBeReached) {
  SmallWorld small;
  const Injector injector(small.world(),
                          {.faults = {{AtCounts{.at_least = {{"tick", 4}, {"beat", 4}}},
                                       CutLink{"a", "b", true, milliseconds(1)}},
                                      {AtCounts{.at_least = {{"tick", 2}}, .unless = "beat"},
                                       CutLink{"b", "c", true, milliseconds(1)}},
                                      {AtCounts{.at_least = {{"tick", 20}}, .unless = "beat"},
                                       CutLink{"c", "a", true, milliseconds(1)}}}});
  small.RunUntil(150);
  EXPECT_THAT(Show(injector.fired()), ElementsAre("1 cut b>c @10ms", "0 cut a>b @60ms"));
}

TEST(InjectorTest, ARateFiresAboutSoOftenUntilTheRunIsHealed) {
  SmallWorld small;
  const Injector injector(
      small.world(),
      {.faults = {{AtRate{milliseconds(10)}, CutLink{"a", "b", true, milliseconds(2)}}}}, At(2000),
      sim::Random(3));
  small.RunUntil(4000);
  EXPECT_GT(injector.fired().size(), 140U);
  EXPECT_LT(injector.fired().size(), 260U);
  EXPECT_LT(injector.fired().back().at, At(2000));
}

TEST(InjectorTest, TellsAtWhichEventAFaultFired) {
  SmallWorld small;
  Injector injector(small.world(),
                    {.faults = {{AtEvent{.kind = "tick", .nth = 2}, Crash{"b", milliseconds(9)}},
                                {AtTime{At(55)}, Crash{"a", milliseconds(9)}}}});
  std::vector<std::string> told;
  injector.OnFired([&told](const FiredFault& fired, const Action& what) {
    told.push_back(TargetOf(what) +
                   (fired.event == sim::EventId() ? " at a time" : " at an event"));
  });
  small.RunUntil(100);
  EXPECT_THAT(told, ElementsAre("b at an event", "a at a time"));
}

// ---- Everything else that may befall a world

TEST(InjectorTest, APausedProcessIsSilentAndGoesOn) {
  SmallWorld small;
  const Injector injector(small.world(),
                          {.faults = {{AtTime{At(25)}, Pause{"a", milliseconds(50)}},
                                      {AtTime{At(30)}, Pause{"a", milliseconds(50)}}}});
  small.RunUntil(30);
  EXPECT_TRUE(small.world().IsPaused(small.Process("a")));
  small.RunUntil(80);
  EXPECT_FALSE(small.world().IsPaused(small.Process("a")));
  EXPECT_THAT(Show(injector.fired()), ElementsAre("0 pause a @25ms"));
}

TEST(InjectorTest, APartitionCutsEveryLinkBetweenTheGroups) {
  SmallWorld small;
  const Injector injector(
      small.world(),
      {.faults = {{AtTime{At(10)}, Partition{{"a"}, {"b", "c"}, true, milliseconds(10)}}}});
  small.RunUntil(50);
  EXPECT_THAT(small.Acts(),
              ElementsAre("a>b cut @10ms", "a>c cut @10ms", "a>b whole @20ms", "a>c whole @20ms"));
  EXPECT_THAT(Show(injector.fired()), ElementsAre("0 partition a>b+c @10ms"));
}

// Writes a byte every 10 ms to a file of its own, and tells whether it could.
void Write(sim::Environment& environment) {
  const sim::Result<std::unique_ptr<sim::File>> file = environment.disk().OpenForAppend("/file");
  for (;;) {
    environment.Sleep(milliseconds(10));
    const bool good = file && (*file)->Append("x") && (*file)->Sync();
    environment.Trace("wrote", {{"good", good ? 1 : 0}});
  }
}

TEST(InjectorTest, ADiskFailsForAWhile) {
  SmallWorld small;
  sim::World& world = small.world();
  world.AddProcess(world.AddHost("writer"), "writer", Write);
  const Injector injector(
      world, {.faults = {{AtTime{At(100)}, DiskFault{.trouble = DiskTrouble::kWriteError,
                                                     .disk = "writer",
                                                     .duration = milliseconds(100)}}}});
  small.RunUntil(400);
  size_t bad = 0;
  for (const sim::RecordedEvent& event : world.recording().events) {
    if (event.kind == "wrote" && event.Number("good") == 0) {
      ++bad;
      EXPECT_GT(event.time, At(100));
      EXPECT_LT(event.time, At(220));
    }
  }
  EXPECT_GT(bad, 3U);
  EXPECT_THAT(Show(injector.fired()), ElementsAre("0 write_error writer @100ms"));
}

TEST(InjectorTest, WhoReachesTheFatalWriteDiesAndBootsAgain) {
  SmallWorld small;
  sim::World& world = small.world();
  world.AddProcess(world.AddHost("writer"), "writer", Write);
  const Injector injector(
      world,
      {.faults = {{AtTime{At(100)},
                   CrashAtWrite{.disk = "writer", .nth = 3, .restart_after = milliseconds(50)}},
                  {AfterFault{0}, CutLink{"a", "b", true, milliseconds(1)}}}});
  small.RunUntil(100);
  EXPECT_THAT(injector.fired(), IsEmpty());
  small.RunUntil(500);
  EXPECT_TRUE(small.IsAlive("writer"));
  ASSERT_THAT(injector.fired(), ::testing::SizeIs(2));
  EXPECT_EQ(injector.fired()[0].kind, "crash_at_write");
  EXPECT_THAT(small.Acts(), ::testing::SizeIs(4));  // one crash, one restart, one cut and its end
}

TEST(InjectorTest, ClocksDriftJumpAndAreSetRightWhenHealed) {
  SmallWorld small;
  sim::World& world = small.world();
  const sim::HostId host = world.HostOf(small.Process("a"));
  const Injector injector(world,
                          {.faults = {{AtTime{At(10)}, ClockFault{.trouble = ClockTrouble::kJump,
                                                                  .host = "a",
                                                                  .by = std::chrono::hours(1),
                                                                  .backwards = true}},
                                      {AtTime{At(20)}, ClockFault{.trouble = ClockTrouble::kFreeze,
                                                                  .host = "a",
                                                                  .duration = milliseconds(30)}}}},
                          At(100));
  small.RunUntil(30);
  EXPECT_EQ(world.ClockOf(host).frozen, true);
  const sim::WallTime wrong = world.WallTimeOf(host);
  EXPECT_LT(wrong, world.WallTimeOf(world.HostOf(small.Process("b"))));
  small.RunUntil(60);
  EXPECT_EQ(world.ClockOf(host).frozen, false);
  EXPECT_LT(world.WallTimeOf(host), world.WallTimeOf(world.HostOf(small.Process("b"))));
  small.RunUntil(150);
  EXPECT_EQ(world.WallTimeOf(host), world.WallTimeOf(world.HostOf(small.Process("b"))));
}

// ---- Healing

TEST(InjectorTest, HealingEndsPausesTroublesOfTheVolumeAndSwizzles) {
  SmallWorld small;
  sim::World& world = small.world();
  const Injector injector(
      world,
      {.faults = {{AtTime{At(10)}, Pause{"a", milliseconds(5000)}},
                  {AtTime{At(10)}, SwizzleHosts{{"a", "b"}, milliseconds(5000)}},
                  {AtTime{At(10)},
                   VolumeFault{.trouble = VolumeTrouble::kHang, .duration = milliseconds(5000)}}}},
      At(100));
  small.RunUntil(90);
  EXPECT_TRUE(world.IsPaused(small.Process("a")));
  small.RunUntil(110);
  EXPECT_FALSE(world.IsPaused(small.Process("a")));
  std::vector<std::string> last;
  for (const sim::RecordedEvent& event : world.recording().events) {
    if (event.time == At(100)) {
      last.push_back(event.kind);
    }
  }
  EXPECT_THAT(last, ::testing::IsSupersetOf({"fault.heal", "fault.resume"}));
}

TEST(InjectorTest, HealingMakesAllWholeAndNothingFiresAfterIt) {
  SmallWorld small;
  const Injector injector(
      small.world(),
      {.faults =
           {
               {AtTime{At(10)}, Crash{.process = "a"}},
               {AtTime{At(20)}, Crash{"b", milliseconds(500)}},
               {AtTime{At(30)}, CutLink{"a", "b", true, milliseconds(500)}},
               {AtTime{At(150)}, Crash{.process = "c"}},
               {AtEvent{.kind = "tick", .nth = 10, .process = "a"}, Crash{.process = "c"}},
               {AfterFault{0, milliseconds(200)}, Crash{.process = "c"}},
           }},
      At(100));
  small.RunUntil(99);
  EXPECT_FALSE(injector.healed());
  small.RunUntil(1000);
  EXPECT_TRUE(injector.healed());
  EXPECT_THAT(small.Acts(),
              ElementsAre("crash a @10ms", "crash b @20ms", "a>b cut @30ms", "a>b whole @100ms",
                          "restart a @100ms", "restart b @100ms"));
  EXPECT_THAT(injector.fired(), ::testing::SizeIs(3));
}

TEST(InjectorTest, HealsWhenAsked) {
  SmallWorld small;
  Injector injector(small.world(), {.faults = {{AtTime{At(10)}, Crash{.process = "a"}}}});
  small.RunUntil(50);
  EXPECT_FALSE(small.IsAlive("a"));
  injector.Heal();
  EXPECT_TRUE(small.IsAlive("a"));
  injector.Heal();
  small.RunUntil(60);
  EXPECT_THAT(small.Acts(), ElementsAre("crash a @10ms", "restart a @50ms"));
}

TEST(InjectorTest, HealingDoesNotRepeatWhatEndedByItself) {
  SmallWorld small;
  const sim::ProcessId once = small.world().AddProcess(
      small.world().AddHost("once"), "once",
      [](sim::Environment& environment) { environment.Sleep(milliseconds(5)); });
  const Injector injector(small.world(), {}, At(50));
  small.RunUntil(100);
  EXPECT_FALSE(small.world().IsAlive(once));
  EXPECT_THAT(small.Acts(), IsEmpty());
}

// ---- The contract

TEST(InjectorTest, APlanThatWasNotCheckedIsOurOwnBug) {
  SmallWorld small;
  EXPECT_THROW(Injector(small.world(), {.faults = {{AtTime{At(1)}, Crash{.process = "x"}}}}),
               sim::Violation);
  EXPECT_THROW(Injector(small.world(),
                        {.faults = {{AtTime{At(1)}, CutLink{"a", "x", false, milliseconds(1)}}}}),
               sim::Violation);
  EXPECT_THROW(Injector(small.world(), {.faults = {{AfterFault{0}, Crash{.process = "a"}}}}),
               sim::Violation);
}

TEST(InjectorTest, TheSamePlanGivesTheSameRun) {
  const auto digest = [](const FaultPlan& plan) {
    SmallWorld small(7);
    const Injector injector(small.world(), plan, At(150));
    small.RunUntil(200);
    return small.world().digest();
  };
  const FaultPlan plan = {
      .faults = {{AtEvent{.kind = "tick", .nth = 5}, Crash{"b", milliseconds(20)}},
                 {AfterFault{0, milliseconds(30)}, CutLink{"a", "c", false, milliseconds(40)}}}};
  FaultPlan other = plan;
  other.faults.pop_back();
  EXPECT_EQ(digest(plan), digest(plan));
  EXPECT_NE(digest(plan), digest(other));
}

// Once in a nanosecond until the healing would be six billion turns.
TEST(InjectorTest, ARateOfAnyHeightEndsWithTheEventsOfTheRun) {
  sim::World world({.seed = 1, .link = {}, .disk = {}, .limits = {.events_max = 5'000}});
  for (const char* const name : {"a", "b"}) {
    world.AddProcess(world.AddHost(name), name, Tick);
  }
  Injector injector(world, {.faults = {{AtRate{sim::Duration(1)}, ResetLink{"a", "b"}}}}, At(6000));
  const sim::Outcome outcome = world.Run([] { return false; });
  EXPECT_EQ(outcome.ending, sim::Ending::kLimit);
  EXPECT_EQ(outcome.limit, sim::Limit::kEvents);
  EXPECT_LT(outcome.time, At(1));
}

TEST(InjectorTest, SaysThatAnEventOrATimeCameBehindTheHealing) {
  SmallWorld small;
  Injector injector(
      small.world(),
      {.faults = {{AtEvent{.kind = "tick", .nth = 4, .process = "a"}, Crash{"a", milliseconds(5)}},
                  {AtTime{At(70)}, Crash{"b"}},
                  {AfterFault{.fault = 1}, Crash{"c"}},
                  {AtEvent{.kind = "tick", .nth = 40, .process = "a"}, Crash{"a"}}}},
      At(25));
  small.RunUntil(100);
  EXPECT_THAT(injector.fired(), IsEmpty());
  EXPECT_THAT(injector.WhyNot(),
              ElementsAre("the tick number 4 of a came behind the healing at 25ms",
                          "its time is behind the healing at 25ms",
                          "the fault that it waits for never fired",
                          "it waits for the tick number 40, but 2 came"));
}

}  // namespace

}  // namespace flinch::faults
