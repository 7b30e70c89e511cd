// Which units of a hunt nobody has done, in sentences.
//
// Cost: by the results that there are, not by the units and shards that there could be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/lab/tally.h"
#include "scenarios/lab/units.h"

namespace flinch::scenarios {

// "3 units of shard 2/3, the first of them unit 1". Of a hunt of so many units in all, one sentence
// for each shard; of very many, one for all the others. There is at least one shard.
std::vector<std::string> DescribeMissing(uint64_t shards, uint64_t units, const Tally& tally);

// The same of one shard alone: none, or one.
std::vector<std::string> DescribeMissing(const Shard& shard, uint64_t units, const Tally& tally);

}  // namespace flinch::scenarios
