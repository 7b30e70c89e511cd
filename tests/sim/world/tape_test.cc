#include "sim/world/tape.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace std::chrono_literals;

struct TapedRun {
  Digest digest;
  Tape tape;
  TapeReport report;
  std::string order;
};

// Four fibers in two processes that take turns, and messages with drawn latencies.
TapedRun RunWorld(WorldOptions options, int turns = 5) {
  World world(options);
  TapedRun run;
  for (const std::string name : {"a", "b"}) {
    world.AddProcess(world.AddHost(name), name, [&run, name, turns](Environment& env) {
      for (const char letter : {'x', 'y'}) {
        env.Spawn("writer", [&run, &env, name, letter, turns] {
          const auto socket = *env.network().Bind(0);
          for (int i = 0; i < turns; ++i) {
            run.order += name + letter;
            socket->Send(*env.network().Resolve("b", 9), "hello");
            env.Yield();
          }
        });
      }
    });
  }
  world.Run([] { return false; });
  run.digest = world.digest();
  if (options.NeedsTape()) {
    run.tape = world.tape();
    run.report = world.tape_report();
  }
  return run;
}

TEST(TapeTest, ARunIsPlayedAgainFromItsTape) {
  for (const std::string strategy : {"random", "pct:3:20", "pos", "round-robin"}) {
    const TapedRun first =
        RunWorld({.seed = 7, .scheduling = *ParseScheduling(strategy), .records_tape = true});
    EXPECT_EQ(RunWorld({.seed = 7, .scheduling = *ParseScheduling(strategy)}).digest, first.digest)
        << "recording changes something";
    const Result<Tape> tape = ParseTape(Show(first.tape));
    ASSERT_TRUE(tape.has_value());
    EXPECT_EQ(*tape, first.tape);
    const TapedRun second = RunWorld({.seed = 7, .play = *tape});
    EXPECT_EQ(second.digest, first.digest) << strategy;
    EXPECT_EQ(second.order, first.order);
    EXPECT_EQ(second.tape, first.tape);
    EXPECT_TRUE(second.report.exact()) << Show(second.report);
    EXPECT_GT(second.report.followed, 0U);
  }
}

TEST(TapeTest, WhereAChoiceIsGoneTheDefaultIsTakenAndToldOf) {
  const TapedRun first = RunWorld({.seed = 7, .records_tape = true});
  const TapedRun longer = RunWorld({.seed = 7, .play = first.tape}, 6);
  EXPECT_GT(longer.report.defaulted, 0U);
  EXPECT_FALSE(longer.report.first_differs.empty());
  EXPECT_THAT(Show(longer.report), HasSubstr("took the default"));
  EXPECT_TRUE(longer.order.starts_with(first.order.substr(0, 12)));
  const TapedRun shorter = RunWorld({.seed = 7, .play = first.tape}, 4);
  EXPECT_GT(shorter.report.unused, 0U);
  EXPECT_FALSE(shorter.report.exact());
}

TEST(TapeTest, NoTrackIsMissedInSilence) {
  const TapedRun first = RunWorld({.seed = 7, .records_tape = true});
  ASSERT_GT(first.tape.tracks.size(), 3U);
  for (const TapeTrack& gone : first.tape.tracks) {
    Tape tape = first.tape;
    std::erase(tape.tracks, gone);
    const TapeReport report = RunWorld({.seed = 7, .play = tape}).report;
    EXPECT_FALSE(report.exact()) << gone.point << " " << gone.actor;
    EXPECT_GT(report.defaulted, 0U);
    EXPECT_THAT(report.first_differs, Not(IsEmpty()));
  }
  const TapedRun bare = RunWorld({.seed = 7, .play = Tape{.seed = 7, .tracks = {}}});
  EXPECT_EQ(bare.report.followed, 0U);
  EXPECT_GT(bare.report.defaulted, 0U);
}

