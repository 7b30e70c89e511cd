#include "scenarios/cli/new_project.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What they hold is built and run by tests/package.
TEST(NewProjectTest, WritesItsFilesOnce) {
  const std::filesystem::path before = std::filesystem::current_path();
  const std::filesystem::path folder = ::testing::TempDir() + "/new_project_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::filesystem::current_path(folder);
  const auto written = WriteProject({.kind = "job", .name = "mine"});
  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_THAT(*written, ElementsAre("mine/CMakeLists.txt", "mine/main.cc", "mine/mine.toml"));
  const auto again = WriteProject({.kind = "system", .name = "mine"});
  ASSERT_FALSE(again.has_value());
  EXPECT_THAT(again.error().message, HasSubstr("There is a \"mine\" already"));
  std::filesystem::current_path(before);
}

TEST(NewProjectTest, AKindOrANameThatWillNotDoIsToldInASentence) {
  EXPECT_THAT(WriteProject({.kind = "jop", .name = "mine"}).error().message,
              HasSubstr("use one of job, sink, system"));
  for (const std::string name : {"", "Mine", "my job", "../mine", "url_clicks", "7"}) {
    EXPECT_THAT(WriteProject({.kind = "job", .name = name}).error().message,
                HasSubstr("A project cannot be called"))
        << name;
  }
}

}  // namespace

}  // namespace flinch::scenarios
