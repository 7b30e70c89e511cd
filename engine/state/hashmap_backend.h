// Keyed state in memory.
//
// Shape:  per state a table of key groups, per group the keys, per key its namespaces; all ordered,
//         so that what is iterated or snapshotted has one order on every machine. The name is
//         Flink's for "on the heap"; the order costs little, since a subtask's keys are spread over
//         its groups first. Snapshot: a full copy as bytes, per group. The same entries give the
//         same bytes, however they came to be there.
// Errors: Restore answers bytes that no Snapshot wrote with kCorruption and leaves the state as it
//         was. Using state without a current key, or a key outside the range, is a bug and breaks
//         an invariant.
// Source: Flink docs "State Backends / The HashMapStateBackend".
#pragma once

#include <memory>

#include "engine/state/keyed_state_backend.h"

namespace flinch::engine {

std::unique_ptr<KeyedStateBackend> MakeHashMapBackend(KeyGroupRange range,
                                                      uint32_t max_parallelism);

}  // namespace flinch::engine
