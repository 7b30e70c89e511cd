// One state of one backend without its types: what snapshots and restores see of it.
//
// Isolation: a frozen view (keyed_state_backend.h) costs nothing when it is made. Whoever changes
//            an entry that a view has not written yet keeps a copy of it for the view first; an
//            entry knows the version that wrote it, so it is copied at most once for each view.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/serializer.h"
#include "engine/state/key_directory.h"
#include "engine/state/state_meta.h"
#include "engine/state/ttl.h"
#include "sim/check.h"

namespace flinch::engine {

class LevelDbView;

// What a frozen view holds of a backend: everything that was written up to `version`. Groups before
// `next_group` have been written and need no protection any more.
struct FrozenView {
  uint64_t version = 0;
  uint32_t next_group = 0;
  bool reads_live = false;  // a planted defect
  // Of the states that lie in a database, if there are any.
  const LevelDbView* disk = nullptr;
  bool leaves_disk_out = false;  // its files are copied instead
};

// What the tables of one backend share.
struct KeyedStateCore {
  explicit KeyedStateCore(uint32_t groups) : keys(groups) {}

  // The number of the current key, which gets one when it has none.
  KeyNumber Current() {
    sim::Check(has_key, "keyed state was used without a current key");
    if (current == kNoKey) {
      current = keys.Add(key, key_hash, group);
    }
    return current;
  }

  // Of the current key.
  uint32_t CurrentGroup() const { return current == kNoKey ? group : keys.group(current); }

  // Takes one entry off a key.
  void Leave(KeyNumber number) {
    if (number == current) {
      group = keys.group(number);  // should the key come back while it is the current one
    }
    if (keys.Leave(number) && number == current) {
      current = kNoKey;
    }
  }

  KeyDirectory keys;
  bool has_key = false;
  std::string key{};  // the current one
  int32_t key_hash = 0;
  uint32_t group = 0;  // of the current key, once it has to be known
  KeyNumber current = kNoKey;
  uint64_t version = 1;              // of what is written now
  std::vector<FrozenView*> views{};  // that are still being written, the oldest first
};

class StateTable {
 public:
  StateTable(StateMeta meta, KeyedStateCore& core) : meta_(std::move(meta)), core_(core) {}

  virtual ~StateTable() = default;
  StateTable(const StateTable&) = delete;
  StateTable& operator=(const StateTable&) = delete;

  const StateMeta& meta() const { return meta_; }

  // Its entries have been made what this says.
  void SetMeta(StateMeta meta) { meta_ = std::move(meta); }

  // Of a state whose entries do not live for ever. It outlives the table.
  void SetTtl(const Ttl& ttl) { ttl_ = &ttl; }

  // Of all keys.
  size_t entries() const { return entries_; }

  // Writes the entries of a group, now (null) or as `view` has them, and returns their number.
  virtual uint32_t EncodeGroup(uint32_t group, const FrozenView* view, Encoder& out) const = 0;

  // Adds an entry of a snapshot, whose value `written` describes where it is to be migrated. False
  // when the bytes are not of these types or the entry is there already.
  virtual bool Absorb(KeyNumber key, std::string_view space, std::string_view value,
                      const StateMeta* written) = 0;

  // Removes all entries, of whatever key. No view is being written.
  virtual void Clear() = 0;

  // What was kept for a view is not needed any more.
  virtual void Release(uint64_t version) = 0;

 protected:
  KeyedStateCore& core() const { return core_; }

  const Ttl* ttl() const { return ttl_; }

  // What has expired is left out of snapshots.
  bool filters() const { return ttl_ != nullptr && ttl_->config().cleans_full_snapshots; }

  size_t entries_ = 0;

 private:
  StateMeta meta_;
  KeyedStateCore& core_;
  const Ttl* ttl_ = nullptr;
};

// How an entry stands in a group's bytes.
template <typename Space, typename Value>
void WriteEntry(Encoder& out, std::string_view key, int32_t hash, const Space& space,
                const Value& value) {
  out.Text(key);
  Write(out, hash);
  const size_t of_space = out.BeginText();
  Write(out, space);
  out.EndText(of_space);
  const size_t of_value = out.BeginText();
  Write(out, value);
  out.EndText(of_value);
}

}  // namespace flinch::engine
