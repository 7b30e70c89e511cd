// Values to bytes and back; the only form in which anything leaves a process. The form is that of
// sim/codec.h; here stands what the engine adds to it.
#pragma once

#include <vector>

#include "engine/ids.h"
#include "sim/codec.h"

namespace flinch::engine {

// A list that is no byte where it is empty: so it is the last of what it is in.
template <typename T>
struct Trailing final : std::vector<T> {
  using std::vector<T>::vector;
};

}  // namespace flinch::engine

namespace flinch::sim {

template <typename T>
struct Serializer<engine::Trailing<T>> {
  using List = std::vector<T>;

  static void Write(Encoder& out, const engine::Trailing<T>& list) {
    if (!list.empty()) {
      Serializer<List>::Write(out, list);
    }
  }

  static void Read(Decoder& in, engine::Trailing<T>& list) {
    list.clear();
    if (in.remaining() > 0) {
      Serializer<List>::Read(in, list);
    }
  }
};

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
