#include "scenarios/files/scenario_toml.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/absent_options.h"
#include "scenarios/files/registry.h"
#include "scenarios/model/field_text.h"
#include "scenarios/model/scenario_fields.h"

namespace flinch::scenarios {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSmall = R"(version = 1
name = "small"
why = "As little as a scenario can be."
[job]
name = "word_count"
)";

sim::Result<Scenario> Parse(const std::string& text) { return ParseScenario("my.toml", text); }

std::string ErrorOf(const std::string& text) {
  const sim::Result<Scenario> scenario = Parse(text);
  return scenario ? "no error" : scenario.error().message;
}

TEST(ScenarioTomlTest, LeavesDefaultsWhereTheFileIsSilent) {
  const sim::Result<Scenario> scenario = Parse(std::string(kSmall));
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  EXPECT_EQ(scenario->job.name, "word_count");
  EXPECT_EQ(scenario->job.parallelism, JobSpec().parallelism);
  EXPECT_EQ(scenario->workload.records, WorkloadSpec().records);
  EXPECT_EQ(scenario->faults.source, FaultSource::kNone);
}

TEST(ScenarioTomlTest, ReadsEachKindOfField) {
  const sim::Result<Scenario> scenario = Parse(std::string(kSmall) + R"(
parallelism = 2
window = "90s"
out_of_orderness = "3s"
[workload]
zipf_exponent = "0.5"
start = "2020-02-29T12:00:00Z"
[faults]
source = "swarm"
crashes_max = 5
[options]
execution.checkpointing.interval = "250ms"
"heartbeat.timeout" = "2s"
pipeline.max-parallelism = 64
)");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  EXPECT_EQ(scenario->job.parallelism, 2U);
  EXPECT_EQ(scenario->job.window, std::chrono::seconds(90));
  EXPECT_EQ(scenario->job.out_of_orderness, std::chrono::seconds(3));
  EXPECT_EQ(scenario->workload.zipf_exponent.hundredths, 50U);
  EXPECT_EQ(scenario->workload.start.nanos(), 1'582'977'600'000'000'000);
  EXPECT_EQ(scenario->faults.swarm.crashes_max, 5U);
  EXPECT_EQ(scenario->options.checkpoint.interval, std::chrono::milliseconds(250));
  EXPECT_EQ(scenario->options.heartbeat.timeout, std::chrono::seconds(2));
  EXPECT_EQ(scenario->options.max_parallelism, 64U);
}

TEST(ScenarioTomlTest, TakesAFaultPlan) {
  const sim::Result<Scenario> scenario = Parse(std::string(kSmall) + R"(
[[fault]]
when = { at = "2s" }
do = { crash = "tm-1", restart_after = "300ms" }
)");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  EXPECT_EQ(scenario->faults.source, FaultSource::kPlan);
  ASSERT_EQ(scenario->faults.plan.faults.size(), 1U);
  const sim::Result<Scenario> again = Parse(ShowToml(*scenario));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->faults.plan, scenario->faults.plan);
}

TEST(ScenarioTomlTest, ReadsBackWhatItShows) {
  for (const Scenario& scenario : LibraryScenarios()) {
    const std::string text = ShowToml(scenario);
    const sim::Result<Scenario> again = Parse(text);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(ShowToml(*again), text);
  }
}

struct ErrorCase {
  std::string_view name;
  std::string_view tail;  // behind kSmall, whose last table is [job]
  std::string_view says;
};

