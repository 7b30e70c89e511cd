// What an access to keyed state throws that cannot be had: the local disk failed. No access returns
// an error, since no user's code could go on after one; the boundary to that code
// (engine/runtime/user_code.h) makes it the failure of the task.
#pragma once

#include <utility>

#include "sim/result.h"

namespace flinch::engine {

struct StateUnavailable {
  explicit StateUnavailable(sim::Error of) : error(std::move(of)) {}

  sim::Error error;
};

}  // namespace flinch::engine
