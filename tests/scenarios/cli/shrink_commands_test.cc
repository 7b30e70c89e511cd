#include "scenarios/cli/shrink_commands.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/cli/request.h"
#include "scenarios/lab/token.h"
#include "scenarios/lab/version.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using tests::Flinch;
using tests::Outcome;

json RunClicks(std::vector<std::string> more) {
  std::vector<std::string> words = {"run", "url_clicks", "--set", "workload.records=100", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  return json::parse(Flinch(words).out);
}

TEST(ShrinkCommandTest, PrintsStepsAndALineThatRunsTheSmallest) {
  const json run =
      RunClicks({"--defect", "notifies_before_stored", "--set", "cluster.task_managers=4"});
  ASSERT_EQ(run["verdict"], "failed");
  const Outcome text = Flinch({"shrink", run["replay"].get<std::string>()});
  EXPECT_EQ(text.exit_code, kExitPassed) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("given"), HasSubstr("left:"),
                              HasSubstr("--defect   notifies_before_stored"),
                              HasSubstr("replay:\n/opt/flinch replay fl1~url_clicks~s1~")));
  const Outcome replay = Flinch({"replay", text.out.substr(text.out.find("replay:"))});
  EXPECT_EQ(replay.exit_code, kExitViolation);
  EXPECT_THAT(replay.out, HasSubstr("identical to the recorded one"));

  // Pasted word by word, as a shell does it.
  const Outcome object =
      Flinch({"shrink", "/opt/flinch", "replay", text.out.substr(text.out.find("fl1~")), "--json"});
  ASSERT_EQ(object.exit_code, kExitPassed) << object.err;
  const json again = json::parse(object.out);
  EXPECT_EQ(again["from"], again["to"]);
  EXPECT_THAT(text.out, HasSubstr(again["replay"].get<std::string>()));
}

// With a tape that chance wrote, of a failure that needs none.
TEST(ShrinkCommandTest, TakesATapeAndSaysWhetherOneIsLeft) {
  const std::string folder = ::testing::TempDir() + "/flinch_shrinks_tapes";
  std::filesystem::create_directories(folder);
  const std::string tape = folder + "/run.tape";
  RunClicks({"--defect", "notifies_before_stored", "--tape", tape});
  EXPECT_THAT(Flinch({"shrink", tape}).err, HasSubstr("--tape FILE"));
  EXPECT_EQ(Flinch({"shrink", tape, "--tape", tape}).exit_code, kExitUsage);
  const Outcome object = Flinch({"shrink", tape, "--tape", folder + "/small.tape", "--json"});
  ASSERT_EQ(object.exit_code, kExitPassed) << object.err;
  const json shrunk = json::parse(object.out);
  EXPECT_GT(shrunk["from"]["choices"].get<int>(), 0);
  EXPECT_EQ(shrunk["to"]["choices"], 0);
  EXPECT_EQ(shrunk["strategy"], "fifo");
  EXPECT_FALSE(std::filesystem::exists(folder + "/small.tape"));
  EXPECT_THAT(shrunk["replay"].get<std::string>(), HasSubstr("~strategy:fifo~"));
  std::filesystem::remove_all(folder);
}

// 20,000 rows, of which a run takes seconds here: the limit holds within one.
TEST(ShrinkCommandTest, EndsWhenItsTimeIsOverWhateverTheSize) {
  const json small = RunClicks({"--defect", "notifies_before_stored"});
  ReplayToken token = *FindToken(small["replay"].get<std::string>());
  token.settings = {{.key = "workload.records", .value = "20000"}};
  const sim::Result<PreparedRun> prepared = Prepare(ArgumentsOf(token));
  ASSERT_TRUE(prepared.has_value());
  token.content_hash = prepared->token.content_hash;
  const auto begin = std::chrono::steady_clock::now();
  const Outcome shrink = Flinch({"shrink", "--for", "50ms", ShowToken(token)});
  EXPECT_EQ(shrink.exit_code, kExitTryAgain) << shrink.out;
  EXPECT_THAT(shrink.err, HasSubstr("Give it more time"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(ShrinkCommandTest, RefusesWhatDoesNotFail) {
  const Outcome passed = Flinch({"shrink", RunClicks({})["replay"].get<std::string>()});
  EXPECT_EQ(passed.exit_code, kExitUsage);
  EXPECT_THAT(passed.err, HasSubstr("only a failure can be shrunk"));
  EXPECT_EQ(Flinch({"shrink", "no token"}).exit_code, kExitUsage);
  EXPECT_THAT(Flinch({"shrink"}).err, HasSubstr("needs a TOKEN"));
}

TEST(DiffCommandTest, TellsTheFirstEventThatDiffers) {
  const auto first = RunClicks({})["replay"].get<std::string>();
  const auto second =
      RunClicks({"--defect", "notifies_before_stored"})["replay"].get<std::string>();
  const Outcome same = Flinch({"diff", first, first});
  EXPECT_EQ(same.exit_code, kExitPassed);
  EXPECT_THAT(same.out, HasSubstr("Both are the same run."));
  const Outcome other = Flinch({"diff", first, second});
  EXPECT_EQ(other.exit_code, kExitViolation);
  EXPECT_THAT(other.out, AllOf(HasSubstr("The first event that differs is #"),
                               HasSubstr("first run:"), HasSubstr("second run:")));
  const json object = json::parse(Flinch({"diff", first, second, "--json"}).out);
  EXPECT_EQ(object["identical"], false);
  EXPECT_GT(object["event"].get<uint64_t>(), 0U);
}

}  // namespace

}  // namespace flinch::scenarios
