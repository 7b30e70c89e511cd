#include "scenarios/cli/hunt_command.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/lab/results_file.h"
#include "scenarios/lab/version.h"
#include "tests/paths.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using tests::Flinch;
using tests::Outcome;

// Each test has a folder of its own, empty at first.
class HuntCommandTest : public testing::Test {
 protected:
  HuntCommandTest()
      : folder_(testing::TempDir() + "/hunt_command_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
  }

  // A hunt over small runs.
  Outcome Hunt(std::vector<std::string> more, const std::string& folder = "") const {
    std::vector<std::string> words = {
        "hunt", "url_clicks", "--set", "workload.records=60",
        "-j",   "2",          "--out", folder.empty() ? folder_ : folder};
    words.insert(words.end(), more.begin(), more.end());
    return Flinch(words);
  }

  static json Numbers(const std::string& text) {
    json object = json::parse(text);
    for (const char* const key : {"seeds_per_second", "runs_now", "results"}) {
      object.erase(key);
    }
    return object;
  }

  std::string folder_;
};

TEST_F(HuntCommandTest, TellsWhatWasTried) {
  const Outcome hunt = Hunt({"--seeds", "1..8"});
  EXPECT_EQ(hunt.exit_code, kExitPassed) << hunt.out << hunt.err;
  EXPECT_THAT(hunt.out, AllOf(StartsWith("url_clicks  no failure\n"), HasSubstr("8 (8 passed)"),
                              HasSubstr("steps struck  "), Not(HasSubstr("never")),
                              HasSubstr("0 failures in 8 seeds: at most 37.5 %")));
  EXPECT_THAT(hunt.err, AllOf(StartsWith("#1 "), HasSubstr("#8 done")));
}

TEST_F(HuntCommandTest, TellsWhatItNeverTried) {
  EXPECT_THAT(Hunt({"--seeds", "1..20"}).out,
              AllOf(HasSubstr("never drawn   lying_sync, "), HasSubstr("never varied  "),
                    Not(HasSubstr("cluster.* (2)"))));
}

TEST_F(HuntCommandTest, SearchesAsItIsAsked) {
  const json cells =
      json::parse(Hunt({"--seeds", "1..4", "--search", "cells", "--json"}, folder_ + "/c").out);
  EXPECT_EQ(cells["searches"], (json{{"cells", 4}}));
  const json all = json::parse(Hunt({"--seeds", "1..8", "--json"}, folder_ + "/p").out)["searches"];
  for (const char* const search : {"random", "pct", "pos", "swarm", "cells"}) {
    EXPECT_TRUE(all.contains(search)) << search << " is not in " << all;
  }
}

TEST_F(HuntCommandTest, NoCellCanBeAimedAtWhereNoFaultIsDrawn) {
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
           {"--set", "faults.source=none"},
           {"--fault", "{ when = { at = \"1s\" }, do = { crash = \"jm\" } }"}}) {
    std::vector<std::string> words = {"--seeds", "1..2", "--search", "cells"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome hunt = Hunt(words);
    EXPECT_EQ(hunt.exit_code, kExitUsage) << hunt.out;
    EXPECT_THAT(hunt.err, HasSubstr("--search cells"));
  }
}

TEST_F(HuntCommandTest, EachFaultOfAPlanIsMissed) {
  const std::vector<std::string> words = {
      "--seeds",
      "1..3",
      "--fault",
      "{ when = { at = \"100ms\" }, do = { crash = \"tm-1\", "
      "restart_after = \"300ms\" } }",
      "--fault",
      "{ when = { event = \"checkpoint.stored\", "
      "nth = 1000 }, do = { cut = [\"jm\", \"tm-2\"], for = \"1s\" } }"};
  const Outcome hunt = Hunt(words);
  EXPECT_EQ(hunt.exit_code, kExitPassed) << hunt.out << hunt.err;
  EXPECT_THAT(hunt.out, HasSubstr("warning: fault_never_fired: url_clicks: plan[1] cut jm/tm-2 "));
  const Outcome merged = Flinch({"merge", folder_, "--strict"});
  EXPECT_EQ(merged.exit_code, kExitInconclusive);
  EXPECT_THAT(merged.out, AllOf(HasSubstr("warning: fault_never_fired"),
                                ::testing::Not(HasSubstr("never drawn"))));
}

