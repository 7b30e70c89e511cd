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
// Life:   a descriptor may give its state a time to live (engine/state/ttl.h).
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
#include "engine/state/living_table.h"
#include "engine/state/ttl.h"
#include "sim/check.h"

namespace flinch::engine {

template <typename T>
struct ValueStateDescriptor {
  std::string name;
  StateTtlConfig ttl{};
};

template <typename T>
struct ListStateDescriptor {
  std::string name;
  StateTtlConfig ttl{};
};

template <typename Key, typename Value>
struct MapStateDescriptor {
  std::string name;
  StateTtlConfig ttl{};
};

template <typename T, std::invocable<const T&, const T&> Reduce>
struct ReducingStateDescriptor {
  std::string name;
  Reduce reduce;
  StateTtlConfig ttl{};
};

// `Function` folds what is added, of type In, into an accumulator, and makes a result of it:
// engine/functions.h, AggregateFunction.
template <typename In, typename Function>
struct AggregatingStateDescriptor {
  std::string name;
  Function function;
  StateTtlConfig ttl{};
};

// Flink's FoldingState, which its 2.0 no longer has: `fold(accumulator, value)` returns the next
// accumulator, and the first one is `initial`.
template <typename T, typename Accumulator, std::invocable<const Accumulator&, const T&> Fold>
struct FoldingStateDescriptor {
  std::string name;
  Accumulator initial;
  Fold fold;
  StateTtlConfig ttl{};
};

template <typename T>
class ValueState {
 public:
  ValueState() = default;

  explicit ValueState(LivingTable<std::monostate, T> table) : table_(std::move(table)) {}

  // A copy; nothing when there is no value.
  std::optional<T> Value() {
    const T* const value = Find();
    return value == nullptr ? std::nullopt : std::optional<T>(*value);
  }

  // Null when there is no value. Good until the state changes.
  const T* Find() { return table_.Read({}); }

  void Update(T value) { table_.Mutable({}).value = std::move(value); }

  // Nothing clears.
  void Update(std::nullopt_t) { Clear(); }

  void Clear() { table_.Remove({}); }

 private:
  LivingTable<std::monostate, T> table_;
};

template <typename T>
class ListState {
 public:
  ListState() = default;

  explicit ListState(LivingList<T> list) : list_(std::move(list)) {}

  // In the order of adding. A copy.
  std::vector<T> Get() { return list_.Get(); }

  void Add(T item) { list_.Add(std::move(item)); }

  void AddAll(const std::vector<T>& more) {
    if (!more.empty()) {
      list_.AddAll(more);
    }
  }

  void Update(const std::vector<T>& items) {
    list_.Clear();
    AddAll(items);
  }

  void Clear() { list_.Clear(); }

 private:
  LivingList<T> list_;
};

// An access costs nearly the same however large the map is.
template <typename Key, typename Value>
class MapState {
 public:
  MapState() = default;

  explicit MapState(LivingTable<Key, Value> table) : table_(std::move(table)) {}

  std::optional<Value> Get(const Key& key) {
    const Value* const value = table_.Read(key);
    return value == nullptr ? std::nullopt : std::optional<Value>(*value);
  }

  void Put(const Key& key, Value value) { table_.Mutable(key).value = std::move(value); }

  bool Contains(const Key& key) { return table_.Read(key) != nullptr; }

  void Remove(const Key& key) { table_.Remove(key); }

  bool IsEmpty() const { return table_.IsEmpty(); }

  // A copy, in the order of the user keys.
  std::map<Key, Value> Entries() {
    std::map<Key, Value> entries;
    table_.ForEach([&entries](const Key& key, const Value& value) { entries.emplace(key, value); });
    return entries;
  }

  void Clear() { table_.RemoveAll(); }

 private:
  LivingTable<Key, Value> table_;
};

// A value that each addition is folded into.
template <typename T, std::invocable<const T&, const T&> Reduce>
class ReducingState {
 public:
  ReducingState() = default;

  ReducingState(LivingTable<std::monostate, T> table, Reduce reduce)
      : table_(std::move(table)), reduce_(std::move(reduce)) {}

  std::optional<T> Get() {
    const T* const value = table_.Read({});
    return value == nullptr ? std::nullopt : std::optional<T>(*value);
  }

  void Add(const T& value) {
    const auto slot = table_.Mutable({});
    slot.value = slot.is_new ? value : T((*reduce_)(std::as_const(slot.value), value));
  }

  void Clear() { table_.Remove({}); }

 private:
  LivingTable<std::monostate, T> table_;
  std::optional<Reduce> reduce_;
};

// An accumulator that each addition goes into, read as what comes of it.
template <typename In, typename Function>
class AggregatingState {
 public:
  using Accumulator = typename Function::Accumulator;
  using Output = typename Function::Output;

  AggregatingState() = default;

  AggregatingState(LivingTable<std::monostate, Accumulator> table, Function function)
      : table_(std::move(table)), function_(std::move(function)) {}

  // Nothing when nothing was added.
  std::optional<Output> Get() {
    const Accumulator* const sum = table_.Read({});
    return sum == nullptr ? std::nullopt : std::optional<Output>(function_->Result(*sum));
  }

