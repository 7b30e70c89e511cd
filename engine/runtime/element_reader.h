// Takes apart what a buffer of records is made of (engine/stream_element.h).
#pragma once

#include "engine/serializer.h"
#include "engine/stream_element.h"
#include "engine/stream_operator.h"

namespace flinch::engine {

struct Element {
  ElementKind kind{};
  StreamRecord record;  // of a watermark: its time. Of a record all but its value, which follows
};

// Spoils `in` when there is no element.
inline Element ReadElement(Decoder& in) {
  Element element;
  Read(in, element.kind);
  Read(in, element.record.timestamp);
  switch (element.kind) {
    case ElementKind::kRecord:
    case ElementKind::kWatermark:
      break;
    case ElementKind::kHashedRecord:
      element.record.is_hashed = true;
      Read(in, element.record.key_hash);
      break;
    default:
      in.Spoil();
  }
  return element;
}

}  // namespace flinch::engine
