// Keyed state with types: what a function keeps per key between records.
//
// Shape:   a handle is a light value over one named state of the backend; it reads and writes under the current key.
//          `space` in every call is the namespace (a window); functions leave it out. A handle is made by a
//          RuntimeContext in Open (engine/functions.h); one that was not is a bug to use.
// Names:   a name belongs to one kind and one type. Names starting with "_timer_state/" are the timer service's.
// Absence: state that was never written, cleared, or updated to nothing is the same thing and takes no room.
// Errors:  kCorruption when restored bytes are no T; any other use cannot fail.
// Source:  Flink docs "Working with State / Using Keyed State".
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/serializer.h"
#include "engine/state/keyed_state_backend.h"
#include "sim/check.h"
#include "sim/result.h"

namespace flinch::engine {

// How a user's functions over accumulators look; see engine/functions.h for one that is ready.
template <typename Function>
concept AggregateFunction =
    std::copy_constructible<Function> &&
    requires(const Function& function, const typename Function::Input& value,
             typename Function::Accumulator& accumulator) {
      typename Function::Output;
      { function.CreateAccumulator() } -> std::same_as<typename Function::Accumulator>;
      { function.Add(value, accumulator) } -> std::same_as<void>;
      { function.Merge(std::as_const(accumulator), accumulator) } -> std::same_as<void>;
      {
        function.GetResult(std::as_const(accumulator))
      } -> std::same_as<typename Function::Output>;
    };

template <typename Function, typename T>
concept ReduceFunction =
    std::copy_constructible<Function> &&
    requires(const Function& function, const T& first, const T& second) {
      { function(first, second) } -> std::convertible_to<T>;
    };

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

template <typename T, ReduceFunction<T> Reduce>
struct ReducingStateDescriptor {
  std::string name;
  Reduce reduce;
};

template <AggregateFunction Aggregate>
struct AggregatingStateDescriptor {
  std::string name;
  Aggregate aggregate;
};

namespace detail {

// A named state of a backend, as bytes.
class StateHandle {
 public:
  StateHandle() = default;

  StateHandle(KeyedStateBackend& backend, std::string name)
      : backend_(&backend), name_(std::move(name)) {}

  KeyedStateBackend& backend() const {
    sim::Check(backend_ != nullptr, "a state handle was used before Open made it");
    return *backend_;
  }

  std::optional<std::string_view> Get(std::string_view space) const {
    return backend().Get(name_, space);
  }

  void Put(std::string_view space, std::string_view value) { backend().Put(name_, space, value); }

  void Remove(std::string_view space) { backend().Remove(name_, space); }

  // The value, or nothing where there is none.
  template <typename T>
  sim::Result<std::optional<T>> Read(std::string_view space) const {
    const std::optional<std::string_view> bytes = Get(space);
    if (!bytes) {
      return std::optional<T>();
    }
    sim::Result<T> value = Decode<T>(*bytes);
    if (!value) {
      return Damaged();
    }
    return std::optional<T>(*std::move(value));
  }

  std::unexpected<sim::Error> Damaged() const {
    return sim::Fail(sim::ErrorCode::kCorruption,
                     "The state \"" + name_ +
                         "\" holds bytes that are not of its type. Either the checkpoint is damaged or "
                         "the job that wrote it used this name for another type.");
  }

  const std::string& name() const { return name_; }

 private:
  KeyedStateBackend* backend_ = nullptr;
  std::string name_;
};

}  // namespace detail

template <typename T>
class ValueState {
 public:
  ValueState() = default;

  ValueState(KeyedStateBackend& backend, ValueStateDescriptor<T> descriptor)
      : state_(backend, std::move(descriptor.name)) {}

  sim::Result<std::optional<T>> Value(std::string_view space = {}) const {
    return state_.template Read<T>(space);
  }

  // Nothing clears.
  void Update(const std::optional<T>& value, std::string_view space = {}) {
    if (value) {
      state_.Put(space, Encode(*value));
    } else {
      state_.Remove(space);
    }
  }

  void Clear(std::string_view space = {}) { state_.Remove(space); }

 private:
  detail::StateHandle state_;
};

// Reads and writes the whole list each time: meant for short ones.
template <typename T>
class ListState {
 public:
  ListState() = default;

  ListState(KeyedStateBackend& backend, ListStateDescriptor<T> descriptor)
      : state_(backend, std::move(descriptor.name)) {}

  // In the order of adding; empty when there is nothing.
  sim::Result<std::vector<T>> Get(std::string_view space = {}) const {
    sim::Result<std::optional<std::vector<T>>> items = state_.template Read<std::vector<T>>(space);
    if (!items) {
      return sim::Fail(items);
    }
    return items->value_or(std::vector<T>());
  }

  sim::Result<void> Add(const T& item, std::string_view space = {}) {
    return AddAll({item}, space);
  }

  sim::Result<void> AddAll(const std::vector<T>& more, std::string_view space = {}) {
    sim::Result<std::vector<T>> items = Get(space);
    if (!items) {
      return sim::Fail(items);
    }
    items->insert(items->end(), more.begin(), more.end());
    Update(*items, space);
    return {};
  }

  // An empty list clears.
  void Update(const std::vector<T>& items, std::string_view space = {}) {
    if (items.empty()) {
      state_.Remove(space);
    } else {
      state_.Put(space, Encode(items));
    }
  }

