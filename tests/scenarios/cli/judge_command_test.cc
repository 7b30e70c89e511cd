#include "scenarios/cli/judge_command.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/cli/version.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::Flinch;
using tests::Outcome;

class JudgeCommandTest : public ::testing::Test {
 protected:
  JudgeCommandTest()
      : file_(::testing::TempDir() +
              ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".rec") {}

  ~JudgeCommandTest() override { std::filesystem::remove(file_); }

  Outcome Record(const std::vector<std::string>& more) {
    std::vector<std::string> words = {"run", "url_clicks", "--seed", "2", "--recording", file_};
    words.insert(words.end(), more.begin(), more.end());
    return Flinch(words);
  }

  std::string Read() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  void Write(const std::string& text) { std::ofstream(file_, std::ios::binary) << text; }

  // Without what differs from run to run, and what was promised before it.
  static json Timeless(const std::string& text) {
    json object = json::parse(text);
    object.erase("wall_ns");
    object.erase("budget");
    return object;
  }

  std::string file_;
};

TEST_F(JudgeCommandTest, PrintsWhatTheRunPrinted) {
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, {"--defect", "sink_commits_at_snapshot"}}) {
    std::vector<std::string> words = more;
    words.emplace_back("--json");
    const Outcome run = Record(words);
    const Outcome judged = Flinch({"judge", file_, "--json"});
    EXPECT_EQ(judged.exit_code, run.exit_code) << judged.err;
    json again = Timeless(judged.out);
    EXPECT_EQ(again["judged"].size(), 16U);
    EXPECT_EQ(again["not_judged"], json::array());
    for (const char* const own :
         {"judged", "not_judged", "recorded_verdict", "recorded_signature"}) {
      again.erase(own);
    }
    EXPECT_EQ(again, Timeless(run.out));
  }
}

TEST_F(JudgeCommandTest, TellsPeopleWhoJudged) {
  ASSERT_EQ(Record({"--defect", "sink_commits_at_snapshot"}).exit_code, kExitViolation);
  const Outcome all = Flinch({"judge", file_});
  EXPECT_EQ(all.exit_code, kExitViolation);
  EXPECT_THAT(all.out, AllOf(HasSubstr("failed"), HasSubstr("Judged again by 16 oracles from "),
                             HasSubstr("/opt/flinch replay fl1~"), Not(HasSubstr("\x1b"))));
  const Outcome one = Flinch({"judge", file_, "--oracle", "watermarks_grow"});
  EXPECT_EQ(one.exit_code, kExitPassed);
  EXPECT_THAT(one.out, AllOf(HasSubstr("Judged again by 1 oracle from "),
                             HasSubstr("The judges of the run itself said: failed, ")));
}

TEST_F(JudgeCommandTest, WritesTheSameFileAgain) {
  Record({});
  const std::string first = Read();
  Record({});
  EXPECT_EQ(Read(), first);
}

TEST_F(JudgeCommandTest, RefusesOtherFilesInOneSentence) {
  Record({});
  const std::string text = Read();
  const auto expect = [this](const std::string& content, const std::string& sentence) {
    Write(content);
    const Outcome refused = Flinch({"judge", file_});
    EXPECT_EQ(refused.exit_code, kExitUsage);
    EXPECT_THAT(refused.err, HasSubstr(sentence));
    EXPECT_EQ(refused.out, "");
  };
  expect(text.substr(0, text.size() / 2), "the end of the recording is missing");
  expect("flinch-tape 1 seed 7\n", "is no recording of flinch");
  expect("flinch-recording 3\n", "is a recording of version 3");
  EXPECT_EQ(Flinch({"judge", "/none.rec"}).exit_code, kExitUsage);
  Write(text);
  const Outcome unknown = Flinch({"judge", file_, "--oracle", "exactly_onec"});
  EXPECT_EQ(unknown.exit_code, kExitUsage);
  EXPECT_THAT(unknown.err, HasSubstr("There is no oracle \"exactly_onec\""));
}

TEST_F(JudgeCommandTest, GivesEveryFileItsOwnPlace) {
  const Outcome same = Record({"--tape", file_});
  EXPECT_EQ(same.exit_code, kExitUsage);
  EXPECT_THAT(same.err, HasSubstr("--tape and --recording name the same file"));
  const Outcome twice = Record({"--twice"});
  EXPECT_EQ(twice.exit_code, kExitUsage);
  EXPECT_THAT(Flinch({"judge"}).err, HasSubstr("`flinch judge` needs a FILE."));
}

}  // namespace

}  // namespace flinch::scenarios
