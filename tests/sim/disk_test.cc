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

// ---- Open files ---------------------------------------------------------------------------------

TEST(DiskTest, AnOpenFileIsTheFileAndNotItsName) {
  World world({});
  const HostId host = world.AddHost("a");
  world.AddProcess(host, "a", [&](Environment& env) {
    FileSystem& disk = env.disk();
    const auto file = *disk.Open("/d/f", OpenMode::kCreateUnique);
    EXPECT_EQ(disk.Open("/d/f", OpenMode::kCreateUnique).error().code, ErrorCode::kExists);
    ASSERT_TRUE(file->Append("one"));
    ASSERT_TRUE(disk.Rename("/d/f", "/d/g"));
    ASSERT_TRUE(file->Append(" two"));
    EXPECT_EQ(disk.Read("/d/g").value(), "one two");
    ASSERT_TRUE(disk.Create("/d/g"));
    ASSERT_TRUE(file->WriteAt(0, "ONE"));
    EXPECT_EQ(disk.Read("/d/g").value(), "");
    ASSERT_TRUE(disk.Remove("/d/g"));
    EXPECT_EQ(file->ReadAt({.offset = 0, .size = 100}).value(), "ONE two");
    ASSERT_TRUE(file->Truncate(3));
    ASSERT_TRUE(file->Sync());
    EXPECT_EQ(file->Size().value(), 3U);
    EXPECT_EQ(disk.Open("/d/g", OpenMode::kWrite).error().code, ErrorCode::kNotFound);
  });
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
  EXPECT_TRUE(world.ListFiles(host, "/").empty());
}