TEST_F(HuntCommandTest, WhatIsDoneIsNotDoneAgain) {
  const Outcome whole = Hunt({"--seeds", "1..8", "--json"});
  EXPECT_EQ(whole.err, "");
  const std::string path = folder_ + "/shard-1-of-1.jsonl";
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  // As after a `kill -9`: five lines and a torn one.
  std::string kept = text.str();
  size_t end = 0;
  for (int line = 0; line < 6; ++line) {
    end = kept.find('\n', end) + 1;
  }
  std::ofstream(path) << kept.substr(0, end + 20);
  const Outcome again = Hunt({"--seeds", "1..8", "--json"});
  EXPECT_EQ(json::parse(again.out)["runs_now"], 3);
  EXPECT_EQ(Numbers(again.out), Numbers(whole.out));
  EXPECT_EQ(json::parse(Hunt({"--seeds", "1..8", "--json"}).out)["runs_now"], 0);
  EXPECT_EQ(json::parse(Hunt({"--seeds", "1..8", "--json", "--fresh"}).out)["runs_now"], 8);
}

TEST_F(HuntCommandTest, ShardsMergedAreTheWhole) {
  const Outcome whole = Hunt({"--seeds", "1..10", "--json"}, folder_ + "/whole");
  for (const char* const shard : {"3/3", "1/3"}) {
    EXPECT_EQ(Hunt({"--seeds", "1..10", "--shard", shard}, folder_ + "/shards").exit_code, 0);
  }
  const Outcome partial = Flinch({"merge", folder_ + "/shards"});
  EXPECT_EQ(partial.exit_code, kExitTryAgain);
  EXPECT_THAT(partial.out, HasSubstr("missing: 3 units of shard 2/3, the first of them unit 1"));
  Hunt({"--seeds", "1..10", "--shard", "2/3"}, folder_ + "/shards");
  const Outcome merged = Flinch({"merge", folder_ + "/shards", folder_ + "/shards", "--json"});
  EXPECT_EQ(merged.exit_code, kExitPassed) << merged.err;
  EXPECT_EQ(Numbers(merged.out), Numbers(whole.out));
}

// Whose process was ended before its first line.
TEST_F(HuntCommandTest, AShardThatWasEndedAsItBeganIsAHole) {
  Hunt({"--seeds", "1..4", "--shard", "1/2"});
  std::ofstream(folder_ + "/shard-2-of-2.jsonl") << "{\"flinch_hu";
  const Outcome merged = Flinch({"merge", folder_});
  EXPECT_EQ(merged.exit_code, kExitTryAgain) << merged.err;
  EXPECT_THAT(merged.out, HasSubstr("missing: 2 units of shard 2/2"));
  const Outcome none = Flinch({"merge", folder_ + "/shard-2-of-2.jsonl"});
  EXPECT_EQ(none.exit_code, kExitUsage);
  EXPECT_THAT(none.err, HasSubstr("ended as they began"));
}

// No escape codes and no line drawn over itself, wherever nobody looks at a terminal.
TEST_F(HuntCommandTest, APipeGetsPlainText) {
  const auto hunt = [this](const std::string& more) {
    const std::string told = folder_ + "_told.txt";
    const std::string command = fmt::format(
        "env -i NO_COLOR=1 TERM=dumb COLUMNS=60 LANG=C HOME=/nowhere '{}' hunt small_job --seeds "
        "1..3 "
        "--set workload.records=60 -j 1 --out '{}' {} > '{}' 2>&1",
        FLINCH_PROGRAM, folder_ + "/x" + more, more, told);
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    std::ostringstream text;
    text << std::ifstream(told).rdbuf();
    return text.str();
  };
  const std::string plain = hunt("");
  EXPECT_THAT(plain, AllOf(HasSubstr("0 failures in 3 seeds"), Not(HasSubstr("\x1b")),
                           Not(HasSubstr("\r"))));
  EXPECT_EQ(json::parse(hunt("--json"))["runs"], 3);
}

TEST_F(HuntCommandTest, RefusesToMergeTwoHunts) {
  Hunt({"--seeds", "1..2"}, folder_ + "/a");
  Hunt({"--seeds", "1..3"}, folder_ + "/b");
  const Outcome merged = Flinch({"merge", folder_ + "/a", folder_ + "/b"});
  EXPECT_EQ(merged.exit_code, kExitUsage);
  EXPECT_THAT(merged.err, HasSubstr("one hunt at a time"));
  EXPECT_EQ(Flinch({"merge", folder_ + "/none"}).exit_code, kExitUsage);
}

