// What the tests of reports share: the scenarios and inputs beside them, run as their reporter
// would.
#pragma once

#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/scenario_toml.h"
#include "scenarios/stage/run.h"
#include "tests/paths.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

inline std::string PathOfReported(const std::string& file) {
  return std::string(FLINCH_SOURCE_DIR) + "/tests/reports_from_outside/" + file;
}

inline Scenario Load(const std::string& name) {
  sim::Result<Scenario> scenario = ReadScenario(PathOfReported(name + ".toml"));
  EXPECT_TRUE(scenario.has_value()) << scenario.error().message;
  return scenario.value_or(Scenario());
}

inline RunResult RunOn(const Scenario& scenario, uint64_t seed) {
  const sim::Result<Workload> workload = LoadWorkload(scenario, seed, std::nullopt);
  EXPECT_TRUE(workload.has_value());
  return Run({.scenario = scenario, .workload = *workload, .seed = seed, .defects = {}});
}

}  // namespace flinch::scenarios
