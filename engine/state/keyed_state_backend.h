// Keyed state of one operator in one subtask: its states, by key group, and the current key.
//
// The runtime sets the current key before each record and timer; tables (heap_table.h), and the
// typed handles over them (engine/state.h), read and write under it. A state is registered once, by
// name, kind and types.
// Where:    on the heap, or (KeepOnDisk) in a LevelDB database; timers are on the heap always. A
//           snapshot does not say, so that either is restored from the other's.
// Snapshot: `Freeze` costs the same however much state there is. The view is written group by
//           group, while the state goes on changing. A group's bytes stand for themselves: every
//           state in them begins with its meta.
// Survives: a restore from snapshots of any key-group ranges; groups outside this subtask's range
//           are left out. A restored state that nobody registers is kept as it is, and is in the
//           next snapshot again. Newer versions of a value's type: state_schema.h.
// Errors:   of the disk are thrown: StateUnavailable.
// Source:   Flink docs "Working with State / Keyed State", CopyOnWriteStateMap; key groups:
//           engine/state/key_groups.h.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/defects.h"
#include "engine/ids.h"
#include "engine/state/heap_table.h"
#include "engine/state/key_groups.h"
#include "engine/state/keyed_snapshot.h"
#include "engine/state/keyed_table.h"
#include "engine/state/leveldb_states.h"
#include "sim/network.h"
#include "sim/result.h"

namespace flinch::engine {

// Calls `visit` for each entry of a group's bytes, and returns kCorruption for bytes that no
// snapshot wrote: what was visited before does not count then.
using EncodedEntryVisitor = std::function<void(const StateMeta& meta, const EncodedEntry& entry)>;
sim::Result<void> ReadKeyGroup(KeyGroup group, std::string_view bytes,
                               const EncodedEntryVisitor& visit);

class KeyedStateBackend {
 public:
  KeyedStateBackend(KeyGroupRange range, uint32_t max_parallelism);
  ~KeyedStateBackend();
  KeyedStateBackend(const KeyedStateBackend&) = delete;
  KeyedStateBackend& operator=(const KeyedStateBackend&) = delete;

  KeyGroupRange range() const { return range_; }

  // `key_hash` is the key's Java hash code (key_groups.h): it decides the group, which must lie in
  // `range()`.
  void SetCurrentKey(std::string_view key, int32_t key_hash) {
    if (core_.has_key && key_hash == core_.key_hash && key == core_.key) {
      return;
    }
    if (disk_ != nullptr) {
      disk_->LeaveKey();
    }
    core_.current = core_.keys.Find(key, key_hash);
    if (core_.current == kNoKey) {
      core_.group = GroupOf(key_hash);
    }
    core_.key.assign(key);
    core_.key_hash = key_hash;
    core_.has_key = true;
  }

  // A key that has an entry.
  void SetCurrentKey(KeyNumber number) {
    if (disk_ != nullptr) {
      disk_->LeaveKey();
    }
    core_.current = number;
    core_.key.assign(core_.keys.bytes(number));
    core_.key_hash = core_.keys.hash(number);
    core_.group = core_.keys.group(number);
    core_.has_key = true;
  }

  std::string_view current_key() const {
    sim::Check(core_.has_key, "keyed state was used without a current key");
    return core_.key;
  }

  // Before anything is registered or restored: states but timers lie in `store` from now on, which
  // holds just what `content` says, and without one nothing.
  void KeepOnDisk(std::unique_ptr<LevelDbStore> store, const DatabaseContent* content = nullptr);

  // Before anything is restored: whether a key of a snapshot is one of the stream's. Keys whose
  // type has changed are refused: where state lies was decided by their hash.
  using KeyTest = std::function<bool(std::string_view key, int32_t key_hash)>;

  void ExpectKeys(KeyTest is_key) { is_key_ = std::move(is_key); }

  // kInvalidArgument when the database that was opened holds keys that are none of the stream's.
  sim::Result<void> CheckKeysOnDisk() const;

  // A planted defect: what would be migrated is taken as it is.
  void SkipMigrations() { skips_migrations_ = true; }

  // Before the state of this name is registered: its entries live so long. The same however often.
  const Ttl& AddTtl(const std::string& name, const StateTtlConfig& config, Ttl::Clock clock);

  // Null when all state is on the heap.
  LevelDbStates* disk() { return disk_.get(); }

