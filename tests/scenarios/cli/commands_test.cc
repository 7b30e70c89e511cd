#include "scenarios/cli/commands.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/cli/inspect_commands.h"
#include "scenarios/lab/token.h"
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
using tests::Flinch;
using tests::Outcome;

class CommandsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/flinch_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
  }

  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
    return folder_ + "/" + name;
  }

  std::string Read(const std::string& name) {
    std::ifstream in(folder_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string folder_;
};

// Small and quick, but with a crash.
std::vector<std::string> SmallRun(std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"run", "url_clicks", "--seed",
                                    "7",   "--set",      "workload.records=300"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_F(CommandsTest, RunsAScenarioForPeople) {
  const Outcome run = Flinch(SmallRun());
  EXPECT_EQ(run.exit_code, kExitPassed) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("url_clicks  seed 7  passed"), HasSubstr("300 in"),
                             HasSubstr("digest")));
  EXPECT_THAT(run.err, IsEmpty());
}

TEST_F(CommandsTest, PrintsOneObjectAndNothingElse) {
  const Outcome run = Flinch(SmallRun({"--json"}));
  EXPECT_EQ(std::ranges::count(run.out, '\n'), 1);
  const json object = json::parse(run.out);
  for (const std::string_view member :
       {"scenario", "seed", "verdict", "digest", "events", "records_in", "records_out",
        "checkpoints_completed", "checkpoints_failed", "restarts", "faults", "sim_ns", "wall_ns"}) {
    EXPECT_TRUE(object.contains(member)) << member;
  }
  EXPECT_EQ(object["seed"], "7");
  EXPECT_GT(object["wall_ns"].get<int64_t>(), 0);
}

TEST_F(CommandsTest, FindsThatBothRunsAreIdentical) {
  const Outcome text = Flinch(SmallRun({"--twice"}));
  EXPECT_EQ(text.exit_code, kExitPassed);
  EXPECT_THAT(text.out, HasSubstr("Both runs are identical"));
  const Outcome object = Flinch(SmallRun({"--twice", "--json"}));
  EXPECT_EQ(json::parse(object.out)["identical"], true);
}

TEST_F(CommandsTest, HasTheSameDigestWhateverIsKept) {
  const json plain = json::parse(Flinch(SmallRun({"--json"})).out);
  const json twice = json::parse(Flinch(SmallRun({"--json", "--twice"})).out);
  EXPECT_EQ(plain["digest"], twice["digest"]);
  const json other = json::parse(
      Flinch({"run", "url_clicks", "--seed", "8", "--set", "workload.records=300", "--json"}).out);
  EXPECT_NE(plain["digest"], other["digest"]);
}

TEST_F(CommandsTest, ShowsATimeline) {
  const Outcome run = Flinch(SmallRun({"--timeline"}));
  EXPECT_THAT(run.out, AllOf(HasSubstr("checkpoint.triggered"), HasSubstr("job.status"),
                             Not(HasSubstr("sim.run"))));
}

TEST_F(CommandsTest, ReplaysAFailureFromItsPastedLine) {
  const Outcome run =
      Flinch({"run", "url_clicks", "--seed", "7", "--defect", "sink_commits_at_snapshot"});
  ASSERT_EQ(run.exit_code, kExitViolation) << run.out;
  const size_t line = run.out.find("replay:");
  ASSERT_NE(line, std::string::npos);
  const Outcome replay = Flinch({"replay", run.out.substr(line)});
  EXPECT_EQ(replay.exit_code, kExitViolation) << replay.err;
  EXPECT_THAT(replay.out, HasSubstr("identical to the recorded one"));
  EXPECT_THAT(replay.err, IsEmpty());
  const Outcome from_file = Flinch({"replay", Write("ci.log", "…\n" + run.out)});
  EXPECT_THAT(from_file.out, HasSubstr("identical to the recorded one"));
}

