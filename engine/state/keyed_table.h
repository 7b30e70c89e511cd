// One state with its types, wherever its entries lie: what operators and the handles of
// engine/state.h hold. A light value; made by KeyedStateBackend::State.
//
// All of it under the current key. A pointer or reference to a value is good until the next change
// of the table.
#pragma once

#include <utility>

#include "engine/state/heap_table.h"
#include "engine/state/leveldb_cells.h"
#include "sim/check.h"

namespace flinch::engine {

template <typename Space, typename Value>
class KeyedTable {
 public:
  using Heap = HeapTable<Space, Value>;
  using Disk = LevelDbCells<Space, Value>;

  KeyedTable() = default;

  explicit KeyedTable(Heap* heap) : heap_(heap) {}

  explicit KeyedTable(Disk* disk) : disk_(disk) {}

  explicit operator bool() const { return heap_ != nullptr || disk_ != nullptr; }

  // Null when there is no such entry.
  const Value* Find(const Space& space) const {
    return heap_ != nullptr ? heap_->Find(space) : disk().Find(space);
  }

  struct Slot {
    Value& value;
    bool is_new;
  };

  // The value to change, made when it is not there.
  Slot Mutable(const Space& space) const {
    if (heap_ != nullptr) {
      const auto slot = heap_->Mutable(space);
      return {slot.value, slot.is_new};
    }
    const auto [value, is_new] = disk().Mutable(space);
    return {value, is_new};
  }

  // False when there is nothing to remove.
  bool Remove(const Space& space) const {
    return heap_ != nullptr ? heap_->Remove(space) : disk().Remove(space);
  }

  void RemoveAll() const {
    if (heap_ != nullptr) {
      heap_->RemoveAll();
    } else {
      disk().RemoveAll();
    }
  }

  // visit(namespace, value) for all entries; it changes none. In an order that is the same in every
  // run, and not in every back end.
  template <typename Visit>
  void ForEach(Visit visit) const {
    if (heap_ != nullptr) {
      for (const auto& entry : heap_->Entries()) {
        visit(entry.space, entry.value);
      }
    } else {
      disk().ForEach(visit);
    }
  }

  // Removes what has expired among `count` entries of any keys; on disk nothing.
  void CleanUp(uint32_t count) const {
    if (heap_ != nullptr && count > 0) {
      heap_->CleanUp(count);
    }
  }

  bool IsEmpty() const {
    bool is_empty = true;
    if (heap_ != nullptr) {
      is_empty = heap_->Entries().empty();
    } else {
      disk().ForEach([&is_empty](const Space&, const Value&) { is_empty = false; });
    }
    return is_empty;
  }

 private:
  Disk& disk() const {
    sim::Check(disk_ != nullptr, "a state is used that was not got in Open");
    return *disk_;
  }

  Heap* heap_ = nullptr;
  Disk* disk_ = nullptr;
};

}  // namespace flinch::engine