  void Add(const In& value) {
    const auto slot = table_.Mutable({});
    if (slot.is_new) {
      slot.value = function_->Create();
    }
    function_->Add(value, slot.value);
  }

  void Clear() { table_.Remove({}); }

 private:
  LivingTable<std::monostate, Accumulator> table_;
  std::optional<Function> function_;
};

template <typename T, typename Accumulator, typename Fold>
class FoldingState {
 public:
  FoldingState() = default;

  FoldingState(LivingTable<std::monostate, Accumulator> table, Accumulator initial, Fold fold)
      : table_(std::move(table)), initial_(std::move(initial)), fold_(std::move(fold)) {}

  // Nothing when nothing was added: not the initial value.
  std::optional<Accumulator> Get() {
    const Accumulator* const value = table_.Read({});
    return value == nullptr ? std::nullopt : std::optional<Accumulator>(*value);
  }

  void Add(const T& value) {
    const auto slot = table_.Mutable({});
    const Accumulator& before = slot.is_new ? initial_ : std::as_const(slot.value);
    slot.value = Accumulator((*fold_)(before, value));
  }

  void Clear() { table_.Remove({}); }

 private:
  LivingTable<std::monostate, Accumulator> table_;
  Accumulator initial_{};
  std::optional<Fold> fold_;
};

// What a function is opened with.
class RuntimeContext {
 public:
  // `clock`, in milliseconds, is what state with a time to live goes by.
  explicit RuntimeContext(KeyedStateBackend& state, Ttl::Clock clock = {})
      : state_(state), clock_(std::move(clock)) {}

  template <typename T>
  ValueState<T> GetState(const ValueStateDescriptor<T>& descriptor) {
    return ValueState<T>(
        Register<std::monostate, T>(StateKind::kValue, descriptor.name, descriptor.ttl));
  }

  template <typename T>
  ListState<T> GetListState(const ListStateDescriptor<T>& descriptor) {
    using Items = std::vector<T>;
    using TimedItems = std::vector<Timed<T>>;
    if (descriptor.ttl.ttl <= sim::Duration(0)) {
      return ListState<T>(
          LivingList<T>(Table<std::monostate, Items>(StateKind::kList, descriptor.name)));
    }
    const Ttl& ttl = state_.AddTtl(descriptor.name, descriptor.ttl, clock_);
    return ListState<T>(
        LivingList<T>(Table<std::monostate, TimedItems>(StateKind::kList, descriptor.name), ttl));
  }

  template <typename Key, typename Value>
  MapState<Key, Value> GetMapState(const MapStateDescriptor<Key, Value>& descriptor) {
    return MapState<Key, Value>(
        Register<Key, Value>(StateKind::kMap, descriptor.name, descriptor.ttl));
  }

  template <typename T, typename Reduce>
  ReducingState<T, Reduce> GetReducingState(const ReducingStateDescriptor<T, Reduce>& descriptor) {
    return ReducingState<T, Reduce>(
        Register<std::monostate, T>(StateKind::kReducing, descriptor.name, descriptor.ttl),
        descriptor.reduce);
  }

  template <typename In, typename Function>
  AggregatingState<In, Function> GetAggregatingState(
      const AggregatingStateDescriptor<In, Function>& descriptor) {
    return AggregatingState<In, Function>(
        Register<std::monostate, typename Function::Accumulator>(StateKind::kAggregating,
                                                                 descriptor.name, descriptor.ttl),
        descriptor.function);
  }

  template <typename T, typename Accumulator, typename Fold>
  FoldingState<T, Accumulator, Fold> GetFoldingState(
      const FoldingStateDescriptor<T, Accumulator, Fold>& descriptor) {
    return FoldingState<T, Accumulator, Fold>(
        Register<std::monostate, Accumulator>(StateKind::kFolding, descriptor.name, descriptor.ttl),
        descriptor.initial, descriptor.fold);
  }

  // The first state that could not be had; the operator does not open then.
  const sim::Result<void>& result() const { return result_; }

 private:
  template <typename Space, typename Value>
  LivingTable<Space, Value> Register(StateKind kind, const std::string& name,
                                     const StateTtlConfig& config) {
    if (config.ttl <= sim::Duration(0)) {
      return LivingTable<Space, Value>(Table<Space, Value>(kind, name));
    }
    const Ttl& ttl = state_.AddTtl(name, config, clock_);
    return LivingTable<Space, Value>(Table<Space, Timed<Value>>(kind, name), ttl);
  }

  template <typename Space, typename Value>
  KeyedTable<Space, Value> Table(StateKind kind, const std::string& name) {
    const sim::Result<KeyedTable<Space, Value>> table = state_.State<Space, Value>(kind, name);
    if (!table) {
      result_ = result_ ? sim::Fail(table) : std::move(result_);
      return KeyedTable<Space, Value>();
    }
    return *table;
  }

  KeyedStateBackend& state_;
  Ttl::Clock clock_;
  sim::Result<void> result_;
};

}  // namespace flinch::engine
