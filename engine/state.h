// Keyed state with types: what a function keeps per key between records.
//
// Shape:  a handle is a light value over one named state of the backend, in one namespace (`space`:
//         a window, or ""); it reads and writes under the current key, whatever that is at the
//         time.
// Names:  a name belongs to one kind of state and one type within its operator. Names that start
//         with "_timer_state/" are the timer service's. Absence: state that was never written, that
//         was cleared, and an empty list or map are the same thing and take no room.
// Errors: bytes that are no T can come only from a damaged checkpoint or from a job that used the
//         name for another type. Handles are used inside user functions, whose way to fail is to
//         throw: so these throw StateCorrupted, and the task fails as if the function had.
// Source: Flink docs "Working with State / Using Keyed State".
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/serializer.h"
#include "engine/state/keyed_state_backend.h"

namespace flinch::engine {

class StateCorrupted : public std::runtime_error {
 public:
  explicit StateCorrupted(const std::string& state)
      : std::runtime_error("The keyed state \"" + state +
                           "\" holds bytes that are not of its type: the checkpoint is damaged, or "
                           "the job that wrote it used this name for another type.") {}
};

namespace detail {

// What all handles are: one namespace of one named state.
class StateHandle {
 public:
  StateHandle(KeyedStateBackend& backend, std::string name, std::string space)
      : backend_(&backend), name_(std::move(name)), space_(std::move(space)) {}

 protected:
  template <typename T>
  T Decoded(std::string_view bytes) const {
    sim::Result<T> value = Decode<T>(bytes);
    if (!value) {
      throw StateCorrupted(name_);
    }
    return *std::move(value);
  }

  template <typename T>
  std::optional<T> Read(std::string_view space) const {
    const std::optional<std::string_view> bytes = backend_->Get(name_, space);
    return bytes ? std::optional<T>(Decoded<T>(*bytes)) : std::nullopt;
  }

  KeyedStateBackend& backend() const { return *backend_; }

  const std::string& name() const { return name_; }

  const std::string& space() const { return space_; }

 private:
  KeyedStateBackend* backend_;
  std::string name_;
  std::string space_;
};

}  // namespace detail

template <typename T>
class ValueState : private detail::StateHandle {
 public:
  explicit ValueState(KeyedStateBackend& backend, std::string name, std::string space = {})
      : StateHandle(backend, std::move(name), std::move(space)) {}

  std::optional<T> Value() const { return this->template Read<T>(space()); }

  void Update(const T& value) { backend().Put(name(), space(), Encode(value)); }

  // Nothing clears.
  void Update(std::nullopt_t) { Clear(); }

  void Clear() { backend().Remove(name(), space()); }
};

// Reads and writes the whole list each time: meant for short ones.
template <typename T>
class ListState : private detail::StateHandle {
 public:
  explicit ListState(KeyedStateBackend& backend, std::string name, std::string space = {})
      : StateHandle(backend, std::move(name), std::move(space)) {}

  // In the order of adding.
  std::vector<T> Get() const {
    return this->template Read<std::vector<T>>(space()).value_or(std::vector<T>());
  }

  void Add(const T& item) { AddAll({item}); }

  void AddAll(const std::vector<T>& more) {
    std::vector<T> items = Get();
    items.insert(items.end(), more.begin(), more.end());
    Update(items);
  }

  void Update(const std::vector<T>& items) {
    if (items.empty()) {
      Clear();
    } else {
      backend().Put(name(), space(), Encode(items));
    }
  }

  void Clear() { backend().Remove(name(), space()); }
};

// One entry of the backend per user key: an access costs the same however large the map is.
template <typename Key, typename Value>
class MapState : private detail::StateHandle {
 public:
  explicit MapState(KeyedStateBackend& backend, std::string name, std::string space = {})
      : StateHandle(backend, std::move(name), std::move(space)) {}

  std::optional<Value> Get(const Key& key) const { return this->template Read<Value>(Place(key)); }

  void Put(const Key& key, const Value& value) { backend().Put(name(), Place(key), Encode(value)); }

  bool Contains(const Key& key) const { return backend().Get(name(), Place(key)).has_value(); }

  void Remove(const Key& key) { backend().Remove(name(), Place(key)); }

  bool IsEmpty() const {
    bool empty = true;
    ForEachPlace([&empty](std::string_view, std::string_view) { empty = false; });
    return empty;
  }

  // A copy, in the order of the user keys.
  std::map<Key, Value> Entries() const {
    std::map<Key, Value> entries;
    const size_t prefix = Prefix().size();
    ForEachPlace([&](std::string_view place, std::string_view value) {
      entries.emplace(this->template Decoded<Key>(place.substr(prefix)),
                      this->template Decoded<Value>(value));
    });
    return entries;
  }

  void Clear() {
    std::vector<Bytes> places;
    ForEachPlace(
        [&places](std::string_view place, std::string_view) { places.emplace_back(place); });
    for (const Bytes& place : places) {
      backend().Remove(name(), place);
    }
  }

 private:
  // The namespace with its length in front, so that no namespace is the beginning of another.
  Bytes Prefix() const { return Encode(space()); }

  Bytes Place(const Key& key) const { return Prefix() + Encode(key); }

  template <typename Visit>
  void ForEachPlace(const Visit& visit) const {
    backend().ForEachOfCurrentKey(name(), Prefix(), visit);
  }
};

// A value that each addition is folded into.
template <typename T, std::invocable<const T&, const T&> Reduce>
class ReducingState : private detail::StateHandle {
 public:
  ReducingState(KeyedStateBackend& backend, std::string name, Reduce reduce, std::string space = {})
      : StateHandle(backend, std::move(name), std::move(space)), reduce_(std::move(reduce)) {}

  std::optional<T> Get() const { return this->template Read<T>(space()); }

  void Add(const T& value) {
    const std::optional<T> old = Get();
    backend().Put(name(), space(), Encode<T>(old ? T(reduce_(*old, value)) : value));
  }

  void Clear() { backend().Remove(name(), space()); }

 private:
  Reduce reduce_;
};

}  // namespace flinch::engine
