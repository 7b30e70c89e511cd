// The bytes of key groups, entry by entry: for who makes a snapshot out of something else than a
// back end. What a back end writes of the same entries differs in nothing but their order.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "engine/serializer.h"
#include "engine/state/key_groups.h"
#include "engine/state/leveldb_states.h"
#include "engine/state/state_meta.h"
#include "sim/network.h"

namespace flinch::engine {

class KeyGroupsWriter {
 public:
  // All entries of a state have the same meta.
  void Add(KeyGroup group, const StateMeta& meta, const EncodedEntry& entry);

  std::map<KeyGroup, sim::Bytes> Take();

 private:
  struct State {
    StateMeta meta;
    uint32_t entries = 0;
    Encoder bytes;
  };

  std::map<KeyGroup, std::map<std::string, State, std::less<>>> groups_;
};

}  // namespace flinch::engine
