#include "faults/fault_plan_toml.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/paths.h"

namespace flinch::faults {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string PathOf(std::string_view name) {
  return fmt::format("{}/tests/faults/data/{}", FLINCH_SOURCE_DIR, name);
}

FaultPlan PlanOfVersion1() {
  return {.faults = {
              {AtEvent{.kind = "checkpoint.acknowledged",
                       .nth = 3,
                       .where = {{"subtask", "sink[1]"}, {"id", "3"}}},
               Crash{.process = "tm-2", .restart_after = milliseconds(300)}},
              {AfterFault{.fault = 0, .delay = milliseconds(350)}, Crash{.process = "tm-2"}},
              {AtEvent{.kind = "checkpoint.stored", .process = "jm"},
               DropMessages{.from = "jm",
                            .to = "tm-1",
                            .to_only = true,
                            .ratio = sim::Percent(50),
                            .duration = seconds(2)}},
              {AtTime{sim::kEpoch + milliseconds(1200)},
               DelayMessages{
                   .from = "jm", .to = "tm-1", .by = milliseconds(200), .duration = seconds(1)}},
              {AfterFault{.fault = 3}, CutLink{.from = "jm", .to = "tm-1", .duration = seconds(2)}},
              {AtTime{sim::kEpoch + seconds(2)}, Restart{.process = "tm-2"}},
          }};
}

// A promise to whoever keeps a plan as a regression.
TEST(FaultPlanTomlTest, ReadsAFileOfVersion1) {
  const sim::Result<FaultPlan> plan = ReadFaultPlan(PathOf("plan_v1.toml"));
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  EXPECT_EQ(*plan, PlanOfVersion1());
}

TEST(FaultPlanTomlTest, WritesWhatAPersonWouldWrite) {
  EXPECT_EQ(ShowToml(PlanOfVersion1()), R"(version = 1

[[fault]]
when = { event = "checkpoint.acknowledged", nth = 3, where = { subtask = "sink[1]", id = 3 } }
do = { crash = "tm-2", restart_after = "300ms" }

[[fault]]
when = { after = 0, delay = "350ms" }
do = { crash = "tm-2" }

[[fault]]
when = { event = "checkpoint.stored", nth = 1, process = "jm" }
do = { drop = ["jm", "tm-1"], ratio = "50%", for = "2s", one_way = true }

[[fault]]
when = { at = "1200ms" }
do = { delay = ["jm", "tm-1"], by = "200ms", for = "1s" }

[[fault]]
when = { after = 3, delay = "0s" }
do = { cut = ["jm", "tm-1"], for = "2s" }

[[fault]]
when = { at = "2s" }
do = { restart = "tm-2" }
)");
}

Cast OneWorker() { return {.processes = {"jm", "tm-1"}, .events = {{"sink.committed", {"id"}}}}; }

TEST(InlineFaultsTest, AreReadInTheirOrder) {
  const std::vector<std::string> texts = {
      R"({ when = { event = "sink.committed", where = { id = 3 } }, do = { crash = "tm-1" } })",
      R"({when={after=0,delay="5ms"},do={cut=["jm","tm-1"],for="1s"}})"};
  const sim::Result<FaultPlan> plan = ParseInlineFaults(texts, OneWorker());
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  ASSERT_EQ(plan->faults.size(), 2U);
  EXPECT_EQ(ShowInline(plan->faults[0]),
            R"({when={event="sink.committed",nth=1,where={id=3}},do={crash="tm-1"}})");
  EXPECT_EQ(ShowInline(plan->faults[1]), texts[1]);
}

TEST(InlineFaultsTest, KeepBlanksAndQuotesThatStandInAString) {
  const Fault fault{AtEvent{.kind = "a \"b\\", .process = " x "}, Crash{.process = "tm 1"}};
  EXPECT_EQ(ShowInline(fault), R"({when={event="a \"b\\",nth=1,process=" x "},do={crash="tm 1"}})");
}

