#include "scenarios/lab/results_file.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;

constexpr const char* kHeader = R"({"flinch_hunt":1})";

class ResultsFileTest : public testing::Test {
 protected:
  ResultsFileTest()
      : path_(testing::TempDir() + "/results_file_" +
              testing::UnitTest::GetInstance()->current_test_info()->name() + "/a/b.jsonl") {
    std::filesystem::remove(path_);
  }

  sim::Result<ResultsFile> Open() const { return ResultsFile::Open(path_, kHeader); }

  std::string Text() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

  void Write(const std::string& text) const { std::ofstream(path_) << text; }

  static std::string Line(uint64_t unit) {
    return ShowLine({.unit = unit, .scenario = "a", .digest = "d"});
  }

  std::string path_;
};

TEST_F(ResultsFileTest, KeepsWhatIsAppended) {
  {
    sim::Result<ResultsFile> file = Open();
    ASSERT_TRUE(file.has_value()) << file.error().message;
    EXPECT_TRUE(file->before().empty());
    ASSERT_TRUE(file->Append(Line(3)).has_value());
    ASSERT_TRUE(file->Append(Line(1)).has_value());
  }
  const sim::Result<ResultsFile> again = Open();
  ASSERT_TRUE(again.has_value());
  ASSERT_EQ(again->before().size(), 2U);
  EXPECT_EQ(again->before()[0].unit, 3U);
  EXPECT_EQ(again->before()[1].unit, 1U);
}

TEST_F(ResultsFileTest, TellsGroupsThatWereShrunkFromResults) {
  ASSERT_TRUE(Open()->Append(Line(1)).has_value());
  ASSERT_TRUE(Open()->Append(ShowShrunkLine({.signature = "lost", .unit = 1})).has_value());
  ASSERT_TRUE(Open()->Append(Line(2)).has_value());
  const sim::Result<ResultsFile> again = Open();
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->before().size(), 2U);
  ASSERT_EQ(again->shrunk_before().size(), 1U);
  EXPECT_EQ(again->shrunk_before()[0].signature, "lost");
}

TEST_F(ResultsFileTest, ATornLastLineIsNoResultAndIsCutOff) {
  ASSERT_TRUE(Open()->Append(Line(1)).has_value());
  const std::string whole = Text();
  for (size_t size = whole.size() - 1; size > 0; --size) {
    Write(whole.substr(0, size));
    const bool has_header = size > std::string(kHeader).size();
    {
      sim::Result<ResultsFile> file = Open();
      ASSERT_TRUE(file.has_value()) << size << file.error().message;
      EXPECT_TRUE(file->before().empty());
      ASSERT_TRUE(file->Append(Line(1)).has_value());
    }
    EXPECT_EQ(Text(), whole) << size << has_header;
  }
}

TEST_F(ResultsFileTest, HasOneWriter) {
  const sim::Result<ResultsFile> first = Open();
  const sim::Result<ResultsFile> second = Open();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, sim::ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message, HasSubstr("another flinch"));
}

TEST_F(ResultsFileTest, IsNotGivenToAnotherHunt) {
  ASSERT_TRUE(Open().has_value());
  const sim::Result<ResultsFile> other = ResultsFile::Open(path_, R"({"flinch_hunt":2})");
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, sim::ErrorCode::kInvalidArgument);
}

TEST_F(ResultsFileTest, TellsWhichLineIsDamaged) {
  ASSERT_TRUE(Open()->Append(Line(1)).has_value());
  std::ofstream(path_, std::ios::app) << "what is this\n";
  const sim::Result<ResultsFile> file = Open();
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, sim::ErrorCode::kCorruption);
  EXPECT_THAT(file.error().message, HasSubstr("b.jsonl:3: "));
}

TEST_F(ResultsFileTest, AFolderThatCannotBeMadeIsTold) {
  const sim::Result<ResultsFile> file = ResultsFile::Open("/proc/nobody/x.jsonl", kHeader);
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, sim::ErrorCode::kIo);
}

}  // namespace

}  // namespace flinch::scenarios
