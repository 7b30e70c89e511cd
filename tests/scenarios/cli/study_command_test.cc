#include "scenarios/cli/study_command.h"

#include <algorithm>
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
using ::testing::StartsWith;
using tests::Flinch;
using tests::Outcome;

std::string StudyFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(StudyCommandTest, WritesARowPerRunAndAPicturePerMeasure) {
  const std::string folder = testing::TempDir() + "/flinch_study";
  std::filesystem::remove_all(folder);
  const std::vector<std::string> words = {"study",   "small_job",
                                          "--vary",  "execution.checkpointing.interval=200ms,1s",
                                          "--vary",  "cluster.task_managers=4,5",
                                          "--set",   "workload.records=60",
                                          "--seeds", "1..2",
                                          "--out",   folder,
                                          "-j",      "2"};
  const Outcome study = Flinch(words);
  ASSERT_EQ(study.exit_code, kExitPassed) << study.err;
  const std::string runs = StudyFile(folder + "/runs.csv");
  EXPECT_EQ(std::ranges::count(runs, '\n'), 1 + 2 * 2 * 2);
  EXPECT_THAT(runs, StartsWith("execution.checkpointing.interval,cluster.task_managers,seed,"
                               "verdict,checkpoint_ms_p10,"));
  EXPECT_THAT(runs, AllOf(HasSubstr("\n200ms,4,1,"), HasSubstr("\n1s,5,2,")));
  const std::string summary = StudyFile(folder + "/summary.csv");
  EXPECT_EQ(std::ranges::count(summary, '\n'), 1 + 2 * 2);
  EXPECT_THAT(study.out, StartsWith(summary));
  EXPECT_THAT(StudyFile(folder + "/checkpoint_ms.svg"),
              AllOf(StartsWith("<svg "), HasSubstr(">cluster.task_managers=5</text>")));
  // The same again is the same, whatever the order in which workers answer.
  ASSERT_EQ(Flinch(words).exit_code, kExitPassed);
  EXPECT_EQ(StudyFile(folder + "/runs.csv"), runs);
  std::filesystem::remove_all(folder);
}

TEST(StudyCommandTest, WhatMakesNoSenseIsSaidBeforeARun) {
  EXPECT_THAT(Flinch({"study", "small_job"}).err, HasSubstr("needs something to vary"));
  EXPECT_THAT(Flinch({"study"}).err, HasSubstr("needs a SCENARIO"));
  const Outcome unknown = Flinch({"study", "small_job", "--vary", "cluster.task_manager=1,2"});
  EXPECT_EQ(unknown.exit_code, kExitUsage);
  EXPECT_THAT(unknown.err, HasSubstr("cluster.task_managers"));
  EXPECT_THAT(Flinch({"study", "small_job", "--vary", "cluster.task_managers=4", "--seeds",
                      "0..18446744073709551615"})
                  .err,
              HasSubstr("more than 1000000 runs"));
}

}  // namespace

}  // namespace flinch::scenarios
