// Tapes with fewer choices: what is left out falls back to the default.
//
// Choices are numbered over the whole tape, from 0, in the order of its tracks: those of the
// scheduler that are not the first in line, and the draws that are overruled.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/world/tape.h"

namespace flinch::scenarios {

// How many choices are not the default.
uint64_t CountChoices(const sim::Tape& tape);

// The tape with only these, ascending. Tracks end behind their last one; those without any go.
sim::Tape KeepChoices(const sim::Tape& tape, const std::vector<uint64_t>& kept);

// The same choices, without what is the default anyway.
sim::Tape Shortened(const sim::Tape& tape);

}  // namespace flinch::scenarios
