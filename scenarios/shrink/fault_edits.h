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

#include <string>
#include <string_view>
#include <vector>

#include "faults/fault_plan.h"

namespace flinch::scenarios {

// Of a plan, with the one fault replaced. Of faults that name no process of the cast, whatever they
// are, none.
std::vector<faults::FaultPlan> SimplerFaults(const faults::FaultPlan& plan, size_t fault,
                                             const faults::Cast& cast);

// The plan in which one process takes the part of another and the reverse.
faults::FaultPlan SwapProcesses(const faults::FaultPlan& plan, std::string_view one,
                                std::string_view other, const faults::Cast& cast);

// "a duration is rounder when it has fewer digits that are not 0 at the end": 1.234s before 1.2s
// before 1s. The rounder ones near it, roundest first; none of one that has one digit.
std::vector<std::string> RounderDurations(std::string_view text);

}  // namespace flinch::scenarios
