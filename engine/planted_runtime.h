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

  // What the task does between records, in the middle of one.
  virtual sim::Result<void> RunMails() { return {}; }
};

// Returns none for a runtime that is somebody else's.
inline const Defects& DefectsOf(const OperatorRuntime& runtime) {
  static const Defects kNone;
  const auto* planted = dynamic_cast<const PlantedRuntime*>(&runtime);
  return planted == nullptr ? kNone : planted->defects();
}

inline sim::Result<void> RunMailsOf(OperatorRuntime& runtime) {
  auto* const planted = dynamic_cast<PlantedRuntime*>(&runtime);
  return planted == nullptr ? sim::Result<void>() : planted->RunMails();
}

}  // namespace flinch::engine