TEST_F(CommandsTest, TellsWhatEverythingStoodAtAtAnEvent) {
  const Outcome run = Flinch(SmallRun({"--json"}));
  ASSERT_EQ(run.exit_code, kExitPassed) << run.err;
  const json object = json::parse(run.out);
  const std::string token = object["replay"];
  const std::string last = std::to_string(object["events"].get<uint64_t>());
  const Outcome moment = Flinch({"replay", token, "--until", last});
  EXPECT_EQ(moment.exit_code, kExitPassed) << moment.err;
  EXPECT_THAT(moment.out, AllOf(HasSubstr("after event #" + last), HasSubstr("job\n  FINISHED"),
                                HasSubstr("transactions that are open\n  none"),
                                HasSubstr("identical to the recorded one")));
  EXPECT_THAT(Flinch({"replay", token, "--until", last + "0"}).err,
              HasSubstr("has events 1 to " + last));
  EXPECT_EQ(Flinch({"replay", token, "--until", "x"}).exit_code, kExitUsage);
  EXPECT_EQ(Flinch({"replay", token, "--until", "1", "--json"}).exit_code, kExitUsage);
}

TEST_F(CommandsTest, ReplaysInlineFaultsAndKeptRowsWithoutAFile) {
  const Outcome run = Flinch(
      SmallRun({"--fault", "{ when = { at = \"500ms\" }, do = { crash = \"tm-1\" } }", "--fault",
                "{ when = { after = 0, delay = \"300ms\" }, "
                "do = { restart = \"tm-1\" } }",
                "--set", "workload.rows=1-20,40,300", "--json"}));
  ASSERT_EQ(run.exit_code, kExitPassed) << run.out << run.err;
  const json first = json::parse(run.out);
  EXPECT_EQ(first["records_in"], 22);
  EXPECT_EQ(first["faults"].size(), 2U);
  EXPECT_EQ(first["faults_planned"], 2);
  const Outcome replay = Flinch({"replay", first["replay"].get<std::string>(), "--json"});
  EXPECT_EQ(json::parse(replay.out)["digest"], first["digest"]);
  EXPECT_EQ(json::parse(replay.out)["identical"], true);

  const Outcome wrong =
      Flinch(SmallRun({"--fault", "{ when = { at = \"1s\" }, do = { crash = \"tm-9\" } }"}));
  EXPECT_EQ(wrong.exit_code, kExitUsage);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("--fault:1:"), HasSubstr("tm-9")));
}

TEST_F(CommandsTest, ReplaysSettingsPlanAndInputFromAnyFolder) {
  const std::string plan = Write("plan.toml",
                                 "version = 1\n[[fault]]\nwhen = { at = \"1s\" }\n"
                                 "do = { crash = \"tm-1\", restart_after = \"300ms\" }\n");
  const std::string input = Write("my rows.log", "2025-06-24 14:36:25 install a\n");
  const Outcome run = Flinch({"run", "package_log", "--plan", plan, "--input", input, "--set",
                              "job.window=30m", "--json"});
  ASSERT_EQ(run.exit_code, kExitPassed) << run.out << run.err;
  const json first = json::parse(run.out);
  const Outcome replay = Flinch({"replay", first["replay"].get<std::string>(), "--json"});
  const json second = json::parse(replay.out);
  EXPECT_EQ(second["digest"], first["digest"]);
  EXPECT_EQ(second["identical"], true);

  Write("my rows.log", "2025-06-24 14:36:25 install a\n2025-06-24 14:36:25 remove a\n");
  const Outcome changed = Flinch({"replay", first["replay"].get<std::string>()});
  EXPECT_EQ(changed.exit_code, kExitUsage);
  EXPECT_THAT(changed.err, AllOf(HasSubstr("has changed: recorded "), HasSubstr("--force")));
  const Outcome forced = Flinch({"replay", first["replay"].get<std::string>(), "--force"});
  EXPECT_EQ(forced.exit_code, kExitPassed) << forced.out;
  EXPECT_THAT(forced.out, HasSubstr("That proves nothing"));
}

