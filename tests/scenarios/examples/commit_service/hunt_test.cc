// The example as its reader runs it: the program, its words, its exit code.
#include <array>
#include <cstdio>
#include <string>
#include <sys/wait.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/paths.h"

namespace flinch::scenarios {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Outcome {
  int exit_code = 0;
  std::string text;  // what it wrote, complaints included
};

Outcome CommitService(const std::string& words) {
  const std::string command = std::string(FLINCH_COMMIT_SERVICE) + " " + words + " 2>&1";
  Outcome outcome;
  FILE* const pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer;
  while (const size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.text.append(buffer.data(), size);
  }
  const int status = pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

TEST(CommitServiceTest, HuntFindsTheBugAndReplayShowsIt) {
  const Outcome hunt = CommitService("--seeds 1..300");
  EXPECT_EQ(hunt.exit_code, 1);
  EXPECT_THAT(hunt.text,
              AllOf(HasSubstr(" is torn: "), HasSubstr(" committed it"), HasSubstr(" aborted it"),
                    HasSubstr("the coordinator's at "), HasSubstr(" in 300 seeds\n")));
  const size_t begin = hunt.text.find("--seed ");
  ASSERT_NE(begin, std::string::npos) << hunt.text;
  const std::string seed = hunt.text.substr(begin, hunt.text.find('\n', begin) - begin);
  const Outcome replay = CommitService(seed);
  EXPECT_EQ(replay.exit_code, 1);
  const std::string finding = hunt.text.substr(0, hunt.text.find("\n  replay"));
  EXPECT_THAT(replay.text, AllOf(HasSubstr("fault.crash process=coordinator"),
                                 HasSubstr("decided transaction="), HasSubstr(finding)));
}

TEST(CommitServiceTest, MendedItKeepsItsPromise) {
  const Outcome hunt = CommitService("--seeds 1..300 --fixed");
  EXPECT_EQ(hunt.exit_code, 0);
  EXPECT_EQ(hunt.text, "0 failures in 300 seeds: at most 1.00 % per run at 95 %\n");
}

TEST(CommitServiceTest, SaysHowToBeUsed) {
  for (const std::string words : {"--seeds 5..1", "--seeds 1.2", "--seeds 7", "--seeds", "--seed x",
                                  "--fix", "--seed 1..2"}) {
    const Outcome refused = CommitService(words);
    EXPECT_EQ(refused.exit_code, 2) << words;
    EXPECT_THAT(refused.text, HasSubstr("usage: ")) << words;
  }
  const Outcome asked = CommitService("--help");
  EXPECT_EQ(asked.exit_code, 0);
  EXPECT_THAT(asked.text, HasSubstr("usage: "));
}

}  // namespace

}  // namespace flinch::scenarios
