#include "scenarios/files/registry.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/scenario_toml.h"
#include "tests/paths.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;

// The files are examples to copy: each says all there is to say. UPDATE_GOLDEN=1 completes them.
TEST(RegistryTest, EveryFileOfTheLibraryIsInItAndComplete) {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(FLINCH_SOURCE_DIR "/scenarios/library")) {
    const sim::Result<Scenario> file = LoadScenario(entry.path().string());
    ASSERT_TRUE(file.has_value()) << file.error().message;
    names.push_back(file->name);
    EXPECT_EQ(entry.path().filename(), file->name + ".toml");
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
      std::ofstream(entry.path()) << ShowToml(*file);
    }
    std::ifstream in(entry.path());
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), ShowToml(*file));
    const Scenario* const known = FindLibraryScenario(file->name);
    ASSERT_NE(known, nullptr) << file->name;
    EXPECT_EQ(ShowToml(*known), ShowToml(*file));
  }
  EXPECT_EQ(names.size(), LibraryNames().size());
}

TEST(RegistryTest, TellsNamesFromPaths) {
  EXPECT_FALSE(IsScenarioPath("url_clicks"));
  EXPECT_TRUE(IsScenarioPath("url_clicks.toml"));
  EXPECT_TRUE(IsScenarioPath("./url_clicks"));
}

TEST(RegistryTest, SuggestsANameThatIsNear) {
  const sim::Result<Scenario> scenario = LoadScenario("url_click");
  ASSERT_FALSE(scenario.has_value());
  EXPECT_THAT(scenario.error().message, HasSubstr("Did you mean \"url_clicks\"?"));
}

}  // namespace

}  // namespace flinch::scenarios
