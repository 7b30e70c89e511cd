#include "sim/disk.h"

#include <gtest/gtest.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

TEST(DiskTest, TheDirectoryOfAPathIsWhatStandsBeforeItsLastSlash) {
  EXPECT_EQ(DirectoryOf("/a/b/c"), "/a/b");
  EXPECT_EQ(DirectoryOf("/a"), "");
  EXPECT_EQ(DirectoryOf("a"), "");
}

// Crashes the writer at many moments of a durable replacement, whatever the crash leaves of what
// was not synced: what is found afterwards is all of the old content or all of the new, and the new
// for sure once WriteDurably has returned.
class WriteDurablyTest : public testing::TestWithParam<CrashFate> {};

TEST_P(WriteDurablyTest, IsAllOrNothingWheneverTheWriterDies) {
  const Bytes old_content(5'000, 'o');
  const Bytes new_content(9'000, 'n');
  int old_found = 0;
  int new_found = 0;
  for (int64_t moment = 0; moment < 160; ++moment) {
    World world({.seed = static_cast<uint64_t>(moment) + 1,
                 .shared_volume = {.latency_min = 1ms,
                                   .latency_max = 5ms,
                                   .sync_min = 2ms,
                                   .sync_max = 10ms,
                                   .crash_fate = GetParam()}});
    bool returned = false;
    const HostId host = world.AddHost("a");
    const ProcessId writer = world.AddProcess(host, "a", [&](Environment& env) {
      ASSERT_TRUE(WriteDurably(env.shared(), "/d/file", old_content));
      env.Sleep(SimTime(200ms) - env.Now());
      ASSERT_TRUE(WriteDurably(env.shared(), "/d/file", new_content));
      returned = true;
      env.Sleep(1s);
    });
    world.At(SimTime(200ms + Duration(moment * 250'000)), [&] { world.Crash(writer); });
    world.Run([] { return false; });
    const std::optional<Bytes> content = world.ReadSharedFile("/d/file");
    ASSERT_TRUE(content.has_value());
    ASSERT_TRUE(*content == old_content || *content == new_content) << *content;
    if (returned) {
      EXPECT_EQ(*content, new_content);
    }
    ++(*content == old_content ? old_found : new_found);
  }
  EXPECT_GT(old_found, 0);
  EXPECT_GT(new_found, 0);
}

std::string NameOf(const testing::TestParamInfo<CrashFate>& tested) {
  return tested.param == CrashFate::kLost   ? "Lost"
         : tested.param == CrashFate::kKept ? "Kept"
                                            : "Drawn";
}

INSTANTIATE_TEST_SUITE_P(DiskTest, WriteDurablyTest,
                         testing::Values(CrashFate::kLost, CrashFate::kKept, CrashFate::kDrawn),
                         NameOf);

TEST(DiskTest, ARangeEndsWhereTheFileDoes) {
  World world({});
  world.AddProcess(world.AddHost("a"), "a", [&](Environment& env) {
    FileSystem& disk = env.disk();
    ASSERT_TRUE(WriteDurably(disk, "/d/f", "0123456789"));
    EXPECT_EQ(disk.Size("/d/f").value(), 10U);
    EXPECT_EQ(disk.ReadAt("/d/f", {.offset = 2, .size = 3}).value(), "234");
    EXPECT_EQ(disk.ReadAt("/d/f", {.offset = 8, .size = 100}).value(), "89");
    EXPECT_EQ(disk.ReadAt("/d/f", {.offset = 10, .size = 1}).value(), "");
    EXPECT_EQ(disk.ReadAt("/d/f", {.offset = UINT64_MAX, .size = UINT64_MAX}).value(), "");
    EXPECT_EQ(disk.Size("/d/none").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(disk.ReadAt("/d/none", {}).error().code, ErrorCode::kNotFound);
  });
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
}

}  // namespace
}  // namespace flinch::sim
