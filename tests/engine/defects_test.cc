#include "engine/defects.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

using ::testing::MatchesRegex;
using ::testing::SizeIs;

TEST(DefectsTest, NoneIsPlantedByDefault) {
  const Defects defects;
  EXPECT_TRUE(defects.empty());
  for (const DefectInfo& info : kDefects) {
    EXPECT_FALSE(defects.Has(info.defect)) << info.name;
  }
}

TEST(DefectsTest, PlantingOnePlantsNoOther) {
  for (const DefectInfo& planted : kDefects) {
    Defects defects;
    defects.Plant(planted.defect);
    EXPECT_FALSE(defects.empty());
    for (const DefectInfo& info : kDefects) {
      EXPECT_EQ(defects.Has(info.defect), info.defect == planted.defect);
    }
  }
}

TEST(DefectsTest, SeveralCanBePlantedAtOnce) {
  Defects defects;
  for (const DefectInfo& info : kDefects) {
    defects.Plant(info.defect);
  }
  for (const DefectInfo& info : kDefects) {
    EXPECT_TRUE(defects.Has(info.defect));
  }
}

TEST(DefectsTest, TheCatalogueNamesEachOnceAndSaysWhatItBreaks) {
  std::set<std::string_view> names;
  std::set<Defect> defects;
  for (const DefectInfo& info : kDefects) {
    names.insert(info.name);
    defects.insert(info.defect);
    EXPECT_THAT(std::string(info.name), MatchesRegex("[a-z][a-z0-9]*(_[a-z0-9]+)*"));
    for (const std::string_view sentence : {info.what, info.breaks}) {
      EXPECT_THAT(std::string(sentence), MatchesRegex("[A-Z].+\\.")) << info.name;
    }
    EXPECT_FALSE(info.source.empty()) << info.name;
  }
  EXPECT_THAT(names, SizeIs(kDefects.size()));
  EXPECT_THAT(defects, SizeIs(kDefects.size()));
  // The last enumerator has no row only if the catalogue has a hole.
  EXPECT_EQ(static_cast<size_t>(*defects.rbegin()), kDefects.size() - 1);
}

TEST(DefectsTest, FindsADefectByItsName) {
  for (const DefectInfo& info : kDefects) {
    EXPECT_EQ(FindDefect(info.name), info.defect);
  }
  EXPECT_EQ(FindDefect("sink_commits_at_snapshots"), std::nullopt);
  EXPECT_EQ(FindDefect(""), std::nullopt);
}

}  // namespace
}  // namespace flinch::engine
