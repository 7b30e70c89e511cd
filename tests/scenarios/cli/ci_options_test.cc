#include "scenarios/cli/ci_options.h"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "scenarios/cli/command_line.h"
#include "tests/paths.h"

namespace flinch::scenarios {

namespace {

// Behind "./flinch", as a shell splits them; what the service fills in is 1.
std::vector<std::vector<std::string>> CommandLinesOf(const std::string& file) {
  constexpr std::string_view kMatrix = "${{ matrix.shard }}";
  std::vector<std::vector<std::string>> commands;
  std::ifstream in(std::string(FLINCH_SOURCE_DIR) + "/scenarios/examples/ci/" + file);
  for (std::string line; std::getline(in, line);) {
    if (const size_t filled = line.find(kMatrix); filled != std::string::npos) {
      line.replace(filled, kMatrix.size(), "1");
    }
    const size_t at = line.find("./flinch ");
    if (at == std::string::npos || line.find('#') < at) {
      continue;
    }
    std::istringstream words(line.substr(at + 9));
    std::vector<std::string>& command = commands.emplace_back();
    for (std::string word; words >> word;) {
      command.push_back(word);
    }
  }
  return commands;
}

// Every command line of the workflows that people copy is one that flinch takes.
class CiExamplesTest : public testing::TestWithParam<const char*> {};

TEST_P(CiExamplesTest, FlinchTakesEveryCommandLine) {
  const std::vector<std::vector<std::string>> commands = CommandLinesOf(GetParam());
  EXPECT_EQ(commands.size(), 4U);
  for (const std::vector<std::string>& words : commands) {
    const sim::Result<Command> command = ParseCommandLine(words);
    EXPECT_TRUE(command.has_value()) << words.front() << ": " << command.error().message;
  }
}

INSTANTIATE_TEST_SUITE_P(Services, CiExamplesTest, testing::Values("github.yml", "gitlab.yml"),
                         [](const auto& each) {
                           const std::string file = each.param;
                           return file.substr(0, file.find('.'));
                         });

}  // namespace

}  // namespace flinch::scenarios
