#include "scenarios/cli/command_line.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/lab/version.h"

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Words = std::vector<std::string>;

std::string ErrorOf(const Words& words) {
  const sim::Result<Command> command = ParseCommandLine(words);
  return command ? "no error" : command.error().message;
}

template <typename T>
T Parse(const Words& words) {
  const sim::Result<Command> command = ParseCommandLine(words);
  EXPECT_TRUE(command.has_value()) << command.error().message;
  return std::get<T>(*command);
}

TEST(CommandLineTest, ReadsEveryFlagOfRun) {
  const RunArguments run = Parse<RunArguments>(
      {"run", "--set", "a=1", "url_clicks", "--seed", "0x1F", "--plan", "p.toml", "--input", "i",
       "--output", "o", "--set=b=c=d", "--defect", "x", "--defect", "y", "--twice", "--json"});
  EXPECT_EQ(run.scenario, "url_clicks");
  EXPECT_EQ(run.seed, 31U);
  EXPECT_EQ(run.plan, "p.toml");
  EXPECT_EQ(run.input, "i");
  EXPECT_EQ(run.output, "o");
  ASSERT_EQ(run.settings.size(), 2U);
  EXPECT_EQ(run.settings[1].key, "b");
  EXPECT_EQ(run.settings[1].value, "c=d");
  EXPECT_THAT(run.defects, ElementsAre("x", "y"));
  EXPECT_TRUE(run.twice);
  EXPECT_TRUE(run.json);
  EXPECT_FALSE(run.timeline);
}

TEST(CommandLineTest, ReadsInlineFaultsInsteadOfAPlan) {
  const RunArguments run =
      Parse<RunArguments>({"run", "url_clicks", "--fault", "{a}", "--fault={b, c}"});
  EXPECT_THAT(run.faults, ElementsAre("{a}", "{b, c}"));
  const sim::Result<Command> both =
      ParseCommandLine(Words{"run", "url_clicks", "--fault", "{a}", "--plan", "p.toml"});
  ASSERT_FALSE(both.has_value());
  EXPECT_THAT(both.error().message, ::testing::HasSubstr("give one of them"));
}

TEST(CommandLineTest, ReadsARangeOfSeeds) {
  const VerifyArguments verify =
      Parse<VerifyArguments>({"verify", "a", "b", "--seeds", "0x10..200", "--set", "k=v"});
  EXPECT_THAT(verify.scenarios, ElementsAre("a", "b"));
  EXPECT_EQ(verify.seeds.first, 16U);
  EXPECT_EQ(verify.seeds.last, 200U);
  EXPECT_EQ(verify.run.settings.size(), 1U);
  EXPECT_EQ(Parse<VerifyArguments>({"verify", "a"}).seeds.last, 20U);
  EXPECT_EQ(ParseSeeds("7")->last, 7U);
  EXPECT_THAT(ErrorOf({"verify", "a", "--seeds", "3..2"}), HasSubstr("Write 2..3."));
  EXPECT_THAT(ErrorOf({"verify", "a", "--seeds", "x..2"}), HasSubstr("A..B such as 1..200"));
  EXPECT_THAT(ErrorOf({"verify"}), HasSubstr("needs a SCENARIO"));
}

TEST(CommandLineTest, ARunOfManySeedsIsAHunt) {
  const HuntArguments hunt = Parse<HuntArguments>({"run", "a", "--seeds", "3..9", "--set", "k=v"});
  EXPECT_THAT(hunt.scenarios, ElementsAre("a"));
  EXPECT_EQ(hunt.seeds->first, 3U);
  EXPECT_EQ(hunt.seeds->last, 9U);
  EXPECT_EQ(hunt.run.settings.size(), 1U);
  EXPECT_THAT(ErrorOf({"run", "a", "--seeds=1..2", "--seed", "3"}), HasSubstr("--seed"));
}

