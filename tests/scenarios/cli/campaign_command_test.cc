#include "scenarios/cli/campaign_command.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/lab/version.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::Flinch;
using tests::Outcome;

using Words = std::vector<std::string>;

Outcome Emit(const std::string& engine, const Words& more = {}) {
  Words words = {"campaign", "emit", "--engine", engine, "small_job", "--seeds", "1..40"};
  words.insert(words.end(), more.begin(), more.end());
  return Flinch(words);
}

class CampaignEnginesTest : public testing::TestWithParam<const char*> {};

TEST_P(CampaignEnginesTest, PrintAScriptThatHuntsInShardsAndMerges) {
  const Outcome emitted = Emit(GetParam(), {"--shards=3", "--out", "there"});
  EXPECT_EQ(emitted.exit_code, kExitPassed) << emitted.err;
  EXPECT_THAT(emitted.out, AllOf(HasSubstr("small_job"), HasSubstr("1..40"), HasSubstr("merge"),
                                 HasSubstr("--exit-zero-on-findings"), Not(HasSubstr("@HUNT@")),
                                 Not(HasSubstr("--engine")), Not(HasSubstr("flinch-campaign"))));
  EXPECT_EQ(emitted.out, Emit(GetParam(), {"--shards", "3", "--out=there"}).out);
}

INSTANTIATE_TEST_SUITE_P(All, CampaignEnginesTest,
                         testing::Values("slurm", "parallel", "kubernetes", "github", "gitlab"));

TEST(CampaignCommandTest, AShellReadsTheWordsAsTheyWereTyped) {
  const Words fault = {"--fault", "{ when = { at = \"1s\" }, do = { crash = 'tm-1' } }"};
  for (const char* const engine : {"slurm", "parallel"}) {
    const std::string path = testing::TempDir() + "/campaign_" + engine + ".sh";
    std::ofstream(path) << Emit(engine, fault).out;
    EXPECT_EQ(std::system(fmt::format("bash -n '{}'", path).c_str()), 0);
    // The words of the hunt, as bash splits them.
    const std::string told = path + ".txt";
    const std::string command = fmt::format(
        "cd '{0}' && rm -rf flinch-campaign && eval \"$(sed -n '/hunt small_job/p' '{1}' | sed "
        "'s/^.*hunt/printf \"%s\\\\n\"/; s/ .$//')\" > '{2}'",
        testing::TempDir(), path, told);
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    std::ifstream in(told);
    Words words;
    for (std::string line; std::getline(in, line);) {
      words.push_back(line);
    }
    EXPECT_THAT(words, testing::ElementsAre("small_job", "--seeds", "1..40", fault[0], fault[1]));
  }
}

TEST(CampaignCommandTest, ATimeOfTheUsersIsNotDoneAgain) {
  EXPECT_THAT(Emit("slurm").out, HasSubstr("scontrol requeue"));
  EXPECT_THAT(Emit("slurm", {"--for", "5m"}).out,
              AllOf(HasSubstr("--for 5m"), Not(HasSubstr("scontrol requeue"))));
}

// What the pods of the manifest call, with the variables that Kubernetes sets.
TEST(CampaignCommandTest, TheManifestHuntsInPodsAsItSays) {
  const std::string folder = testing::TempDir() + "/campaign_pods";
  std::filesystem::remove_all(folder);
  const std::string manifest =
      Emit("kubernetes", {"--shards", "3", "--set", "workload.records=60", "-j", "1"}).out;
  const size_t from = manifest.find("args: [") + 6;
  json args = json::parse(manifest.substr(from, manifest.find(']', from) - from + 1));
  EXPECT_THAT(manifest, AllOf(HasSubstr("completions: 3\n"), HasSubstr("value: \"3\"\n"),
                              HasSubstr("completionMode: Indexed")));
  for (json& word : args) {
    word = word == "/results" ? json(folder) : word;
  }
  setenv("FLINCH_SHARDS", "3", 1);
  for (const char* const pod : {"0", "2", "1", "2"}) {
    setenv("JOB_COMPLETION_INDEX", pod, 1);
    const Outcome hunt = Flinch(args.get<Words>());
    EXPECT_EQ(hunt.exit_code, kExitPassed) << hunt.err;
    EXPECT_THAT(hunt.err, HasSubstr("by JOB_COMPLETION_INDEX"));
  }
  unsetenv("FLINCH_SHARDS");
  unsetenv("JOB_COMPLETION_INDEX");
  const Outcome merged = Flinch({"merge", folder, "--json"});
  EXPECT_EQ(merged.exit_code, kExitPassed) << merged.out;
  EXPECT_EQ(json::parse(merged.out)["runs"], 40);
}

TEST(CampaignCommandTest, RefusesWhatIsNoCampaign) {
  EXPECT_THAT(Flinch({"campaign", "emit", "--engine", "slurm", "small_job"}).err,
              HasSubstr("needs --seeds A..B"));
  EXPECT_THAT(Emit("slrum").err, HasSubstr("Did you mean \"slurm\"?"));
  EXPECT_THAT(Emit("slurm", {"--shard", "1/2"}).err, HasSubstr("--shard is nothing"));
  EXPECT_THAT(Emit("slurm", {"--fresh"}).err, HasSubstr("--fresh is nothing"));
  EXPECT_THAT(Emit("slurm", {"--shards", "0"}).err, HasSubstr("from 1 to"));
  EXPECT_THAT(Emit("slurm", {"--serach", "pct"}).err, HasSubstr("--search"));
  EXPECT_THAT(Emit("github", {"--set", "job.name=${{ secrets.X }}"}).err,
              HasSubstr("cannot stand in a script"));
  EXPECT_THAT(Emit("gitlab", {"--set", "why=a\nb"}).err, HasSubstr("control characters"));
  EXPECT_THAT(Flinch({"campaign", "run", "--engine", "slurm", "x", "--seeds", "1"}).err,
              HasSubstr("campaign emit"));
  EXPECT_EQ(Flinch({"campaign"}).exit_code, kExitUsage);
}

}  // namespace

}  // namespace flinch::scenarios
