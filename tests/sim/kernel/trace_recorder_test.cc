// What a digest tells apart.
#include "sim/kernel/trace_recorder.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

Digest DigestOf(std::initializer_list<Field> fields) {
  World world({.seed = 1});
  world.Trace("kind", fields);
  return world.digest();
}

TEST(TraceRecorderTest, AValuesTypeAndTheNumberOfFieldsAreHashed) {
  EXPECT_EQ(DigestOf({{"f", 0}}), DigestOf({{"f", 0}}));
  EXPECT_NE(DigestOf({{"f", 0}}), DigestOf({{"f", ""}}));
  EXPECT_NE(DigestOf({{"f", 1}}), DigestOf({{"f", std::string_view("\0", 1)}}));
  EXPECT_NE(DigestOf({}), DigestOf({{"", ""}}));
}

// One process that does this with its disk, after the same set-up.
struct DiskRun {
  Digest digest;
  std::vector<RecordedEvent> steps;  // "sim.disk", as kept
};

DiskRun RunOnDisk(const std::function<void(World&, Environment&, File&)>& act) {
  World world({.seed = 1,
               .keep = Keep::kEverything,
               .disk = {.latency_min = 1ms, .latency_max = 1ms, .sync_min = 1ms, .sync_max = 1ms}});
  world.AddProcess(world.AddHost("a"), "a", [&](Environment& env) {
    EXPECT_TRUE(WriteDurably(env.disk(), "/one", "1"));
    EXPECT_TRUE(WriteDurably(env.disk(), "/two", "2"));
    const auto file = *env.disk().OpenForAppend("/log");
    act(world, env, *file);
  });
  world.Run([] { return false; });
  DiskRun run{.digest = world.digest(), .steps = {}};
  for (const RecordedEvent& event : world.recording().events) {
    if (event.kind == "sim.disk") {
      run.steps.push_back(event);
    }
  }
  return run;
}

TEST(TraceRecorderTest, BytesAndPathsOfADiskAreHashed) {
  const auto append = [](std::string_view bytes) {
    return RunOnDisk([bytes](World&, Environment&, File& file) { (void)file.Append(bytes); });
  };
  EXPECT_EQ(append("aa").digest, append("aa").digest);
  EXPECT_NE(append("aa").digest, append("ab").digest);
  const auto put = [](std::string_view bytes) {
    return RunOnDisk(
        [bytes](World&, Environment& env, File&) { (void)env.disk().PutIfAbsent("/new", bytes); });
  };
  EXPECT_NE(put("aa").digest, put("ab").digest);
  const auto rename = [](std::string_view from) {
    return RunOnDisk(
        [from](World&, Environment& env, File&) { (void)env.disk().Rename(from, "/new"); });
  };
  EXPECT_NE(rename("/one").digest, rename("/two").digest);
  const auto read = [](ByteRange range) {
    return RunOnDisk(
        [range](World&, Environment& env, File&) { (void)env.disk().ReadAt("/one", range); });
  };
  EXPECT_NE(read({.offset = 5, .size = 1}).digest, read({.offset = 6, .size = 1}).digest);
}

TEST(TraceRecorderTest, WhatADiskAnswersIsHashed) {
  const std::vector<RecordedEvent> steps = RunOnDisk([](World& world, Environment& env, File&) {
                                             for (int i = 0; i < 2; ++i) {
                                               (void)env.disk().Read("/one");
                                               (void)env.disk().Size("/one");
                                               (void)env.disk().List("/");
                                               (void)env.disk().PutIfAbsent("/put", "value");
                                               (void)env.disk().Read("/three");
                                               world.SetDisk(HostId(0), {.bit_rot = {1, 1}});
                                               (void)WriteDurably(env.disk(), "/three", "3");
                                               (void)WriteDurably(env.disk(), "/one", "longer");
                                             }
                                           }).steps;
  constexpr size_t kRound = 15;
  const size_t first = steps.size() - 2 * kRound;
  for (const size_t place : {0U, 1U, 2U, 3U, 4U}) {
    EXPECT_NE(steps[first + place].fields, steps[first + kRound + place].fields) << place;
  }
  EXPECT_EQ(steps[first + 5].fields, steps[first + kRound + 5].fields) << "the same once more";
}

TEST(TraceRecorderTest, WhatACrashLeavesIsRecorded) {
  for (const CrashFate fate : {CrashFate::kLost, CrashFate::kDrawn}) {
    World world({.seed = 1, .keep = Keep::kEverything, .disk = {.crash_fate = fate}});
    const ProcessId process = world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
      const auto file = *env.disk().Create("/f");
      (void)file->Append("bytes");
      env.Sleep(1h);
    });
    world.At(SimTime(1s), [&] { world.Crash(process); });
    world.Run([] { return false; });
    const auto drawn =
        std::ranges::count(world.recording().events, "sim.disk_crash", &RecordedEvent::kind);
    EXPECT_EQ(drawn > 0, fate == CrashFate::kDrawn);
  }
}

}  // namespace
}  // namespace flinch::sim