TEST_F(CommandsTest, SaysThatTheBuildHasChanged) {
  const json run = json::parse(Flinch(SmallRun({"--json"})).out);
  ReplayToken token = *FindToken(run["replay"].get<std::string>());
  token.build_id = "0badc0de";
  const Outcome replay = Flinch({"replay", ShowToken(token)});
  EXPECT_EQ(replay.exit_code, kExitPassed);
  EXPECT_EQ(replay.err, "");
  EXPECT_THAT(replay.out,
              HasSubstr("identical to the recorded one although the build has changed."));
  const json object = json::parse(Flinch({"replay", ShowToken(token), "--json"}).out);
  EXPECT_EQ(object["identical"], true);
  EXPECT_EQ(object["build_changed"], true);
  EXPECT_EQ(object["scenario_changed"], false);
  token.digest = "0123456789abcdef";
  EXPECT_THAT(Flinch({"replay", ShowToken(token)}).err,
              HasSubstr("The build has changed: recorded 0badc0de, now "));
}

// A token of another machine: the file lies elsewhere, and its content says whether it is that one.
TEST_F(CommandsTest, ReplaysAFileThatLiesElsewhere) {
  const std::string text =
      "version = 1\nname = \"mine\"\nwhy = \"x\"\n[job]\nname = "
      "\"url_clicks\"\n[workload]\nrecords = 20\n";
  std::filesystem::create_directories(folder_ + "/there");
  std::filesystem::create_directories(folder_ + "/here/elsewhere");
  const std::filesystem::path former = std::filesystem::current_path();
  std::filesystem::current_path(folder_ + "/there");
  std::ofstream("mine.toml") << text;
  const json run = json::parse(Flinch({"run", "mine.toml", "--json"}).out);
  const std::string token = run["replay"];
  EXPECT_THAT(token, HasSubstr("fl1~mine.toml~s1~"));
  std::filesystem::current_path(folder_ + "/here");
  const Outcome lost = Flinch({"replay", token});
  std::ofstream("elsewhere/mine.toml") << text;
  const Outcome found = Flinch({"replay", token, "--scenario", "elsewhere/mine.toml"});
  std::ofstream("elsewhere/mine.toml") << text << "keys = 3\n";
  const Outcome changed = Flinch({"replay", token, "--scenario", "elsewhere/mine.toml"});
  const Outcome plan =
      Flinch({"replay", token, "--scenario", "x", "--plan", "elsewhere/mine.toml"});
  std::filesystem::current_path(former);
  EXPECT_EQ(lost.exit_code, kExitUsage);
  EXPECT_THAT(lost.err, HasSubstr("--scenario FILE"));
  EXPECT_EQ(found.exit_code, kExitPassed) << found.err;
  EXPECT_THAT(found.out, HasSubstr("The run is identical to the recorded one."));
  EXPECT_EQ(changed.exit_code, kExitUsage);
  EXPECT_THAT(changed.err, HasSubstr("has changed: recorded"));
  EXPECT_THAT(plan.err, HasSubstr("The token names no plan"));
}

TEST_F(CommandsTest, SaysThatTheScenarioHasChangedThoughTheRunIsIdentical) {
  const json run = json::parse(Flinch(SmallRun({"--json"})).out);
  ReplayToken token = *FindToken(run["replay"].get<std::string>());
  token.content_hash = "0badc0de";
  const Outcome replay = Flinch({"replay", ShowToken(token), "--force"});
  EXPECT_THAT(replay.out, HasSubstr("identical to the recorded one although the scenario, its plan "
                                    "or its input has changed."));
  const json object = json::parse(Flinch({"replay", ShowToken(token), "--force", "--json"}).out);
  EXPECT_EQ(object["scenario_changed"], true);
  EXPECT_EQ(object["build_changed"], false);
}

TEST_F(CommandsTest, RefusesADamagedTokenInsteadOfCallingItNondeterminism) {
  const json run = json::parse(Flinch(SmallRun({"--json"})).out);
  std::string token = run["replay"];
  char& digit = token[token.find("~d") + 2];
  digit = digit == '0' ? '1' : '0';
  const Outcome replay = Flinch({"replay", token});
  EXPECT_EQ(replay.exit_code, kExitUsage);
  EXPECT_THAT(replay.err, HasSubstr("The replay token is damaged"));
}

