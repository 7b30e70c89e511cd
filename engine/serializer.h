// Values to bytes and back; the only form in which anything leaves a process. The form is that of
// sim/codec.h; here stands what the engine adds to it.
#pragma once

#include "engine/ids.h"
#include "sim/codec.h"

namespace flinch::sim {

template <>
struct Serializer<engine::EventTime> {
  static void Write(Encoder& out, engine::EventTime time) { sim::Write(out, time.nanos()); }

  static void Read(Decoder& in, engine::EventTime& time) {
    int64_t nanos = 0;
    sim::Read(in, nanos);
    time = engine::EventTime(nanos);
  }
};

}  // namespace flinch::sim

namespace flinch::engine {

using sim::Bytes;
using sim::Decode;
using sim::Decoder;
using sim::Encode;
using sim::Encoder;
using sim::Read;
using sim::Visitable;
using sim::Write;

}  // namespace flinch::engine