TEST_F(HuntCommandTest, AFailureComesWithItsReplayLine) {
  const Outcome hunt =
      Flinch({"hunt", "url_clicks", "--defect", "sink_commits_at_snapshot", "--seeds", "1..4",
              "--search", "random", "--no-shrink", "--json", "--out", folder_});
  EXPECT_EQ(hunt.exit_code, kExitViolation) << hunt.out << hunt.err;
  const json object = json::parse(hunt.out);
  ASSERT_FALSE(object["groups"].empty());
  const std::string replay = object["groups"][0]["replay"];
  ASSERT_THAT(replay, StartsWith("/opt/flinch replay fl1~"));
  const Outcome replayed = Flinch({"replay", replay});
  EXPECT_EQ(replayed.exit_code, kExitViolation);
  EXPECT_THAT(replayed.out, HasSubstr("The run is identical to the recorded one."));
}

TEST_F(HuntCommandTest, EachGroupIsShrunkOnce) {
  const std::vector<std::string> words = {"hunt",     "small_job",
                                          "--set",    "workload.records=200",
                                          "--defect", "sink_commits_at_snapshot",
                                          "--seeds",  "1..2",
                                          "--search", "random",
                                          "--json",   "--out",
                                          folder_};
  const Outcome hunt = Flinch(words);
  EXPECT_EQ(hunt.exit_code, kExitViolation) << hunt.out << hunt.err;
  const json group = json::parse(hunt.out)["groups"][0];
  ASSERT_FALSE(group["smallest"].is_null()) << hunt.out;
  // Not by its events: without faults a job may run on for longer.
  EXPECT_LE(group["smallest"]["faults"], group["faults"]);
  EXPECT_LE(group["smallest"]["records"], 10);
  const Outcome replayed = Flinch({"replay", group["smallest"]["replay"]});
  EXPECT_EQ(replayed.exit_code, kExitViolation);
  EXPECT_THAT(replayed.out, HasSubstr("The run is identical to the recorded one."));
  const sim::Result<StoredResults> stored = ReadResults(folder_ + "/shard-1-of-1.jsonl");
  ASSERT_TRUE(stored.has_value()) << stored.error().message;
  EXPECT_EQ(stored->shrunk.size(), json::parse(hunt.out)["groups"].size());
  const Outcome again = Flinch(words);
  EXPECT_EQ(Numbers(again.out), Numbers(hunt.out));
  EXPECT_EQ(ReadResults(folder_ + "/shard-1-of-1.jsonl")->shrunk.size(), stored->shrunk.size());
  EXPECT_EQ(json::parse(Flinch({"merge", folder_, "--json"}).out)["groups"],
            json::parse(hunt.out)["groups"]);
  std::vector<std::string> fresh = words;
  fresh.insert(fresh.end(), {"--fresh", "--no-shrink"});
  EXPECT_TRUE(json::parse(Flinch(fresh).out)["groups"][0]["smallest"].is_null());
}

TEST_F(HuntCommandTest, EndsWhenEnoughWasFound) {
  std::vector<std::string> words = {
      "hunt",        "small_job", "--defect", "sink_commits_at_snapshot", "--seeds",
      "1..500",      "-j",        "1",        "--max-failures",           "3",
      "--no-shrink", "--out",     folder_};
  const Outcome hunt = Flinch(words);
  EXPECT_EQ(hunt.exit_code, kExitViolation) << hunt.err;
  EXPECT_THAT(hunt.out, HasSubstr("ended early: "));
  words.insert(words.end(), {"--exit-zero-on-findings", "--json"});
  const Outcome again = Flinch(words);
  EXPECT_EQ(again.exit_code, kExitPassed);
  EXPECT_EQ(json::parse(again.out)["runs_now"], 0);
  EXPECT_LT(json::parse(again.out)["runs"], 30);
}