TEST(DiskTest, WhatIsOpenedToBeReadIsNotWrittenAndNothingGrowsWithoutBound) {
  World world({});
  world.AddProcess(world.AddHost("a"), "a", [&](Environment& env) {
    ASSERT_TRUE(WriteDurably(env.disk(), "/f", "bytes"));
    const auto file = *env.disk().Open("/f", OpenMode::kRead);
    EXPECT_EQ(file->Append("x").error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(file->WriteAt(0, "x").error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(file->Truncate(0).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(file->ReadAt({.offset = 0, .size = 9}).value(), "bytes");
    const auto writable = *env.disk().Open("/f", OpenMode::kWrite);
    EXPECT_EQ(writable->WriteAt(UINT64_MAX, "x").error().code, ErrorCode::kNoSpace);
    EXPECT_EQ(writable->WriteAt(kFileBytesMax, "x").error().code, ErrorCode::kNoSpace);
    EXPECT_EQ(writable->Truncate(kFileBytesMax + 1).error().code, ErrorCode::kNoSpace);
    EXPECT_EQ(writable->Size().value(), 5U);
  });
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
}

TEST(DiskTest, ALockEndsWithItsFileAndWithItsProcess) {
  World world({});
  const HostId host = world.AddHost("a");
  std::vector<std::string> seen;
  const ProcessId holder = world.AddProcess(host, "holder", [&](Environment& env) {
    ASSERT_TRUE(WriteDurably(env.shared(), "/lock", ""));
    const auto file = *env.shared().Open("/lock", OpenMode::kRead);
    ASSERT_TRUE(file->Lock().value());
    env.Sleep(env.incarnation() == 1 ? 60s : 1s);
  });
  world.AddProcess(world.AddHost("b"), "b", [&](Environment& env) {
    env.Sleep(500ms);
    const auto file = *env.shared().Open("/lock", OpenMode::kCreate);
    const auto ask = [&](LockKind kind) {
      seen.push_back(file->Lock(kind).value() ? "taken" : "refused");
    };
    ask(LockKind::kShared);
    env.Sleep(1s);  // the holder has crashed
    ask(LockKind::kShared);
    const auto again = *env.shared().Open("/lock", OpenMode::kRead);
    seen.push_back(again->Lock(LockKind::kShared).value() ? "taken" : "refused");
    ask(LockKind::kExclusive);
    ASSERT_TRUE(again->Unlock());
    ask(LockKind::kExclusive);
  });
  world.At(SimTime(1s), [&] { world.Crash(holder); });
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
  EXPECT_EQ(seen, (std::vector<std::string>{"refused", "taken", "taken", "refused", "taken"}));
}

TEST(DiskTest, WhatAProcessForgotToCloseIsClosedWhenItEnds) {
  World world({});
  std::vector<std::unique_ptr<File>> forgotten;
  const HostId host = world.AddHost("a");
  const ProcessId first = world.AddProcess(host, "first", [&](Environment& env) {
    forgotten.push_back(*env.disk().Open("/lock", OpenMode::kCreate));
    ASSERT_TRUE(forgotten.back()->Lock().value());
  });
  bool is_taken = false;
  world.AddProcess(host, "second", [&](Environment& env) {
    env.Sleep(1s);
    is_taken = (*env.disk().Open("/lock", OpenMode::kCreate))->Lock().value();
  });
  world.At(SimTime(500ms), [&] { EXPECT_FALSE(world.IsAlive(first)); });
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
  EXPECT_TRUE(is_taken);
  // Foreign code that forgets a file never touches it again, nor does this test; where leaks are
  // looked for, it is still known.
  static auto* const never_closed = new std::vector<File*>;
  for (std::unique_ptr<File>& file : forgotten) {
    never_closed->push_back(file.release());
  }
}

TEST(DiskTest, DirectoriesAreMadeListedAndRemoved) {
  World world({});
  const HostId host = world.AddHost("a");
  world.AddProcess(host, "a", [&](Environment& env) {
    FileSystem& disk = env.disk();
    ASSERT_TRUE(disk.MakeDirectory("/d"));
    EXPECT_EQ(disk.MakeDirectory("/d").error().code, ErrorCode::kExists);
    EXPECT_TRUE(disk.Entries("/d")->empty());
    EXPECT_EQ(disk.Entries("/none").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(disk.Create("/d").error().code, ErrorCode::kInvalidArgument);
    ASSERT_TRUE(disk.Create("/d/f"));
    EXPECT_EQ(disk.MakeDirectory("/d/f/g").error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(disk.RemoveDirectory("/d").error().code, ErrorCode::kExists);
    EXPECT_EQ(disk.Remove("/d").error().code, ErrorCode::kNotFound);
    ASSERT_TRUE(disk.Remove("/d/f"));
    EXPECT_EQ(disk.Entries("/").value(), (std::vector<DirectoryEntry>{{"d", true}}));
    ASSERT_TRUE(disk.RemoveDirectory("/d"));
    EXPECT_EQ(disk.RemoveDirectory("/d").error().code, ErrorCode::kNotFound);
    EXPECT_TRUE(disk.Entries("/")->empty());
  });
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
}

// ---- Without waiting ----------------------------------------------------------------------------

TEST(DiskTest, CallsAtOnceTakeNoTimeUntilItIsPaid) {
  World world({.disk = {.latency_min = 1ms, .latency_max = 1ms, .sync_min = 5ms, .sync_max = 5ms}});
  int others = 0;
  world.AddProcess(world.AddHost("a"), "a", [&](Environment& env) {
    env.Spawn("other", [&] {
      for (int i = 0; i < 3; ++i) {
        ++others;
        env.Yield();
      }
    });
    FileSystem& disk = env.disk().AtOnce();
    const SimTime start = env.Now();
    const auto file = *disk.Open("/f", OpenMode::kCreate);
    ASSERT_TRUE(file->Append("bytes"));
    ASSERT_TRUE(file->Sync());
    EXPECT_EQ(disk.Read("/f").value(), "bytes");
    EXPECT_EQ(env.disk().AtOnce().Size("/f").value(), 5U);
    EXPECT_EQ(env.Now(), start);
    EXPECT_EQ(others, 0);
    env.disk().Settle();
    EXPECT_EQ(env.Now() - start, 9ms);
    EXPECT_EQ(others, 3);
    env.disk().Settle();
    EXPECT_EQ(env.Now() - start, 9ms);
  });
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
}

TEST(DiskTest, WhatHungIsPaidWhenTheDiskHeals) {
  World world({});
  const HostId host = world.AddHost("a");
  world.SetDisk(host, {.hung = true});
  world.At(SimTime(3s), [&] { world.HealDisks(); });
  world.AddProcess(host, "a", [&](Environment& env) {
    EXPECT_TRUE(env.disk().AtOnce().Create("/f"));
    EXPECT_EQ(env.Now(), kEpoch);
    env.disk().Settle();
    EXPECT_EQ(env.Now(), SimTime(3s));
  });
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
}

TEST(DiskTest, WhoDiesAtAWriteWithoutWaitingLivesUntilItSuspends) {
  World world({});
  const HostId host = world.AddHost("a");
  std::vector<bool> done;
  bool went_on = false;
  const ProcessId process = world.AddProcess(host, "a", [&](Environment& env) {
    FileSystem& disk = env.disk().AtOnce();
    const auto file = *disk.Create("/f");
    done.push_back(disk.SyncDirectory("/").has_value());
    done.push_back(file->Append("never").has_value());
    done.push_back(file->Sync().has_value());
    done.push_back(disk.Read("/f").has_value());
    env.disk().Settle();
    went_on = true;
  });
  world.CrashAtWrite(host, 3);
  world.Run([] { return false; });
  EXPECT_EQ(done, (std::vector<bool>{true, false, false, false}));
  EXPECT_FALSE(went_on);
  EXPECT_FALSE(world.IsAlive(process));
  EXPECT_EQ(world.ReadFile(host, "/f"), "");
}

}  // namespace
}  // namespace flinch::sim
