#include "scenarios/cli/program_path.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "tests/paths.h"

namespace flinch::scenarios {

namespace {

TEST(ProgramPathTest, IsAbsoluteWhateverItWasStartedAs) {
  ::unsetenv("FLINCH_PROGRAM");
  EXPECT_EQ(ProgramWord("/opt/flinch"), "/opt/flinch");
  EXPECT_EQ(ProgramWord("/opt/my tools/flinch"), "'/opt/my tools/flinch'");
  const std::string here = ShellWord((std::filesystem::current_path() / "b/flinch").string());
  EXPECT_EQ(ProgramWord("./b/flinch"), here);
  EXPECT_EQ(ProgramWord("b/../b/flinch"), here);
  EXPECT_EQ(ProgramWord("flinch"), "flinch");  // the shell finds it from anywhere
  EXPECT_EQ(ProgramWord(""), "flinch");
}

TEST(ProgramPathTest, IsTheScriptThatStartedIt) {
  ::setenv("FLINCH_PROGRAM", "/home/kim/it's/flinch", 1);
  EXPECT_EQ(ProgramWord("/build/flinch"), "'/home/kim/it'\\''s/flinch'");
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
