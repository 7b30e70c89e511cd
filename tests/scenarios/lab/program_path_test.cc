#include "scenarios/lab/program_path.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "tests/paths.h"

namespace flinch::scenarios {

namespace {

// The folders of a machine say nothing on the next one.
TEST(ProgramPathTest, IsRelativeOrANameAlone) {
  ::unsetenv("FLINCH_PROGRAM");
  EXPECT_EQ(ProgramWord("/opt/flinch"), "flinch");
  EXPECT_EQ(ProgramWord("/opt/my flinch"), "'my flinch'");
  EXPECT_EQ(ProgramWord("./b/flinch"), "./b/flinch");
  EXPECT_EQ(ProgramWord("b/../b/flinch"), "./b/flinch");
  EXPECT_EQ(ProgramWord((std::filesystem::current_path() / "flinch").string()), "./flinch");
  EXPECT_EQ(ProgramWord("flinch"), "flinch");  // the shell finds it from anywhere
  EXPECT_EQ(ProgramWord(""), "flinch");
}

TEST(ProgramPathTest, IsTheScriptThatStartedIt) {
  ::setenv("FLINCH_PROGRAM", (std::filesystem::current_path() / "it's/flinch").c_str(), 1);
  EXPECT_EQ(ProgramWord("/build/flinch"), "'./it'\\''s/flinch'");
  EXPECT_EQ(ProgramFolder(), (std::filesystem::current_path() / "it's").string());
  ::unsetenv("FLINCH_PROGRAM");
}

TEST(ProgramPathTest, QuotesWhatMeansSomethingToAShell) {
  EXPECT_EQ(ShellWord("a/b-c_d.e"), "a/b-c_d.e");
  EXPECT_EQ(ShellWord(""), "''");
  for (const std::string text : {"a b", "$a", "`a`", "a;b", "~", "a*", "a\\b", "a&b", "\"a\""}) {
    EXPECT_EQ(ShellWord(text), "'" + text + "'");
  }
}

}  // namespace

}  // namespace flinch::scenarios