TEST_F(HuntCommandTest, WhatIsCutShortIsNoPass) {
  const Outcome hunt = Hunt({"--seeds", "1..100000", "--for", "300ms"});
  EXPECT_EQ(hunt.exit_code, kExitTryAgain) << hunt.out << hunt.err;
  EXPECT_THAT(hunt.out, AllOf(HasSubstr("ended early: the time of --for was over\n"),
                              HasSubstr(" of 100,000 seeds were run\n")));
  EXPECT_THAT(hunt.out.substr(hunt.out.rfind('\n', hunt.out.size() - 2) + 1),
              StartsWith("cut short: "));
  const Outcome told = Hunt({"--seeds", "1..100000", "--for", "1ms", "--json"});
  EXPECT_EQ(told.exit_code, kExitTryAgain);
  EXPECT_EQ(json::parse(told.out)["ended"], "the time of --for was over");
  EXPECT_EQ(json::parse(told.out)["missing"].size(), 1U);
  const Outcome points = Flinch({"hunt", "url_clicks", "--set", "workload.records=20", "--exhaust",
                                 "crash", "--for", "300ms", "--out", folder_ + "/points"});
  EXPECT_EQ(points.exit_code, kExitTryAgain) << points.out << points.err;
  EXPECT_THAT(points.out, ::testing::ContainsRegex("cut short: [0-9,]+ of [0-9,]+ crash points"));
}

// 20,000 rows, of which a run takes seconds: no verb with a limit waits for the end of one.
TEST_F(HuntCommandTest, ALimitHoldsOnALargeInput) {
  const std::vector<std::string> large = {"small_job", "--set", "workload.records=20000"};
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"hunt", "--seeds", "1..4", "-j", "1", "--no-shrink", "--for", "300ms"},
           {"hunt", "--exhaust", "crash", "--for", "300ms"},
           {"run", "--seed-timeout", "300ms"}}) {
    std::vector<std::string> all = words;
    all.insert(all.end(), large.begin(), large.end());
    if (words.front() == "hunt") {
      all.insert(all.end(), {"--out", folder_ + "/" + words[1]});
    }
    const auto begin = std::chrono::steady_clock::now();
    const Outcome outcome = Flinch(all);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20)) << words[1];
    EXPECT_EQ(outcome.exit_code, words.front() == "hunt" ? kExitTryAgain : kExitViolation)
        << words[1] << outcome.out << outcome.err;
  }
}

TEST_F(HuntCommandTest, ASeedCountsOnceHoweverItIsNamed) {
  std::filesystem::create_directories(folder_ + "/a");
  std::filesystem::create_directories(folder_ + "/b");
  const std::string text =
      "version = 1\nname = \"mine\"\nwhy = \"x\"\n[job]\nname = "
      "\"url_clicks\"\n[workload]\nrecords = ";
  std::ofstream(folder_ + "/a/mine.toml") << text << "20\n";
  std::ofstream(folder_ + "/b/mine.toml") << text << "30\n";
  std::filesystem::create_symlink(folder_ + "/a/mine.toml", folder_ + "/link.toml");
  const auto hunt = [this](const std::vector<std::string>& scenarios, const std::string& out) {
    std::vector<std::string> words = {"hunt", "--seeds", "1..4", "--json", "--out", folder_ + out};
    words.insert(words.end(), scenarios.begin(), scenarios.end());
    return json::parse(Flinch(words).out);
  };
  const json once = hunt({folder_ + "/a/mine.toml", folder_ + "/link.toml"}, "/once");
  EXPECT_EQ(once["runs"], 4);
  EXPECT_EQ(once["scenarios"], (json{"mine"}));
  const json apart = hunt({folder_ + "/a/mine.toml", folder_ + "/b/mine.toml"}, "/apart");
  EXPECT_EQ(apart["runs"], 8);
  ASSERT_EQ(apart["scenarios"].size(), 2U);
  EXPECT_NE(apart["scenarios"][0], apart["scenarios"][1]);
  EXPECT_THAT(apart["scenarios"][1].get<std::string>(), HasSubstr("b/mine.toml"));
}