TEST_F(CommandsTest, EndsWithTheBareCommandOfTheReplay) {
  const Outcome run =
      Flinch({"run", "url_clicks", "--seed", "7", "--defect", "sink_commits_at_snapshot"});
  const size_t label = run.out.find("\nreplay:\n");
  ASSERT_NE(label, std::string::npos) << run.out;
  const std::string command = run.out.substr(label + 9);
  EXPECT_TRUE(command.starts_with("/opt/flinch replay fl1~")) << command;
  EXPECT_EQ(command.find('\n'), command.size() - 1);
}

TEST_F(CommandsTest, SaysWhichFaultsOfAPlanNeverFired) {
  const std::string plan =
      Write("plan.toml",
            "version = 1\n[[fault]]\nwhen = { event = \"job.unrecoverable\" }\n"
            "do = { crash = \"tm-1\" }\n");
  const Outcome run = Flinch(SmallRun({"--plan", plan}));
  EXPECT_EQ(run.exit_code, kExitPassed);
  EXPECT_THAT(run.out,
              HasSubstr("0 of 1 fired: plan[0] crash tm-1 (no job.unrecoverable came) never did"));
}

TEST_F(CommandsTest, SaysWhyAFaultNeverFired) {
  const Outcome run = Flinch(SmallRun({"--fault",
                                       "{ when = { event = \"job.status\", where = { to = "
                                       "\"RUNING\" } }, do = { crash = \"jm\" } }"}));
  EXPECT_EQ(run.exit_code, kExitPassed);
  EXPECT_THAT(run.out, HasSubstr("plan[0] crash jm (of"));
  EXPECT_THAT(run.out, HasSubstr("with to=\"RUNING\")"));
}

TEST_F(CommandsTest, PointsAtTheFieldThatAnEventDoesNotHave) {
  const std::string plan = Write(
      "plan.toml",
      "version = 1\n[[fault]]\nwhen = { event = \"checkpoint.acknowledged\", where = { subtak "
      "= \"sink[1]\" } }\ndo = { crash = \"tm-1\" }\n");
  for (const Outcome& refused : {Flinch({"check", plan}), Flinch(SmallRun({"--plan", plan}))}) {
    EXPECT_EQ(refused.exit_code, kExitUsage);
    EXPECT_THAT(refused.err,
                AllOf(HasSubstr(plan + ":3:"),
                      HasSubstr("The event checkpoint.acknowledged has no field \"subtak\"; it has "
                                "id, subtask. Did you mean \"subtask\"?"),
                      HasSubstr("^~~~")));
  }
}

TEST_F(CommandsTest, NeverReplacesWhatTheRunReads) {
  const std::string rows = "2025-06-24 14:36:25 install a\n";
  const std::string input = Write("in.log", rows);
  const Outcome run = Flinch({"run", "package_log", "--input", input, "--output", input});
  EXPECT_EQ(run.exit_code, kExitUsage);
  EXPECT_THAT(run.err, HasSubstr("is a file that this run reads"));
  EXPECT_EQ(Read("in.log"), rows);
}

TEST_F(CommandsTest, CallsAnotherDigestOfTheSameBuildNondeterminism) {
  const json run = json::parse(Flinch(SmallRun({"--json"})).out);
  ReplayToken token = *FindToken(run["replay"].get<std::string>());
  token.digest = "0123456789abcdef";
  const Outcome replay = Flinch({"replay", ShowToken(token)});
  EXPECT_EQ(replay.exit_code, kExitNondeterminism);
  EXPECT_THAT(replay.out, HasSubstr("recorded passed 0123456789abcdef, now passed"));
}