class ScenarioErrorTest : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(ScenarioErrorTest, NamesThePlaceAndAWayOut) {
  EXPECT_THAT(ErrorOf(std::string(kSmall).append(GetParam().tail)),
              HasSubstr(std::string(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, ScenarioErrorTest,
    ::testing::Values(
        ErrorCase{"unknown_key", "paralelism = 2\n",
                  "my.toml:6:1: error: The key \"paralelism\" is unknown here.\n"
                  "   6 | paralelism = 2\n"
                  "     | ^~~~~~~~~~ did you mean \"parallelism\"?"},
        ErrorCase{"unknown_table", "[worklod]\nkeys = 1\n", "did you mean \"workload\"?"},
        ErrorCase{"unknown_option", "[options]\nheartbeat.intervall = \"1s\"\n",
                  "my.toml:7:11: error"},
        ErrorCase{"wrong_type", "parallelism = \"2\"\n", "write 2 without quotes"},
        ErrorCase{"range", "parallelism = 0\n", "must be from 1 to 1024"},
        ErrorCase{"duration_range", "window = \"0s\"\n", "must be a duration from 1ns"},
        ErrorCase{"no_unit", "window = 60\n", "write \"60ms\" or \"60s\""},
        ErrorCase{"bad_word", "[workload]\nsource = \"generate\"\n", "did you mean \"generated\"?"},
        ErrorCase{"bad_time", "[workload]\nstart = \"yesterday\"\n", "must be a time such as"},
        ErrorCase{"bad_decimal", "[workload]\nzipf_exponent = \"5\"\n", "must be at most 4"},
        ErrorCase{"too_few_slots", "parallelism = 7\n",
                  "my.toml:6:15: error: A parallelism of 7 needs as many slots"},
        ErrorCase{"no_effect", "[workload]\n[workload.file]\nkey_field = \"1\"\n",
                  "\"workload.file.key_field\" has no effect while workload.source is"},
        ErrorCase{"no_swarm", "[faults]\ncrashes_max = 2\n", "faults.source is \"none\""},
        ErrorCase{"swarm_and_plan",
                  "[faults]\nsource = \"swarm\"\n[[fault]]\nwhen = { at = \"1s\" }\n"
                  "do = { restart = \"tm-1\" }\n",
                  "The file lists faults, but faults.source is \"swarm\"."},
        ErrorCase{"fault_on_nobody",
                  "[[fault]]\nwhen = { at = \"1s\" }\ndo = { restart = \"tm-9\" }\n", "tm-9"},
        ErrorCase{"file_without_fields", "[workload]\nsource = \"file\"\n",
                  "Name the field that is the key."},
        ErrorCase{"named_field_of_a_log",
                  "[workload]\nsource = \"file\"\n[workload.file]\nkey_field = \"action\"\n"
                  "timestamp_fields = [\"1\"]\n",
                  "is no number of a column"},
        ErrorCase{"bad_format",
                  "[workload]\nsource = \"file\"\n[workload.file]\nkey_field = \"1\"\n"
                  "timestamp_fields = [\"1\"]\ntimestamp_format = \"%x\"\n",
                  "\"%x\", which means nothing"},
        ErrorCase{"decimal_without_quotes", "[workload]\nzipf_exponent = 1.1\n", "write \"1.1\""},
        ErrorCase{"date_without_quotes", "[workload]\nstart = 2026-01-01T00:00:00Z\n",
                  "write \"2026-01-01T00:00:00Z\""},
        ErrorCase{"decimal_number", "[workload]\nrecords = 1e3\n", "write 1000"},
        ErrorCase{"automatic", "out_of_orderness = \"automatic\"\n", "Or write \"auto\"."},
        ErrorCase{"option_at_its_key", "[options]\nexecution.checkpointing.num-retained = 0\n",
                  "my.toml:7:40: error: execution.checkpointing.num-retained is 0"},
        ErrorCase{"option_at_the_other_key", "[options]\nheartbeat.interval = \"99h\"\n",
                  "my.toml:7:22: error: heartbeat.timeout"},
        ErrorCase{"events_too_late", "[workload]\nstart = \"2149-12-31T23:59:59Z\"\n",
                  "The events lie outside the years"}),
    [](const auto& planted) { return std::string(planted.param.name); });

TEST(ScenarioTomlTest, TellsAllProblemsAtOnce) {
  const std::string error = ErrorOf(
      "version = 1\nname = 3\n[job]\nname = \"word_count\"\nparallelism = 0\n[cluster]\nslots = "
      "1\n");
  EXPECT_THAT(error, HasSubstr("my.toml:1:1: error: The key \"why\" is missing"));
  EXPECT_THAT(error, HasSubstr("my.toml:2:8: error"));
  EXPECT_THAT(error, HasSubstr("my.toml:5:15: error"));
  EXPECT_THAT(error, HasSubstr("my.toml:7:1: error: The key \"slots\" is unknown"));
}

TEST(ScenarioTomlTest, TellsWrongNamesBesideWrongValues) {
  const std::string error = ErrorOf(
      "version = 1\nname = \"a\"\nwhy = \"b\"\nparalel = 1\n[job]\nname = \"wordcount\"\n"
      "parallelism = \"many\"\n[[fault]]\nwhen = { at = \"1s\" }\ndo = { crash = \"tm-9\" }\n");
  for (const std::string_view part :
       {"\"paralel\" is unknown", "word_count", "whole number", "tm-9"}) {
    EXPECT_THAT(error, HasSubstr(std::string(part)));
  }
  EXPECT_THAT(ErrorOf(std::string(kSmall) + "[[fault]]\nwhen = { at = 3 }\n"
                                            "do = { crash = \"tm-9\" }\n"),
              AllOf(HasSubstr("my.toml:7:15"), HasSubstr("no process \"tm-9\"")));
}

TEST(ScenarioTomlTest, JudgesWhatFitsTogetherBesideWhatCannotBeRead) {
  const std::string error = ErrorOf(
      std::string(kSmall) +
      "parallelism = 9\n[limits]\nheal_after = \"1h\"\nsimulated_time = \"1m\"\n"
      "[workload]\nsource = \"file\"\nkeys = \"many\"\n[workload.file]\nkey_field = \"1\"\n");
  EXPECT_THAT(error, AllOf(HasSubstr("A parallelism of 9 needs"), HasSubstr("healed after 1h"),
                           HasSubstr("\"keys\" must be a whole number"),
                           HasSubstr("Name the field of the timestamp")));
}

// A sentence that rests on a value that nobody wrote would mislead.
TEST(ScenarioTomlTest, SaysNothingThatRestsOnWhatCouldNotBeRead) {
  const std::string error =
      ErrorOf(std::string(kSmall) +
              "parallelism = 9\n[cluster]\nslots_each = 5000\n"
              "[workload]\nsource = \"fil\"\n[workload.file]\nkey_feild = \"k\"\n"
              "[[fault]]\nwhen = { at = \"1s\" }\ndo = { crash = \"tm-9\" }\n");
  EXPECT_THAT(error, AllOf(HasSubstr("\"slots_each\" is 5000"), Not(HasSubstr("needs as many")),
                           Not(HasSubstr("Name the field")), Not(HasSubstr("has no effect")),
                           HasSubstr("There is no process \"tm-9\"")));
}

TEST(ScenarioTomlTest, PointsAtTheOracleThatIsMeant) {
  const std::string error = ErrorOf(
      "version = 1\nname = \"a\"\nwhy = \"b\"\n"
      "oracles = [\"exactly_once\", \"luck\", \"exactly_once\"]\njob = { name = \"word_count\" "
      "}\n");
  EXPECT_THAT(error, AllOf(HasSubstr("my.toml:4:28: error: There is no oracle \"luck\""),
                           HasSubstr("my.toml:4:36: error: The oracle \"exactly_once\" is named")));
}

TEST(ScenarioTomlTest, SaysThatAFileIsAPlan) {
  EXPECT_EQ(ErrorOf("version = 1\n[[fault]]\nwhen = { at = \"1s\" }\ndo = { crash = \"tm-1\" }\n"),
            "my.toml is a fault plan, no scenario: run a scenario with --plan my.toml.");
}

TEST(ScenarioTomlTest, JudgesEachFaultThatCouldBeReadAndKeepsTheirNumbers) {
  const std::string error = ErrorOf(std::string(kSmall) + R"([[fault]]
when = { at = 3 }
do = { crash = "tm-1" }
[[fault]]
when = { event = "checkpoint.acked" }
do = { crash = "tm-9" }
[[fault]]
when = { after = 1 }
do = { crash = "tm-1" }
)");
  EXPECT_THAT(error, AllOf(HasSubstr("my.toml:7:15: error"), HasSubstr("my.toml:10:18: error"),
                           HasSubstr("my.toml:11:16: error: There is no process \"tm-9\""),
                           Not(HasSubstr("point back")), Not(HasSubstr("fault["))));
}

TEST(ScenarioTomlTest, KnowsTheTaskManagersOnlyWhereTheClusterCouldBeRead) {
  constexpr std::string_view kFaults =
      "[[fault]]\nwhen = { at = \"1s\" }\ndo = { crash = \"tm-9\" }\n"
      "[[fault]]\nwhen = { at = \"1s\" }\ndo = { crash = \"jn\" }\n";
  for (const std::string_view cluster :
       {"[cluster]\ntask_managers = \"9\"\n", "[cluster]\ntask_manager = 9\n"}) {
    const std::string error = ErrorOf(std::string(kSmall).append(cluster).append(kFaults));
    EXPECT_THAT(error, AllOf(HasSubstr("my.toml:7:"), HasSubstr("There is no process \"jn\""),
                             Not(HasSubstr("no process \"tm-9\""))));
  }
  EXPECT_THAT(ErrorOf(std::string(kSmall).append(kFaults)), HasSubstr("no process \"tm-9\""));
}

TEST(ScenarioTomlTest, AsksForWhatEveryScenarioHas) {
  const std::string error = ErrorOf("[cluster]\nslots_each = 1\n");
  for (const std::string_view key : {"version", "name", "why", "job"}) {
    EXPECT_THAT(error, HasSubstr("The key \"" + std::string(key) + "\" is missing")) << error;
  }
  EXPECT_THAT(ErrorOf("version = 2\nname=\"a\"\nwhy=\"b\"\njob={name=\"word_count\"}\n"),
              HasSubstr("\"version\" is 2, but must be 1."));
}

TEST(ScenarioTomlTest, KnowsTheNamesOfJobsAndOracles) {
  const std::string error = ErrorOf(
      "version = 1\nname=\"a\"\nwhy=\"b\"\noracles=[\"exactly_onec\"]\njob={name=\"wordcount\"}\n");
  EXPECT_THAT(error, HasSubstr("Did you mean \"exactly_once\"?"));
  EXPECT_THAT(error, HasSubstr("Did you mean \"word_count\"?"));
}

TEST(ScenarioTomlTest, SaysThatAFileIsAbsent) {
  const sim::Result<Scenario> scenario = ReadScenario("/no/such.toml");
  ASSERT_FALSE(scenario.has_value());
  EXPECT_THAT(scenario.error().message, HasSubstr("/no/such.toml: error: There is no such file."));
}

// ---- Settings

std::string SettingErrorOf(std::string_view key, std::string_view value) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  const std::string before = ShowToml(scenario);
  const sim::Result<void> applied = ApplySetting(scenario, key, value);
  EXPECT_TRUE(applied || ShowToml(scenario) == before) << "a refused setting changed something";
  return applied ? "no error" : applied.error().message;
}

TEST(ApplySettingTest, OverridesFieldsAndOptions) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  ASSERT_TRUE(ApplySetting(scenario, "workload.records", "500").has_value());
  ASSERT_TRUE(ApplySetting(scenario, "execution.checkpointing.interval", "200ms").has_value());
  ASSERT_TRUE(ApplySetting(scenario, "options.heartbeat.timeout", "3s").has_value());
  ASSERT_TRUE(ApplySetting(scenario, "job.out_of_orderness", "auto").has_value());
  ASSERT_TRUE(ApplySetting(scenario, "oracles", "exactly_once,job_finishes").has_value());
  EXPECT_EQ(scenario.workload.records, 500U);
  EXPECT_EQ(scenario.options.checkpoint.interval, std::chrono::milliseconds(200));
  EXPECT_EQ(scenario.options.heartbeat.timeout, std::chrono::seconds(3));
  EXPECT_EQ(scenario.oracles.size(), 2U);
}

TEST(ApplySettingTest, RefusesWithASuggestion) {
  EXPECT_THAT(SettingErrorOf("workload.record", "1"), HasSubstr("\"workload.records\"?"));
  EXPECT_THAT(SettingErrorOf("execution.checkpointing.intervall", "1s"),
              HasSubstr("\"execution.checkpointing.interval\"?"));
  EXPECT_THAT(SettingErrorOf("checkpointing.interval", "1s"),
              HasSubstr("\"execution.checkpointing.interval\"?"));
  EXPECT_THAT(SettingErrorOf("workload.records", "many"),
              HasSubstr("\"workload.records\" is \"many\", but must be a whole number"));
  EXPECT_THAT(SettingErrorOf("workload.file.key_field", "1"), HasSubstr("has no effect"));
  EXPECT_THAT(SettingErrorOf("", "1"), HasSubstr("There is no field \"\""));
}

// What stands in a file may be pasted behind --set, quotes and brackets too.
TEST(ApplySettingTest, ReadsListsAndSpansAsTheFileDoes) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  for (const std::string_view span : {"5 min", "\"5 min\"", "5m", "\"300 s\"", "300 seconds"}) {
    scenario.options.checkpoint.interval = std::chrono::seconds(1);
    ASSERT_TRUE(ApplySetting(scenario, "execution.checkpointing.interval", span).has_value());
    EXPECT_EQ(scenario.options.checkpoint.interval, std::chrono::minutes(5)) << span;
    const std::string file =
        fmt::format("{}[options]\nexecution.checkpointing.interval = {}\n", kSmall,
                    span.starts_with('"') ? std::string(span) : QuoteToml(span));
    EXPECT_EQ(Parse(file)->options.checkpoint.interval, std::chrono::minutes(5)) << span;
  }
  for (const std::string_view list :
       {"[\"exactly_once\", \"job_finishes\"]", "exactly_once,job_finishes"}) {
    scenario.oracles.clear();
    ASSERT_TRUE(ApplySetting(scenario, "oracles", list).has_value()) << list;
    EXPECT_EQ(scenario.oracles, (std::vector<std::string>{"exactly_once", "job_finishes"}));
  }
  EXPECT_THAT(SettingErrorOf("oracles", "[exactly_once]"), HasSubstr("[\"a\", \"b\"]"));
  EXPECT_THAT(SettingErrorOf("oracles", "[]\nseed = 1"), HasSubstr("[\"a\", \"b\"]"));
  EXPECT_THAT(SettingErrorOf("workload.records", "\"5\""), HasSubstr("a whole number"));
}

