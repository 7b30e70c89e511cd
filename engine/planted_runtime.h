// Which wrong behaviours are planted in the engine's own operators: asked for here, so that no
// header of a user's speaks of it.
#pragma once

#include "engine/defects.h"
#include "engine/stream_operator.h"

namespace flinch::engine {

// What a task gives its operators.
class PlantedRuntime : public OperatorRuntime {
 public:
  virtual const Defects& defects() const = 0;
};

// Returns none for a runtime that is somebody else's.
inline const Defects& DefectsOf(const OperatorRuntime& runtime) {
  static const Defects kNone;
  const auto* planted = dynamic_cast<const PlantedRuntime*>(&runtime);
  return planted == nullptr ? kNone : planted->defects();
}

}  // namespace flinch::engine