  void Clear(std::string_view space = {}) { state_.Remove(space); }

 private:
  detail::StateHandle state_;
};

// One entry of the backend per user key: an access costs the same however large the map is.
template <typename Key, typename Value>
class MapState {
 public:
  MapState() = default;

  MapState(KeyedStateBackend& backend, MapStateDescriptor<Key, Value> descriptor)
      : state_(backend, std::move(descriptor.name)) {}

  sim::Result<std::optional<Value>> Get(const Key& key, std::string_view space = {}) const {
    return state_.template Read<Value>(Place(key, space));
  }

  void Put(const Key& key, const Value& value, std::string_view space = {}) {
    state_.Put(Place(key, space), Encode(value));
  }

  bool Contains(const Key& key, std::string_view space = {}) const {
    return state_.Get(Place(key, space)).has_value();
  }

  void Remove(const Key& key, std::string_view space = {}) { state_.Remove(Place(key, space)); }

  bool IsEmpty(std::string_view space = {}) const {
    bool empty = true;
    state_.backend().ForEachOfCurrentKey(
        state_.name(), Prefix(space),
        [&empty](std::string_view, std::string_view) { empty = false; });
    return empty;
  }

  // A copy, in the order of the user keys.
  sim::Result<std::map<Key, Value>> Entries(std::string_view space = {}) const {
    std::map<Key, Value> entries;
    bool good = true;
    const Bytes prefix = Prefix(space);
    state_.backend().ForEachOfCurrentKey(
        state_.name(), prefix,
        [&](std::string_view place, std::string_view bytes) {
          sim::Result<Key> key = Decode<Key>(place.substr(prefix.size()));
          sim::Result<Value> value = Decode<Value>(bytes);
          if (!key || !value) {
            good = false;
            return;
          }
          entries.emplace(*std::move(key), *std::move(value));
        });
    if (!good) {
      return state_.Damaged();
    }
    return entries;
  }

  void Clear(std::string_view space = {}) {
    std::vector<Bytes> places;
    state_.backend().ForEachOfCurrentKey(
        state_.name(), Prefix(space),
        [&places](std::string_view place, std::string_view) { places.emplace_back(place); });
    for (const Bytes& place : places) {
      state_.Remove(place);
    }
  }

 private:
  // The namespace with its length in front, so that no namespace's prefix is another's.
  static Bytes Prefix(std::string_view space) {
    Encoder out;
    out.Text(space);
    return out.Take();
  }

  static Bytes Place(const Key& key, std::string_view space) {
    Encoder out;
    out.Text(space);
    Write(out, key);
    return out.Take();
  }

  detail::StateHandle state_;
};

// A value that each addition is folded into.
template <typename T, ReduceFunction<T> Reduce>
class ReducingState {
 public:
  ReducingState(KeyedStateBackend& backend, ReducingStateDescriptor<T, Reduce> descriptor)
      : state_(backend, std::move(descriptor.name)), reduce_(std::move(descriptor.reduce)) {}

  sim::Result<std::optional<T>> Get(std::string_view space = {}) const {
    return state_.template Read<T>(space);
  }

  // Returns what is stored now.
  sim::Result<T> Add(const T& value, std::string_view space = {}) {
    sim::Result<std::optional<T>> old = Get(space);
    if (!old) {
      return sim::Fail(old);
    }
    T sum = *old ? T(reduce_(std::as_const(**old), value)) : value;
    state_.Put(space, Encode(sum));
    return sum;
  }

  void Clear(std::string_view space = {}) { state_.Remove(space); }

 private:
  detail::StateHandle state_;
  Reduce reduce_;
};

// An accumulator that each addition goes into; what is read is its result.
template <AggregateFunction Aggregate>
class AggregatingState {
 public:
  using Input = typename Aggregate::Input;
  using Accumulator = typename Aggregate::Accumulator;
  using Output = typename Aggregate::Output;

  AggregatingState(KeyedStateBackend& backend, AggregatingStateDescriptor<Aggregate> descriptor)
      : state_(backend, std::move(descriptor.name)),
        aggregate_(std::move(descriptor.aggregate)) {}

  sim::Result<std::optional<Output>> Get(std::string_view space = {}) const {
    const sim::Result<std::optional<Accumulator>> accumulator =
        state_.template Read<Accumulator>(space);
    if (!accumulator) {
      return sim::Fail(accumulator);
    }
    if (!*accumulator) {
      return std::optional<Output>();
    }
    return std::optional<Output>(aggregate_.GetResult(**accumulator));
  }

  // Tells whether this was the first addition since the state was empty.
  sim::Result<bool> Add(const Input& value, std::string_view space = {}) {
    sim::Result<std::optional<Accumulator>> stored = state_.template Read<Accumulator>(space);
    if (!stored) {
      return sim::Fail(stored);
    }
    const bool first = !stored->has_value();
    Accumulator accumulator = first ? aggregate_.CreateAccumulator() : **std::move(stored);
    aggregate_.Add(value, accumulator);
    state_.Put(space, Encode(accumulator));
    return first;
  }

  void Clear(std::string_view space = {}) { state_.Remove(space); }

 private:
  detail::StateHandle state_;
  Aggregate aggregate_;
};

}  // namespace flinch::engine
