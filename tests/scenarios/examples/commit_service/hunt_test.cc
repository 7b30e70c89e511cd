// The example as its reader runs it: the program, its words, its exit code.
#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <sys/wait.h>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/paths.h"

namespace flinch::scenarios {

namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
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

// A folder of results that no other run has.
std::string FreshOut(const std::string& name) {
  const std::string folder = ::testing::TempDir() + "/commit_service_" + name;
  std::filesystem::remove_all(folder);
  return folder;
}

// The first replay line behind `what`.
std::string TokenBehind(const std::string& text, const std::string& what) {
  const size_t begin = text.find("fl1~", text.find(what));
  return begin == std::string::npos ? "" : text.substr(begin, text.find('\n', begin) - begin);
}

TEST(CommitServiceTest, HuntFindsTheBugAndReplayAndKeepKnowIt) {
  const std::string folder = FreshOut("finds");
  const Outcome hunt = CommitService("hunt commit_service --seeds 1..300 --out " + folder);
  EXPECT_EQ(hunt.exit_code, 1);
  EXPECT_THAT(hunt.text, AllOf(HasSubstr(" is torn: "), HasSubstr(" committed it"),
                               HasSubstr(" aborted it"), HasSubstr("the coordinator's at ")));
  const std::string token = TokenBehind(hunt.text, "the smallest (");
  ASSERT_NE(token, "") << hunt.text;
  EXPECT_THAT(hunt.text, AnyOf(HasSubstr("the smallest (1 fault,"), HasSubstr("(2 faults,"),
                               HasSubstr("(3 faults,")));
  const Outcome replay = CommitService("replay " + token + " --timeline");
  EXPECT_EQ(replay.exit_code, 1);
  EXPECT_THAT(replay.text, AllOf(HasSubstr("decided"), HasSubstr(" is torn: "),
                                 HasSubstr("The run is identical to the recorded one.")));
  const Outcome keep = CommitService("keep " + token + " --out " + folder + " --name torn");
  EXPECT_EQ(keep.exit_code, 0) << keep.text;
  const Outcome regress = CommitService("regress " + folder + "/torn.kept");
  EXPECT_EQ(regress.exit_code, 1);
  EXPECT_THAT(regress.text, HasSubstr("fails as it did"));
}

TEST(CommitServiceTest, MendedItKeepsItsPromise) {
  const Outcome hunt = CommitService("hunt mended --seeds 1..300 --out " + FreshOut("mended"));
  EXPECT_EQ(hunt.exit_code, 0) << hunt.text;
  EXPECT_THAT(hunt.text, HasSubstr("0 failures in 300 seeds: at most 1 % of such runs fail"));
}

TEST(CommitServiceTest, TwoShardsAreTheWhole) {
  const std::string folder = FreshOut("shards");
  for (const std::string shard : {"1/2", "2/2"}) {
    CommitService("hunt mended --seeds 1..20 --shard " + shard + " --out " + folder);
  }
  const Outcome merged = CommitService("merge " + folder);
  EXPECT_EQ(merged.exit_code, 0) << merged.text;
  EXPECT_THAT(merged.text, HasSubstr("0 failures in 20 seeds"));
}

TEST(CommitServiceTest, SaysWhatIsWrongWithTheWords) {
  for (const auto& [words, sentence] : std::vector<std::pair<std::string, std::string>>{
           {"hunt commit_service --seeds 5..1", "ends before it begins"},
           {"hunt commit_servise", "id you mean \"commit_service\"?"},
           {"hnt", "id you mean \"hunt\"?"},
           {"run mended --sed 7", "id you mean \"--seed\"?"},
           {"run mended --set transactions=0", "a whole number from 1 on"},
           {"replay fl1~x", "damaged"},
           {"", "--help"}}) {
    const Outcome refused = CommitService(words);
    EXPECT_EQ(refused.exit_code, 2) << words;
    EXPECT_THAT(refused.text, HasSubstr(sentence)) << words;
  }
  EXPECT_EQ(CommitService("--help").exit_code, 0);
}

}  // namespace

}  // namespace flinch::scenarios
