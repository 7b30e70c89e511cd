#include "sim/kernel/volume.h"

#include <utility>

#include <gtest/gtest.h>

#include "tests/support/chi_square.h"

namespace flinch::sim {
namespace {

constexpr ProcessId kWriter(1);
constexpr ProcessId kOther(2);

class VolumeTest : public testing::Test {
 protected:
  Bytes Content(std::string_view path) const {
    const Bytes* content = volume_.Content(volume_.Find(path));
    return content == nullptr ? "(none)" : *content;
  }

  // A file of `bytes` unsynced bytes behind `synced` durable ones, on a disk that draws fates.
  static Bytes Drawn(uint64_t seed, uint64_t synced, uint64_t bytes) {
    Volume volume({.crash_fate = CrashFate::kDrawn},
                  Choices(Random(seed)).Point("disk.crash", "test"));
    const Volume::Inode file = volume.Create("/d/f", kWriter);
    volume.Append(file, Bytes(synced, 's'), kWriter);
    volume.Sync(file);
    volume.SyncDirectory("/d");
    volume.Append(file, Bytes(bytes, 'x'), kWriter);
    volume.Crash(kWriter);
    return *volume.Content(volume.Find("/d/f"));
  }

  Volume volume_{DiskOptions{}, Choices(Random(1)).Point("disk.crash", "test")};
};

TEST_F(VolumeTest, WhatIsNotSyncedIsGoneAfterACrash) {
  const Volume::Inode file = volume_.Create("/d/f", kWriter);
  volume_.Append(file, "kept", kWriter);
  volume_.Sync(file);
  volume_.SyncDirectory("/d");
  volume_.Append(file, " lost", kWriter);
  EXPECT_EQ(Content("/d/f"), "kept lost");
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/f"), "kept");
}

TEST_F(VolumeTest, ANameThatWasNotSyncedIsGoneThoughItsFileWas) {
  const Volume::Inode file = volume_.Create("/d/f", kWriter);
  volume_.Append(file, "bytes", kWriter);
  volume_.Sync(file);
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/f"), "(none)");
}

TEST_F(VolumeTest, ARenameIsUndoneUnlessItsDirectoryWasSynced) {
  const Volume::Inode old_file = volume_.Create("/d/f", kWriter);
  volume_.Append(old_file, "old", kWriter);
  volume_.Sync(old_file);
  volume_.SyncDirectory("/d");
  const Volume::Inode new_file = volume_.Create("/d/f.tmp", kWriter);
  volume_.Append(new_file, "new", kWriter);
  volume_.Sync(new_file);
  EXPECT_TRUE(volume_.Rename("/d/f.tmp", "/d/f", kWriter));
  EXPECT_EQ(Content("/d/f"), "new");
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/f"), "old");
}

TEST_F(VolumeTest, ARemovedNameComesBackUnlessItsDirectoryWasSynced) {
  const Volume::Inode file = volume_.Create("/d/f", kWriter);
  volume_.Append(file, "bytes", kWriter);
  volume_.Sync(file);
  volume_.SyncDirectory("/d");
  EXPECT_TRUE(volume_.Remove("/d/f", kWriter));
  EXPECT_EQ(Content("/d/f"), "(none)");
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/f"), "bytes");
  EXPECT_TRUE(volume_.Remove("/d/f", kWriter));
  volume_.SyncDirectory("/d");
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/f"), "(none)");
}

TEST_F(VolumeTest, ACrashTouchesOnlyWhatTheDeadWrote) {
  const Volume::Inode mine = volume_.Create("/d/mine", kWriter);
  const Volume::Inode yours = volume_.Create("/d/yours", kOther);
  volume_.Append(mine, "a", kWriter);
  volume_.Append(yours, "b", kOther);
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/mine"), "(none)");
  EXPECT_EQ(Content("/d/yours"), "b");
}

TEST_F(VolumeTest, AFileThatIsOpenOutlivesItsName) {
  const Volume::Inode file = volume_.Create("/d/f", kWriter);
  const Volume::Handle handle = volume_.Open(file, kWriter);
  volume_.Append(file, "x", kWriter);
  volume_.Remove("/d/f", kWriter);
  volume_.SyncDirectory("/d");
  volume_.Append(file, "y", kWriter);
  EXPECT_EQ(*volume_.Content(file), "xy");
  EXPECT_EQ(volume_.used_bytes(), 2U);
  volume_.Close(handle);
  EXPECT_EQ(volume_.Content(file), nullptr);
  EXPECT_EQ(volume_.used_bytes(), 0U);
}

TEST_F(VolumeTest, ACrashClosesWhatTheDeadHadOpenAndGivesItsLocksBack) {
  const Volume::Inode file = volume_.Create("/d/f", kOther);
  const Volume::Handle mine = volume_.Open(file, kWriter);
  const Volume::Handle yours = volume_.Open(file, kOther);
  EXPECT_TRUE(volume_.Lock(mine, LockKind::kShared));
  EXPECT_TRUE(volume_.Lock(yours, LockKind::kShared));
  EXPECT_FALSE(volume_.Lock(mine, LockKind::kExclusive));
  volume_.Unlock(yours);
  EXPECT_TRUE(volume_.Lock(mine, LockKind::kExclusive));
  EXPECT_FALSE(volume_.Lock(yours, LockKind::kShared));
  volume_.Crash(kWriter);
  EXPECT_TRUE(volume_.Lock(yours, LockKind::kExclusive));
}

TEST_F(VolumeTest, WhatWasWrittenOverComesBackUnlessItWasSynced) {
  const Volume::Inode file = volume_.Create("/d/f", kWriter);
  volume_.Append(file, "0123456789", kWriter);
  volume_.Sync(file);
  volume_.SyncDirectory("/d");
  volume_.Write(file, 2, "ab", kWriter);
  volume_.Write(file, 3, "XY", kWriter);
  EXPECT_EQ(Content("/d/f"), "01aXY56789");
  EXPECT_EQ(volume_.DurableContent("/d/f"), "0123456789");
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/f"), "0123456789");
  volume_.Write(file, 8, "wxyz", kWriter);
  volume_.Sync(file);
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/f"), "01234567wxyz");
}

TEST_F(VolumeTest, ACutThatWasNotSyncedIsUndone) {
  const Volume::Inode file = volume_.Create("/d/f", kWriter);
  volume_.Append(file, "0123456789", kWriter);
  volume_.Sync(file);
  volume_.SyncDirectory("/d");
  volume_.Truncate(file, 4, kWriter);
  volume_.Truncate(file, 6, kWriter);
  EXPECT_EQ(Content("/d/f"), Bytes("0123\0\0", 6));
  EXPECT_EQ(volume_.used_bytes(), 6U);
  EXPECT_EQ(volume_.DurableContent("/d/f"), "0123456789");
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/f"), "0123456789");
  volume_.Truncate(file, 4, kWriter);
  volume_.Sync(file);
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/f"), "0123");
}

TEST_F(VolumeTest, AGapIsZeros) {
  const Volume::Inode file = volume_.Create("/d/f", kWriter);
  volume_.Write(file, 3, "x", kWriter);
  EXPECT_EQ(Content("/d/f"), Bytes("\0\0\0x", 4));
}

TEST_F(VolumeTest, JournaledNamesAreDurableWithTheirFileAndAllThatCameBefore) {
  Volume volume({.new_names = NewNames::kWithFile}, Choices(Random(1)).Point("disk.crash", "test"));
  const Volume::Inode first = volume.Create("/d/first", kWriter);
  volume.Sync(first);
  EXPECT_EQ(volume.DurableContent("/d/first"), "");
  volume.Remove("/d/first", kWriter);
  const Volume::Inode second = volume.Create("/e/second", kWriter);
  volume.Sync(first);  // nothing names it any more
  EXPECT_EQ(volume.DurableContent("/d/first"), "");
  EXPECT_EQ(volume.DurableContent("/e/second"), std::nullopt);
  volume.Sync(second);
  EXPECT_EQ(volume.DurableContent("/d/first"), std::nullopt);
  EXPECT_EQ(volume.DurableContent("/e/second"), "");
}

TEST_F(VolumeTest, ADirectoryThatWasMadeExistsThoughNothingIsInIt) {
  volume_.MakeDirectory("/d", kWriter);
  EXPECT_TRUE(volume_.IsDirectory("/d"));
  EXPECT_TRUE(volume_.IsDirectory("/d/"));
  EXPECT_TRUE(volume_.IsEmpty("/d"));
  EXPECT_EQ(volume_.Find("/d"), 0U);
  EXPECT_FALSE(volume_.HasRoomFor("/d"));
  EXPECT_TRUE(volume_.HasRoomFor("/d/f"));
  EXPECT_TRUE(volume_.List("/").empty());
  volume_.Crash(kWriter);
  EXPECT_FALSE(volume_.IsDirectory("/d"));
  volume_.MakeDirectory("/d", kWriter);
  volume_.SyncDirectory("/");
  volume_.Crash(kWriter);
  EXPECT_TRUE(volume_.IsDirectory("/d"));
  volume_.RemoveDirectory("/d", kWriter);
  EXPECT_FALSE(volume_.IsDirectory("/d"));
}

TEST_F(VolumeTest, ADirectoryWhoseNameWasNotSyncedTakesWhatIsInItAlong) {
  volume_.MakeDirectory("/d", kWriter);
  const Volume::Inode file = volume_.Create("/d/f", kWriter);
  volume_.Append(file, "bytes", kWriter);
  volume_.Sync(file);
  volume_.SyncDirectory("/d");
  EXPECT_EQ(volume_.DurableContent("/d/f"), std::nullopt);
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/f"), "(none)");
  EXPECT_EQ(volume_.used_bytes(), 0U);
  volume_.MakeDirectory("/d", kWriter);
  volume_.SyncDirectory("/");
  volume_.Create("/d/f", kWriter);
  volume_.SyncDirectory("/d");
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/f"), "");
}

TEST_F(VolumeTest, ADirectoryInWhichTheLivingHaveSomethingOutlivesItsMaker) {
  volume_.MakeDirectory("/d", kWriter);
  const Volume::Inode mine = volume_.Create("/d/mine", kWriter);
  const Volume::Inode yours = volume_.Create("/d/yours", kOther);
  volume_.Sync(mine);
  volume_.Sync(yours);
  volume_.SyncDirectory("/d");
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/yours"), "");
  EXPECT_EQ(Content("/d/mine"), "");
  volume_.Crash(kOther);
  EXPECT_EQ(Content("/d/yours"), "");
}

TEST_F(VolumeTest, ADirectoryIsRemovedOnlyWithWhatWasInIt) {
  volume_.MakeDirectory("/d", kWriter);
  volume_.Create("/d/f", kWriter);
  volume_.SyncDirectory("/");
  volume_.SyncDirectory("/d");
  volume_.Remove("/d/f", kWriter);
  volume_.RemoveDirectory("/d", kWriter);
  volume_.SyncDirectory("/");
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/f"), "(none)");
  EXPECT_FALSE(volume_.IsDirectory("/d"));
}

TEST_F(VolumeTest, TheEntriesOfADirectoryAreWhatIsDirectlyInIt) {
  volume_.MakeDirectory("/d/a", kWriter);
  for (const std::string_view path : {"/d/a/x", "/d/a.b", "/d/c/y", "/e"}) {
    volume_.Create(path, kWriter);
  }
  const std::vector<DirectoryEntry> expected = {{"a", true}, {"a.b", false}, {"c", true}};
  EXPECT_EQ(volume_.Entries("/d"), expected);
  EXPECT_EQ(volume_.Entries("/").size(), 2U);
}

TEST_F(VolumeTest, AFailedSyncThatMarksCleanLeavesAHoleThatNoLaterSyncFills) {
  const Volume::Inode file = volume_.Create("/d/f", kWriter);
  volume_.SyncDirectory("/d");
  volume_.Append(file, "one", kWriter);
  volume_.Sync(file);
  volume_.Append(file, "two", kWriter);
  volume_.MarkClean(file);
  EXPECT_EQ(Content("/d/f"), "onetwo");
  EXPECT_EQ(volume_.DurableContent("/d/f"), "one");
  volume_.Append(file, "three", kWriter);
  volume_.Sync(file);
  EXPECT_EQ(Content("/d/f"), "onetwothree");
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/f"), Bytes("one\0\0\0three", 11));
}

TEST_F(VolumeTest, AHoleStaysAHoleWhereWhatCameBehindItIsKept) {
  for (const CrashFate fate : {CrashFate::kKept, CrashFate::kDrawn}) {
    Volume volume({.crash_fate = fate, .crash_weights = {.kept = 1, .lost = 0, .torn = 0}},
                  Choices(Random(1)).Point("disk.crash", "test"));
    const Volume::Inode file = volume.Create("/d/f", kWriter);
    volume.Append(file, "one", kWriter);
    volume.MarkClean(file);
    volume.Append(file, "two", kWriter);
    volume.Crash(kWriter);
    EXPECT_EQ(*volume.Content(volume.Find("/d/f")), Bytes("\0\0\0two", 6));
  }
}

TEST_F(VolumeTest, ARenameOntoItselfChangesNothing) {
  volume_.Append(volume_.Create("/d/f", kWriter), "bytes", kWriter);
  EXPECT_TRUE(volume_.Rename("/d/f", "/d/f", kWriter));
  EXPECT_EQ(Content("/d/f"), "bytes");
}

TEST_F(VolumeTest, ARenameAcrossDirectoriesNeverLosesTheFile) {
  const Volume::Inode file = volume_.Create("/d/f", kWriter);
  volume_.Append(file, "bytes", kWriter);
  volume_.Sync(file);
  volume_.SyncDirectory("/d");
  EXPECT_TRUE(volume_.Rename("/d/f", "/e/f", kWriter));
  volume_.SyncDirectory("/d");  // of the old name: promises nothing
  EXPECT_EQ(volume_.DurableContent("/d/f"), "bytes");
  volume_.SyncDirectory("/e");
  EXPECT_EQ(volume_.DurableContent("/d/f"), std::nullopt);
  EXPECT_EQ(volume_.DurableContent("/e/f"), "bytes");
}

TEST_F(VolumeTest, WhatTheLivingBuiltOnOutlivesTheDead) {
  const Volume::Inode file = volume_.Create("/d/mine", kWriter);
  volume_.Append(file, "bytes", kWriter);
  volume_.Sync(file);
  EXPECT_TRUE(volume_.Rename("/d/mine", "/d/yours", kOther));
  volume_.Crash(kWriter);
  EXPECT_EQ(Content("/d/yours"), "bytes");
  volume_.Crash(kOther);
  EXPECT_EQ(Content("/d/yours"), "(none)");
  EXPECT_EQ(Content("/d/mine"), "(none)");
}

TEST_F(VolumeTest, AHiddenNameIsListedWhenItsTimeHasCome) {
  volume_.Create("/d/f", kWriter);
  volume_.HideFromLists("/d/f", SimTime(Duration(10)));
  EXPECT_TRUE(volume_.List("/d", SimTime(Duration(9))).empty());
  EXPECT_EQ(volume_.List("/d", SimTime(Duration(10))).size(), 1U);
  EXPECT_EQ(volume_.List("/d").size(), 1U);
}

TEST_F(VolumeTest, TheFateOfAPieceFollowsItsWeights) {
  ChoicePoint point = Choices(Random(3)).Point("disk.crash", "test");
  const uint64_t weights[] = {3, 2, 1};
  uint64_t counts[] = {0, 0, 0};
  for (int i = 0; i < 6'000; ++i) {
    ++counts[std::to_underlying(DrawFate(point, {.kept = 3, .lost = 2, .torn = 1}))];
  }
  EXPECT_LT(tests::ChiSquareMilli(counts, weights), 13'816);
  EXPECT_EQ(DrawFate(point, {.kept = 0, .lost = 0, .torn = 1}), PieceFate::kTorn);
  EXPECT_EQ(DrawFate(point, {.kept = 1, .lost = 0, .torn = 0}), PieceFate::kKept);
}

// One unsynced append of eight sectors within one page: the size is kept, lost or one of seven
// boundaries; a kept size holds a kept, a lost or a torn page.
TEST_F(VolumeTest, EverySizeAndEverySectorOfATornAppendComesUpAsOftenAsItShould) {
  constexpr uint64_t kSectors = FileImage::kPageBytes / FileImage::kSectorBytes;
  uint64_t sizes[kSectors + 1] = {};
  uint64_t zeros[kSectors] = {};
  for (uint64_t seed = 0; seed < 9'000; ++seed) {
    const Bytes found = Drawn(seed, 0, FileImage::kPageBytes);
    ASSERT_EQ(found.size() % FileImage::kSectorBytes, 0U);
    ++sizes[found.size() / FileImage::kSectorBytes];
    for (uint64_t i = 0; found.size() == FileImage::kPageBytes && i < kSectors; ++i) {
      zeros[i] += uint64_t{found[i * FileImage::kSectorBytes] == '\0'};
    }
  }
  const uint64_t size_weights[] = {7, 1, 1, 1, 1, 1, 1, 1, 7};
  EXPECT_LT(tests::ChiSquareMilli(sizes, size_weights), 26'124);
  const uint64_t full = sizes[kSectors];
  for (const uint64_t zero : zeros) {  // lost, or torn and then one of two: a half
    const uint64_t counts[] = {zero, full - zero};
    const uint64_t halves[] = {1, 1};
    EXPECT_LT(tests::ChiSquareMilli(counts, halves), 10'828);
  }
}

TEST_F(VolumeTest, ATornPageKeepsWhatWasSyncedInIt) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    EXPECT_TRUE(Drawn(seed, 700, 9'000).starts_with(Bytes(700, 's')));
  }
}

TEST_F(VolumeTest, AListingIsSortedAndDeep) {
  for (const std::string_view path : {"/d/b", "/d/a/x", "/d/a", "/e/c", "/dd"}) {
    volume_.Create(path, kWriter);
  }
  EXPECT_EQ(volume_.List("/d"), (std::vector<std::string>{"/d/a", "/d/a/x", "/d/b"}));
}

}  // namespace
}  // namespace flinch::sim
