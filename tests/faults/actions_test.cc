#include "faults/actions.h"

#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/fault_catalogue.h"

namespace flinch::faults {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ActionsTest, EveryKindOfTheCatalogueIsOneAndTheOtherWayRound) {
  std::set<std::string_view> kinds;
  for (const FaultInfo& info : kFaultCatalogue) {
    const std::optional<Action> action = ActionOfKind(info.kind);
    ASSERT_TRUE(action) << info.kind;
    EXPECT_EQ(KindOf(*action), info.kind);
    EXPECT_EQ(FamilyOf(*action), info.family);
    kinds.insert(info.kind);
  }
  EXPECT_EQ(kinds.size(), kFaultCatalogue.size());
  EXPECT_FALSE(ActionOfKind("crsh"));
  EXPECT_FALSE(ActionOfKind(""));
}

TEST(ActionsTest, EveryFamilyHasAKind) {
  for (const std::string_view family : kFaultFamilies) {
    EXPECT_NE(std::ranges::find(kFaultCatalogue, family, &FaultInfo::family), kFaultCatalogue.end())
        << family;
  }
}

TEST(ActionsTest, NamesWhatItActsOnAndWhomItStrikes) {
  const Action partition = Partition{.group = {"jm"}, .others = {"a", "b"}, .to_only = true};
  EXPECT_EQ(TargetOf(partition), "jm>a+b");
  EXPECT_THAT(StruckBy(partition), ElementsAre("jm", "a", "b"));
  EXPECT_EQ(TargetOf(SwizzleHosts{.hosts = {"a", "b"}}), "a+b");
  EXPECT_EQ(TargetOf(ResetLink{.from = "a", .to = "b"}), "a/b");
  EXPECT_EQ(TargetOf(VolumeFault{}), "shared");
  EXPECT_THAT(StruckBy(VolumeFault{}), IsEmpty());
  EXPECT_THAT(StruckBy(DiskFault{.disk = "broker"}), ElementsAre("broker"));
  EXPECT_EQ(FamilyOf(DiskFault{.disk = "broker"}), "disk");
  EXPECT_EQ(FamilyOf(DiskFault{.disk = "shared"}), "volume");
}

}  // namespace

}  // namespace flinch::faults
