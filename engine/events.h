// The engine's vocabulary: what it tells the world about itself.
//
// A kind is what fault plans wait for, oracles judge and timelines print, so a kind and its fields
// are a contract: add, do not rename. Subtasks are written "sink[1]", attempts are numbers, times
// are nanoseconds. One header per protocol defines its events; this one has them all.
#pragma once

#include <span>

#include "engine/events/checkpoint.h"
#include "engine/events/event.h"
#include "engine/events/job.h"
#include "engine/events/leadership.h"
#include "engine/events/savepoint.h"
#include "engine/events/source.h"
#include "engine/events/task.h"
#include "engine/events/transaction.h"

namespace flinch::engine::events {

// All of them, for `flinch list events` and for checking the names in fault plans.
std::span<const EventInfo> All();

}  // namespace flinch::engine::events