TEST_F(HuntCommandTest, ALimitIsPartOfTheReplayLine) {
  const std::string loop = FLINCH_SOURCE_DIR "/tests/scenarios/data/loop.toml";
  const Outcome hunt = Flinch({"hunt", loop, "--seeds", "1..12", "--search", "random", "--json",
                               "--seed-timeout", "2s", "--out", folder_});
  const json object = json::parse(hunt.out);
  ASSERT_GT(object["hung"], 0) << hunt.out;
  const std::string replay = object["groups"][0]["replay"];
  EXPECT_THAT(replay, ::testing::EndsWith(" --seed-timeout 2s"));
  const std::string seed = object["groups"][0]["seed"];
  const Outcome run = Flinch({"run", loop, "--seed", seed, "--seed-timeout", "1s"});
  EXPECT_EQ(run.exit_code, kExitViolation) << run.out;
  EXPECT_THAT(run.out, HasSubstr("did not end within 1s of its own time"));
  EXPECT_THAT(run.err, HasSubstr("ended where a hunt would end it: after 1s"));
  const Outcome ends = Flinch({"run", "url_clicks", "--set", "workload.records=20",
                               "--seed-timeout", "1m", "--seed-memory", "0"});
  EXPECT_EQ(ends.exit_code, kExitPassed) << ends.err;
  EXPECT_THAT(ends.out, StartsWith("url_clicks  seed 1  passed"));
}

// What other machines wrote is read as strictly as what people write.
TEST_F(HuntCommandTest, MergeBelievesNothing) {
  Hunt({"--seeds", "1..2"});
  const std::string path = folder_ + "/shard-1-of-1.jsonl";
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  const auto merged = [&](std::string from, const std::string& what, const std::string& with) {
    from.replace(from.find(what), what.size(), with);
    std::ofstream(path) << from;
    return Flinch({"merge", folder_});
  };
  for (const auto& [what, with] :
       {std::pair("\"events\":", "\"events\":-"),
        std::pair("\"verdict\":\"passed\"", "\"verdict\":1"), std::pair("\"unit\":0", "\"unit\":2"),
        std::pair("\"cells\":\"", "\"cells\":\"zz"),
        std::pair("\"shard\":\"1/1\"", "\"shard\":\"2/1\""),
        std::pair("\"search\":\"portfolio\"", "\"search\":\"\\u001b[2J\"")}) {
    const Outcome outcome = merged(text.str(), what, with);
    EXPECT_EQ(outcome.exit_code, kExitUsage) << with << outcome.out;
    EXPECT_THAT(outcome.err, ::testing::Not(HasSubstr("exception"))) << with;
  }
  const Outcome absurd = merged(text.str(), "\"units\":2", "\"units\":1000000000000");
  EXPECT_EQ(absurd.exit_code, kExitTryAgain);
  EXPECT_THAT(absurd.out, HasSubstr("missing: 999,999,999,998 units"));
  EXPECT_THAT(absurd.out, HasSubstr("cut short: 2 of 1,000,000,000,000 seeds were run"));
}

TEST_F(HuntCommandTest, TheSurroundingsTellTheShard) {
  setenv("FLINCH_SHARD", "2/4", 1);
  const Outcome by_hand = Hunt({"--seeds", "1..8", "--json"});
  const Outcome by_flag = Hunt({"--seeds", "1..8", "--json", "--shard", "1/2"}, folder_ + "/f");
  setenv("FLINCH_SHARD", "2 of 4", 1);
  const Outcome wrong = Hunt({"--seeds", "1..8"});
  unsetenv("FLINCH_SHARD");
  EXPECT_EQ(by_hand.err, "shard 2/4, by FLINCH_SHARD\n");
  EXPECT_EQ(json::parse(by_hand.out)["runs"], 2);
  EXPECT_EQ(json::parse(by_flag.out)["runs"], 4);
  EXPECT_EQ(wrong.exit_code, kExitUsage);
  setenv("CI_NODE_INDEX", "4", 1);
  setenv("CI_NODE_TOTAL", "4", 1);
  const Outcome by_scheduler = Hunt({"--seeds", "1..8", "--json", "--shard", "auto"});
  unsetenv("CI_NODE_INDEX");
  unsetenv("CI_NODE_TOTAL");
  EXPECT_EQ(by_scheduler.err, "shard 4/4, by CI_NODE_INDEX\n");
  EXPECT_EQ(json::parse(by_scheduler.out)["runs"], 2);
}

