#include "engine/state/hashmap_backend.h"

#include <utility>
#include <vector>

#include "engine/serializer.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

using Spaces = std::map<std::string, std::string, std::less<>>;  // namespace → value
using Keys = std::map<std::string, Spaces, std::less<>>;
using StateOfGroup = std::map<std::string, Keys, std::less<>>;  // state → its keys in one group

// One state: its keys by group, counted from the first group of the range.
struct Table {
  std::vector<Keys> groups;
  // The current key's namespaces, once looked up; null: not looked up, or none.
  mutable const Spaces* current = nullptr;
};

void WriteKeys(Encoder& out, const Keys& keys) {
  Write(out, static_cast<uint32_t>(keys.size()));
  for (const auto& [key, spaces] : keys) {
    out.Text(key);
    Write(out, static_cast<uint32_t>(spaces.size()));
    for (const auto& [space, value] : spaces) {
      out.Text(space);
      out.Text(value);
    }
  }
}

// Reads a count and that many named items. Snapshot writes them in strictly rising order and writes
// none that are empty: anything else is damage.
template <typename Item, typename ReadItem>
void ReadSorted(Decoder& in, std::map<std::string, Item, std::less<>>& items,
                const ReadItem& read) {
  uint32_t count = 0;
  Read(in, count);
  if (count == 0) {
    in.Spoil();
  }
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    const std::string_view name = in.Text();
    if (!items.empty() && name <= items.rbegin()->first) {
      in.Spoil();
      return;
    }
    read(items.emplace_hint(items.end(), name, Item{})->second);
  }
}

sim::Result<StateOfGroup> DecodeGroup(KeyGroup group, std::string_view bytes) {
  StateOfGroup states;
  Decoder in(bytes);
  ReadSorted(in, states, [&in](Keys& keys) {
    ReadSorted(in, keys, [&in](Spaces& spaces) {
      ReadSorted(in, spaces, [&in](std::string& value) { value = in.Text(); });
    });
  });
  if (!in.good() || in.remaining() != 0) {
    return sim::Fail(sim::ErrorCode::kCorruption,
                     fmt::format("The snapshot of key group {} is damaged: its {} bytes are not "
                                 "what a snapshot writes. Restore from another checkpoint.",
                                 group.value(), bytes.size()));
  }
  return states;
}

class HashMapBackend final : public KeyedStateBackend {
 public:
  HashMapBackend(KeyGroupRange range, uint32_t max_parallelism)
      : range_(range), max_parallelism_(max_parallelism) {
    sim::Check(range.first <= range.last, "the key groups {} to {} are no range",
               range.first.value(), range.last.value());
    sim::Check(range.last.value() < max_parallelism, "key group {} is none of {} groups",
               range.last.value(), max_parallelism);
  }

  KeyGroupRange range() const override { return range_; }

  uint32_t max_parallelism() const override { return max_parallelism_; }

  void SetCurrentKey(std::string_view key, int32_t key_hash) override {
    if (has_key_ && key_hash == key_hash_ && key == key_) {
      return;
    }
    const KeyGroup group = KeyGroupFor(key_hash, max_parallelism_);
    sim::Check(range_.Contains(group),
               "a key of group {} came to the subtask that owns the groups {} to {}", group.value(),
               range_.first.value(), range_.last.value());
    key_.assign(key);
    key_hash_ = key_hash;
    group_ = group.value() - range_.first.value();
    has_key_ = true;
    ForgetLookups();
  }

  std::string_view current_key() const override {
    CheckKey();
    return key_;
  }

  int32_t current_key_hash() const override {
    CheckKey();
    return key_hash_;
  }

  std::optional<std::string_view> Get(std::string_view state,
                                      std::string_view space) const override {
    const Spaces* spaces = CurrentSpaces(state);
    if (spaces == nullptr) {
      return std::nullopt;
    }
    const auto found = spaces->find(space);
    if (found == spaces->end()) {
      return std::nullopt;
    }
    return found->second;
  }

  void Put(std::string_view state, std::string_view space, std::string_view value) override {
    CheckKey();
    Table& table = MutableTable(state);
    Keys& keys = table.groups[group_];
    auto by_key = keys.find(key_);
    if (by_key == keys.end()) {
      by_key = keys.emplace(key_, Spaces{}).first;
    }
    Spaces& spaces = by_key->second;
    table.current = &spaces;
    const auto found = spaces.find(space);
    if (found != spaces.end()) {
      found->second.assign(value);
      return;
    }
    spaces.emplace(space, value);
    ++entries_;
  }

  void Remove(std::string_view state, std::string_view space) override {
    CheckKey();
    const auto table = tables_.find(state);
    if (table == tables_.end()) {
      return;
    }
    Keys& keys = table->second.groups[group_];
    const auto by_key = keys.find(key_);
    if (by_key == keys.end()) {
      return;
    }
    const auto found = by_key->second.find(space);
    if (found == by_key->second.end()) {
      return;
    }
    by_key->second.erase(found);
    --entries_;
    if (by_key->second.empty()) {
      table->second.current = nullptr;
      keys.erase(by_key);
    }
  }