TEST(InlineFaultsTest, AreRefusedAtThePlaceInTheOneThatIsMeant) {
  const auto message = [](const std::string& text) {
    const sim::Result<FaultPlan> plan = ParseInlineFaults(std::vector{text}, OneWorker());
    return plan ? "it was read" : plan.error().message;
  };
  EXPECT_THAT(message(R"({ when = { at = "1s" }, do = { crash = "tm-2" } })"),
              testing::AllOf(testing::StartsWith("--fault:1:40: error: "),
                             testing::HasSubstr("\n   1 | { when"),
                             testing::HasSubstr("Did you mean \"tm-1\"?")));
  EXPECT_THAT(message("{ when = "), testing::StartsWith("--fault:1:10: error: "));
  EXPECT_THAT(message(""), testing::StartsWith("--fault:1:1: error: "));
  EXPECT_THAT(message(R"({when={at="1s"},do={crash="jm"}}, {when={at="1s"},do={crash="jm"}})"),
              testing::HasSubstr("repeat --fault"));
}

TEST(InlineFaultsTest, AreNumberedWhereThereAreSeveral) {
  const std::vector<std::string> texts = {"{ when = { at = \"1s\" }, do = { crash = \"tm-1\" } }",
                                          "{ when = { at = \"1s\" }, do = { crash = \"tm-2\" } }"};
  const sim::Result<FaultPlan> plan = ParseInlineFaults(texts, OneWorker());
  ASSERT_FALSE(plan.has_value());
  EXPECT_THAT(plan.error().message, testing::StartsWith("--fault 2:1:40: error: There is no"));
}

TEST(FaultPlanTomlTest, APlanWithoutFaultsIsAPlan) {
  const sim::Result<FaultPlan> plan = ParseFaultPlan("a.toml", "version = 1\n");
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  EXPECT_EQ(*plan, FaultPlan{});
}

TEST(FaultPlanTomlTest, ReadsTheFaultsOfALargerFile) {
  text::TomlDocument document = text::TomlDocument::Parse("scenario.toml", R"(
name = "a scenario"
[[fault]]
when = { at = "1s" }
do = { crash = "jm" }
)");
  text::TomlTable root = document.root();
  const FaultPlan plan = DecodeFaultPlan(root).plan;
  EXPECT_EQ(root.String("name"), "a scenario");
  root.RejectUnknown();
  EXPECT_TRUE(document.Finish().has_value());
  EXPECT_EQ(plan,
            (FaultPlan{.faults = {{AtTime{sim::kEpoch + seconds(1)}, Crash{.process = "jm"}}}}));
}

TEST(FaultCatalogueTest, EveryExampleCanBeRead) {
  for (const FaultInfo& info : kFaultCatalogue) {
    const sim::Result<FaultPlan> plan = ParseFaultPlan(
        "a.toml",
        fmt::format("version = 1\n[[fault]]\nwhen = {{ at = \"1s\" }}\ndo = {}\n", info.example));
    ASSERT_TRUE(plan.has_value()) << plan.error().message;
    EXPECT_EQ(KindOf(plan->faults.at(0).what), info.kind);
  }
}

// ---- Mistakes

