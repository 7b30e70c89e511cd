#include "scenarios/judging.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/evidence_file.h"
#include "scenarios/oracles/catalogue.h"
#include "scenarios/registry.h"
#include "scenarios/run.h"

namespace flinch::scenarios {

namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RunResult RunRecorded(std::string_view name, uint64_t seed, std::string_view defect = "",
                      std::vector<std::string> oracles = {}) {
  RunRequest request{.scenario = *FindLibraryScenario(name), .seed = seed, .defects = {}};
  request.scenario.oracles = std::move(oracles);
  request.workload = *LoadWorkload(request.scenario, seed, std::nullopt);
  request.records_evidence = true;
  if (!defect.empty()) {
    request.defects.Plant(*engine::FindDefect(defect));
  }
  return Run(request);
}

using Told = std::tuple<std::string, std::string, std::vector<std::string>, std::string,
                        std::string, std::optional<sim::EventId>>;

std::vector<Told> AllOf(const reports::RunSummary& summary) {
  std::vector<Told> all;
  for (const reports::Finding& finding : summary.findings) {
    all.emplace_back(finding.oracle, finding.witness, finding.details, finding.breach, finding.role,
                     finding.event);
  }
  return all;
}

std::vector<std::pair<std::string, uint64_t>> SeenBy(const reports::RunSummary& summary) {
  std::vector<std::pair<std::string, uint64_t>> seen;
  for (const reports::Judged& one : summary.judged) {
    seen.emplace_back(one.oracle, one.events);
  }
  return seen;
}

// By way of the file, as a person would.
JudgedAgain Again(const RunResult& live, const std::vector<std::string>& oracles = {}) {
  const sim::Result<Evidence> read = ParseRecording("run.rec", ShowRecording(*live.evidence));
  EXPECT_TRUE(read.has_value()) << read.error().message;
  sim::Result<JudgedAgain> judged = JudgeAgain(*read, oracles);
  EXPECT_TRUE(judged.has_value()) << judged.error().message;
  return *std::move(judged);
}

void ExpectSame(const RunResult& live, const JudgedAgain& again) {
  EXPECT_EQ(AllOf(again.summary), AllOf(live.summary));
  EXPECT_EQ(SeenBy(again.summary), SeenBy(live.summary));
  EXPECT_EQ(again.summary.verdict, live.summary.verdict);
  EXPECT_EQ(again.summary.reason, live.summary.reason);
  EXPECT_EQ(again.summary.signature, live.summary.signature);
  EXPECT_THAT(again.not_judged, IsEmpty());
}

TEST(JudgeAgainTest, SaysOfARecordingWhatWasSaidLive) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    const RunResult live = RunRecorded(seed % 2 == 0 ? "word_count" : "url_clicks", seed);
    ExpectSame(live, Again(live));
  }
}

// Each is found by other oracles, some of which look at the shared volume.
TEST(JudgeAgainTest, FindsWhatAPlantedDefectBrokeWithTheSameWitnesses) {
  size_t failed = 0;
  for (const std::string_view defect :
       {"sink_commits_at_snapshot", "source_advances_before_emit", "key_group_range_end_exclusive",
        "upload_reads_live_state"}) {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      SCOPED_TRACE(std::string(defect) + " " + std::to_string(seed));
      const RunResult live = RunRecorded("url_clicks", seed, defect);
      ExpectSame(live, Again(live));
      failed += live.summary.verdict == reports::Verdict::kFailed ? 1U : 0U;
    }
  }
  EXPECT_GT(failed, 4U);
}

TEST(JudgeAgainTest, RecordingChangesNoRun) {
  RunRequest request{.scenario = *FindLibraryScenario("url_clicks"), .seed = 3, .defects = {}};
  request.workload = *LoadWorkload(request.scenario, 3, std::nullopt);
  EXPECT_EQ(scenarios::Run(request).summary.digest, RunRecorded("url_clicks", 3).summary.digest);
}

TEST(JudgeAgainTest, AsksTheNamedOraclesAlone) {
  const RunResult live = RunRecorded("url_clicks", 2, "sink_commits_at_snapshot");
  ASSERT_EQ(live.summary.verdict, reports::Verdict::kFailed);
  const JudgedAgain again = Again(live, {"commit_after_durable"});
  ASSERT_EQ(again.summary.judged.size(), 1U);
  EXPECT_EQ(again.summary.judged[0].oracle, "commit_after_durable");
  const std::vector<Told> all = AllOf(live.summary);
  for (const Told& told : AllOf(again.summary)) {
    EXPECT_NE(std::ranges::find(all, told), all.end());
  }
  EXPECT_EQ(Again(live, {"watermarks_grow"}).summary.verdict, reports::Verdict::kPassed);
  const sim::Result<JudgedAgain> unknown =
      JudgeAgain(*live.evidence, std::vector<std::string>{"exactly_onec"});
  ASSERT_FALSE(unknown.has_value());
  EXPECT_THAT(unknown.error().message, HasSubstr("There is no oracle \"exactly_onec\""));
}

TEST(JudgeAgainTest, SaysWhoCannotJudgeForWantOfALook) {
  const RunResult live = RunRecorded("url_clicks", 3, "", {"exactly_once"});
  const JudgedAgain again = Again(live, {"exactly_once", "consistent_cut", "retained_files"});
  EXPECT_THAT(again.not_judged,
              ElementsAre(::testing::Field(&NotJudged::oracle, "consistent_cut"),
                          ::testing::Field(&NotJudged::oracle, "retained_files")));
  EXPECT_THAT(again.not_judged,
              Each(::testing::Field(&NotJudged::why, HasSubstr("could not look"))));
  EXPECT_EQ(again.summary.verdict, reports::Verdict::kInconclusive);
  EXPECT_THAT(again.summary.reason, HasSubstr("consistent_cut did not judge"));
  EXPECT_EQ(Again(live).summary.verdict, reports::Verdict::kPassed);
}

TEST(JudgeAgainTest, PassesOverOraclesThatAreGone) {
  RunResult live = RunRecorded("url_clicks", 3, "", {"exactly_once"});
  live.evidence->oracles.emplace_back("an_older_one");
  const JudgedAgain again = Again(live);
  EXPECT_THAT(again.not_judged, ElementsAre(::testing::Field(&NotJudged::oracle, "an_older_one")));
  EXPECT_EQ(again.summary.judged.size(), 1U);
  live.evidence->oracles = {"an_older_one"};
  EXPECT_THAT(Again(live).summary.judged, IsEmpty());
}

TEST(ConcludeTest, ExcusesFindingsOrLetsThemStand) {
  reports::RunSummary summary;
  Conclude(std::nullopt, summary);
  EXPECT_EQ(summary.verdict, reports::Verdict::kPassed);
  summary.findings.push_back({.oracle = "exactly_once", .witness = "w", .details = {}});
  Conclude(std::nullopt, summary);
  EXPECT_EQ(summary.verdict, reports::Verdict::kFailed);
  EXPECT_EQ(summary.signature, "exactly_once");
  Conclude("A disk lied.", summary);
  EXPECT_EQ(summary.verdict, reports::Verdict::kInconclusive);
  EXPECT_EQ(summary.reason, "A disk lied.");
  EXPECT_THAT(summary.findings, IsEmpty());
  EXPECT_EQ(summary.signature, "");
}

}  // namespace

}  // namespace flinch::scenarios
