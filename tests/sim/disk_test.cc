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

// Crashes the writer at every millisecond of a durable replacement: what is found afterwards is
// all of the old content or all of the new, and the new for sure once WriteDurably has returned.
TEST(DiskTest, WriteDurablyIsAllOrNothingWheneverTheWriterDies) {
  int old_found = 0;
  int new_found = 0;
  for (int64_t millis = 0; millis < 40; ++millis) {
    World world({.seed = static_cast<uint64_t>(millis) + 1});
    bool returned = false;
    const HostId host = world.AddHost("a");
    const ProcessId writer = world.AddProcess(host, "a", [&](Environment& env) {
      ASSERT_TRUE(WriteDurably(env.shared(), "/d/file", "old"));
      env.Sleep(SimTime(200ms) - env.Now());
      ASSERT_TRUE(WriteDurably(env.shared(), "/d/file", "new"));
      returned = true;
      env.Sleep(1s);
    });
    world.At(SimTime(200ms + Duration(millis * 1'000'000)), [&] { world.Crash(writer); });
    world.Run([] { return false; });
    const std::optional<Bytes> content = world.ReadSharedFile("/d/file");
    ASSERT_TRUE(content.has_value());
    ASSERT_TRUE(*content == "old" || *content == "new") << *content;
    if (returned) {
      EXPECT_EQ(*content, "new");
    }
    ++(*content == "old" ? old_found : new_found);
  }
  EXPECT_GT(old_found, 0);
  EXPECT_GT(new_found, 0);
}

}  // namespace
}  // namespace flinch::sim
