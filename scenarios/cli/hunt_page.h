// What the page of a hunt shows.
#pragma once

#include <span>

#include "reports/hunt_page.h"
#include "scenarios/lab/hunt_text.h"
#include "scenarios/lab/unit_result.h"

namespace flinch::scenarios {

// `results`: of its units, in any order; each unit's last one counts.
reports::HuntPage HuntPageOf(const HuntReport& report, std::span<const UnitResult> results);

}  // namespace flinch::scenarios
