// Simpler ways to say a fault.
//
// They are edits of its text form, so that a trigger or an action that is new to the plan's
// vocabulary is simplified like the old ones: a key left out, a whole number made smaller, a
// duration made rounder. What the edit of a key means nobody asks: who tries a fault sees whether
// it still does what it did.
//
// Shape: the boldest edits first. Each is simpler in one way and worse in none, so that taking any
//        of them again and again comes to an end. Edits that cannot be read as a fault are left
//        out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "faults/fault_plan.h"
#include "reports/run_summary.h"

namespace flinch::scenarios {

// A crash and the restart that ends it are one fault, however they are written.
uint64_t CountFaults(const faults::FaultPlan& plan);

// The kept faults alone, which ascend. One that waits for a fault that is gone comes when it came
// in the run whose faults these are; one that never came there goes too.
faults::FaultPlan KeepFaults(const faults::FaultPlan& plan, std::span<const uint64_t> kept,
                             std::span<const reports::FiredFault> fired);

// Of a plan, with the one fault replaced. Of faults that name no process of the cast, whatever they
// are, none.
std::vector<faults::FaultPlan> SimplerFaults(const faults::FaultPlan& plan, size_t fault,
                                             const faults::Cast& cast);

// The plans with one fault less that lasts longer: of two that do alike to the same target for some
// time, one that begins with the earlier and ends with the later of them, as they came in the run
// whose faults these are. What else each of the two says is tried.
std::vector<faults::FaultPlan> MergedFaults(const faults::FaultPlan& plan,
                                            std::span<const reports::FiredFault> fired,
                                            const faults::Cast& cast);

// The plan in which one process takes the part of another and the reverse.
faults::FaultPlan SwapProcesses(const faults::FaultPlan& plan, std::string_view one,
                                std::string_view other, const faults::Cast& cast);

// "a duration is rounder when it has fewer digits that are not 0 at the end": 1.234s before 1.2s
// before 1s. The rounder ones near it, roundest first; none of one that has one digit.
std::vector<std::string> RounderDurations(std::string_view text);

}  // namespace flinch::scenarios