  void ForEach(std::string_view state, const EntryVisitor& visit) const override {
    const auto table = tables_.find(state);
    if (table == tables_.end()) {
      return;
    }
    for (const Keys& keys : table->second.groups) {
      for (const auto& [key, spaces] : keys) {
        for (const auto& [space, value] : spaces) {
          visit(key, space, value);
        }
      }
    }
  }

  void ForEachOfCurrentKey(std::string_view state, std::string_view prefix,
                           const SpaceVisitor& visit) const override {
    const Spaces* spaces = CurrentSpaces(state);
    if (spaces == nullptr) {
      return;
    }
    for (auto entry = spaces->lower_bound(prefix);
         entry != spaces->end() && entry->first.starts_with(prefix); ++entry) {
      visit(entry->first, entry->second);
    }
  }

  size_t entries() const override { return entries_; }

  std::map<KeyGroup, sim::Bytes> Snapshot() const override {
    std::map<KeyGroup, sim::Bytes> snapshot;
    const uint32_t groups = range_.last.value() - range_.first.value() + 1;
    for (uint32_t group = 0; group < groups; ++group) {
      sim::Bytes bytes = EncodeGroup(group);
      if (!bytes.empty()) {
        snapshot.emplace_hint(snapshot.end(), KeyGroup(range_.first.value() + group),
                              std::move(bytes));
      }
    }
    return snapshot;
  }

  sim::Result<void> Restore(const std::map<KeyGroup, sim::Bytes>& snapshot,
                            const Defects& defects) override {
    std::vector<std::pair<uint32_t, StateOfGroup>> decoded;
    for (const auto& [group, bytes] : snapshot) {
      const bool left_out = defects.Has(Defect::kKeyGroupRangeEndExclusive) && group == range_.last;
      if (!range_.Contains(group) || left_out) {
        continue;
      }
      sim::Result<StateOfGroup> states = DecodeGroup(group, bytes);
      if (!states) {
        return sim::Fail(states);
      }
      const uint32_t offset = group.value() - range_.first.value();
      if (HoldsAnyOf(offset, *states)) {
        return sim::Fail(sim::ErrorCode::kCorruption,
                         fmt::format("Key group {} holds an entry that has been restored before: "
                                     "two snapshots of one checkpoint overlap.",
                                     group.value()));
      }
      decoded.emplace_back(offset, *std::move(states));
    }
    for (auto& [offset, states] : decoded) {
      Add(offset, std::move(states));
    }
    ForgetLookups();
    return {};
  }

 private:
  void CheckKey() const { sim::Check(has_key_, "keyed state was used without a current key"); }

  void ForgetLookups() {
    for (auto& [name, table] : tables_) {
      table.current = nullptr;
    }
  }

  const Spaces* CurrentSpaces(std::string_view state) const {
    CheckKey();
    const auto table = tables_.find(state);
    if (table == tables_.end()) {
      return nullptr;
    }
    if (table->second.current == nullptr) {
      const Keys& keys = table->second.groups[group_];
      const auto by_key = keys.find(key_);
      table->second.current = by_key == keys.end() ? nullptr : &by_key->second;
    }
    return table->second.current;
  }

  Table& MutableTable(std::string_view state) {
    const auto found = tables_.find(state);
    if (found != tables_.end()) {
      return found->second;
    }
    Table& table = tables_.emplace(state, Table{}).first->second;
    table.groups.resize(range_.last.value() - range_.first.value() + 1);
    return table;
  }

  sim::Bytes EncodeGroup(uint32_t group) const {
    uint32_t states = 0;
    for (const auto& [name, table] : tables_) {
      states += table.groups[group].empty() ? 0U : 1U;
    }
    Encoder out;
    if (states == 0) {
      return {};
    }
    Write(out, states);
    for (const auto& [name, table] : tables_) {
      if (!table.groups[group].empty()) {
        out.Text(name);
        WriteKeys(out, table.groups[group]);
      }
    }
    return out.Take();
  }

  bool HoldsAnyOf(uint32_t group, const StateOfGroup& states) const {
    for (const auto& [name, keys] : states) {
      const auto table = tables_.find(name);
      if (table == tables_.end()) {
        continue;
      }
      for (const auto& [key, spaces] : keys) {
        const auto by_key = table->second.groups[group].find(key);
        if (by_key == table->second.groups[group].end()) {
          continue;
        }
        for (const auto& [space, value] : spaces) {
          if (by_key->second.contains(space)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  void Add(uint32_t group, StateOfGroup states) {
    for (auto& [name, keys] : states) {
      Keys& own = MutableTable(name).groups[group];
      for (auto& [key, spaces] : keys) {
        entries_ += spaces.size();
        own[key].merge(spaces);
      }
    }
  }

  KeyGroupRange range_;
  uint32_t max_parallelism_;
  std::map<std::string, Table, std::less<>> tables_;
  size_t entries_ = 0;
  bool has_key_ = false;
  std::string key_;
  int32_t key_hash_ = 0;
  uint32_t group_ = 0;  // of the current key, counted from the first of the range
};

}  // namespace

std::unique_ptr<KeyedStateBackend> MakeHashMapBackend(KeyGroupRange range,
                                                      uint32_t max_parallelism) {
  return std::make_unique<HashMapBackend>(range, max_parallelism);
}

}  // namespace flinch::engine
