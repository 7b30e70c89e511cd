#include "sim/kernel/volume.h"

#include <gtest/gtest.h>

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

TEST_F(VolumeTest, AHandleOfARemovedFileSaysSo) {
  const Volume::Inode file = volume_.Create("/d/f", kWriter);
  EXPECT_TRUE(volume_.Append(file, "x", kWriter));
  volume_.Remove("/d/f", kWriter);
  EXPECT_FALSE(volume_.Append(file, "y", kWriter));
  EXPECT_FALSE(volume_.Sync(file));
}

TEST_F(VolumeTest, AListingIsSortedAndDeep) {
  for (const std::string_view path : {"/d/b", "/d/a/x", "/d/a", "/e/c", "/dd"}) {
    volume_.Create(path, kWriter);
  }
  EXPECT_EQ(volume_.List("/d"), (std::vector<std::string>{"/d/a", "/d/a/x", "/d/b"}));
}

}  // namespace
}  // namespace flinch::sim