TEST(TapeTest, ATrackOfTheOtherKindIsNotFollowed) {
  const TapedRun first = RunWorld({.seed = 7, .records_tape = true});
  Tape tape = first.tape;
  const auto latency = std::ranges::find(tape.tracks, "link.latency", &TapeTrack::point);
  ASSERT_NE(latency, tape.tracks.end());
  latency->choices.assign(latency->count, 0);
  EXPECT_GE(RunWorld({.seed = 7, .play = tape}).report.defaulted, latency->count);
}

TEST(TapeTest, AChangedDrawIsPlayed) {
  const TapedRun first = RunWorld({.seed = 7, .records_tape = true});
  Tape tape = first.tape;
  const auto latency = std::ranges::find(tape.tracks, "link.latency", &TapeTrack::point);
  ASSERT_NE(latency, tape.tracks.end());
  latency->changed[1] = 0;
  const Result<Tape> edited = ParseTape(Show(tape));
  ASSERT_TRUE(edited.has_value());
  const TapedRun second = RunWorld({.seed = 7, .play = *edited});
  EXPECT_NE(second.digest, first.digest);
  EXPECT_EQ(second.order, first.order);
  EXPECT_EQ(second.tape, *edited);
  EXPECT_TRUE(second.report.exact());
}

TEST(TapeTest, LinesForPeopleAreSkipped) {
  const Result<Tape> tape =
      ParseTape("\n# why\n# who\nflinch-tape 1 seed 7\n# here\n\na b drawn 3\n\n");
  ASSERT_TRUE(tape.has_value());
  ASSERT_EQ(tape->tracks.size(), 1U);
  EXPECT_EQ(tape->tracks[0].count, 3U);
}

TEST(TapeTest, TextsThatAreNoTapeAreRefusedWithTheLine) {
  const std::string header = "flinch-tape 1 seed 7\n";
  for (const auto& [text, line] : {std::pair<std::string, std::string>{"", "Line 1"},
                                   {"flinch-tape 2 seed 7\n", "Line 1"},
                                   {"flinch-tape 1 seed x\n", "Line 1"},
                                   {header + "scheduler a chosen 0{5\n", "Line 2"},
                                   {header + "scheduler a chosen \n", "Line 2"},
                                   {header + "scheduler a chosen 0{99999999999}\n", "Line 2"},
                                   {header + "a b drawn 3\na b drawn x\n", "Line 3"},
                                   {header + "a b drawn 3 3=1\n", "Line 2"},
                                   {header + "a b lost 3\n", "Line 2"},
                                   {header + "a b drawn 3\n# x\na b drawn 3\n", "Line 4"},
                                   {header + "a% b drawn 3\n", "Line 2"}}) {
    const Result<Tape> tape = ParseTape(text);
    ASSERT_FALSE(tape.has_value()) << text;
    EXPECT_THAT(tape.error().message, HasSubstr(line)) << text;
  }
}

RC_GTEST_PROP(TapePropertyTest, TextRoundTrips, ()) {
  Tape tape{.seed = *rc::gen::arbitrary<uint64_t>(), .tracks = {}};
  for (const std::string point : {"delivery", "scheduler"}) {
    TapeTrack track{.point = point, .actor = *rc::gen::arbitrary<std::string>()};
    const auto runs = *rc::gen::nonEmpty<std::vector<std::pair<uint8_t, uint8_t>>>();
    for (const auto& [choice, times] : runs) {
      track.choices.insert(track.choices.end(), times % 20 + 1U, choice);
    }
    track.count = track.choices.size();
    tape.tracks.push_back(track);
  }
  tape.tracks.push_back({.point = "z", .actor = "b c", .count = 9, .changed = {{3, 17}, {8, 0}}});
  const Result<Tape> read = ParseTape(Show(tape));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == tape);
}

RC_GTEST_PROP(TapePropertyTest, GarbageNeverCrashes, (const std::string& garbage)) {
  const Result<Tape> read = ParseTape("flinch-tape 1 seed 7\nscheduler a chosen " + garbage);
  RC_ASSERT((read.has_value() || !read.error().message.empty()));
}

}  // namespace
}  // namespace flinch::sim
