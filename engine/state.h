// Keyed state with types: what a function keeps per key between records.
//
//   struct CountWord {
//     ValueState<int64_t> count;
//
//     void Open(RuntimeContext& context) { count = context.GetState<int64_t>({"count"}); }
//     void ProcessElement(const std::string& word, const Context& context) {
//       count.Update(count.Value().value_or(0) + 1);
//     }
//     …
//   };
//
// Shape:  a handle is got once, in Open, and is a light value; it reads and writes under the
//         current key, whatever that is at the time. Values are objects: an access decodes nothing.
// Names:  a name belongs to one kind of state and one type within its operator. Names that start
//         with "_timer_state/" are the timer service's. Absence: state that was never written, that
//         was cleared, and an empty list or map are the same thing and take no room.
// Errors: a name that belongs to another kind or type, also in the checkpoint that the job starts
//         from, fails the task when it is opened, with a sentence that names operator and state. A
//         handle that nobody got from a context breaks an invariant when it is used.
// Source: Flink docs "Working with State / Using Keyed State".
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/serializer.h"
#include "engine/state/keyed_state_backend.h"
#include "sim/check.h"

namespace flinch::engine {

template <typename T>
struct ValueStateDescriptor {
  std::string name;
};

template <typename T>
struct ListStateDescriptor {
  std::string name;
};

template <typename Key, typename Value>
struct MapStateDescriptor {
  std::string name;
};

template <typename T, std::invocable<const T&, const T&> Reduce>
struct ReducingStateDescriptor {
  std::string name;
  Reduce reduce;
};

// `Function` folds what is added, of type In, into an accumulator, and makes a result of it:
// engine/functions.h, AggregateFunction.
template <typename In, typename Function>
struct AggregatingStateDescriptor {
  std::string name;
  Function function;
};

// Flink's FoldingState, which its 2.0 no longer has: `fold(accumulator, value)` returns the next
// accumulator, and the first one is `initial`.
template <typename T, typename Accumulator, std::invocable<const Accumulator&, const T&> Fold>
struct FoldingStateDescriptor {
  std::string name;
  Accumulator initial;
  Fold fold;
};

namespace detail {

// What all handles are: a table, once there is one.
template <typename Space, typename Value>
class StateHandle {
 public:
  using Table = KeyedTable<Space, Value>;

  StateHandle() = default;

  explicit StateHandle(Table table) : table_(table) {}

 protected:
  const Table& table() const { return table_; }

 private:
  Table table_;
};

}  // namespace detail

template <typename T>
class ValueState : private detail::StateHandle<std::monostate, T> {
 public:
  using detail::StateHandle<std::monostate, T>::StateHandle;

  // A copy; nothing when there is no value.
  std::optional<T> Value() const {
    const T* const value = Find();
    return value == nullptr ? std::nullopt : std::optional<T>(*value);
  }

  // Null when there is no value. Good until the state changes.
  const T* Find() const { return this->table().Find({}); }

  void Update(T value) { this->table().Mutable({}).value = std::move(value); }

  // Nothing clears.
  void Update(std::nullopt_t) { Clear(); }

  void Clear() { this->table().Remove({}); }
};

template <typename T>
class ListState : private detail::StateHandle<std::monostate, std::vector<T>> {
 public:
  using detail::StateHandle<std::monostate, std::vector<T>>::StateHandle;

  // In the order of adding. A copy.
  std::vector<T> Get() const {
    const std::vector<T>* const items = this->table().Find({});
    return items == nullptr ? std::vector<T>() : *items;
  }

  void Add(T item) { this->table().Mutable({}).value.push_back(std::move(item)); }

  void AddAll(const std::vector<T>& more) {
    if (!more.empty()) {
      std::vector<T>& items = this->table().Mutable({}).value;
      items.insert(items.end(), more.begin(), more.end());
    }
  }

  void Update(std::vector<T> items) {
    if (items.empty()) {
      Clear();
    } else {
      this->table().Mutable({}).value = std::move(items);
    }
  }

  void Clear() { this->table().Remove({}); }
};

// An access costs nearly the same however large the map is.
template <typename Key, typename Value>
class MapState : private detail::StateHandle<Key, Value> {
 public:
  using detail::StateHandle<Key, Value>::StateHandle;

  std::optional<Value> Get(const Key& key) const {
    const Value* const value = this->table().Find(key);
    return value == nullptr ? std::nullopt : std::optional<Value>(*value);
  }

  void Put(const Key& key, Value value) { this->table().Mutable(key).value = std::move(value); }

  bool Contains(const Key& key) const { return this->table().Find(key) != nullptr; }

  void Remove(const Key& key) { this->table().Remove(key); }

  bool IsEmpty() const { return this->table().IsEmpty(); }

  // A copy, in the order of the user keys.
  std::map<Key, Value> Entries() const {
    std::map<Key, Value> entries;
    this->table().ForEach(
        [&entries](const Key& key, const Value& value) { entries.emplace(key, value); });
    return entries;
  }

  void Clear() { this->table().RemoveAll(); }
};

// A value that each addition is folded into.
template <typename T, std::invocable<const T&, const T&> Reduce>
class ReducingState : private detail::StateHandle<std::monostate, T> {
 public:
  ReducingState() = default;

