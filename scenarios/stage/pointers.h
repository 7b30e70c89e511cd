// The pointers to completed checkpoints as they lie in the world, for who looks from outside: on
// the shared volume, or in the journal of the coordination service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/model/scenario.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

struct StoredPointer {
  int64_t id = 0;
  std::string name;                     // where it lies
  std::optional<std::string> metadata;  // where it points to; nothing: nobody can read it
};

// By id. Of a journal that cannot be read: none.
std::vector<StoredPointer> ReadPointers(const sim::World& world, const Scenario& scenario);

}  // namespace flinch::scenarios
