// Keyed state of one operator in one subtask: a table (state name, key, namespace) → value, by key
// group.
//
// The runtime sets the current key before each record and timer; typed handles (engine/state.h)
// read and write under it. Below the handles everything is bytes. `Snapshot` copies: what is
// written later does not reach it.
// Survives: a restore from snapshots of any key-group ranges; entries outside this subtask's range
//           are left out.
// Source:   Flink docs "Working with State / Keyed State"; key groups: engine/state/key_groups.h.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/defects.h"
#include "engine/ids.h"
#include "engine/state/key_groups.h"
#include "sim/network.h"
#include "sim/result.h"

namespace flinch::engine {

class KeyedStateBackend {
 public:
  virtual ~KeyedStateBackend() = default;

  virtual KeyGroupRange range() const = 0;
  virtual uint32_t max_parallelism() const = 0;

  // `key_hash` is the key's Java hash code (key_groups.h): it decides the group, which must lie in
  // `range()`.
  virtual void SetCurrentKey(std::string_view key, int32_t key_hash) = 0;
  virtual std::string_view current_key() const = 0;
  virtual int32_t current_key_hash() const = 0;

  // Under the current key. `space` is the namespace: a window, or "". A view is good until the next
  // Put, Remove or Restore.
  virtual std::optional<std::string_view> Get(std::string_view state,
                                              std::string_view space) const = 0;
  virtual void Put(std::string_view state, std::string_view space, std::string_view value) = 0;
  virtual void Remove(std::string_view state, std::string_view space) = 0;

  // All entries of one state, by key group, key and namespace in byte order.
  using EntryVisitor =
      std::function<void(std::string_view key, std::string_view space, std::string_view value)>;
  virtual void ForEach(std::string_view state, const EntryVisitor& visit) const = 0;

  // The entries of one state under the current key whose namespace starts with `prefix`, in byte
  // order. The visitor must not change the state.
  using SpaceVisitor = std::function<void(std::string_view space, std::string_view value)>;
  virtual void ForEachOfCurrentKey(std::string_view state, std::string_view prefix,
                                   const SpaceVisitor& visit) const = 0;

  virtual size_t entries() const = 0;

  // Key group → its entries, encoded. Empty groups are absent.
  virtual std::map<KeyGroup, sim::Bytes> Snapshot() const = 0;
  // Adds the groups of `snapshot` that lie in `range()`. kCorruption when the bytes are none of
  // Snapshot's or hold an entry that is there already; then nothing has been added.
  virtual sim::Result<void> Restore(const std::map<KeyGroup, sim::Bytes>& snapshot,
                                    const Defects& defects) = 0;
};

}  // namespace flinch::engine