  // The state of this name, which is the same however often it is asked for. Errors as of Register.
  template <typename Space, typename Value>
  sim::Result<KeyedTable<Space, Value>> State(StateKind kind, std::string name) {
    if (disk_ == nullptr) {
      const auto table = Register<Space, Value>(kind, std::move(name));
      return table ? sim::Result<KeyedTable<Space, Value>>(KeyedTable<Space, Value>(*table))
                   : sim::Fail(table);
    }
    using Cells = LevelDbCells<Space, Value>;
    const sim::Result<LevelDbTable*> table =
        RegisterOnDisk(SchemaOf<Space, Value>(kind, std::move(name)));
    if (!table) {
      return sim::Fail(table);
    }
    LevelDbTable& on_disk = **table;
    auto* const cells = dynamic_cast<Cells*>(
        &on_disk.Cache([&on_disk] { return std::make_unique<Cells>(on_disk); }));
    sim::Check(cells != nullptr, "the state {} has two types of one shape", on_disk.meta().name);
    return KeyedTable<Space, Value>(cells);
  }

  // On the heap. The table of this name, which is the same however often it is asked for. What was
  // restored is migrated where the type says how (state_schema.h). kInvalidArgument when another
  // kind or type goes by this name, in this job or, with no way to this one, in what was restored;
  // kCorruption when restored entries cannot be read, or are there twice.
  template <typename Space, typename Value>
  sim::Result<HeapTable<Space, Value>*> Register(StateKind kind, std::string name) {
    using Table = HeapTable<Space, Value>;
    const StateSchema schema = SchemaOf<Space, Value>(kind, std::move(name));
    const sim::Result<StateTable*> table = RegisterTable(
        schema, [this, &schema] { return std::make_unique<Table>(schema.meta, core_); });
    if (!table) {
      return sim::Fail(table);
    }
    return dynamic_cast<Table*>(*table);
  }

  // Removes the entries of all states. On the heap alone, and while no view is written: a batch
  // job, which has the state of one key at a time, calls it when the key ends.
  // Source: Flink's BatchExecutionKeyedStateBackend.
  void Clear();

  // Of all states, timers and restored ones that nobody has registered included.
  size_t entries() const;

  // A view of the state as it is now, to be written while it goes on changing. Views end before the
  // backend does.
  class View final : public KeyedSnapshot {
   public:
    explicit View(KeyedStateBackend& backend, bool reads_live);
    ~View() override;
    View(const View&) = delete;
    View& operator=(const View&) = delete;

    std::optional<std::pair<KeyGroup, sim::Bytes>> Next() override;

    const DatabaseFiles* files() const override { return files_ ? &*files_ : nullptr; }

    sim::Result<void> result() const override;

   private:
    friend class KeyedStateBackend;

    KeyedStateBackend& backend_;
    FrozenView frozen_;
    std::unique_ptr<const LevelDbView> on_disk_;
    std::unique_ptr<LevelDbStore::PinnedTables> pinned_;
    std::optional<DatabaseFiles> files_;
  };

  // `reads_live` is a planted defect: the view is none.
  std::unique_ptr<View> Freeze(bool reads_live = false);

  // The same, with what lies in the database as its files. Without a database as Freeze.
  std::unique_ptr<View> FreezeFiles();

  // All that a view of now would give, at once.
  std::map<KeyGroup, sim::Bytes> Snapshot();

  // Adds the groups of `snapshot` that lie in `range()`. kCorruption when the bytes are none of a
  // snapshot's, or when a group has been restored before; then nothing has been added.
  sim::Result<void> Restore(const std::map<KeyGroup, sim::Bytes>& snapshot, const Defects& defects);

 private:
  // A restored state that waits for whoever registers it: its entries by group, encoded.
  struct Waiting {
    StateMeta meta;

    struct Part {
      uint32_t entries = 0;
      sim::Bytes bytes;
    };

    std::map<uint32_t, Part> groups;
  };

  uint32_t GroupOf(int32_t key_hash) const;
  void GiveTtl(StateTable& table) const;
  sim::Result<LevelDbTable*> RegisterOnDisk(const StateSchema& schema);
  sim::Result<void> AdaptOnDisk(LevelDbTable& table, const StateSchema& schema);
  const StateMeta* FindMeta(std::string_view name) const;
  sim::Result<StateTable*> RegisterTable(const StateSchema& schema,
                                         const std::function<std::unique_ptr<StateTable>()>& make);
  sim::Result<void> Absorb(StateTable& table, const Waiting& waiting, bool migrates);
  sim::Bytes EncodeGroup(uint32_t group, const FrozenView* view) const;
  sim::Result<void> CheckRestorable(KeyGroup group, std::string_view bytes) const;
  sim::Result<void> Await(uint32_t group, std::string_view bytes);

  KeyGroupRange range_;
  uint32_t max_parallelism_;
  KeyedStateCore core_;
  std::map<std::string, std::unique_ptr<StateTable>, std::less<>> tables_;
  std::map<std::string, Waiting, std::less<>> waiting_;
  std::unique_ptr<LevelDbStates> disk_;
  std::map<std::string, std::unique_ptr<Ttl>, std::less<>> ttls_;
  std::vector<bool> restored_;  // by group
  KeyTest is_key_;              // null: nobody knows
  bool skips_migrations_ = false;
};

}  // namespace flinch::engine
