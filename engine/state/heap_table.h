// A state as objects on the heap: (key, namespace) → value, no bytes on access.
//
// Shape:  per key a cell: one value when there is one namespace only (std::monostate), else a short
//         list of namespaces, with an index once it is not short any more. The current key's cell
//         is found by its number; asking twice costs no second search.
// Life:   a pointer or reference to a value is good until the next change of the table. An entry
//         that `Mutable` has made and nobody wrote holds a default value.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/state/state_schema.h"
#include "engine/state/state_table.h"

namespace flinch::engine {

template <typename Space, typename Value>
struct HeapEntry {
  [[no_unique_address]] Space space;
  uint64_t version = 0;
  Value value{};
};

// The entries of one key, of any number.
template <typename Space, typename Value>
class ManyCell {
 public:
  using Entry = HeapEntry<Space, Value>;

  Entry* Find(const Space& space) {
    if (index_) {
      const auto found = index_->find(space);
      return found == index_->end() ? nullptr : &entries_[found->second];
    }
    for (Entry& entry : entries_) {
      if (entry.space == space) {
        return &entry;
      }
    }
    return nullptr;
  }

  // There is none of this namespace yet.
  Entry& Add(const Space& space) {
    entries_.push_back({.space = space});
    if (index_) {
      index_->emplace(space, entries_.size() - 1);
    } else if (entries_.size() > kSearchedMax) {
      index_ = std::make_unique<std::map<Space, size_t>>();
      for (size_t i = 0; i < entries_.size(); ++i) {
        index_->emplace(entries_[i].space, i);
      }
    }
    return entries_.back();
  }

  void Remove(Entry* entry) {
    const auto at = static_cast<size_t>(entry - entries_.data());
    if (index_) {
      index_->erase(entry->space);
    }
    if (at + 1 < entries_.size()) {
      *entry = std::move(entries_.back());
      if (index_) {
        (*index_)[entry->space] = at;
      }
    }
    entries_.pop_back();
    if (entries_.empty()) {
      index_.reset();
    }
  }

  std::span<Entry> entries() { return entries_; }

  std::span<const Entry> entries() const { return entries_; }

 private:
  static constexpr size_t kSearchedMax = 16;  // entries that are searched one by one

  std::vector<Entry> entries_;
  std::unique_ptr<std::map<Space, size_t>> index_;
};

// The only entry of one key.
template <typename Value>
class OneCell {
 public:
  using Entry = HeapEntry<std::monostate, Value>;

  Entry* Find(std::monostate) { return entry_ ? &*entry_ : nullptr; }

  Entry& Add(std::monostate) { return entry_.emplace(); }

  void Remove(Entry*) { entry_.reset(); }

  std::span<Entry> entries() { return entry_ ? std::span(&*entry_, 1) : std::span<Entry>(); }

  std::span<const Entry> entries() const {
    return entry_ ? std::span(&*entry_, 1) : std::span<const Entry>();
  }

 private:
  std::optional<Entry> entry_;
};

template <typename Space, typename Value>
class HeapTable final : public StateTable {
 public:
  using StateTable::StateTable;

  // Under the current key. Null when there is no such entry.
  const Value* Find(const Space& space) const {
    sim::Check(core().has_key, "keyed state was used without a current key");
    const Entry* const entry = FindAt(core().current, space);
    return entry == nullptr ? nullptr : &entry->value;
  }

  bool HoldsAt(KeyNumber key, const Space& space) const { return FindAt(key, space) != nullptr; }

  struct Slot {
    Value& value;
    KeyNumber key;
    bool is_new;
  };

  // Under the current key: the value to change, made when it is not there.
  Slot Mutable(const Space& space) {
    const KeyNumber key = core().Current();
    if (key >= cells_.size()) {
      cells_.resize(key + 1);
    }
    Cell& cell = cells_[key];
    Entry* entry = cell.Find(space);
    const bool is_new = entry == nullptr;
    if (is_new) {
      entry = &cell.Add(space);
      core().keys.Use(key);
      ++entries_;
    } else if (!core().views.empty()) {
      Keep(key, *entry);
    }
    entry->version = core().version;
    return {entry->value, key, is_new};
  }

  // Under the current key. False when there is nothing to remove.
  bool Remove(const Space& space) {
    sim::Check(core().has_key, "keyed state was used without a current key");
    Entry* const entry = FindAt(core().current, space);
    if (entry == nullptr) {
      return false;
    }
    RemoveEntry(core().current, entry);
    return true;
  }

  // Under the current key.
  void RemoveAll() {
    while (!Entries().empty()) {
      RemoveEntry(core().current, &cells_[core().current].entries().back());
    }
  }

  // Looks at `count` entries more, wherever they are, and removes those that have expired.
  void CleanUp(uint32_t count) {
    for (size_t looks = cells_.size(); count > 0 && looks > 0; --looks) {
      cleaned_ = cleaned_ + 1 < cells_.size() ? cleaned_ + 1 : 0;
      const auto key = static_cast<KeyNumber>(cleaned_);
      for (size_t i = cells_[key].entries().size(); i > 0 && count > 0; --i, --count) {
        Entry* const entry = &cells_[key].entries()[i - 1];
        if (HasExpired(*ttl(), entry->value)) {
          RemoveEntry(key, entry);
        }
      }
    }
  }

