#include "scenarios/files/file_schema.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "faults/fault_catalogue.h"
#include "scenarios/files/field_notes.h"

namespace flinch::scenarios {

namespace {

using nlohmann::json;
using ::testing::HasSubstr;

TEST(FileSchemaTest, HoldsEveryFieldAtItsPlace) {
  const json schema = json::parse(ScenarioSchema());
  for (const DescribedField& field : DescribeFields()) {
    const json* table = &schema;
    std::string_view path = field.path;
    while (!path.empty()) {
      const size_t dot = path.find('.');
      ASSERT_TRUE(table->contains("properties")) << field.path;
      ASSERT_TRUE((*table)["properties"].contains(std::string(path.substr(0, dot)))) << field.path;
      table = &(*table)["properties"][std::string(path.substr(0, dot))];
      path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    }
    EXPECT_THAT((*table)["description"].get<std::string>(), HasSubstr(field.note));
  }
  const json& workers = schema["properties"]["cluster"]["properties"]["task_managers"];
  EXPECT_EQ(workers["minimum"], 1);
  EXPECT_EQ(workers["maximum"], 500);
  EXPECT_EQ(schema["required"], (json{"version", "name", "why", "job"}));
}

TEST(FileSchemaTest, KnowsEveryKindOfFault) {
  const json schema = json::parse(PlanSchema());
  const json& fault = schema["properties"]["fault"]["items"]["properties"];
  const json& kinds = fault["do"]["oneOf"];
  ASSERT_EQ(kinds.size(), faults::kFaultCatalogue.size());
  for (size_t at = 0; at < kinds.size(); ++at) {
    EXPECT_EQ(kinds[at]["required"], json::array({faults::kFaultCatalogue[at].kind}));
  }
  EXPECT_EQ(fault["when"]["oneOf"].size(), 6U);
  EXPECT_EQ(json::parse(ScenarioSchema())["properties"]["fault"], schema["properties"]["fault"]);
}

}  // namespace

}  // namespace flinch::scenarios