TEST(CommandLineTest, HidesWhatIsForWorkersOnly) {
  EXPECT_EQ(Parse<RunArguments>({"run", "a", "--trail", "1:2:3"}).trail->stack_at, 3U);
  EXPECT_THAT(ErrorOf({"run", "a", "--trail", "1"}), HasSubstr("FROM:TO:STACK"));
  EXPECT_EQ(Parse<TextCommand>({"run", "--help"}).text.find("--trail"), std::string::npos);
  EXPECT_THAT(ErrorOf({"run", "a", "--trial"}), ::testing::Not(HasSubstr("--trail\"")));
}

TEST(CommandLineTest, HasSeedOneUnlessToldOtherwise) {
  EXPECT_EQ(Parse<RunArguments>({"run", "url_clicks"}).seed, 1U);
  EXPECT_EQ(Parse<RunArguments>({"run", "x", "--seed", "18446744073709551615"}).seed,
            18446744073709551615U);
}

TEST(CommandLineTest, TakesAWholePastedLine) {
  const ReplayArguments replay = Parse<ReplayArguments>(
      {"replay", "replay:", "./flinch", "replay", "fl1~a~s7", "--force", "--timeline"});
  EXPECT_THAT(replay.text, HasSubstr("fl1~a~s7"));
  EXPECT_TRUE(replay.force);
  EXPECT_TRUE(replay.timeline);
}

TEST(CommandLineTest, ListsScenariosUnlessToldOtherwise) {
  EXPECT_EQ(Parse<ListArguments>({"list"}).what, Catalogue::kScenarios);
  EXPECT_EQ(Parse<ListArguments>({"list", "defects"}).what, Catalogue::kDefects);
  EXPECT_TRUE(Parse<ListArguments>({"list", "events", "--names"}).names_only);
}

TEST(CommandLineTest, ReadsEveryFlagOfBench) {
  const BenchArguments bench =
      Parse<BenchArguments>({"bench", "kernel", "--runs", "7", "--json", "--strict"});
  EXPECT_EQ(bench.runs, 7U);
  EXPECT_TRUE(bench.json);
  EXPECT_TRUE(bench.strict);
  EXPECT_EQ(bench.once, std::nullopt);
  EXPECT_EQ(Parse<BenchArguments>({"bench", "kernel"}).runs, 5U);
  EXPECT_EQ(Parse<BenchArguments>({"bench", "kernel", "--once", "M2"}).once, "M2");
}

TEST(CommandLineTest, TellsItsVersionAsJson) {
  EXPECT_THAT(Parse<TextCommand>({"--version", "--json"}).text,
              ::testing::StartsWith(fmt::format("{{\"version\":\"{}\",\"build\":\"", kVersion)));
}

TEST(CommandLineTest, WritesTheWholeCommandInItsHelp) {
  EXPECT_THAT(Parse<TextCommand>({"run", "--help"}).text, HasSubstr("Usage: flinch run [OPTIONS]"));
}

TEST(CommandLineTest, SaysHowToBeUsed) {
  const TextCommand usage = Parse<TextCommand>({});
  EXPECT_EQ(usage.exit_code, kExitUsage);
  EXPECT_THAT(usage.text, HasSubstr("flinch run url_clicks --seed 7"));
  EXPECT_EQ(Parse<TextCommand>({"--help"}).exit_code, kExitPassed);
  EXPECT_THAT(Parse<TextCommand>({"run", "--help"}).text, HasSubstr("--seed"));
  EXPECT_THAT(Parse<TextCommand>({"--version"}).text, HasSubstr(std::string(kVersion)));
}

struct ErrorCase {
  std::string_view name;
  Words words;
  std::string_view says;
};

