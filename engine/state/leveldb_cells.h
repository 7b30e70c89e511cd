// A state in a database, with its types: what the current key has, as objects, read when it is
// asked for and written when the key is left.
//
// Life: a pointer or reference to a value is good until the current key changes.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/serializer.h"
#include "engine/state/leveldb_states.h"
#include "engine/state/state_unavailable.h"

namespace flinch::engine {

template <typename Space, typename Value>
class LevelDbCells final : public LevelDbCache {
 public:
  explicit LevelDbCells(LevelDbTable& table) : table_(table) {}

  // Null when there is no such entry.
  const Value* Find(const Space& space) {
    const Cell& cell = Load(space);
    return cell.value ? &*cell.value : nullptr;
  }

  // The value to change, made when it is not there; and whether it was made.
  std::pair<Value&, bool> Mutable(const Space& space) {
    Cell& cell = Load(space);
    const bool is_new = !cell.value;
    if (is_new) {
      cell.value.emplace();
      table_.Count(1);
    }
    cell.is_dirty = true;
    return {*cell.value, is_new};
  }

  bool Remove(const Space& space) {
    Cell& cell = Load(space);
    if (!cell.value) {
      return false;
    }
    Remove(cell);
    return true;
  }

  void RemoveAll() {
    LoadAll();
    for (auto& [space, cell] : cells_) {
      if (cell.value) {
        Remove(cell);
      }
    }
  }

  // visit(namespace, value), in the order of the namespaces.
  template <typename Visit>
  void ForEach(Visit visit) {
    LoadAll();
    for (const auto& [space, cell] : cells_) {
      if (cell.value) {
        visit(space, *cell.value);
      }
    }
  }

  void Leave(std::vector<LevelDbStore::Change>& changes) override {
    for (const auto& [space, cell] : cells_) {
      if (cell.is_dirty) {
        changes.push_back(
            {.key = table_.KeyOf(Encode(space)),
             .value = cell.value ? std::optional(Encode(*cell.value)) : std::nullopt});
      }
    }
    cells_.clear();
    is_whole_ = false;
  }

 private:
  struct Cell {
    std::optional<Value> value;
    bool is_dirty = false;
  };

  void Remove(Cell& cell) {
    cell.value.reset();
    cell.is_dirty = true;
    table_.Count(-1);
  }

  Cell& Load(const Space& space) {
    const auto [place, is_new] = cells_.try_emplace(space);
    if (is_new && !is_whole_) {
      if (const std::optional<sim::Bytes> bytes = table_.Get(Encode(space))) {
        place->second.value = Parse<Value>(*bytes);
      }
    }
    return place->second;
  }

  void LoadAll() {
    if (is_whole_) {
      return;
    }
    table_.ForEach([this](std::string_view space, std::string_view value) {
      const auto [place, is_new] = cells_.try_emplace(Parse<Space>(space));
      if (is_new) {
        place->second.value = Parse<Value>(value);
      }
    });
    is_whole_ = true;
  }

  template <typename T>
  T Parse(std::string_view bytes) const {
    sim::Result<T> parsed = Decode<T>(bytes);
    if (!parsed) {
      throw StateUnavailable(
          {sim::ErrorCode::kCorruption,
           fmt::format("The state \"{}\" holds an entry that is none of its type: it is damaged.",
                       table_.meta().name)});
    }
    return *std::move(parsed);
  }

  LevelDbTable& table_;
  std::map<Space, Cell> cells_;
  bool is_whole_ = false;  // all that the key has is there
};

}  // namespace flinch::engine