TEST(SettingsBetweenTest, KeepWhatNeedsItsQuotes) {
  const Scenario& from = *FindLibraryScenario("url_clicks");
  Scenario to = from;
  to.name = "\"quoted\"";
  to.oracles = {"a,b", "", "[c"};
  Scenario again = from;
  for (const Setting& setting : SettingsBetween(from, to)) {
    ASSERT_TRUE(ApplySetting(again, setting.key, setting.value).has_value()) << setting.value;
  }
  EXPECT_EQ(again.name, to.name);
  EXPECT_EQ(again.oracles, to.oracles);
}

// Distinct from a name that nobody knows.
TEST(AbsentOptionsTest, AreSaidToBeAbsent) {
  constexpr std::string_view kAbsent =
      "execution.checkpointing.dir is an option of Flink that flinch does not have yet.";
  EXPECT_EQ(SettingErrorOf("execution.checkpointing.dir", "filesystem"), kAbsent);
  EXPECT_EQ(SettingErrorOf("options.execution.checkpointing.dir", "filesystem"), kAbsent);
  EXPECT_THAT(SettingErrorOf("akka.ask.timeout", "1s"),
              HasSubstr("Flink's older name of pekko.ask.timeout"));
  for (const std::string_view written : {"execution.checkpointing.dir = \"filesystem\"",
                                         "\"execution.checkpointing.dir\" = \"filesystem\""}) {
    const std::string error = ErrorOf(fmt::format("{}[options]\n{}\n", kSmall, written));
    EXPECT_THAT(error, HasSubstr(kAbsent));
    EXPECT_THAT(error, Not(HasSubstr("is unknown here")));
  }
  // A table of such options does not hide what is none.
  const std::string both = ErrorOf(std::string(kSmall) +
                                   "[options]\nstate.backend.local-recovery = true\n"
                                   "state.backend.tpye = 1\n");
  EXPECT_THAT(both, HasSubstr("state.backend.local-recovery is an option of Flink"));
  EXPECT_THAT(both, HasSubstr("\"tpye\" is unknown here"));
}

