// What travels in a channel between two tasks, and its bytes.
//
// A buffer is a sequence of elements; each starts with its kind. A record's payload follows in the
// form of its edge's ElementType. A barrier or the end of data is always the last of its buffer.
#pragma once

#include <cstdint>

#include "engine/ids.h"

namespace flinch::engine {

enum class ElementKind : uint8_t {
  kRecord = 1,    // event time, payload
  kHashedRecord,  // event time, the key's hash, payload
  kWatermark,     // event time
  kBarrier,       // checkpoint meta
  kEndOfData,     // nothing but barriers follows
};

}  // namespace flinch::engine