TEST_F(HuntCommandTest, ASeedThatEndsItsProcessIsAResult) {
  const std::string data = FLINCH_SOURCE_DIR "/tests/scenarios/data/";
  for (const auto& [file, key] : {std::pair("segfault", "crashed"), std::pair("loop", "hung"),
                                  std::pair("memory", "out_of_memory")}) {
#if defined(__SANITIZE_ADDRESS__)
    if (key == std::string("out_of_memory")) {
      continue;  // the sanitizer's own addresses are beyond any limit
    }
#endif
    const Outcome hunt =
        Flinch({"hunt", data + file + ".toml", "--seeds", "1..12", "--search", "random",
                "--seed-timeout", "3s", "--json", "--out", folder_ + "/" + file});
    EXPECT_EQ(hunt.exit_code, kExitViolation) << hunt.err;
    const json object = json::parse(hunt.out);
    EXPECT_EQ(object["runs"], 12);
    EXPECT_GT(object[key], 0) << hunt.out;
    EXPECT_GT(object["passed"], 6) << hunt.out;
    EXPECT_THAT(object["groups"][0]["replay"], HasSubstr("/opt/flinch run "));
    EXPECT_THAT(object["groups"][0]["replay"], HasSubstr("--seed "));
  }
}

TEST_F(HuntCommandTest, CrashesEachProcessAtEachEvent) {
  const Outcome hunt = Flinch({"hunt", "url_clicks", "--set", "workload.records=20", "--set",
                               "job.parallelism=1", "--set", "cluster.task_managers=1", "--exhaust",
                               "crash", "--json", "--out", folder_});
  EXPECT_EQ(hunt.exit_code, kExitPassed) << hunt.out << hunt.err;
  const json object = json::parse(hunt.out);
  EXPECT_GT(object["runs"], 20);
  EXPECT_EQ(object["passed"], object["runs"]);
  EXPECT_EQ(object["faults"]["crash"], object["runs"]);
  EXPECT_EQ(object["search"], "exhaust crash of seed 7");
  EXPECT_EQ(object["searches"], (json{{"crash", object["runs"]}}));
  EXPECT_EQ(object["faults_never_fired"], json::array());
  EXPECT_THAT(hunt.out, ::testing::Not(HasSubstr("crash_points_missed")));
}

TEST_F(HuntCommandTest, AWarningCountsWhenStrictnessIsAskedFor) {
  const std::string plan = folder_ + "_plan.toml";
  std::ofstream(plan) << "version = 1\n[[fault]]\nwhen = { event = \"checkpoint.stored\", nth = "
                         "1000 }\ndo = { crash = \"jm\" }\n";
  const Outcome lenient = Hunt({"--plan", plan, "--seeds", "1..3"});
  EXPECT_EQ(lenient.exit_code, kExitPassed);
  EXPECT_THAT(lenient.out, HasSubstr("warning: faults_never_fired: url_clicks: no fault fired"));
  EXPECT_EQ(Hunt({"--plan", plan, "--seeds", "1..3", "--strict"}).exit_code, kExitInconclusive);
}

TEST_F(HuntCommandTest, BadInputIsRefusedBeforeAnythingRuns) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"hunt"},
           {"hunt", "url_click"},
           {"hunt", "url_clicks", "--set", "job.parallelism=0"},
           {"hunt", "url_clicks", "--seeds", "9..1"},
           {"hunt", "url_clicks", "--for", "soon"},
           {"hunt", "url_clicks", "--for", "0s"},
           {"hunt", "url_clicks", "-j", "0"},
           {"hunt", "url_clicks", "--shard", "5/4"},
           {"hunt", "url_clicks", "--shard", "auto"},
           {"hunt", "url_clicks", "--max-failures", "0"},
           {"hunt", "url_clicks", "--search", "luck"},
           {"hunt", "url_clicks", "--search", "pct", "--strategy", "pos"},
           {"hunt", "url_clicks", "--exhaust", "everything"},
           {"hunt", "url_clicks", "--exhaust", "crash", "--seeds", "1..2"},
           {"hunt", "url_clicks", "--exhaust", "crash", "--pairs", "3"},
           {"hunt", "url_clicks", "--pairs", "3"},
           {"hunt", "url_clicks", "--seed-memory", "lots"},
           {"hunt", "url_clicks", "--sedes", "5"}}) {
    const Outcome hunt = Flinch(words);
    EXPECT_EQ(hunt.exit_code, kExitUsage) << words.back();
    EXPECT_THAT(hunt.err, StartsWith("flinch: "));
    EXPECT_EQ(hunt.out, "");
  }
  EXPECT_THAT(Flinch({"hunt", "url_clicks", "--sedes", "5"}).err, HasSubstr("--seeds"));
  EXPECT_THAT(Flinch({"hnt", "url_clicks"}).err, HasSubstr("hunt"));
}

}  // namespace

}  // namespace flinch::scenarios