TEST_F(CommandsTest, WritesTheOutputWholeOrNotAtAll) {
  std::string rows;
  for (int i = 0; i < 3; ++i) {
    rows += "2025-06-24 14:36:25 install a\n2025-06-24 15:00:00 remove b\n";
  }
  const std::string input = Write("in.log", rows);
  const Outcome run =
      Flinch({"run", "package_log", "--input", input, "--output", folder_ + "/out.jsonl"});
  EXPECT_EQ(run.exit_code, kExitPassed) << run.out << run.err;
  EXPECT_THAT(Read("out.jsonl"),
              AllOf(HasSubstr(R"({"key":"install","window_start":"2025-06-24T14:00:00Z",)"
                              R"("window_start_ns":1750773600000000000,"count":3})"
                              "\n"),
                    HasSubstr(R"("key":"remove")")));

  const Outcome nowhere =
      Flinch({"run", "package_log", "--input", input, "--output", folder_ + "/no/out.jsonl"});
  EXPECT_EQ(nowhere.exit_code, kExitOutput);
  EXPECT_THAT(nowhere.out, IsEmpty());
  EXPECT_THAT(nowhere.err, HasSubstr("Nothing can be written to"));
  const Outcome bad = Flinch(
      {"run", "package_log", "--input", Write("bad.log", "x\n"), "--output", folder_ + "/b.jsonl"});
  EXPECT_EQ(bad.exit_code, kExitUsage);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/b.jsonl"));
}

TEST_F(CommandsTest, RunsAScenarioFile) {
  const std::string path = Write("mine.toml",
                                 "version = 1\nname = \"mine\"\nwhy = \"A test.\"\n"
                                 "[job]\nname = \"word_count\"\n[workload]\nrecords = 20\n"
                                 "partitions = 2\n");
  const Outcome run = Flinch({"run", path});
  EXPECT_EQ(run.exit_code, kExitPassed) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("mine  seed 1  passed"));
}

TEST_F(CommandsTest, RunsTheExampleOfTheReadme) {
  std::ifstream in(std::string(FLINCH_SOURCE_DIR) + "/scenarios/README.md");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const size_t begin = text.find("```toml\n") + 8;
  const std::string path = Write("mine.toml", text.substr(begin, text.find("```", begin) - begin));
  const Outcome run = Flinch({"run", path});
  EXPECT_EQ(run.exit_code, kExitPassed) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("crash  tm-2"));
}

TEST_F(CommandsTest, ReportsSkippedRows) {
  const std::string input = Write("in.log", "2025-06-24 14:36:25 install a\nx\n");
  const Outcome run = Flinch(
      {"run", "package_log", "--input", input, "--set", "workload.file.on_bad_row=skip", "--json"});
  EXPECT_EQ(json::parse(run.out)["rows_skipped"], 1);
  EXPECT_THAT(run.err, HasSubstr(input + ":2: Row 2 has no column"));
}

TEST_F(CommandsTest, NamesTheFileThatHoldsNoToken) {
  const std::string empty = Write("empty", "");
  const Outcome replay = Flinch({"replay", empty});
  EXPECT_EQ(replay.exit_code, kExitUsage);
  EXPECT_THAT(replay.err, HasSubstr(empty + ": There is no text to find a replay token in"));
}

TEST_F(CommandsTest, SaysWhatAFileIsThatStandsInTheWrongPlace) {
  const std::string plan = Write("plan.toml",
                                 "version = 1\n[[fault]]\nwhen = { at = \"1s\" }\n"
                                 "do = { crash = \"tm-1\" }\n");
  const std::string scenario = Write(
      "s.toml", "version = 1\nname = \"s\"\nwhy = \"A test.\"\n[job]\nname = \"word_count\"\n");
  EXPECT_THAT(Flinch({"run", plan}).err, HasSubstr("run a scenario with --plan " + plan));
  EXPECT_THAT(Flinch(SmallRun({"--plan", scenario})).err,
              HasSubstr("run it with `flinch run " + scenario + "`"));
}