TEST(FaultPlanTomlTest, TellsAllMistakesOfAFileAtOnce) {
  const sim::Result<FaultPlan> plan = ParseFaultPlan("plan.toml", R"(version = 2
[[fault]]
when = { event = "a.b", nth = 0, were = { id = 3 } }
do = { crach = "tm-1" }
[[fault]]
when = { at = 3 }
do = { cut = ["jm", "jm"], for = "0s" }
[[fault]]
when = { after = 2, delay = "5" }
do = { drop = ["jm"], ratio = 0.5 }
[[fault]]
when = { at = "1s", after = 0 }
do = {}
wen = 3
)");
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().code, sim::ErrorCode::kInvalidArgument);
  EXPECT_EQ(plan.error().message, R"(plan.toml:1:11: error: "version" is 2, but must be 1.
   1 | version = 2
     |           ^ write 1
plan.toml:3:31: error: "nth" is 0, but must be at least 1.
   3 | when = { event = "a.b", nth = 0, were = { id = 3 } }
     |                               ^ write 1
plan.toml:3:34: error: The key "were" is unknown here.
   3 | when = { event = "a.b", nth = 0, were = { id = 3 } }
     |                                  ^~~~ did you mean "where"?
plan.toml:4:8: error: The key "crach" is unknown here.
   4 | do = { crach = "tm-1" }
     |        ^~~~~ did you mean "crash"?
plan.toml:6:15: error: "at" must be a duration with a unit, but here is a whole number.
   6 | when = { at = 3 }
     |               ^ write "3ms" or "3s"
plan.toml:7:14: error: A link joins two hosts, but both are "jm".
   7 | do = { cut = ["jm", "jm"], for = "0s" }
     |              ^~~~~~~~~~~~
plan.toml:7:34: error: "for" is nothing; a fault takes some time.
   7 | do = { cut = ["jm", "jm"], for = "0s" }
     |                                  ^~~~
plan.toml:9:18: error: "after" is 2, but must be from 0 to 1.
   9 | when = { after = 2, delay = "5" }
     |                  ^ write 1
plan.toml:9:29: error: The duration "5" has no unit. Write "5ms" or "5s".
   9 | when = { after = 2, delay = "5" }
     |                             ^~~
plan.toml:10:6: error: The key "for" is missing in this table.
  10 | do = { drop = ["jm"], ratio = 0.5 }
     |      ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ add for = ...
plan.toml:10:15: error: "drop" has 1 entry, but needs exactly 2.
  10 | do = { drop = ["jm"], ratio = 0.5 }
     |               ^~~~~~
plan.toml:10:31: error: "ratio" must be a ratio in quotes, but here is a decimal number.
  10 | do = { drop = ["jm"], ratio = 0.5 }
     |                               ^~~ such as "50%" or "1/3"
plan.toml:12:8: error: This table has several of: event, at, after, every, counts, cell. Keep one.
  12 | when = { at = "1s", after = 0 }
     |        ^~~~~~~~~~~~~~~~~~~~~~~~
plan.toml:13:6: error: This table is empty; it needs one of: crash, pause, cut and others.
  13 | do = {}
     |      ^~
plan.toml:14:1: error: The key "wen" is unknown here.
  14 | wen = 3
     | ^~~ did you mean "when"?)");
}

struct Mistake {
  std::string_view name;
  std::string_view fault;
  std::string_view message;
};

class BadPlanTest : public ::testing::TestWithParam<Mistake> {};

