#include "reports/run_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace flinch::reports {

namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

RunSummary PassedRun() {
  return {.scenario = "url_clicks",
          .why = "Clicks per URL and minute survive crashes drawn from the seed.",
          .seed = 7,
          .verdict = Verdict::kPassed,
          .reason = "",
          .digest = {.high = 0x0123456789abcdef, .low = 0xfedcba9876543210},
          .events = 48'211,
          .records_in = 2000,
          .records_out = 214,
          .rows_skipped = 0,
          .checkpoints_completed = 18,
          .checkpoints_failed = 2,
          .restarts = 2,
          .faults = {{.kind = "crash", .target = "tm-2", .at = sim::kEpoch + 2417ms},
                     {.kind = "restart", .target = "tm-2", .at = sim::kEpoch + 2917ms},
                     {.kind = "cut", .target = "jm/tm-1", .at = sim::kEpoch + 7003ms}},
          .findings = {},
          .replay = "./flinch replay url_clicks:abc:7",
          .sim_time = sim::kEpoch + 12'340ms,
          .wall_ns = 20'600'000};
}

RunSummary FailedRun() {
  RunSummary summary = PassedRun();
  summary.verdict = Verdict::kFailed;
  summary.findings = {
      {.oracle = "exactly_once",
       .witness = "The record with key \"/a\" is doubled.",
       .details = {"In all: 2 doubled.", "The record with key \"/b\" is doubled."}},
      {.oracle = "job_finishes", .witness = "The job did not finish.", .details = {}}};
  return summary;
}

TEST(RunSummaryTest, SaysWhyCheckpointsFailedAndWhyTheJobWasStartedAgain) {
  RunSummary summary = PassedRun();
  summary.checkpoint_failures = {{.id = 3,
                                  .at = sim::kEpoch + 2588ms,
                                  .reason = "CHECKPOINT_EXPIRED",
                                  .missing = {"sink[0], sink[1] had not begun"}}};
  for (int more = 0; more < 5; ++more) {
    summary.restart_causes.push_back(
        {.at = sim::kEpoch + 3s, .cause = "tm-2 is lost", .checkpoint = more});
  }
  summary.job_end = "The job FAILED at 00:09.000: map[0] threw.";
  const std::string text = ShowText(summary);
  EXPECT_THAT(text, HasSubstr("                00:02.588  checkpoint 3: CHECKPOINT_EXPIRED\n"
                              "                           sink[0], sink[1] had not begun\n"));
  EXPECT_THAT(text, HasSubstr("                00:03.000  tm-2 is lost; from nothing\n"));
  EXPECT_THAT(text, HasSubstr("; from checkpoint 3\n                and 1 more; --json"));
  EXPECT_THAT(text, HasSubstr("  The job FAILED at 00:09.000: map[0] threw.\n"));
  const nlohmann::json json = nlohmann::json::parse(ShowJson(summary));
  EXPECT_EQ(json["checkpoint_failures"][0]["reason"], "CHECKPOINT_EXPIRED");
  EXPECT_EQ(json["restart_causes"].size(), 5U);
  EXPECT_EQ(json["job_end"], summary.job_end);
}

TEST(RunSummaryTest, TellsWhoLed) {
  RunSummary summary = PassedRun();
  EXPECT_THAT(ShowText(summary), Not(HasSubstr("leaders")));
  summary.leaders = {{.term = 1,
                      .process = "jm",
                      .from = sim::kEpoch + 12ms,
                      .until = sim::kEpoch + 2s,
                      .end = "crashed"},
                     {.term = 2, .process = "jm-2", .from = sim::kEpoch + 3s}};
  EXPECT_THAT(ShowText(summary),
              HasSubstr("  leaders       term 1: jm from 00:00.012 to 00:02.000: crashed\n"
                        "                term 2: jm-2 from 00:03.000\n"));
  const nlohmann::json json = nlohmann::json::parse(ShowJson(summary));
  EXPECT_EQ(json["leaders"][0]["end"], "crashed");
  EXPECT_EQ(json["leaders"][1]["term"], 2);
  EXPECT_FALSE(json["leaders"][1].contains("until_ns"));
}

