// What a buffer of records is made of; each element starts with its kind. A record's payload
// follows in the form of its edge's ElementType. As in Flink a watermark is an element among
// records, not an event: it would cut each buffer short.
#pragma once

#include <cstdint>

#include "engine/ids.h"

namespace flinch::engine {

enum class ElementKind : uint8_t {
  kRecord = 1,    // event time, payload
  kHashedRecord,  // event time, the key's hash, payload
  kWatermark,     // event time
};

}  // namespace flinch::engine
