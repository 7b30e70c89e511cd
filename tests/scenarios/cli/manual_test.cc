#include "scenarios/cli/manual.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/cli/command_line.h"
#include "scenarios/lab/version.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using tests::Flinch;
using tests::Outcome;

TEST(ManualTest, EveryFlagOfTheHelpIsInThePage) {
  for (const VerbInfo& verb : DescribeVerbs()) {
    const sim::Result<ManualPage> page = FindManualPage(verb.name);
    ASSERT_TRUE(page.has_value()) << verb.name;
    EXPECT_FALSE(verb.what.empty());
    for (const WordInfo& flag : verb.flags) {
      std::string written;
      for (const char c : flag.name) {
        written += c == '-' ? std::string("\\-") : std::string(1, c);
      }
      EXPECT_THAT(page->text, HasSubstr(written + "\\fR")) << verb.name;
      EXPECT_FALSE(flag.what.empty()) << verb.name << ' ' << flag.name;
    }
  }
}

TEST(ManualTest, NothingInATextIsARequestOfItsOwn) {
  for (const ManualPage& page : AllManualPages()) {
    std::string_view rest = page.text;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (line.starts_with('.')) {
        const std::vector<std::string_view> known = {".TH", ".ad l", ".SH", ".TP",
                                                     ".B ", ".BR",   ".EX", ".EE"};
        EXPECT_TRUE(std::ranges::any_of(
            known, [line](std::string_view request) { return line.starts_with(request); }))
            << page.file << ": " << line;
      }
    }
  }
}

TEST(ManualTest, WritesAllPages) {
  const std::string folder = testing::TempDir() + "/manual_pages";
  std::filesystem::remove_all(folder);
  const Outcome outcome = Flinch({"man", "--out", folder});
  EXPECT_EQ(outcome.exit_code, kExitPassed) << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(folder + "/flinch.1"));
  EXPECT_TRUE(std::filesystem::exists(folder + "/flinch-hunt.1"));
  EXPECT_TRUE(std::filesystem::exists(folder + "/flinch-scenario.5"));
  EXPECT_THAT(Flinch({"man", "hnut"}).err, HasSubstr("Did you mean \"hunt\"?"));
  EXPECT_EQ(Flinch({"man", "hunt", "--out", folder}).exit_code, kExitUsage);
}

}  // namespace

}  // namespace flinch::scenarios