TEST(RunSummaryTest, WhereCheckpointsFailedATableShowsThemFirst) {
  RunSummary summary = PassedRun();
  for (int64_t id = 1; id <= 30; ++id) {
    CheckpointRow row{.id = id, .triggered = sim::kEpoch, .stored = sim::kEpoch, .expected = 2};
    summary.checkpoints.push_back(row);
  }
  EXPECT_THAT(ShowText(summary), Not(HasSubstr("Acknowledged")));
  summary.checkpoints[4].stored.reset();
  summary.checkpoints[4].aborted = sim::kEpoch;
  summary.checkpoints[4].reason = "CHECKPOINT_EXPIRED";
  const std::string text = ShowText(summary);
  EXPECT_THAT(text, HasSubstr("   5  FAILED "));
  EXPECT_THAT(text, HasSubstr("   6  COMPLETED "));
  EXPECT_THAT(text, HasSubstr("  30  COMPLETED "));
  EXPECT_THAT(text, Not(HasSubstr("   4  COMPLETED ")));
  EXPECT_THAT(text, HasSubstr("  and 18 more; --checkpoints tells them\n"));
  EXPECT_THAT(ShowText(summary, ReplayLine::kUnlessPassed, CheckpointTable::kAllWithSubtasks),
              HasSubstr("   4  COMPLETED "));
}

TEST(RunSummaryTest, TextOfAPassedRunIsAlignedAndHasNoReplayLine) {
  EXPECT_EQ(ShowText(PassedRun()), R"(url_clicks  seed 7  passed
  Clicks per URL and minute survive crashes drawn from the seed.

  records       2000 in, 214 out
  checkpoints   18 completed, 2 failed
  restarts      2
  faults        3 fired
                00:02.417  crash    tm-2
                00:02.917  restart  tm-2
                00:07.003  cut      jm/tm-1
  time          12.3 s simulated in 0.021 s
  events        48,211
  digest        0123456789abcdeffedcba9876543210
)");
}

TEST(RunSummaryTest, TextOfAFailedRunSaysFirstWhatIsBrokenAndLastHowToReplay) {
  EXPECT_EQ(ShowText(FailedRun()), R"(url_clicks  seed 7  failed
  Clicks per URL and minute survive crashes drawn from the seed.

  exactly_once
    The record with key "/a" is doubled.
      In all: 2 doubled.
      The record with key "/b" is doubled.

  job_finishes, seen later
    The job did not finish.

  records       2000 in, 214 out
  checkpoints   18 completed, 2 failed
  restarts      2
  faults        3 fired
                00:02.417  crash    tm-2
                00:02.917  restart  tm-2
                00:07.003  cut      jm/tm-1
  time          12.3 s simulated in 0.021 s
  events        48,211
  digest        0123456789abcdeffedcba9876543210

replay:
./flinch replay url_clicks:abc:7
)");
}

TEST(RunSummaryTest, TextPrintsTheReplayLineOfAPassedRunWhenAsked) {
  EXPECT_THAT(ShowText(PassedRun(), ReplayLine::kAlways),
              EndsWith("\n\nreplay:\n./flinch replay url_clicks:abc:7\n"));
}

TEST(RunSummaryTest, TextSaysWhichFaultsOfAWrittenPlanNeverFired) {
  RunSummary summary = PassedRun();
  summary.faults.clear();
  EXPECT_THAT(ShowText(summary), HasSubstr("  faults        none fired\n"));
  EXPECT_EQ(ShowJson(summary).find("faults_planned"), std::string::npos);
  summary.faults_planned = 1;
  summary.faults_missed = {"plan[0] crash tm-1"};
  EXPECT_THAT(ShowText(summary),
              HasSubstr("  faults        0 of 1 fired: plan[0] crash tm-1 never did\n"));
  EXPECT_THAT(ShowJson(summary),
              HasSubstr(R"("faults_planned":1,"faults_missed":["plan[0] crash tm-1"])"));
  summary.faults_planned = 5;
  summary.faults_missed = {"a", "b", "c", "d"};
  summary.faults = {{.kind = "crash", .target = "tm-2", .at = sim::kEpoch}};
  EXPECT_THAT(ShowText(summary), HasSubstr("1 of 5 fired: a, b, c and 1 more never did\n"));
  // At a rate.
  summary.faults.assign(9, summary.faults.front());
  EXPECT_THAT(ShowText(summary), HasSubstr("1 of 5 fired"));
}

