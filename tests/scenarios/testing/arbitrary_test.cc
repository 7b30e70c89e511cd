#include "scenarios/testing/arbitrary.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "scenarios/files/registry.h"
#include "scenarios/files/scenario_problems.h"

namespace flinch::scenarios {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kSize = 10;

// What `drawn` shrinks to while `holds` does.
template <typename T, typename Holds>
T Least(rc::Shrinkable<T> drawn, Holds holds) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    rc::Seq<rc::Shrinkable<T>> candidates = drawn.shrinks();
    while (rc::Maybe<rc::Shrinkable<T>> candidate = candidates.next()) {
      if (holds(candidate->value())) {
        drawn = *candidate;
        smaller = true;
        break;
      }
    }
  }
  return drawn.value();
}

TEST(AnyPlanOfTest, ShrinksToOneSimpleFault) {
  const Scenario& scenario = *FindLibraryScenario("small_job");
  const auto crashes = [](const faults::FaultPlan& plan) {
    return std::ranges::any_of(plan.faults, [](const faults::Fault& fault) {
      return std::holds_alternative<faults::Crash>(fault.what);
    });
  };
  const rc::Shrinkable<faults::FaultPlan> drawn = AnyPlanOf(scenario)(rc::Random(3), kSize);
  ASSERT_TRUE(crashes(drawn.value()));
  const faults::FaultPlan least = Least(drawn, crashes);
  ASSERT_EQ(least.faults.size(), 1U);
  EXPECT_THAT(SimplerFaults(least, 0, CastOf(scenario)), IsEmpty());
  EXPECT_EQ(Least(drawn, [](const faults::FaultPlan&) { return true; }), faults::FaultPlan());
}

TEST(AnyPlanOfTest, ShowsThePlanAsInAFile) {
  const rc::Shrinkable<faults::FaultPlan> drawn =
      AnyPlanOf(*FindLibraryScenario("small_job"))(rc::Random(3), kSize);
  EXPECT_THAT(rc::toString(drawn.value()), HasSubstr("[[fault]]"));
}

TEST(AnyVariationOfTest, ShrinksToTheFieldsThatMatter) {
  const Scenario base = *FindLibraryScenario("url_clicks");
  const auto differs = [&base](const Scenario& scenario) {
    return scenario.cluster.task_managers != base.cluster.task_managers;
  };
  rc::Random random(1);
  for (int tries = 0; tries < 10; ++tries) {
    const rc::Shrinkable<Scenario> drawn = AnyVariationOf(base)(random.split(), kSize);
    if (!differs(drawn.value())) {
      continue;
    }
    const Scenario least = Least(drawn, differs);
    EXPECT_THAT(SettingsBetween(base, least), ::testing::SizeIs(::testing::Le(2)));
    EXPECT_TRUE(Validate(least));
    return;
  }
  FAIL() << "the cluster never varied";
}

RC_GTEST_PROP(AnyVariationOfPropertyTest, IsValid, ()) {
  RC_ASSERT(Validate(*AnyVariationOf(*FindLibraryScenario("small_job"))).has_value());
}

}  // namespace
}  // namespace flinch::scenarios
