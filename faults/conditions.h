// What a fault makes of a link, a disk or the volume: the condition that the world knows. Pure.
#pragma once

#include "faults/actions.h"
#include "sim/world/world.h"

namespace flinch::faults {

sim::DiskCondition ConditionOf(const DiskFault& fault);
sim::LinkCondition ConditionOf(const ImpairLink& fault);
sim::VolumeCondition ConditionOf(const VolumeFault& fault);

}  // namespace flinch::faults
