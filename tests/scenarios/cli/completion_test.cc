#include "scenarios/cli/completion.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/cli/command_line.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using tests::Flinch;

using Words = std::vector<std::string>;

TEST(CompletionTest, CompletesCommandsAndFlags) {
  EXPECT_THAT(Completions(Words{"re"}), ElementsAre("replay", "regress", "report"));
  EXPECT_THAT(Completions(Words{""}), AllOf(Contains("hunt"), Contains("--version")));
  EXPECT_THAT(Completions(Words{"hunt", "--se"}),
              ElementsAre("--seeds", "--search", "--seed-timeout", "--seed-memory", "--set"));
  EXPECT_THAT(Completions(Words{"run", "--tr"}), IsEmpty()) << "what is hidden stays hidden";
}

TEST(CompletionTest, CompletesWhatMayStandThere) {
  EXPECT_THAT(Completions(Words{"run", ""}), Contains("small_job"));
  EXPECT_THAT(Completions(Words{"run", "small_job", ""}), IsEmpty()) << "one scenario is enough";
  EXPECT_THAT(Completions(Words{"hunt", "small_job", "-j", "4", "--strict", "url"}),
              ElementsAre("url_clicks"));
  EXPECT_THAT(Completions(Words{"hunt", "--search", "p"}), ElementsAre("pct", "pos", "portfolio"));
  EXPECT_THAT(Completions(Words{"run", "--defect", "sink_"}),
              AllOf(Not(IsEmpty()), Each(StartsWith("sink_"))));
  EXPECT_THAT(Completions(Words{"study", "--vary", "heartbeat.t"}),
              ElementsAre("heartbeat.timeout="));
  EXPECT_THAT(Completions(Words{"run", "--plan", ""}), IsEmpty()) << "files are the shell's";
  EXPECT_THAT(Completions(Words{"list", "e"}), ElementsAre("events"));
  EXPECT_THAT(Completions(Words{"campaign", ""}), ElementsAre("emit"));
  EXPECT_THAT(Completions(Words{"nothing", ""}), IsEmpty());
}

// What is offered is taken.
TEST(CompletionTest, WhatIsOfferedIsNoMistake) {
  for (const std::string& value : Completions(Words{"run", "--strategy", ""})) {
    EXPECT_TRUE(ParseCommandLine(Words{"run", "small_job", "--strategy", value}).has_value());
  }
  for (const std::string& format : Completions(Words{"trace", "export", "x", "--format", ""})) {
    EXPECT_TRUE(ParseCommandLine(Words{"trace", "export", "x", "--format", format}).has_value());
  }
  for (const std::string& topic : Completions(Words{"list", ""})) {
    EXPECT_EQ(Flinch({"list", topic}).exit_code, 0) << topic;
  }
  for (const std::string& engine : Completions(Words{"campaign", "emit", "--engine", ""})) {
    EXPECT_EQ(
        Flinch({"campaign", "emit", "small_job", "--seeds", "1", "--engine", engine}).exit_code, 0)
        << engine;
  }
  for (const std::string& page : Completions(Words{"man", ""})) {
    EXPECT_EQ(Flinch({"man", page}).exit_code, 0) << page;
  }
}

TEST(CompletionTest, EachShellHasAScriptThatAsks) {
  for (const std::string& shell : Completions(Words{"completion", ""})) {
    EXPECT_THAT(Flinch({"completion", shell}).out, HasSubstr(" complete ")) << shell;
  }
  EXPECT_THAT(Flinch({"completion", "bsh"}).err, HasSubstr("Did you mean \"bash\"?"));
  EXPECT_EQ(Flinch({"complete", "hunt", "--seeds"}).out, "--seeds\n");
}

}  // namespace

}  // namespace flinch::scenarios
