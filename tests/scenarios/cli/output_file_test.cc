#include "scenarios/cli/output_file.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/stat.h>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class OutputFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/flinch_output_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::create_directories(folder_);
  }

  void TearDown() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  std::string Put(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }

  std::string Read(const std::string& name) const {
    std::ifstream in(Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  size_t CountFiles() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  static constexpr std::string_view kWritten =
      "{\"key\":\"a\",\"count\":1}\n{\"key\":\"b\",\"count\":1}\n";

  static std::string Write(const std::string& path, const std::vector<std::string>& read = {}) {
    sim::Result<OutputFile> file = OutputFile::Open(path, read);
    if (!file) {
      return file.error().message;
    }
    const sim::Result<void> written = file->Write(kWritten);
    return written ? "" : written.error().message;
  }

  std::string folder_;
};

TEST_F(OutputFileTest, WritesTheTextAndReplacesWhatWasThere) {
  EXPECT_EQ(Write(Put("out", "old\n")), "");
  EXPECT_EQ(Read("out"), kWritten);
  EXPECT_EQ(CountFiles(), 1U);
}

// Whoever is killed between the two cannot clean up.
TEST_F(OutputFileTest, LeavesWhatWasThereAndNothingElseUntilItIsWritten) {
  const std::string path = Put("out", "old\n");
  const sim::Result<OutputFile> file = OutputFile::Open(path, {});
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(CountFiles(), 1U);
  EXPECT_EQ(Read("out"), "old\n");
}

// As on a full disk.
TEST_F(OutputFileTest, SaysWhyItCannotBeWrittenAndLeavesNothing) {
  const sim::Result<OutputFile> file = OutputFile::Open(Path("out"), {});
  ASSERT_TRUE(file.has_value());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 10;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const sim::Result<void> written = file->Write(kWritten);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, sim::ErrorCode::kIo);
  EXPECT_THAT(written.error().message, HasSubstr(": File too large."));
  EXPECT_EQ(CountFiles(), 0U);
}

TEST_F(OutputFileTest, KeepsTheModeOfWhatWasThere) {
  const std::string path = Put("out", "old\n");
  fs::permissions(path, fs::perms(0600));
  EXPECT_EQ(Write(path), "");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms(0600));
}

TEST_F(OutputFileTest, WritesThroughSymbolicLinksEvenToWhatIsNotThere) {
  Put("target", "old\n");
  fs::create_symlink("target", Path("link"));
  fs::create_symlink("link", Path("link_to_link"));
  EXPECT_EQ(Write(Path("link_to_link")), "");
  EXPECT_EQ(Read("target"), kWritten);
  EXPECT_TRUE(fs::is_symlink(Path("link")));
  EXPECT_TRUE(fs::is_symlink(Path("link_to_link")));
  fs::create_symlink("absent", Path("dangling"));
  EXPECT_EQ(Write(Path("dangling")), "");
  EXPECT_EQ(Read("absent"), kWritten);
  fs::create_symlink("circle", Path("circle"));
  EXPECT_THAT(Write(Path("circle")), HasSubstr("go in circles"));
}

TEST_F(OutputFileTest, RefusesWhatIsNoFileAndLeavesItAlone) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(Write(Path("pipe")), HasSubstr("is no regular file"));
  EXPECT_TRUE(fs::is_fifo(Path("pipe")));
  fs::create_symlink("pipe", Path("link"));
  EXPECT_THAT(Write(Path("link")), HasSubstr("is no regular file"));
  EXPECT_TRUE(fs::is_symlink(Path("link")));
  fs::create_directories(Path("folder/inside"));
  EXPECT_THAT(Write(Path("folder")), HasSubstr("is a directory"));
  EXPECT_TRUE(fs::exists(Path("folder/inside")));
  const sim::Result<OutputFile> dash = OutputFile::Open("-", {});
  ASSERT_FALSE(dash.has_value());
  EXPECT_EQ(dash.error().code, sim::ErrorCode::kInvalidArgument);
  EXPECT_THAT(dash.error().message, HasSubstr("names no file"));
  EXPECT_EQ(CountFiles(), 3U);
}

TEST_F(OutputFileTest, RefusesAFileThatTheRunReadsByWhateverName) {
  const std::string input = Put("input", "rows\n");
  fs::create_symlink("input", Path("link"));
  for (const std::string& path : {input, folder_ + "/./input", Path("link")}) {
    EXPECT_THAT(Write(path, {Path("absent"), input}), HasSubstr("is a file that this run reads"));
    EXPECT_EQ(Read("input"), "rows\n");
  }
  EXPECT_EQ(CountFiles(), 2U);
}

TEST_F(OutputFileTest, TouchesNoFileOfItsUserInTheSameFolder) {
  Put("out.part", "mine\n");
  Put(".flinch-output-1", "mine, too\n");
  EXPECT_EQ(Write(Path("out")), "");
  EXPECT_EQ(Read("out.part"), "mine\n");
  EXPECT_EQ(Read(".flinch-output-1"), "mine, too\n");
  EXPECT_EQ(CountFiles(), 3U);
}

TEST_F(OutputFileTest, SaysThatAFolderIsMissingWhenItIsOpened) {
  const sim::Result<OutputFile> file = OutputFile::Open(Path("no/out"), {});
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, sim::ErrorCode::kIo);
  EXPECT_THAT(file.error().message, HasSubstr("No such file or directory."));
}

TEST_F(OutputFileTest, NamesTheWholePathHoweverLong) {
  const std::string path = Path("no/" + std::string(200, 'x') + "/out");
  EXPECT_THAT(Write(path), HasSubstr("\"" + path + "\""));
}

TEST(WriteNewFileTest, ReplacesNothing) {
  const std::string path = ::testing::TempDir() + "/flinch_new_file";
  std::filesystem::remove(path);
  ASSERT_TRUE(WriteNewFile(path, "first").has_value());
  const sim::Result<void> again = WriteNewFile(path, "second");
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, sim::ErrorCode::kInvalidArgument);
  EXPECT_EQ(std::filesystem::file_size(path), 5U);
  EXPECT_EQ(WriteNewFile("/proc/none/x", "").error().code, sim::ErrorCode::kIo);
  std::filesystem::remove(path);
}

}  // namespace

}  // namespace flinch::scenarios
