// Runs as GoogleTest expectations and as RapidCheck properties: for the tests of those who write
// jobs, operators and sinks.
//
//   TEST(MyScenario, SurvivesSeedSeven) {
//     EXPECT_THAT(scenarios::Run(MyScenario(), 7), HoldsAllProperties());
//   }
//   FLINCH_SEEDS(MyScenario, SurvivesTheFirst, MyScenario(), 1, 100)
//   FLINCH_PROP(MyScenario, SurvivesAnything, MyScenario())
//
// (A test has a private Run of its own, which hides ours: write it with its namespace.)
// FLINCH_SEEDS makes a test of each seed, both ends included: what runs tests in parts or side by
// side (GTEST_TOTAL_SHARDS, `ctest -j`) shares them out, and a failure is at the macro's line, with
// its seed as the test's name.
// FLINCH_PROP makes a RapidCheck test of seeds, of how many of a generated workload's records there
// are, and, where the scenario draws its faults, of plans; a failure is shrunk to few records and
// few, simple faults. The seed is the test's own, the same each time, and printed; RC_PARAMS gives
// another ("seed=7 max_success=1000"), FLINCH_FRESH_SEEDS=1 a new one for each process. A failure
// prints the summary of the run, and the lines that run it again outside of the test; a property of
// no cases fails. For laws of one's own there are generators in scenarios/testing/arbitrary.h.
// Needs: GoogleTest's gmock and RapidCheck's GoogleTest header at the user's; nothing else here
//        does.
// Source: GoogleTest, "Defining matchers"; RapidCheck, doc/gtest.md.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/Configuration.h>
#include <rapidcheck/gtest.h>

#include "reports/run_summary.h"
#include "scenarios/stage/run.h"
#include "scenarios/testing/arbitrary.h"
#include "sim/random.h"

namespace flinch::scenarios {

// How GoogleTest shows a run.
inline void PrintTo(const RunResult& result, std::ostream* out) {
  *out << '\n' << reports::ShowText(result.summary, reports::ReplayLine::kAlways);
}

// Every oracle of the scenario is content: neither failed nor inconclusive.
class HoldsAllPropertiesMatcher {
 public:
  using is_gtest_matcher = void;

  bool MatchAndExplain(const RunResult& result, ::testing::MatchResultListener* listener) const {
    *listener << "whose verdict is " << reports::Name(result.summary.verdict);
    return result.summary.verdict == reports::Verdict::kPassed;
  }

  void DescribeTo(std::ostream* out) const { *out << "holds all properties"; }

  void DescribeNegationTo(std::ostream* out) const { *out << "breaks a property"; }
};

inline HoldsAllPropertiesMatcher HoldsAllProperties() { return {}; }

// One case of FLINCH_PROP.
inline void CheckDrawnRun(Scenario scenario) {
  if (scenario.workload.source == WorkloadSource::kGenerated) {
    scenario.workload.records = *::rc::gen::inRange<uint64_t>(1, scenario.workload.records + 1);
  }
  // A smaller seed is no simpler one.
  const uint64_t seed = *::rc::gen::noShrink(::rc::gen::arbitrary<uint64_t>());
  if (scenario.vary != VarySpec{}) {
    scenario = Vary(std::move(scenario), seed);
  }
  if (scenario.faults.source == FaultSource::kSwarm) {
    scenario.faults.plan = *AnyPlanOf(scenario);
    scenario.faults.source = FaultSource::kPlan;
  }
  const RunResult result = Run(scenario, seed);
  if (result.summary.verdict != reports::Verdict::kPassed) {
    RC_FAIL(reports::ShowText(result.summary, reports::ReplayLine::kAlways));
  }
}

// How RapidCheck is to try the test of this name.
inline ::rc::detail::TestParams ParamsOf(std::string_view test) {
  ::rc::detail::TestParams params = ::rc::detail::configuration().testParams;
  const char* const given = std::getenv("RC_PARAMS");
  const char* const fresh = std::getenv("FLINCH_FRESH_SEEDS");
  const bool has_seed = given != nullptr && std::string_view(given).contains("seed=");
  if (!has_seed && (fresh == nullptr || std::string_view(fresh) != "1")) {
    params.seed = sim::Random(0).Split(test).seed();
  }
  return params;
}

// A GoogleTest of a property, with the same cases each time.
inline void CheckProperty(const std::function<void()>& property) {
  const ::testing::TestInfo& test = *::testing::UnitTest::GetInstance()->current_test_info();
  ::rc::detail::TestMetadata metadata;
  metadata.id = std::string(test.test_suite_name()) + "/" + test.name();
  metadata.description = test.name();
  const ::rc::detail::TestParams params = ParamsOf(metadata.id);
  std::cout << metadata.id << ": RC_PARAMS=\"seed=" << params.seed << "\" tries the same again\n";
  const ::rc::detail::TestResult result =
      ::rc::detail::checkTestable([&property] { property(); }, metadata, params);
  if (!result.is<::rc::detail::SuccessResult>()) {
    std::ostringstream text;
    ::rc::detail::printResultMessage(result, text);
    FAIL() << text.str() << "\n";
  }
  if (result.get<::rc::detail::SuccessResult>().numSuccess == 0) {
    FAIL() << "No case was tried, so nothing is known; RC_PARAMS must not say max_success=0.\n";
  }
}

}  // namespace flinch::scenarios

#define FLINCH_SEEDS(suite, name, scenario, first, last)                                 \
  class suite##name : public ::testing::TestWithParam<uint64_t> {};                      \
  TEST_P(suite##name, HoldsAllProperties) {                                              \
    EXPECT_THAT(::flinch::scenarios::Run(scenario, GetParam()),                          \
                ::flinch::scenarios::HoldsAllProperties())                               \
        << "seed " << GetParam();                                                        \
  }                                                                                      \
  INSTANTIATE_TEST_SUITE_P(, suite##name, ::testing::Range<uint64_t>(first, (last) + 1), \
                           [](const auto& test) { return "seed_" + std::to_string(test.param); });

#define FLINCH_PROP(suite, name, scenario)                                                    \
  TEST(suite, name) {                                                                         \
    ::flinch::scenarios::CheckProperty([] { ::flinch::scenarios::CheckDrawnRun(scenario); }); \
  }