TEST(AbsentOptionsTest, AreSortedAndNoneIsHere) {
  EXPECT_TRUE(std::ranges::is_sorted(AbsentOptions()));
  VisitFields(*FindLibraryScenario("url_clicks"), [](const FieldInfo& field, const auto&) {
    const std::string_view name = field.path.starts_with(kOptionsPrefix)
                                      ? field.path.substr(kOptionsPrefix.size())
                                      : field.path;
    EXPECT_EQ(TellAbsentOption(name), "") << name;
  });
}

// Every field that ShowToml prints can be set, by the same name and to the same value.
TEST(ApplySettingTest, TakesEveryFieldThatIsShown) {
  const Scenario& library = *FindLibraryScenario("package_log");
  const std::string text = ShowToml(library);
  std::string table;
  size_t fields = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with('[')) {
      table = line.substr(1, line.size() - 2) + ".";
    }
    const size_t equals = line.find(" = ");
    if (equals == std::string::npos || line.starts_with("version")) {
      continue;
    }
    std::string value = line.substr(equals + 3);
    if (value.starts_with('[')) {
      std::erase_if(value, [](char c) { return std::string_view("[]\" ").contains(c); });
    } else if (value.starts_with('"')) {
      value = value.substr(1, value.size() - 2);
    }
    Scenario scenario = library;
    const sim::Result<void> applied = ApplySetting(scenario, table + line.substr(0, equals), value);
    EXPECT_TRUE(applied.has_value()) << line << applied.error().message;
    EXPECT_EQ(ShowToml(scenario), text) << line;
    ++fields;
  }
  EXPECT_GT(fields, 40U);
}

TEST(ParseSettingTest, SplitsAtTheFirstEqualsSign) {
  EXPECT_EQ(ParseSetting("a=b=c")->value, "b=c");
  EXPECT_EQ(ParseSetting("a=")->value, "");
  EXPECT_THAT(ParseSetting("a").error().message, HasSubstr("write key=value"));
  EXPECT_FALSE(ParseSetting("=a").has_value());
}

}  // namespace

}  // namespace flinch::scenarios