TEST(RunSummaryTest, TextCannotSteerATerminal) {
  RunSummary summary = PassedRun();
  summary.scenario = "a\x1b[31m";
  summary.why = "b\x1b]0;title\a";
  EXPECT_EQ(ShowText(summary).find_first_of("\x1b\a"), std::string::npos);
}

TEST(RunSummaryTest, TextOfAnInconclusiveRunSaysWhatIsMissing) {
  RunSummary summary = PassedRun();
  summary.verdict = Verdict::kInconclusive;
  summary.reason = "No completed checkpoint has all of its files.";
  const std::string text = ShowText(summary);
  EXPECT_THAT(text, HasSubstr("seed 7  inconclusive\n"));
  EXPECT_THAT(text, HasSubstr("\n\n  No completed checkpoint has all of its files.\n\n"));
  EXPECT_THAT(text, EndsWith("replay:\n./flinch replay url_clicks:abc:7\n"));
}

TEST(RunSummaryTest, TextSaysThatNoFaultFired) {
  RunSummary summary = PassedRun();
  summary.faults.clear();
  EXPECT_THAT(ShowText(summary), HasSubstr("\n  faults        none fired\n  time "));
}

TEST(RunSummaryTest, TextShowsADozenFaultsAndCountsTheOthers) {
  RunSummary summary = PassedRun();
  summary.faults.assign(12, {.kind = "crash", .target = "tm-1", .at = sim::kEpoch + 1s});
  EXPECT_THAT(ShowText(summary), Not(HasSubstr("more")));
  summary.faults.push_back({.kind = "crash", .target = "tm-13", .at = sim::kEpoch + 13s});
  summary.faults.push_back({.kind = "crash", .target = "tm-14", .at = sim::kEpoch + 14s});
  const std::string text = ShowText(summary);
  EXPECT_THAT(text, HasSubstr("  faults        14 fired\n"));
  EXPECT_THAT(text, HasSubstr("                and 2 more\n"));
  EXPECT_THAT(text, Not(HasSubstr("tm-13")));
}

TEST(RunSummaryTest, TextTellsOfSkippedRowsOnlyWhenThereAreSome) {
  RunSummary summary = PassedRun();
  EXPECT_THAT(ShowText(summary), Not(HasSubstr("skipped")));
  summary.rows_skipped = 3;
  EXPECT_THAT(ShowText(summary), HasSubstr("2000 in, 214 out, 3 malformed rows skipped\n"));
  summary.rows_skipped = 1;
  EXPECT_THAT(ShowText(summary), HasSubstr("2000 in, 214 out, 1 malformed row skipped\n"));
}

TEST(RunSummaryTest, TextRoundsSpans) {
  RunSummary summary = PassedRun();
  summary.sim_time = sim::kEpoch + 12'350ms;
  summary.wall_ns = 1'999'500'000;
  EXPECT_THAT(ShowText(summary), HasSubstr("12.4 s simulated in 2.000 s\n"));
}

TEST(RunSummaryTest, JsonIsOneLineWithItsKeysInOrder) {
  EXPECT_EQ(ShowJson(PassedRun()),
            R"({"scenario":"url_clicks","seed":"7","verdict":"passed",)"
            R"("digest":"0123456789abcdeffedcba9876543210","events":48211,)"
            R"("records_in":2000,"records_out":214,"rows_skipped":0,)"
            R"("checkpoints_completed":18,"checkpoints_failed":2,"restarts":2,"faults":[)"
            R"({"kind":"crash","target":"tm-2","at_ns":2417000000},)"
            R"({"kind":"restart","target":"tm-2","at_ns":2917000000},)"
            R"({"kind":"cut","target":"jm/tm-1","at_ns":7003000000}],)"
            R"("sim_ns":12340000000,"wall_ns":20600000,)"
            R"("replay":"./flinch replay url_clicks:abc:7"})"
            "\n");
}

