// How often random faults hit each cell of the protocol, and so which cells a hunt should aim at.
//
// Intuition: a cell that is hit by chance all the time needs no aim. So the rare ones come first;
//            of equally rare ones those of all phases in turn, or a short hunt would never see the
//            end of a recovery.
// Shape:     measured once, over random seeds (cell_rarity.inc), and written anew on request
//            (UPDATE_GOLDEN=1, cell_rarity_test.cc). A guide and no promise: when runs change, its
//            numbers may be a little wrong for a while. A cell that is not in it counts as never
//            hit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flinch::scenarios {

// In so many of the measured runs.
uint64_t HitsOf(std::string_view cell);

// The cells whose hits are less than twice as many as others' count as equally rare, and stand in
// an order that is fixed but mixes phases.
std::vector<std::string> RarestFirst(std::vector<std::string> cells);

}  // namespace flinch::scenarios
