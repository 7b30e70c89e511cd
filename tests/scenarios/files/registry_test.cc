#include "scenarios/files/registry.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/scenario_toml.h"
#include "tests/paths.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;

std::string LibraryFile(const Scenario& scenario) {
  return std::string(FLINCH_SOURCE_DIR) + "/scenarios/library/" + scenario.name + ".toml";
}

// UPDATE_GOLDEN=1 writes the files anew.
TEST(RegistryTest, HasTheSameScenariosAsTomlFiles) {
  for (const Scenario& scenario : LibraryScenarios()) {
    const std::string path = LibraryFile(scenario);
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
      std::ofstream(path) << ShowToml(scenario);
    }
    const sim::Result<Scenario> file = LoadScenario(path);
    ASSERT_TRUE(file.has_value()) << file.error().message;
    EXPECT_EQ(ShowToml(*file), ShowToml(scenario));
    std::ifstream in(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), ShowToml(scenario));
  }
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
