#include "scenarios/cli/state_command.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/cli/snapshot_content.h"
#include "scenarios/lab/version.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::Flinch;
using tests::Outcome;

// One run keeps its checkpoints; all tests look into them.
class StateCommandTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = ::testing::TempDir() + "/flinch_state_command_test";
    fs::remove_all(folder_);
    const Outcome run =
        Flinch({"run", "small_job", "--seed", "1", "--set",
                "execution.checkpointing.num-retained=100", "--set", "state.backend.type=leveldb",
                "--set", "execution.checkpointing.incremental=true", "--keep-snapshots", folder_});
    EXPECT_EQ(run.exit_code, kExitPassed) << run.out << run.err;
    for (const auto& entry : fs::directory_iterator(folder_ + "/checkpoints/url_clicks")) {
      if (fs::exists(entry.path() / "_metadata")) {
        kept_.push_back(entry.path().string());
      }
    }
    std::ranges::sort(kept_, {}, [](const std::string& path) {
      return std::stoul(path.substr(path.rfind('-') + 1));
    });
  }

  static void TearDownTestSuite() { fs::remove_all(folder_); }

  static std::string folder_;
  static std::vector<std::string> kept_;
};

std::string StateCommandTest::folder_;
std::vector<std::string> StateCommandTest::kept_;

TEST_F(StateCommandTest, ListsStatesAndTheirSizes) {
  ASSERT_GE(kept_.size(), 2U);
  const Outcome listed = Flinch({"state", "ls", kept_.front()});
  EXPECT_EQ(listed.exit_code, kExitPassed) << listed.err;
  EXPECT_THAT(listed.out, AllOf(HasSubstr("128 key groups"), HasSubstr("OPERATOR"),
                                HasSubstr("window"), HasSubstr("_timer_state/event_window")));
  const Outcome json = Flinch({"state", "ls", kept_.front(), "--json"});
  EXPECT_THAT(json.out, AllOf(HasSubstr(R"("kind":"checkpoint")"), HasSubstr(R"("entries":)")));
}

TEST_F(StateCommandTest, ShowsEntriesAsLinesAndOnlyThoseThatAreAskedFor) {
  ASSERT_FALSE(kept_.empty());
  const sim::Result<SnapshotContent> content = ReadSnapshotFolder(kept_.front());
  ASSERT_TRUE(content.has_value()) << content.error().message;
  const Outcome all = Flinch({"state", "cat", kept_.front()});
  EXPECT_EQ(static_cast<size_t>(std::ranges::count(all.out, '\n')), content->entries.size());
  const Outcome none = Flinch({"state", "cat", kept_.front(), "--operator", "nobody"});
  EXPECT_EQ(none.exit_code, kExitPassed);
  EXPECT_THAT(none.out, IsEmpty());
}

TEST_F(StateCommandTest, TellsWhatHasChangedBetweenTwo) {
  ASSERT_GE(kept_.size(), 2U);
  const Outcome same = Flinch({"state", "diff", kept_.front(), kept_.front()});
  EXPECT_EQ(same.exit_code, kExitPassed);
  EXPECT_THAT(same.out, IsEmpty());
  const Outcome changed = Flinch({"state", "diff", kept_.front(), kept_.back()});
  EXPECT_EQ(changed.exit_code, kExitPassed);
  EXPECT_THAT(changed.out, HasSubstr(R"({"change":")"));
}

TEST_F(StateCommandTest, AFlippedByteIsOneLineThatNamesTheFile) {
  ASSERT_FALSE(kept_.empty());
  const std::string copy = folder_ + "/checkpoints/url_clicks/copy-1";
  fs::copy(kept_.front(), copy, fs::copy_options::recursive);
  for (const auto& entry : fs::directory_iterator(copy)) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(fs::file_size(entry.path()) - 1));
    const char last = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(fs::file_size(entry.path()) - 1));
    file.put(static_cast<char>(last ^ 1));
  }
  const Outcome damaged = Flinch({"state", "cat", copy});
  EXPECT_EQ(damaged.exit_code, kExitUsage);
  EXPECT_THAT(damaged.out, IsEmpty());
  EXPECT_EQ(std::ranges::count(damaged.err, '\n'), 1);
  EXPECT_THAT(damaged.err, HasSubstr("_metadata"));
  fs::remove_all(copy);
}

TEST_F(StateCommandTest, WhatIsNotThereIsRefusedByItsName) {
  const Outcome gone = Flinch({"state", "ls", folder_ + "/none"});
  EXPECT_EQ(gone.exit_code, kExitUsage);
  EXPECT_THAT(gone.err, HasSubstr("/none"));
}

}  // namespace

}  // namespace flinch::scenarios