TEST_F(CommandsTest, LetsNoCodeOfAFileOrItsNameThrough) {
  const std::string named = Write("a\x1b[2J.toml",
                                  "version = 1\nname = \"\\u001b[2J\"\nwhy = \"A test.\"\n"
                                  "[job]\nname = \"word_count\"\n");
  const Outcome checked = Flinch({"check", named});
  EXPECT_EQ(checked.exit_code, kExitUsage);
  EXPECT_EQ(checked.err.find('\x1b'), std::string::npos) << checked.err;
  EXPECT_THAT(checked.err, HasSubstr("a\\x1b[2J.toml:2:8: error: The name"));
}

struct RefusedCase {
  std::string_view name;
  std::vector<std::string> words;
  std::string_view says;
};

class RefusedTest : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedTest, ExitsWithTwoAndSaysWhy) {
  const Outcome outcome = Flinch(GetParam().words);
  EXPECT_EQ(outcome.exit_code, kExitUsage);
  EXPECT_THAT(outcome.err, HasSubstr(std::string(GetParam().says)));
  EXPECT_THAT(outcome.out, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, RefusedTest,
    ::testing::Values(
        RefusedCase{"nothing", {}, "Commands:"},
        RefusedCase{"scenario", {"run", "url_click"}, "Did you mean \"url_clicks\"?"},
        RefusedCase{"scenario_file", {"run", "./none.toml"}, "There is no such file."},
        RefusedCase{"defect",
                    {"run", "url_clicks", "--defect", "sink_commits"},
                    "There is no defect \"sink_commits\""},
        RefusedCase{"setting",
                    {"run", "url_clicks", "--set", "workload.record=1", "--json"},
                    "--set: There is no field \"workload.record\""},
        RefusedCase{"settings_together",
                    {"run", "url_clicks", "--set", "job.parallelism=9"},
                    "needs as many slots"},
        RefusedCase{"plan", {"run", "url_clicks", "--plan", "/none.toml"}, "/none.toml"},
        RefusedCase{"no_input", {"run", "package_log"}, "--input /var/log/dpkg.log"},
        RefusedCase{"input", {"run", "package_log", "--input", "/none"}, "There is no file"},
        RefusedCase{"folder", {"run", "package_log", "--input", "/"}, "is a directory"},
        RefusedCase{"token", {"replay", "url_clicks"}, "There is no replay token"},
        RefusedCase{"suite", {"bench", "engines"}, "there are kernel, engine, state, nexmark."},
        RefusedCase{
            "jump",
            {"run", "url_clicks", "--fault",
             "{ when = { at = \"1s\" }, do = { clock_jump = \"tm-1\", by = \"2562047h\" } }"},
            "--fault:1:58: error: A clock jumps by at most 876600h"},
        RefusedCase{"workload",
                    {"bench", "kernel", "--once", "M6"},
                    "--once: There is no workload \"M6\"; there are bare, M1,"},
        RefusedCase{"twice_and_output",
                    {"run", "url_clicks", "--twice", "--output", "x"},
                    "leave --output, --tape and --keep-snapshots out"}),
    [](const auto& planted) { return std::string(planted.param.name); });

TEST_F(CommandsTest, ChecksScenariosAndPlans) {
  const std::string plan = Write("plan.toml",
                                 "version = 1\n[[fault]]\nwhen = { at = \"1s\" }\n"
                                 "do = { crash = \"tm-1\" }\n");
  const std::string scenario = Write(
      "s.toml", "version = 1\nname = \"s\"\nwhy = \"A test.\"\n[job]\nname = \"word_count\"\n");
  const Outcome good = Flinch({"check", plan, scenario});
  EXPECT_EQ(good.exit_code, kExitPassed) << good.err;
  EXPECT_THAT(good.out, AllOf(HasSubstr("fault plan with 1 fault, no"),
                              HasSubstr("scenario s, no problems")));

  const std::string bad = Write("bad.toml",
                                "version = 1\n[[fault]]\nwhen = { event = \"checkpoint.acked\" }\n"
                                "do = { crash = \"tm1\" }\n");
  const Outcome refused = Flinch({"check", scenario, bad, folder_ + "/none.toml"});
  EXPECT_EQ(refused.exit_code, kExitUsage);
  EXPECT_THAT(refused.out, HasSubstr("scenario s"));
  EXPECT_THAT(refused.err, AllOf(HasSubstr("bad.toml"), HasSubstr("tm1"),
                                 HasSubstr("checkpoint.acked"), HasSubstr("none.toml")));
}

TEST(ListCommandTest, KeepsToTheWidthOfTheTerminal) {
  for (const Catalogue what :
       {Catalogue::kScenarios, Catalogue::kFaults, Catalogue::kEvents, Catalogue::kCells,
        Catalogue::kOracles, Catalogue::kDefects, Catalogue::kContracts}) {
    for (const size_t columns : {60U, 80U, 132U}) {
      std::ostringstream out;
      ListCommand({.what = what}, columns, out);
      std::istringstream lines(out.str());
      for (std::string line; std::getline(lines, line);) {
        const bool is_one_word = !line.substr(line.find_first_not_of(' ')).contains(' ');
        EXPECT_TRUE(line.size() <= columns || is_one_word) << line;
      }
    }
    std::ostringstream whole;
    ListCommand({.what = what}, 0, whole);
    std::ostringstream names;
    ListCommand({.what = what, .names_only = true}, 60, names);
    EXPECT_EQ(std::ranges::count(whole.str(), '\n'), std::ranges::count(names.str(), '\n'))
        << "an entry is a line where nobody looks";
  }
}

TEST_F(CommandsTest, ListsEverythingThereIs) {
  EXPECT_THAT(Flinch({"list", "--names"}).out, HasSubstr("url_clicks\n"));
  EXPECT_THAT(Flinch({"list", "jobs"}).out, HasSubstr("word_count"));
  const json cells = json::parse(Flinch({"list", "cells", "--all", "--json"}).out);
  EXPECT_EQ(cells[0]["name"], "trigger/jm/crash/before");
  EXPECT_GT(cells.size(), json::parse(Flinch({"list", "cells", "--json"}).out).size());
  EXPECT_EQ(Flinch({"list", "--all"}).exit_code, kExitUsage);
  EXPECT_THAT(Flinch({"list", "events"}).out, HasSubstr("checkpoint.acknowledged"));
  EXPECT_THAT(Flinch({"list", "events", "--names"}).out,
              HasSubstr("fault.crash\nfault.restart\nfault.link\n"));
  EXPECT_THAT(Flinch({"list", "oracles"}).out, HasSubstr("exactly_once"));
  EXPECT_THAT(Flinch({"list", "defects"}).out, HasSubstr("sink_commits_at_snapshot"));
  EXPECT_THAT(Flinch({"list", "faults"}).out, HasSubstr("restart_after"));
}

TEST_F(CommandsTest, RunsOneWorkloadForAProfiler) {
  const Outcome once = Flinch({"bench", "kernel", "--once", "M5"});
  EXPECT_EQ(once.exit_code, kExitPassed);
  EXPECT_THAT(once.out, HasSubstr("M5: 10000 operations, "));
}

TEST_F(CommandsTest, MeasuresTheKernel) {
  const Outcome bench = Flinch({"bench", "kernel", "--runs", "1", "--json"});
  EXPECT_EQ(bench.exit_code, kExitPassed) << bench.err;
  const json rows = json::parse(bench.out);
  for (const json& row : rows) {
    EXPECT_GT(row["value"].get<double>(), 0) << row["name"];
  }
  EXPECT_EQ(rows.size(), 10U);
}

TEST_F(CommandsTest, SaysWhenNobodyTakesTheOutput) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  std::ostringstream err;
  const std::vector<std::string> words = {"list"};
  EXPECT_EQ(RunProgram("/opt/flinch", words, out, err), kExitOutput);
  EXPECT_THAT(err.str(), HasSubstr("cannot be written"));
}

TEST_F(CommandsTest, HasTheVersionOfTheProject) {
  std::ifstream in(std::string(FLINCH_SOURCE_DIR) + "/CMakeLists.txt");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_THAT(text, HasSubstr("VERSION " + std::string(kVersion) + "\n"));
}

}  // namespace

}  // namespace flinch::scenarios
