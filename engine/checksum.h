// Finds damage in what was written. Protects from accidents, not from forgers.
#pragma once

#include <cstdint>
#include <string_view>

namespace flinch::engine {

// Returns 32 bits of the XXH3 of `bytes`; another for another `seed`, the length in front of them
// say.
uint32_t Checksum(std::string_view bytes, uint64_t seed = 0);

}  // namespace flinch::engine
