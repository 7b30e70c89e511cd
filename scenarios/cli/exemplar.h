// One failure of a hunt, made as small as there is time for.
#pragma once

#include <functional>

#include "scenarios/lab/shrunk_group.h"
#include "scenarios/lab/unit_result.h"
#include "sim/result.h"

namespace flinch::scenarios {

// In this process. `stop`: enough.
sim::Result<ShrunkGroup> ShrinkFailure(const UnitResult& exemplar,
                                       const std::function<bool()>& stop);

}  // namespace flinch::scenarios