  // Of the current key, in an order that depends on what was added and removed only.
  std::span<const HeapEntry<Space, Value>> Entries() const {
    sim::Check(core().has_key, "keyed state was used without a current key");
    return core().current < cells_.size() ? std::as_const(cells_[core().current]).entries()
                                          : std::span<const Entry>();
  }

  // visit(key number, namespace, value) for all entries, by group.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (uint32_t group = 0; group < core().keys.groups(); ++group) {
      for (const KeyNumber key : core().keys.InGroup(group)) {
        if (key < cells_.size()) {
          for (const Entry& entry : cells_[key].entries()) {
            visit(key, entry.space, entry.value);
          }
        }
      }
    }
  }

  uint32_t EncodeGroup(uint32_t group, const FrozenView* view, Encoder& out) const override {
    uint32_t count = 0;
    const bool is_frozen = view != nullptr && !view->reads_live;
    for (const KeyNumber key : core().keys.InGroup(group)) {
      if (key >= cells_.size()) {
        continue;
      }
      for (const Entry& entry : cells_[key].entries()) {
        const bool is_seen = !is_frozen || entry.version <= view->version;
        if (is_seen && !(filters() && HasExpired(*ttl(), entry.value))) {
          WriteEntry(out, core().keys.bytes(key), core().keys.hash(key), entry.space, entry.value);
          ++count;
        }
      }
    }
    const KeptOfView* const kept = is_frozen ? FindKept(view->version) : nullptr;
    if (kept != nullptr) {
      for (const Kept& old : kept->groups[group]) {
        if (filters() && HasExpired(*ttl(), old.value)) {
          continue;
        }
        WriteEntry(out, old.key, old.hash, old.space, old.value);
        ++count;
      }
    }
    return count;
  }

  bool Absorb(KeyNumber key, std::string_view space, std::string_view value,
              const StateMeta* written) override {
    const sim::Result<Space> place = Decode<Space>(space);
    std::optional<Value> content;
    if (written != nullptr) {
      content = DecodeWritten<Value>(*written, value);
    } else if (sim::Result<Value> decoded = Decode<Value>(value)) {
      content = *std::move(decoded);
    }
    if (!place || !content || HoldsAt(key, *place)) {
      return false;
    }
    if (key >= cells_.size()) {
      cells_.resize(key + 1);
    }
    Entry& entry = cells_[key].Add(*place);
    entry.version = core().version;
    entry.value = *std::move(content);
    core().keys.Use(key);
    ++entries_;
    return true;
  }

  void Clear() override {
    for (size_t key = 0; entries_ > 0 && key < cells_.size(); ++key) {
      while (!cells_[key].entries().empty()) {
        RemoveEntry(static_cast<KeyNumber>(key), &cells_[key].entries().back());
      }
    }
  }

  void Release(uint64_t version) override {
    std::erase_if(kept_, [version](const KeptOfView& kept) { return kept.version == version; });
  }

 private:
  using Entry = HeapEntry<Space, Value>;
  using Cell = std::conditional_t<std::is_same_v<Space, std::monostate>, OneCell<Value>,
                                  ManyCell<Space, Value>>;

  // An entry as a view has it, after it was changed or removed.
  struct Kept {
    std::string key;
    int32_t hash = 0;
    Space space;
    Value value;
  };

  struct KeptOfView {
    uint64_t version = 0;
    std::vector<std::vector<Kept>> groups;
  };

  Entry* FindAt(KeyNumber key, const Space& space) const {
    return key < cells_.size() ? cells_[key].Find(space) : nullptr;
  }

  void RemoveEntry(KeyNumber key, Entry* entry) {
    if (!core().views.empty()) {
      Keep(key, *entry);
    }
    cells_[key].Remove(entry);
    --entries_;
    core().Leave(key);
  }

  const KeptOfView* FindKept(uint64_t version) const {
    const auto found = std::ranges::find(kept_, version, &KeptOfView::version);
    return found == kept_.end() ? nullptr : &*found;
  }

  // Before `entry` changes: copies it for each view that has it and has not written it.
  void Keep(KeyNumber key, const Entry& entry) {
    const uint32_t group = core().keys.group(key);
    for (const FrozenView* const view : core().views) {
      if (entry.version > view->version || group < view->next_group) {
        continue;
      }
      auto kept = std::ranges::find(kept_, view->version, &KeptOfView::version);
      if (kept == kept_.end()) {
        kept_.push_back({.version = view->version, .groups = {}});
        kept = kept_.end() - 1;
        kept->groups.resize(core().keys.groups());
      }
      kept->groups[group].push_back({.key = std::string(core().keys.bytes(key)),
                                     .hash = core().keys.hash(key),
                                     .space = entry.space,
                                     .value = entry.value});
    }
  }

  mutable std::vector<Cell> cells_;  // by key number; finding changes none
  std::vector<KeptOfView> kept_;
  size_t cleaned_ = 0;  // the key that was looked at last
};

}  // namespace flinch::engine
