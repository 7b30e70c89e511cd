// CRC-32C: finds damage in what was written. It protects from accidents, not from forgers.
#pragma once

#include <cstdint>
#include <string_view>

namespace flinch::engine {

// Returns the checksum of `bytes` behind bytes whose checksum is `start`; 0 where nothing is before
// them.
uint32_t Crc32c(uint32_t start, std::string_view bytes);

}  // namespace flinch::engine
