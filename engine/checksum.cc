#include "engine/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace flinch::engine {

uint32_t Checksum(std::string_view bytes, uint64_t seed) {
  return static_cast<uint32_t>(XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed));
}

}  // namespace flinch::engine
