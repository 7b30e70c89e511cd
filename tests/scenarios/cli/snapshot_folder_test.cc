#include "scenarios/cli/snapshot_folder.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/lab/version.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using tests::Flinch;
using tests::Outcome;

class SnapshotFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/flinch_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
  }

  void TearDown() override { fs::remove_all(folder_); }

  // A run that keeps its snapshots, and goes on with other words.
  static Outcome Run(std::vector<std::string> more) {
    std::vector<std::string> words = {"run", "stop_and_resume", "--seed",
                                      "1",   "--set",           "workload.records=900"};
    words.insert(words.end(), more.begin(), more.end());
    return Flinch(words);
  }

  std::vector<std::string> Kept(const std::string& kind) const {
    std::vector<std::string> snapshots;
    for (const auto& entry : fs::directory_iterator(folder_ + "/" + kind + "/url_clicks")) {
      snapshots.push_back(entry.path().string());
    }
    return snapshots;
  }

  std::string folder_;
};

TEST_F(SnapshotFolderTest, ARunGoesOnFromEachSnapshotThatWasKept) {
  const Outcome run = Run({"--keep-snapshots", folder_});
  ASSERT_EQ(run.exit_code, kExitPassed) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("to go on from one:"));
  const std::vector<std::string> checkpoints = Kept("checkpoints");
  const std::vector<std::string> savepoints = Kept("savepoints");
  ASSERT_FALSE(checkpoints.empty());
  ASSERT_FALSE(savepoints.empty());
  for (const std::string& from : {checkpoints.front(), savepoints.front()}) {
    const Outcome again = Run({"--from", from, "--set", "job.parallelism=3"});
    EXPECT_EQ(again.exit_code, kExitPassed) << from << again.out << again.err;
  }
}

TEST_F(SnapshotFolderTest, WhatIsNoSnapshotIsRefusedByName) {
  const Outcome absent = Run({"--from", folder_});
  EXPECT_EQ(absent.exit_code, kExitUsage);
  EXPECT_THAT(absent.err, HasSubstr("There is no folder " + folder_));
  fs::create_directories(folder_ + "/some");
  const Outcome other = Run({"--from", folder_ + "/some"});
  EXPECT_EQ(other.exit_code, kExitUsage);
  EXPECT_THAT(other.err, HasSubstr("some is no snapshot: name a folder checkpoints/JOB/chk-N"));
  const Outcome full = Run({"--keep-snapshots", folder_});
  EXPECT_THAT(full.err, HasSubstr("is not empty; name a new folder."));
}

TEST_F(SnapshotFolderTest, AFileThatIsDamagedOrGoneIsNamed) {
  ASSERT_EQ(Run({"--keep-snapshots", folder_}).exit_code, kExitPassed);
  const std::string snapshot = Kept("checkpoints").front();
  const std::string metadata = snapshot + "/_metadata";
  std::string bytes;
  {
    std::ifstream in(metadata, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::string damaged = bytes;
  damaged[damaged.size() / 2] ^= 1;
  std::ofstream(metadata, std::ios::binary) << damaged;
  EXPECT_THAT(Run({"--from", snapshot}).err, HasSubstr("/_metadata is damaged"));
  std::ofstream(metadata, std::ios::binary) << bytes;
  for (const auto& entry : fs::directory_iterator(snapshot)) {
    if (!entry.path().filename().string().starts_with('_')) {
      fs::remove(entry.path());
      break;
    }
  }
  EXPECT_THAT(Run({"--from", snapshot}).err,
              HasSubstr("lacks its file " + fs::weakly_canonical(snapshot).string()));
}

}  // namespace

}  // namespace flinch::scenarios