TEST_P(BadPlanTest, IsRefusedAtItsPlace) {
  const std::string text = fmt::format("version = 1\n[[fault]]\n{}\n", GetParam().fault);
  const sim::Result<FaultPlan> plan = ParseFaultPlan("a.toml", text);
  ASSERT_FALSE(plan.has_value());
  EXPECT_THAT(plan.error().message, ::testing::StartsWith(std::string(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, BadPlanTest,
    ::testing::Values(
        Mistake{"no_action", "when = { at = \"1s\" }",
                "a.toml:2:1: error: The key \"do\" is missing in this table."},
        Mistake{"no_trigger", "do = { crash = \"jm\" }",
                "a.toml:2:1: error: The key \"when\" is missing in this table."},
        Mistake{
            "first_waits", "when = { after = 0 }\ndo = { crash = \"jm\" }",
            "a.toml:3:18: error: This is the first fault; there is none before it to wait for."},
        Mistake{"trigger_is_text", "when = \"1s\"\ndo = { crash = \"jm\" }",
                "a.toml:3:8: error: \"when\" must be a table, but here is a string."},
        Mistake{"time_too_long", "when = { at = \"99999999999h\" }\ndo = { crash = \"jm\" }",
                "a.toml:3:15: error: The duration \"99999999999h\" is too long."},
        Mistake{"stray_key_of_another_trigger",
                "when = { at = \"1s\", nth = 2 }\ndo = { crash = \"jm\" }",
                "a.toml:3:21: error: The key \"nth\" is unknown here."},
        Mistake{
            "drops_nothing",
            "when = { at = \"1s\" }\ndo = { drop = [\"jm\", \"tm-1\"], ratio = \"0%\", for = "
            "\"1s\" }",
            "a.toml:4:39: error: \"ratio\" is nothing, which is no fault; give it more than 0%."},
        Mistake{"delay_without_by",
                "when = { at = \"1s\" }\ndo = { delay = [\"jm\", \"tm-1\"], for = \"1s\" }",
                "a.toml:4:6: error: The key \"by\" is missing in this table."},
        Mistake{"process_is_a_number", "when = { at = \"1s\" }\ndo = { crash = 1 }",
                "a.toml:4:16: error: \"crash\" must be a string, but here is a whole number."},
        Mistake{"value_of_a_field",
                "when = { event = \"x\", where = { id = [1] } }\ndo = { crash = \"jm\" }",
                "a.toml:3:38: error: \"id\" must be a string or a whole number, but here is an "
                "array."}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(FaultPlanTomlTest, FaultsMustBeAnArray) {
  const sim::Result<FaultPlan> plan = ParseFaultPlan("a.toml", "version = 1\n[fault]\nwhen = 3\n");
  ASSERT_FALSE(plan.has_value());
  EXPECT_THAT(plan.error().message, ::testing::HasSubstr("^~~~~~~ write [[fault]]"));
}

TEST(FaultPlanTomlTest, APlanNeedsItsVersion) {
  const sim::Result<FaultPlan> plan = ParseFaultPlan("a.toml", "# nothing else\n");
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().message,
            "a.toml:1:1: error: The key \"version\" is missing in this table.\n"
            "   1 | # nothing else\n     | ^ add version = ...");
}

TEST(ReadPlanWithCastTest, PointsAtEachUnknownNameAlsoBesideWhatCouldNotBeRead) {
  const Cast cast = {.processes = {"jm", "tm-1"}, .events = {{"job.status", {"to"}}}};
  const sim::Result<FaultPlan> plan = ParseFaultPlan("p.toml", R"(version = 1
[[fault]]
when = { at = 3 }
do = { crash = "nobody" }
[[fault]]
when = { event = "job.status", process = "tm-2", where = { frm = "x" } }
do = { cut = ["jm", "tm-3"], for = "1s" }
[[fault]]
when = { event = "job.state" }
do = { crash = "tm-4" }
[[fault]]
when = { event = "job.stats", nth = 0 }
do = { crash = 5 }
[[fault]]
when = 3
do = { cut = ["jm"] }
)",
                                                     cast);
  ASSERT_FALSE(plan.has_value());
  for (const std::string_view part :
       {"p.toml:3:15: error", "p.toml:6:42: error: There is no process \"tm-2\" in this scenario.",
        "p.toml:6:66: error: The event job.status has no field \"frm\"; it has to.",
        "p.toml:7:21: error: There is no host \"tm-3\"",
        "\n   9 | when = { event = \"job.state\" }",
        "p.toml:10:16: error: There is no process \"tm-4\"",
        "p.toml:4:16: error: There is no process \"nobody\"",
        "p.toml:12:18: error: There is no event kind \"job.stats\"",
        "p.toml:12:37: error: \"nth\" is 0", "p.toml:13:16: error: \"crash\" must be a string",
        "p.toml:15:8: error: \"when\" must be a table",
        "p.toml:16:14: error: \"cut\" has 1 entry, but"}) {
    EXPECT_THAT(plan.error().message, ::testing::HasSubstr(std::string(part)));
  }
  // What was put in the place of what could not be read is not judged: one sentence per mistake.
  EXPECT_EQ(plan.error().message.find("\"\""), std::string::npos) << plan.error().message;
  size_t errors = 0;
  for (size_t at = 0; (at = plan.error().message.find("error: ", at)) != std::string::npos; ++at) {
    ++errors;
  }
  EXPECT_EQ(errors, 13U) << plan.error().message;
}

}  // namespace

}  // namespace flinch::faults
