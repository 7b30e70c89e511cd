#include "scenarios/cli/verify_command.h"

#include <fstream>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/cli/fresh_process.h"
#include "scenarios/cli/request.h"
#include "scenarios/cli/trail_text.h"
#include "scenarios/lab/version.h"
#include "tests/paths.h"

namespace flinch::scenarios {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

Outcome Verify(const std::vector<std::string>& words, const std::string& worker = FLINCH_PROGRAM) {
  const sim::Result<Command> command = ParseCommandLine(words);
  EXPECT_TRUE(command.has_value()) << command.error().message;
  std::ostringstream out;
  std::ostringstream err;
  const int exit_code =
      VerifyCommand(std::get<VerifyArguments>(*command), "/opt/flinch", worker, out, err);
  return {.exit_code = exit_code, .out = out.str(), .err = err.str()};
}

std::vector<std::string> Small(std::vector<std::string> more) {
  std::vector<std::string> words = {"verify", "url_clicks", "--set", "workload.records=100"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// A worker that is a script; the second side stands in "/".
std::string Script(const std::string& text) {
  const std::string path = ::testing::TempDir() + "/flinch_worker_" +
                           ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::ofstream(path) << "#!/bin/sh\n" << text;
  chmod(path.c_str(), 0755);
  return path;
}

TEST(VerifyCommandTest, FindsSeedsIdenticalInFreshProcesses) {
  const Outcome text = Verify(Small({"--seeds", "1..3"}));
  EXPECT_EQ(text.exit_code, kExitPassed) << text.out << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("url_clicks  3 of 3 seeds identical"),
                              HasSubstr("differ in environment size, working directory")));
  const Outcome object = Verify(Small({"--seeds", "2", "--json"}));
  EXPECT_EQ(json::parse(object.out)["identical"], true);
  EXPECT_EQ(json::parse(object.out)["scenarios"][0]["seeds"], 1);
}

TEST(VerifyCommandTest, AScenarioCountsOnce) {
  const json object = json::parse(Verify({"verify", "url_clicks", "url_clicks", "--set",
                                          "workload.records=20", "--seeds", "1..2", "--json"})
                                      .out);
  EXPECT_EQ(object["scenarios"].size(), 1U);
}

TEST(VerifyCommandTest, ASeedWithTwoRunsIsNamedWithItsFirstDifferentEvent) {
  const std::string trail = R"j({"digest":[1,%d],"events":2,"ladder":[],"kept":["#1 a","#2 %s"],)j"
                            R"j("actor":"fiber x of y","stack":["f()"],"judgement":""}\n)j";
  const std::string worker = Script("if [ \"$(pwd)\" = / ]; then printf '" + trail +
                                    "' 1 hostile; else printf '" + trail + "' 2 plain; fi\n");
  const Outcome text = Verify(Small({"--seeds", "4..5"}), worker);
  EXPECT_EQ(text.exit_code, kExitNondeterminism);
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("0 of 2 seeds identical"), HasSubstr("Seed 4 gives two different"),
                    HasSubstr("plain: #2 plain\n    by fiber x of y\n      at f()"),
                    HasSubstr("hostile: #2 hostile"),
                    HasSubstr("replay: /opt/flinch verify url_clicks --set 'workload.records=100' "
                              "--seeds 4..4\n")));
  const json object = json::parse(Verify(Small({"--seeds", "4", "--json"}), worker).out);
  EXPECT_EQ(object["identical"], false);
  EXPECT_EQ(object["scenarios"][0]["event"], 2);
  EXPECT_EQ(object["scenarios"][0]["hostile"]["event"], "#2 hostile");
  EXPECT_EQ(object["scenarios"][0]["different"][0], "4");
}

TEST(VerifyCommandTest, ARefusedCallIsNondeterminismAndAnyOtherDeathIsOurTrouble) {
  const Outcome refused =
      Verify(Small({"--seeds", "1"}), Script("echo flinch: nondeterminism: time was >&2; exit 9"));
  EXPECT_EQ(refused.exit_code, kExitNondeterminism);
  EXPECT_THAT(refused.out, HasSubstr("Seed 1 was stopped.\nflinch: nondeterminism: time was"));
  const Outcome dead = Verify(Small({"--seeds", "1"}), Script("exit 9"));
  EXPECT_EQ(dead.exit_code, kExitInternal);
  EXPECT_THAT(dead.err, HasSubstr("url_clicks, seed 1: exit code 9"));
}

TEST(VerifyCommandTest, BadInputIsRefusedBeforeAnyProcess) {
  const Outcome unknown = Verify({"verify", "url_clik"}, "/no/such");
  EXPECT_EQ(unknown.exit_code, kExitUsage);
  EXPECT_THAT(unknown.err, HasSubstr("Did you mean \"url_clicks\"?"));
}

// The first, 500th and 1,000th run of one process are what a fresh one gives: nothing that lives
// longer than a world reaches it.
TEST(VerifyCommandTest, ABatchOfRunsIsTheSameAsFreshProcesses) {
  const RunArguments arguments{
      .scenario = "small_job", .seed = 3, .settings = {{.key = "workload.records", .value = "20"}}};
  sim::Result<FreshProcess> process =
      FreshProcess::Start({FLINCH_PROGRAM, "run", "small_job", "--seed", "3", "--set",
                           "workload.records=20", "--trail", ShowLens(sim::Lens::Nothing())},
                          PlainSurroundings());
  ASSERT_TRUE(process.has_value());
  const sim::Result<sim::Trail> fresh = ParseTrail(process->Await().out);
  ASSERT_TRUE(fresh.has_value());
  const sim::Result<PreparedRun> prepared = Prepare(arguments);
  ASSERT_TRUE(prepared.has_value());
  for (int run = 1; run <= 200; ++run) {
    const RunResult result = scenarios::Run(prepared->request);
    if (run == 1 || run == 100 || run == 200) {
      EXPECT_TRUE(TrailOf(result).SameRunAs(*fresh)) << "run " << run;
    }
  }
}

}  // namespace

}  // namespace flinch::scenarios
