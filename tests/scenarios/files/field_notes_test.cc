#include "scenarios/files/field_notes.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::UnorderedElementsAreArray;

TEST(FieldNotesTest, EachFieldHasANoteAndEachNoteAField) {
  std::vector<std::string> paths;
  for (const DescribedField& field : DescribeFields()) {
    EXPECT_TRUE(field.note.ends_with('.')) << field.path << " has no note, or no whole sentence";
    EXPECT_FALSE(field.standard.empty()) << field.path;
    paths.push_back(field.path);
  }
  const std::vector<std::string_view> noted = NotedPaths();
  EXPECT_THAT(noted, UnorderedElementsAreArray(paths));
}

TEST(FieldNotesTest, AFieldTellsItsForm) {
  const std::vector<DescribedField> fields = DescribeFields();
  const auto form = [&fields](std::string_view path) {
    return ShowForm(*std::ranges::find(fields, path, &DescribedField::path));
  };
  EXPECT_EQ(form("cluster.task_managers"), "A whole number from 1 to 500.");
  EXPECT_EQ(form("limits.events"), "A whole number from 1000 on.");
  EXPECT_EQ(form("faults.source"), "One of \"none\", \"swarm\", \"plan\".");
  EXPECT_EQ(form("job.out_of_orderness"), "A time such as \"250ms\", or \"auto\".");
  EXPECT_EQ(form("options.heartbeat.timeout"), "A time such as \"250ms\".");
}

}  // namespace

}  // namespace flinch::scenarios
