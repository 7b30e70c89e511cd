// State that belongs to an operator's subtask and to no key: named lists of entries, and maps that
// are the same in all subtasks.
//
//   struct Rules {
//     OperatorMap<std::string, int64_t>* limits = nullptr;
//
//     void InitializeState(OperatorStateStore& store) {
//       limits = store.GetBroadcastState<std::string, int64_t>("limits");
//     }
//     …
//   };
//
// Shape:  got once, before the first record, with what was restored; objects until a snapshot. A
//         name belongs to one mode and one type.
// Errors: a name that is asked for with another mode or type, and restored entries that are not of
//         the type, fail the task when it is opened; the handle is good to hold until then.
// Survives: what nobody asks for is in the next snapshot again, as a split list.
// Source: Flink's OperatorStateStore: getListState, getUnionListState, getBroadcastState. That only
//         the broadcast side may write broadcast state is the job's duty.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/serializer.h"
#include "engine/state/state_meta.h"
#include "sim/network.h"
#include "sim/result.h"

namespace flinch::engine {

// Who gets the entries of a list when the parallelism changes.
enum class ListMode : uint8_t {
  kSplit,      // each entry one subtask, as evenly as can be
  kUnion,      // each subtask all entries of all
  kBroadcast,  // each subtask the entries of one, which were the same in all
};

// By name. On a restart each subtask gets its own entries back.
using OperatorState = std::map<std::string, std::vector<sim::Bytes>>;

template <typename T>
class OperatorList {
 public:
  using Entry = T;

  const std::vector<T>& Get() const { return items_; }

  void Add(T item) { items_.push_back(std::move(item)); }

  void Update(std::vector<T> items) { items_ = std::move(items); }

  void Clear() { items_.clear(); }

  const std::vector<T>& entries() const { return items_; }

  void Restored(T item) { Add(std::move(item)); }

 private:
  std::vector<T> items_;
};

template <typename Key, typename Value>
class OperatorMap {
 public:
  using Entry = std::pair<Key, Value>;

  // Null when there is none. Good until the map changes.
  const Value* Get(const Key& key) const {
    const auto found = items_.find(key);
    return found == items_.end() ? nullptr : &found->second;
  }

  void Put(const Key& key, Value value) { items_.insert_or_assign(key, std::move(value)); }

  void Remove(const Key& key) { items_.erase(key); }

  void Clear() { items_.clear(); }

  // In the order of the keys.
  const std::map<Key, Value>& entries() const { return items_; }

  void Restored(Entry entry) { Put(entry.first, std::move(entry.second)); }

 private:
  std::map<Key, Value> items_;
};

class OperatorStateStore {
 public:
  // Each subtask gets some of the entries of all when the parallelism changes.
  template <typename T>
  OperatorList<T>* GetListState(std::string name) {
    return Get<OperatorList<T>>(std::move(name), ListMode::kSplit);
  }

  // Each subtask gets the entries of all whenever the job is restored: so it writes its own only.
  template <typename T>
  OperatorList<T>* GetUnionListState(std::string name) {
    return Get<OperatorList<T>>(std::move(name), ListMode::kUnion);
  }

  template <typename Key, typename Value>
  OperatorMap<Key, Value>* GetBroadcastState(std::string name) {
    return Get<OperatorMap<Key, Value>>(std::move(name), ListMode::kBroadcast);
  }

  // Before anything is asked for; null on a start without a snapshot.
  void Restore(const OperatorState* restored) {
    restored_ = restored == nullptr ? OperatorState() : *restored;
  }

  // A list without an entry is in it too: so a restore tells it from one that never was.
  OperatorState Snapshot() const;

  ListMode ModeOf(std::string_view name) const;

  // The first state that could not be had; the operator does not open then.
  const sim::Result<void>& result() const { return result_; }

 private:
  struct Slot {
    Slot(ListMode of_mode, std::string of_shape) : mode(of_mode), shape(std::move(of_shape)) {}

    virtual ~Slot() = default;
    virtual std::vector<sim::Bytes> Entries() const = 0;

    ListMode mode;
    std::string shape;
  };

  template <typename State>
  struct TypedSlot final : Slot {
    using Slot::Slot;

    std::vector<sim::Bytes> Entries() const override {
      std::vector<sim::Bytes> entries;
      for (const auto& entry : state.entries()) {
        if constexpr (std::same_as<std::remove_cvref_t<decltype(entry)>, typename State::Entry>) {
          entries.push_back(Encode(entry));
        } else {  // a map's pairs have keys that are const
          entries.push_back(Encode(typename State::Entry(entry)));
        }
      }
      return entries;
    }

    State state;
  };

  template <typename State>
  State* Get(std::string name, ListMode mode) {
    std::string shape = ShapeOf<typename State::Entry>();
    if (const auto known = slots_.find(name); known != slots_.end()) {
      Refuse(name, *known->second, mode, shape);
      auto* const typed = dynamic_cast<TypedSlot<State>*>(known->second.get());
      return typed == nullptr ? nullptr : &typed->state;
    }
    auto slot = std::make_unique<TypedSlot<State>>(mode, std::move(shape));
    State* const state = &slot->state;
    for (const sim::Bytes& bytes : Take(name)) {
      sim::Result<typename State::Entry> entry = Decode<typename State::Entry>(bytes);
      if (!entry) {
        Damaged(name, slot->shape);
        break;
      }
      state->Restored(*std::move(entry));
    }
    slots_.emplace(std::move(name), std::move(slot));
    return state;
  }

  std::vector<sim::Bytes> Take(const std::string& name);
  void Refuse(std::string_view name, const Slot& known, ListMode mode, std::string_view shape);
  void Damaged(std::string_view name, std::string_view shape);

  OperatorState restored_;  // that nobody has asked for
  std::map<std::string, std::unique_ptr<Slot>, std::less<>> slots_;
  sim::Result<void> result_;
};

}  // namespace flinch::engine
