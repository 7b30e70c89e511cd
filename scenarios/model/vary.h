// Variation from seed to seed: the same scenario on another cluster, with other options.
//
// Intuition: a bug often needs a small buffer, a short interval or one TaskManager too few. Who
//            tries one configuration a thousand times learns less than who tries a thousand.
// Shape:     `[vary]` of a scenario says what may vary; the seed says how. Each field is drawn from
//            a stream of its name, so that one more field moves no other. Applied once, before
//            anything looks at the scenario; the result has nothing left to vary.
// Promise:   a valid scenario stays valid, and every process that its own plan names exists.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/model/scenario.h"

namespace flinch::scenarios {

// The scenario of one seed.
Scenario Vary(Scenario scenario, uint64_t seed);

// The largest parallelism that the scenario may have where its cluster varies.
uint32_t VariedParallelismMax(const Scenario& scenario);

// The fields in which two scenarios differ, with what stands in the second, as in a file:
// {"cluster.task_managers", "5"}. Of [vary] itself nothing.
std::vector<std::pair<std::string, std::string>> Differences(const Scenario& first,
                                                             const Scenario& second);

// What a seed may make different in this scenario: of what cluster, job, input and options, and
// until when faults come. Names as Differences gives them, in the order of the file. Which faults
// come is told elsewhere, by kind.
std::vector<std::string> Dimensions(const Scenario& scenario);

}  // namespace flinch::scenarios
