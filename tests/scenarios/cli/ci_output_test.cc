#include "scenarios/cli/ci_output.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/cli/verify_command.h"
#include "scenarios/lab/version.h"
#include "tests/paths.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using tests::Flinch;
using tests::Outcome;

std::string Read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Each test has a folder of its own, empty at first.
class CiOutputTest : public testing::Test {
 protected:
  CiOutputTest()
      : folder_(testing::TempDir() + "/ci_output_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  ~CiOutputTest() override { std::filesystem::remove_all(folder_); }

  std::string PathOf(const std::string& name) const { return folder_ + "/" + name; }

  // A small run; it fails with the defect, whatever the seed.
  static Outcome Run(std::vector<std::string> more, bool fails = true) {
    std::vector<std::string> words = {"run", "small_job", "--set", "workload.records=100"};
    if (fails) {
      words.insert(words.end(), {"--defect", "sink_commits_at_snapshot"});
    }
    words.insert(words.end(), more.begin(), more.end());
    return Flinch(words);
  }

  std::string folder_;
};

// What stands behind "name=" of every test case.
std::multiset<std::string> NamesIn(const std::string& junit) {
  constexpr std::string_view kCase = "<testcase classname=\"small_job\" name=\"";
  std::multiset<std::string> names;
  for (size_t at = junit.find(kCase); at != std::string::npos; at = junit.find(kCase, at + 1)) {
    const size_t begin = at + kCase.size();
    names.insert(junit.substr(begin, junit.find('"', begin) - begin));
  }
  return names;
}

TEST_F(CiOutputTest, NamesAreTheSameWhateverTheSeedAndTheVerdict) {
  std::set<std::multiset<std::string>> seen;
  for (const char* const seed : {"1", "2"}) {
    EXPECT_EQ(Run({"--seed", seed, "--junit", PathOf("j.xml")}).exit_code, kExitViolation);
    seen.insert(NamesIn(Read(PathOf("j.xml"))));
    EXPECT_THAT(Read(PathOf("j.xml")), HasSubstr("<failure type=\"commit_after_durable:early"));
  }
  EXPECT_EQ(Run({"--junit", PathOf("j.xml")}, false).exit_code, kExitPassed);
  seen.insert(NamesIn(Read(PathOf("j.xml"))));
  EXPECT_THAT(Read(PathOf("j.xml")), Not(HasSubstr("<failure")));
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_THAT(*seen.begin(), testing::Contains("exactly_once"));
}

TEST_F(CiOutputTest, SarifAndGitlabTellThePromiseTheSignatureAndTheLineToPaste) {
  EXPECT_EQ(Run({"--sarif", PathOf("s.sarif"), "--gitlab", PathOf("g.json")}).exit_code,
            kExitViolation);
  const json run = json::parse(Read(PathOf("s.sarif"))).at("runs").at(0);
  EXPECT_EQ(run.at("tool").at("driver").at("semanticVersion"), kVersion);
  const json& results = run.at("results");
  const auto result = std::ranges::find(results, "commit_after_durable", [](const json& each) {
    return each.at("ruleId").get<std::string>();
  });
  ASSERT_NE(result, results.end());
  EXPECT_THAT(result->at("partialFingerprints").at("flinchSignature/v1").get<std::string>(),
              StartsWith("small_job: commit_after_durable:early"));
  EXPECT_THAT(result->at("properties").at("replay").get<std::string>(),
              StartsWith("/opt/flinch replay fl1~small_job"));
  const json issues = json::parse(Read(PathOf("g.json")));
  EXPECT_EQ(issues.size(), results.size());
  for (const json& issue : issues) {
    EXPECT_EQ(issue.at("location").at("path"), "scenarios/library/small_job.toml");
  }
}

TEST_F(CiOutputTest, TapTakesTheStandardOutputAndTheReportTheOther) {
  const Outcome run = Run({"--tap", "-"});
  EXPECT_EQ(run.exit_code, kExitViolation);
  EXPECT_THAT(run.out, AllOf(StartsWith("TAP version 13\n1.."), HasSubstr("\nnot ok "),
                             Not(HasSubstr("small_job  seed"))));
  EXPECT_THAT(run.err, HasSubstr("small_job  seed 1  failed\n"));
}

TEST_F(CiOutputTest, GithubObeysNothingOfTheReportAndGetsTheSummary) {
  setenv("GITHUB_STEP_SUMMARY", PathOf("summary.md").c_str(), 1);
  std::ofstream(PathOf("summary.md")) << "of another step\n";
  const Outcome run = Run({"--github"});
  unsetenv("GITHUB_STEP_SUMMARY");
  EXPECT_EQ(run.exit_code, kExitViolation);
  ASSERT_THAT(run.out, StartsWith("::stop-commands::flinch-"));
  const std::string word = run.out.substr(17, run.out.find('\n') - 17);
  const size_t report = run.out.find("small_job  seed 1  failed");
  const size_t end = run.out.find("\n::" + word + "::\n");
  const size_t told = run.out.find(
      "\n::error file=scenarios/library/small_job.toml,line=1,title="
      "small_job%3A commit_after_durable::");
  EXPECT_LT(report, end);
  EXPECT_LT(end, told);
  EXPECT_NE(told, std::string::npos) << run.out;
  EXPECT_THAT(Read(PathOf("summary.md")),
              AllOf(StartsWith("of another step\n## flinch run: "), HasSubstr("FAILED")));
}

TEST_F(CiOutputTest, WhatDoesNotFitIsSaidBeforeARun) {
  EXPECT_THAT(Run({"--json", "--github"}).err, HasSubstr("leave --github out"));
  EXPECT_THAT(Run({"--json", "--tap", "-"}).err, HasSubstr("name a file for --tap"));
  EXPECT_THAT(Run({"--junit", PathOf("x"), "--seed-timeout", "9s"}).err, HasSubstr("flinch hunt"));
  const Outcome nowhere = Run({"--junit", PathOf("no/such/folder.xml")});
  EXPECT_EQ(nowhere.exit_code, kExitOutput);
  EXPECT_EQ(nowhere.out, "");
  const Outcome same = Run({"--junit", PathOf("x"), "--sarif", PathOf("x")});
  EXPECT_EQ(same.exit_code, kExitUsage);
  EXPECT_THAT(same.err, HasSubstr("two formats"));
}

TEST_F(CiOutputTest, TwiceIsACaseOfItsOwn) {
  EXPECT_EQ(Run({"--twice", "--junit", PathOf("j.xml")}, false).exit_code, kExitPassed);
  EXPECT_THAT(NamesIn(Read(PathOf("j.xml"))), testing::Contains("deterministic"));
}

TEST_F(CiOutputTest, AHuntHasOneFindingPerGroup) {
  const Outcome hunt = Flinch({"hunt",
                               "small_job",
                               "--set",
                               "workload.records=100",
                               "--defect",
                               "sink_commits_at_snapshot",
                               "--search",
                               "random",
                               "--seeds",
                               "1..4",
                               "-j",
                               "2",
                               "--no-shrink",
                               "--out",
                               PathOf("out"),
                               "--junit",
                               PathOf("j.xml"),
                               "--sarif",
                               PathOf("s.sarif"),
                               "--report",
                               PathOf("hunt.html")});
  EXPECT_EQ(hunt.exit_code, kExitViolation) << hunt.err;
  const json results = json::parse(Read(PathOf("s.sarif"))).at("runs").at(0).at("results");
  uint64_t failures = 0;
  std::set<std::string> signatures;
  for (const json& result : results) {
    failures += result.at("occurrenceCount").get<uint64_t>();
    signatures.insert(result.at("partialFingerprints").at("flinchSignature/v1"));
  }
  EXPECT_EQ(failures, 4U);
  EXPECT_EQ(signatures.size(), results.size());
  EXPECT_THAT(Read(PathOf("j.xml")),
              AllOf(HasSubstr("name=\"ends in time\" file="), HasSubstr("small_job seed ")));
  const std::string page = Read(PathOf("hunt.html"));
  EXPECT_THAT(page, AllOf(HasSubstr("4 of 4 runs failed"), HasSubstr("<svg "),
                          HasSubstr("commit_after_durable:early"), HasSubstr(">random<"),
                          HasSubstr("never"), Not(HasSubstr("<script"))));
}

TEST_F(CiOutputTest, ARegressionIsACaseByTheNameOfItsFile) {
  std::ofstream(PathOf("broken.toml")) << "version = 9\n";
  const Outcome regress = Flinch({"regress", PathOf("broken.toml"), "--junit", PathOf("j.xml")});
  EXPECT_EQ(regress.exit_code, kExitUsage);
  EXPECT_THAT(Read(PathOf("j.xml")),
              AllOf(HasSubstr("<testcase classname=\"regressions\" name=\"broken\""),
                    HasSubstr("<failure type=\"unreadable\"")));
}

TEST_F(CiOutputTest, VerifyHasACasePerScenario) {
  const sim::Result<Command> command =
      ParseCommandLine(std::vector<std::string>{"verify", "small_job", "--seeds", "1..1", "--set",
                                                "workload.records=50", "--junit", PathOf("j.xml")});
  ASSERT_TRUE(command.has_value()) << command.error().message;
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(
      VerifyCommand(std::get<VerifyArguments>(*command), "/opt/flinch", FLINCH_PROGRAM, out, err),
      kExitPassed)
      << err.str();
  EXPECT_THAT(NamesIn(Read(PathOf("j.xml"))), testing::ElementsAre("deterministic"));
}

}  // namespace

}  // namespace flinch::scenarios