  ReducingState(KeyedTable<std::monostate, T> table, Reduce reduce)
      : detail::StateHandle<std::monostate, T>(table), reduce_(std::move(reduce)) {}

  std::optional<T> Get() const {
    const T* const value = this->table().Find({});
    return value == nullptr ? std::nullopt : std::optional<T>(*value);
  }

  void Add(const T& value) {
    const auto slot = this->table().Mutable({});
    slot.value = slot.is_new ? value : T((*reduce_)(std::as_const(slot.value), value));
  }

  void Clear() { this->table().Remove({}); }

 private:
  std::optional<Reduce> reduce_;
};

// An accumulator that each addition goes into, read as what comes of it.
template <typename In, typename Function>
class AggregatingState
    : private detail::StateHandle<std::monostate, typename Function::Accumulator> {
 public:
  using Accumulator = typename Function::Accumulator;
  using Output = typename Function::Output;

  AggregatingState() = default;

  AggregatingState(KeyedTable<std::monostate, Accumulator> table, Function function)
      : detail::StateHandle<std::monostate, Accumulator>(table), function_(std::move(function)) {}

  // Nothing when nothing was added.
  std::optional<Output> Get() const {
    const Accumulator* const sum = this->table().Find({});
    return sum == nullptr ? std::nullopt : std::optional<Output>(function_->Result(*sum));
  }

  void Add(const In& value) {
    const auto slot = this->table().Mutable({});
    if (slot.is_new) {
      slot.value = function_->Create();
    }
    function_->Add(value, slot.value);
  }

  void Clear() { this->table().Remove({}); }

 private:
  std::optional<Function> function_;
};

template <typename T, typename Accumulator, typename Fold>
class FoldingState : private detail::StateHandle<std::monostate, Accumulator> {
 public:
  FoldingState() = default;

  FoldingState(KeyedTable<std::monostate, Accumulator> table, Accumulator initial, Fold fold)
      : detail::StateHandle<std::monostate, Accumulator>(table),
        initial_(std::move(initial)),
        fold_(std::move(fold)) {}

  // Nothing when nothing was added: not the initial value.
  std::optional<Accumulator> Get() const {
    const Accumulator* const value = this->table().Find({});
    return value == nullptr ? std::nullopt : std::optional<Accumulator>(*value);
  }

  void Add(const T& value) {
    const auto slot = this->table().Mutable({});
    const Accumulator& before = slot.is_new ? initial_ : std::as_const(slot.value);
    slot.value = Accumulator((*fold_)(before, value));
  }

  void Clear() { this->table().Remove({}); }

 private:
  Accumulator initial_{};
  std::optional<Fold> fold_;
};

// What a function is opened with.
class RuntimeContext {
 public:
  explicit RuntimeContext(KeyedStateBackend& state) : state_(state) {}

  template <typename T>
  ValueState<T> GetState(const ValueStateDescriptor<T>& descriptor) {
    return ValueState<T>(Register<std::monostate, T>(StateKind::kValue, descriptor.name));
  }

  template <typename T>
  ListState<T> GetListState(const ListStateDescriptor<T>& descriptor) {
    return ListState<T>(
        Register<std::monostate, std::vector<T>>(StateKind::kList, descriptor.name));
  }

  template <typename Key, typename Value>
  MapState<Key, Value> GetMapState(const MapStateDescriptor<Key, Value>& descriptor) {
    return MapState<Key, Value>(Register<Key, Value>(StateKind::kMap, descriptor.name));
  }

  template <typename T, typename Reduce>
  ReducingState<T, Reduce> GetReducingState(const ReducingStateDescriptor<T, Reduce>& descriptor) {
    return ReducingState<T, Reduce>(
        Register<std::monostate, T>(StateKind::kReducing, descriptor.name), descriptor.reduce);
  }

  template <typename In, typename Function>
  AggregatingState<In, Function> GetAggregatingState(
      const AggregatingStateDescriptor<In, Function>& descriptor) {
    return AggregatingState<In, Function>(Register<std::monostate, typename Function::Accumulator>(
                                              StateKind::kAggregating, descriptor.name),
                                          descriptor.function);
  }

  template <typename T, typename Accumulator, typename Fold>
  FoldingState<T, Accumulator, Fold> GetFoldingState(
      const FoldingStateDescriptor<T, Accumulator, Fold>& descriptor) {
    return FoldingState<T, Accumulator, Fold>(
        Register<std::monostate, Accumulator>(StateKind::kFolding, descriptor.name),
        descriptor.initial, descriptor.fold);
  }

  // The first state that could not be had; the operator does not open then.
  const sim::Result<void>& result() const { return result_; }

 private:
  template <typename Space, typename Value>
  KeyedTable<Space, Value> Register(StateKind kind, const std::string& name) {
    const sim::Result<KeyedTable<Space, Value>> table = state_.State<Space, Value>(kind, name);
    if (!table) {
      result_ = result_ ? sim::Fail(table) : std::move(result_);
      return KeyedTable<Space, Value>();
    }
    return *table;
  }

  KeyedStateBackend& state_;
  sim::Result<void> result_;
};

}  // namespace flinch::engine
