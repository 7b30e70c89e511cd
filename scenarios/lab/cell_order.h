// In which order a hunt aims at the cells of the protocol.
//
// Intuition: a short hunt must not spend itself on the first phases of the alphabet, or it would
//            never see the end of a recovery: so the order is fixed, but mixes phases, roles and
//            faults.
#pragma once

#include <string>
#include <vector>

namespace flinch::scenarios {

// Returns the cells in an order that depends on their names alone.
std::vector<std::string> InMixedOrder(std::vector<std::string> cells);

}  // namespace flinch::scenarios
