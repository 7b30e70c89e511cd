// The keyed state of one operator in a LevelDB database: which states it holds, and where their
// entries lie.
//
// Keys:    [group u16][state u16][hash i32][length of key u32][key][namespace], numbers big-endian:
//          a state's entries of a group lie together, and so do those of a key. Values are the
//          state's, encoded. States have numbers of their own in each database.
// Access:  what the current key has lies in memory as objects (leveldb_cells.h) and is written when
//          another key becomes the current one, or a snapshot is taken.
// Bytes:   a group is written as from the heap: a snapshot does not say where state lay.
// Errors:  StateUnavailable is thrown when the database fails.
// Source:  Flink's RocksDBKeyedStateBackend.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/serializer.h"
#include "engine/state/key_groups.h"
#include "engine/state/leveldb_store.h"
#include "engine/state/state_schema.h"
#include "engine/state/state_table.h"

namespace flinch::engine {

class LevelDbStates;
class LevelDbTable;

// What a typed handle has of the current key.
class LevelDbCache {
 public:
  virtual ~LevelDbCache() = default;
  // Gives what has changed, and forgets all.
  virtual void Leave(std::vector<LevelDbStore::Change>& changes) = 0;
};

// One state. Its bytes; its types are those of its cache.
class LevelDbTable final : public StateTable {
 public:
  LevelDbTable(StateMeta meta, KeyedStateCore& core, LevelDbStates& states, uint16_t number)
      : StateTable(std::move(meta), core), states_(states), number_(number) {}

  uint16_t number() const { return number_; }

  // Under the current key.
  std::optional<sim::Bytes> Get(std::string_view space) const;
  void ForEach(
      const std::function<void(std::string_view space, std::string_view value)>& visit) const;
  sim::Bytes KeyOf(std::string_view space) const;

  void Count(int64_t more) {
    entries_ = static_cast<size_t>(static_cast<int64_t>(entries_) + more);
  }

  uint32_t EncodeGroup(uint32_t group, const FrozenView* view, Encoder& out) const override;

  // Entries come by LevelDbStates::Ingest.
  bool Absorb(KeyNumber, std::string_view, std::string_view, const StateMeta*) override;

  void Clear() override { sim::Unreachable("a batch job has state on disk"); }

  void Release(uint64_t) override {}

  // A handle has it; before that it is as it was restored.
  bool is_registered() const { return cache_ != nullptr; }

  // One for each pair of types, made by `make` the first time.
  LevelDbCache& Cache(const std::function<std::unique_ptr<LevelDbCache>()>& make);

  void Leave(std::vector<LevelDbStore::Change>& changes) {
    if (cache_ != nullptr) {
      cache_->Leave(changes);
    }
  }

 private:
  bool IsOver(std::string_view value) const;

  LevelDbStates& states_;
  uint16_t number_;
  std::unique_ptr<LevelDbCache> cache_;
};

// What a database holds, beside its files: for whoever opens copies of them.
struct DatabaseContent {
  struct State {
    uint16_t number = 0;
    StateMeta meta;
    uint64_t entries = 0;

    template <typename Self, typename Visitor>
    static void Visit(Self& self, Visitor&& visit) {
      visit(self.number);
      visit(self.meta);
      visit(self.entries);
    }
  };

  KeyGroup first;
  KeyGroup last;
  std::vector<State> states;
  std::vector<NamedBytes> heads;

  KeyGroupRange range() const { return {.first = first, .last = last}; }

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.first);
    visit(self.last);
    visit(self.states);
    visit(self.heads);
  }
};

// An entry of a group's bytes (keyed_state_backend.h).
struct EncodedEntry {
  std::string_view key;
  int32_t key_hash = 0;
  std::string_view space;
  std::string_view value;
};

// A key of the database.
struct StoredKey {
  KeyGroup group;
  uint16_t state = 0;
  int32_t hash = 0;
  std::string_view key;
  std::string_view space;
};

// Nothing when nobody here wrote it.
std::optional<StoredKey> ReadStoredKey(std::string_view bytes);

class LevelDbStates {
 public:
  // `first` is the first group of the backend's range.
  LevelDbStates(KeyedStateCore& core, KeyGroupRange range, std::unique_ptr<LevelDbStore> store)
      : core_(core), range_(range), store_(std::move(store)) {}

  LevelDbStore& store() { return *store_; }

  // By name.
  const std::map<std::string, std::unique_ptr<LevelDbTable>, std::less<>>& tables() const {
    return tables_;
  }

  LevelDbTable* Find(std::string_view name) const;

  // There is none of this name yet.
  LevelDbTable& Add(const StateMeta& meta);

  // The current key is about to change, or all is to be read.
  void LeaveKey();

  // Adds an entry of a snapshot, of the group `group` of the range.
  sim::Result<void> Ingest(LevelDbTable& table, uint32_t group, const EncodedEntry& entry);
  sim::Result<void> EndIngest();

  // The files, with all that was written until now.
  std::pair<std::unique_ptr<LevelDbStore::PinnedTables>, DatabaseContent> Pin();

  // The store was opened with the files of this content, of just this range.
  void Adopt(const DatabaseContent& content);

  // Adds the groups of `range` that lie in the store of another content.
  sim::Result<void> Merge(const LevelDbStore& other, const DatabaseContent& content);

  // Removes what lies outside of the range: of files that a wider one has left.
  sim::Result<void> Clip(KeyGroupRange had);

  // Makes all values of a restored state what the schema says. Nobody has a handle of it yet.
  sim::Result<void> Migrate(LevelDbTable& table, const StateSchema& schema);

  // What a view could not read.
  const sim::Result<void>& failure() const { return failure_; }

 private:
  friend class LevelDbTable;

  KeyGroup Absolute(uint32_t group) const { return KeyGroup(range_.first.value() + group); }

  KeyedStateCore& core_;
  KeyGroupRange range_;
  std::unique_ptr<LevelDbStore> store_;
  std::map<std::string, std::unique_ptr<LevelDbTable>, std::less<>> tables_;
  uint16_t last_number_ = 0;
  std::vector<LevelDbStore::Change> changes_;  // on their way
  mutable sim::Result<void> failure_;
};

}  // namespace flinch::engine
