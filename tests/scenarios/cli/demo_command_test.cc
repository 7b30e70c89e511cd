#include "scenarios/cli/demo_command.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/lab/version.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using tests::Flinch;
using tests::Outcome;

class DemoCommandTest : public testing::Test {
 protected:
  DemoCommandTest()
      : folder_(testing::TempDir() + "/demo_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
  }

  Outcome Hunt(const std::string& file, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {
        "hunt",       folder_ + "/" + file,
        "--out",      folder_ + "/out" + std::to_string(more.size()) + file,
        "--seeds",    "1..30",
        "--no-shrink"};
    words.insert(words.end(), more.begin(), more.end());
    return Flinch(words);
  }

  std::string folder_;
};

TEST_F(DemoCommandTest, WritesThreeScenariosThatPassAndABugThatIsFound) {
  const Outcome demo = Flinch({"demo", folder_});
  EXPECT_EQ(demo.exit_code, kExitPassed) << demo.err;
  EXPECT_THAT(demo.out,
              AllOf(HasSubstr("README.md"), HasSubstr("--defect sink_commits_at_snapshot")));
  for (const char* const file : {"wordcount.toml", "windows.toml", "two_crashes.toml"}) {
    EXPECT_EQ(Flinch({"check", folder_ + "/" + file}).exit_code, kExitPassed) << file;
    const Outcome clean = Hunt(file);
    EXPECT_EQ(clean.exit_code, kExitPassed) << clean.out << clean.err;
  }
  const Outcome planted = Hunt("wordcount.toml", {"--defect", "sink_commits_at_snapshot"});
  EXPECT_EQ(planted.exit_code, kExitViolation) << planted.out;
  EXPECT_THAT(planted.out, HasSubstr("/opt/flinch replay fl1~"));
}

TEST_F(DemoCommandTest, WhatIsThereStaysThere) {
  std::filesystem::create_directories(folder_);
  EXPECT_EQ(Flinch({"demo", folder_}).exit_code, kExitUsage);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(DemoCommandTest, ItsReadmeCallsTheProgramAsItWasCalled) {
  Flinch({"demo", folder_});
  std::ostringstream text;
  text << std::ifstream(folder_ + "/README.md").rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("    /opt/flinch hunt wordcount.toml --seeds 1..60\n"));
}

}  // namespace

}  // namespace flinch::scenarios
