// The keyed state of one operator as it was at one moment, to be written while it goes on changing:
// what a back end gives when a snapshot is taken, at a cost that does not grow with the state.
#pragma once

#include <optional>
#include <utility>

#include "engine/ids.h"
#include "sim/network.h"

namespace flinch::engine {

class KeyedSnapshot {
 public:
  virtual ~KeyedSnapshot() = default;

  // The next group that has entries, with their bytes; nothing at the end. Groups grow. Does not
  // suspend.
  virtual std::optional<std::pair<KeyGroup, sim::Bytes>> Next() = 0;
};

}  // namespace flinch::engine