class CommandLineErrorTest : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(CommandLineErrorTest, IsOneClearMessage) {
  const std::string error = ErrorOf(GetParam().words);
  EXPECT_THAT(error, HasSubstr(std::string(GetParam().says)));
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, CommandLineErrorTest,
    ::testing::Values(
        ErrorCase{"verb", {"rnu", "url_clicks"}, "There is no command \"rnu\""},
        ErrorCase{"near_verb", {"reply"}, "Did you mean \"replay\"?"},
        ErrorCase{"flag_first", {"--seed", "7"}, "write a command first"},
        ErrorCase{"flag", {"run", "a", "--sedes", "5"}, "Did you mean \"--seeds\"?"},
        ErrorCase{"flag_with_value", {"run", "a", "--sede=5"}, "There is no flag \"--sede\""},
        ErrorCase{"flag_of_replay", {"replay", "fl1~a", "--forec"}, "Did you mean \"--force\"?"},
        ErrorCase{"flag_of_run",
                  {"replay", "fl1~a", "--seed", "9"},
                  "There is no flag \"--seed\" of `flinch replay`"},
        ErrorCase{"flag_before_token", {"replay", "--seed=9", "fl1~a"}, "no flag \"--seed\""},
        ErrorCase{"short_flag", {"replay", "fl1~a", "-x"}, "There is no flag \"-x\""},
        ErrorCase{"word_behind_token", {"replay", "fl1~a", "9"}, "\"9\" is one word too many"},
        ErrorCase{"no_scenario", {"run"}, "`flinch run` needs a SCENARIO."},
        ErrorCase{"two_scenarios", {"run", "a", "b"}, "\"b\" is one word too many."},
        ErrorCase{"no_token", {"replay"}, "needs a TOKEN"},
        ErrorCase{"no_file", {"check"}, "needs a FILE"},
        ErrorCase{"seed_with_letters", {"run", "a", "--seed", "7x"}, "--seed: "},
        ErrorCase{"seed_negative", {"run", "a", "--seed=-7"}, "--seed: "},
        ErrorCase{"seed_too_large", {"run", "a", "--seed", "18446744073709551616"}, "--seed: "},
        ErrorCase{"seed_empty", {"run", "a", "--seed="}, "seed"},
        ErrorCase{"seed_missing", {"run", "a", "--seed"}, "--seed"},
        ErrorCase{"seed_twice", {"run", "a", "--seed", "1", "--seed", "2"}, "--seed"},
        ErrorCase{"set_without_value", {"run", "a", "--set", "b"}, "--set: \"b\" is no setting"},
        ErrorCase{"both", {"run", "a", "--json", "--timeline"}, "--json prints one object"},
        ErrorCase{
            "no_suite", {"bench"}, "`flinch bench` needs a SUITE: kernel, engine, state, nexmark."},
        ErrorCase{"suite",
                  {"bench", "states"},
                  "There is no suite \"states\" of benchmarks; there are kernel, engine, state, "
                  "nexmark."},
        ErrorCase{"twice",
                  {"run", "a", "--seed", "1", "--seed", "2"},
                  "--seed is given 2 times; give it once. `flinch run --help` explains."},
        ErrorCase{"no_value", {"run", "a", "--seed"}, "--seed needs a value. `flinch"},
        ErrorCase{"valued_flag",
                  {"run", "a", "--json=maybe"},
                  "\"--json=maybe\" takes no value; write --json alone"},
        ErrorCase{"no_plan", {"run", "a", "--plan", ""}, "--plan names no file"},
        ErrorCase{"list_of_nothing", {"list", ""}, "There is no list of \"\""},
        ErrorCase{"behind_version", {"--version", "--jason"}, "\"--jason\" is one word too many"},
        ErrorCase{"near_suite", {"bench", "kernle"}, "Did you mean \"kernel\"?"},
        ErrorCase{"two_suites", {"bench", "kernel", "state"}, "\"state\" is one word too many."},
        ErrorCase{"flag_of_bench", {"bench", "kernel", "--run=3"}, "Did you mean \"--runs\"?"},
        ErrorCase{
            "no_runs", {"bench", "kernel", "--runs", "0"}, "--runs: \"0\" is no whole number"},
        ErrorCase{"runs_with_letters", {"bench", "kernel", "--runs", "5x"}, "--runs: \"5x\" is no"},
        ErrorCase{"once_and_json",
                  {"bench", "kernel", "--once", "M1", "--json"},
                  "--once measures nothing; leave --json out."},
        ErrorCase{"list", {"list", "oracle"}, "Did you mean \"oracles\"?"}),
    [](const auto& planted) { return std::string(planted.param.name); });

}  // namespace

}  // namespace flinch::scenarios