TEST(RunSummaryTest, JsonOfAFailedRunHasTheFirstFindingAndAllOfThem) {
  const auto object = nlohmann::json::parse(ShowJson(FailedRun()));
  EXPECT_EQ(object["verdict"], "failed");
  EXPECT_EQ(object["oracle"], "exactly_once");
  EXPECT_EQ(object["witness"], "The record with key \"/a\" is doubled.");
  EXPECT_EQ(object["details"].size(), 2U);
  ASSERT_EQ(object["findings"].size(), 2U);
  EXPECT_EQ(object["findings"][1]["oracle"], "job_finishes");
  EXPECT_TRUE(object["findings"][1]["details"].is_array());
}

TEST(RunSummaryTest, JsonOfAFailedRunHasItsSignatureAndTheMarksOfItsFindings) {
  RunSummary summary = FailedRun();
  summary.signature = "exactly_once:doubled@sink";
  Finding& first = summary.findings.front();
  first.breach = "doubled";
  first.role = "sink";
  first.event = sim::EventId(41);
  const auto object = nlohmann::json::parse(ShowJson(summary));
  EXPECT_EQ(object["signature"], "exactly_once:doubled@sink");
  EXPECT_EQ(object["findings"][0]["breach"], "doubled");
  EXPECT_EQ(object["findings"][0]["role"], "sink");
  EXPECT_EQ(object["findings"][0]["event"], 41);
  EXPECT_FALSE(object["findings"][1].contains("event"));
}

TEST(RunSummaryTest, JsonKeepsEverySeedExactly) {
  RunSummary summary = PassedRun();
  summary.seed = 18'446'744'073'709'551'615ULL;
  EXPECT_EQ(nlohmann::json::parse(ShowJson(summary))["seed"], "18446744073709551615");
}

TEST(RunSummaryTest, JsonSurvivesBytesThatAreNoText) {
  RunSummary summary = FailedRun();
  summary.findings.front().witness = "key \xff\n";
  EXPECT_EQ(nlohmann::json::parse(ShowJson(summary))["witness"], "key \xef\xbf\xbd\n");
}

TEST(RunSummaryTest, JsonOfAnInconclusiveRunHasItsReason) {
  RunSummary summary = PassedRun();
  EXPECT_FALSE(nlohmann::json::parse(ShowJson(summary)).contains("reason"));
  summary.verdict = Verdict::kInconclusive;
  summary.reason = "No completed checkpoint has all of its files.";
  EXPECT_EQ(nlohmann::json::parse(ShowJson(summary))["reason"], summary.reason);
}

TEST(RunSummaryTest, VerdictsFormALattice) {
  EXPECT_LT(Verdict::kPassed, Verdict::kInconclusive);
  EXPECT_LT(Verdict::kInconclusive, Verdict::kFailed);
  EXPECT_EQ(Name(Verdict::kPassed), "passed");
  EXPECT_EQ(Name(Verdict::kInconclusive), "inconclusive");
  EXPECT_EQ(Name(Verdict::kFailed), "failed");
}

TEST(RunSummaryTest, TellsAllWhoWaitToProgramsAndTheFirstToPeople) {
  RunSummary summary = FailedRun();
  for (int line = 1; line <= 30; ++line) {
    summary.stuck += "fiber " + std::to_string(line) + " waits\n";
  }
  const std::string text = ShowText(summary);
  EXPECT_THAT(text, HasSubstr("  stuck\n    fiber 1 waits\n"));
  EXPECT_THAT(text, HasSubstr("    fiber 24 waits\n    … and 6 more lines; --json tells them.\n"));
  EXPECT_THAT(text, Not(HasSubstr("fiber 25")));
  const auto object = nlohmann::json::parse(ShowJson(summary));
  ASSERT_EQ(object.at("stuck").size(), 30U);
  EXPECT_EQ(object.at("stuck").at(29), "fiber 30 waits");
  EXPECT_FALSE(nlohmann::json::parse(ShowJson(FailedRun())).contains("stuck"));
}

}  // namespace

}  // namespace flinch::reports
