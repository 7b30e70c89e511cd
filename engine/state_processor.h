// Snapshots as data: what a job had, read without it, and snapshots that no job has taken, from
// which one starts.
//
//   const auto old = SavepointReader::Open(volume, "/savepoints/visits/savepoint-7");
//   auto counts = *old->Values<std::string>("count", ValueStateDescriptor<int64_t>{"visits"});
//   counts["/home"] = 0;
//   SavepointWriter next(*old);
//   next.Put("count", ValueStateDescriptor<int64_t>{"visits"}, counts);
//   next.Write(volume, "visits", CheckpointId(8));  // then: flinch run --from it
//
// Shape:  operators go by uid, or by name where they have none. Keyed state of all subtasks is one
//         map by key; what is written is divided by key group again, so that a job of any
//         parallelism starts from it. Put replaces a state as a whole; what nobody touches is as
//         it was: timers, positions of sources, transactions of sinks with their subtasks.
// Types:  those of the job. An older record comes to a newer type (state/state_schema.h); another
//         type is refused by its name. With a time to live, values are of the time of `SetNow`.
// Errors: kNotFound, kCorruption: of the files, by name; kInvalidArgument: there is no such
//         operator or state, or it has other types; kExists: a snapshot is there already. What was
//         in flight in an unaligned checkpoint is refused by the writer: take a savepoint.
// Source: Flink docs "State Processor API": SavepointReader, SavepointWriter.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/graph/key_codec.h"
#include "engine/ids.h"
#include "engine/state.h"
#include "engine/state/key_groups.h"
#include "engine/state/operator_state.h"
#include "engine/state/state_schema.h"
#include "sim/disk.h"
#include "sim/result.h"

namespace flinch::engine {

// A snapshot, encoded: what reader and writer share. Of no use to others.
struct SavedState {
  struct Entry {
    int32_t key_hash = 0;
    Bytes value;
  };

  struct Keyed {
    StateMeta meta;
    std::map<std::pair<Bytes, Bytes>, Entry> entries;  // by key and namespace
  };

  struct List {
    ListMode mode = ListMode::kSplit;
    std::map<uint32_t, std::vector<Bytes>> entries;  // by subtask
  };

  struct Operator {
    std::map<uint32_t, VertexId> subtasks;  // that have a part, and the vertices they were of
    std::map<std::string, Keyed, std::less<>> keyed;
    std::map<std::string, List, std::less<>> lists;
  };

  CheckpointId id{0};
  bool is_final = false;
  bool has_in_flight = false;
  uint32_t max_parallelism = kDefaultMaxParallelism;
  uint64_t attempt = 0;  // the last that took a part of it
  CoordinatorStates coordinators{};
  std::map<std::string, Operator, std::less<>> operators;
};

class SavepointReader {
 public:
  // The directory of a checkpoint or savepoint. Reads all of it. May suspend.
  static sim::Result<SavepointReader> Open(sim::FileSystem& volume, std::string_view path);

  CheckpointId id() const { return state_.id; }

  uint32_t max_parallelism() const { return state_.max_parallelism; }

  // Those that have state, in the order of their names.
  std::vector<std::string> Operators() const;

  // The keyed states of an operator that have entries.
  std::vector<StateMeta> KeyedStates(std::string_view name) const;

  template <typename Key, typename T>
  sim::Result<std::map<Key, T>> Values(std::string_view name,
                                       const ValueStateDescriptor<T>& state) const {
    return Single<Key, T>(name, StateKind::kValue, state.name, state.ttl);
  }

  template <typename Key, typename T>
  sim::Result<std::map<Key, std::vector<T>>> Lists(std::string_view name,
                                                   const ListStateDescriptor<T>& state) const;

  template <typename Key, typename Inner, typename T>
  sim::Result<std::map<Key, std::map<Inner, T>>> Maps(
      std::string_view name, const MapStateDescriptor<Inner, T>& state) const {
    return Many<Key, Inner, T>(name, StateKind::kMap, state.name, state.ttl);
  }

  template <typename Key, typename T, typename Reduce>
  sim::Result<std::map<Key, T>> Reduced(std::string_view name,
                                        const ReducingStateDescriptor<T, Reduce>& state) const {
    return Single<Key, T>(name, StateKind::kReducing, state.name, state.ttl);
  }

  // Accumulators.
  template <typename Key, typename In, typename Function>
  sim::Result<std::map<Key, typename Function::Accumulator>> Aggregated(
      std::string_view name, const AggregatingStateDescriptor<In, Function>& state) const {
    return Single<Key, typename Function::Accumulator>(name, StateKind::kAggregating, state.name,
                                                       state.ttl);
  }

  // Of a list or union list: all entries, in the order of the subtasks.
  template <typename T>
  sim::Result<std::vector<T>> OperatorList(std::string_view name, std::string_view list) const;

  // Of broadcast state, which is the same in all subtasks.
  template <typename Key, typename T>
  sim::Result<std::map<Key, T>> Broadcast(std::string_view name, std::string_view state) const;

  const SavedState& state() const { return state_; }

 private:
  sim::Result<const SavedState::Keyed*> FindKeyed(std::string_view name,
                                                  const StateSchema& schema) const;
  sim::Result<const SavedState::List*> FindList(std::string_view name, std::string_view list) const;

  template <typename Key, typename Space, typename T>
  sim::Result<std::map<Key, std::map<Space, T>>> Entries(std::string_view name,
                                                         const StateSchema& schema) const;
  template <typename Key, typename Space, typename T>
  sim::Result<std::map<Key, std::map<Space, T>>> Many(std::string_view name, StateKind kind,
                                                      const std::string& state,
                                                      const StateTtlConfig& ttl) const;
  template <typename Key, typename T>
  sim::Result<std::map<Key, T>> Single(std::string_view name, StateKind kind,
                                       const std::string& state, const StateTtlConfig& ttl) const;

  SavedState state_;
};

class SavepointWriter {
 public:
  // Of nothing.
  explicit SavepointWriter(uint32_t max_parallelism = kDefaultMaxParallelism) {
    state_.max_parallelism = max_parallelism;
  }

  // Of all that another has.
  explicit SavepointWriter(const SavepointReader& from) : state_(from.state()) {}

  // What is written from here on was last accessed then, where it has a time to live. Milliseconds.
  void SetNow(int64_t now) { now_ = now; }

  void RemoveOperator(std::string_view name);
  void RemoveState(std::string_view name, std::string_view state);

  template <typename Key, typename T>
  void Put(std::string_view name, const ValueStateDescriptor<T>& state,
           const std::map<Key, T>& values) {
    PutSingle(name, StateKind::kValue, state.name, state.ttl, values);
  }

  template <typename Key, typename T>
  void Put(std::string_view name, const ListStateDescriptor<T>& state,
           const std::map<Key, std::vector<T>>& lists);

  template <typename Key, typename Inner, typename T>
  void Put(std::string_view name, const MapStateDescriptor<Inner, T>& state,
           const std::map<Key, std::map<Inner, T>>& maps);

  template <typename Key, typename T, typename Reduce>
  void Put(std::string_view name, const ReducingStateDescriptor<T, Reduce>& state,
           const std::map<Key, T>& values) {
    PutSingle(name, StateKind::kReducing, state.name, state.ttl, values);
  }

  template <typename Key, typename In, typename Function>
  void Put(std::string_view name, const AggregatingStateDescriptor<In, Function>& state,
           const std::map<Key, typename Function::Accumulator>& accumulators) {
    PutSingle(name, StateKind::kAggregating, state.name, state.ttl, accumulators);
  }

  // With ListMode::kBroadcast the entries are pairs.
  template <typename T>
  void PutOperatorList(std::string_view name, std::string_view list, ListMode mode,
                       const std::vector<T>& entries) {
    std::vector<Bytes> encoded;
    for (const T& entry : entries) {
      encoded.push_back(Encode(entry));
    }
    PutList(name, list, mode, std::move(encoded));
  }

  // Returns its directory, a savepoint's of this job. Durable when it returns success. May suspend.
  sim::Result<std::string> Write(sim::FileSystem& volume, std::string_view job,
                                 CheckpointId id) const;

 private:
  // Makes the state empty, and returns it.
  SavedState::Keyed& Begin(std::string_view name, StateMeta meta);
  void PutList(std::string_view name, std::string_view list, ListMode mode,
               std::vector<Bytes> entries);

  template <typename Key, typename Space, typename T>
  static void Add(SavedState::Keyed& into, const Key& key, const Space& space, const T& value) {
    into.entries[{Encode(key), Encode(space)}] = {.key_hash = HashOfKey(key),
                                                  .value = Encode(value)};
  }

  template <typename Key, typename T>
  void PutSingle(std::string_view name, StateKind kind, const std::string& state,
                 const StateTtlConfig& ttl, const std::map<Key, T>& values);

  SavedState state_;
  int64_t now_ = 0;
};

namespace detail {

// Of bytes that are not of a type whose state they lie in.
std::unexpected<sim::Error> StrangeEntry(std::string_view name, std::string_view state);

inline bool HasTtl(const StateTtlConfig& ttl) { return ttl.ttl > sim::Duration(0); }

}  // namespace detail

template <typename Key, typename Space, typename T>
sim::Result<std::map<Key, std::map<Space, T>>> SavepointReader::Entries(
    std::string_view name, const StateSchema& schema) const {
  const sim::Result<const SavedState::Keyed*> saved = FindKeyed(name, schema);
  if (!saved) {
    return sim::Fail(saved);
  }
  std::map<Key, std::map<Space, T>> entries;
  for (const auto& [place, entry] : (*saved)->entries) {
    sim::Result<Key> key = Decode<Key>(place.first);
    sim::Result<Space> space = Decode<Space>(place.second);
    std::optional<T> value = DecodeWritten<T>((*saved)->meta, entry.value);
    if (!key || HashOfKey(*key) != entry.key_hash || !space || !value) {
      return detail::StrangeEntry(name, schema.meta.name);
    }
    entries[*std::move(key)].emplace(*std::move(space), *std::move(value));
  }
  return entries;
}

template <typename Key, typename Space, typename T>
sim::Result<std::map<Key, std::map<Space, T>>> SavepointReader::Many(
    std::string_view name, StateKind kind, const std::string& state,
    const StateTtlConfig& ttl) const {
  if (!detail::HasTtl(ttl)) {
    return Entries<Key, Space, T>(name, SchemaOf<Space, T>(kind, state));
  }
  auto timed = Entries<Key, Space, Timed<T>>(name, SchemaOf<Space, Timed<T>>(kind, state));
  if (!timed) {
    return sim::Fail(timed);
  }
  std::map<Key, std::map<Space, T>> entries;
  for (auto& [key, of_key] : *timed) {
    for (auto& [space, value] : of_key) {
      entries[key].emplace(space, std::move(value.value));
    }
  }
  return entries;
}

template <typename Key, typename T>
sim::Result<std::map<Key, T>> SavepointReader::Single(std::string_view name, StateKind kind,
                                                      const std::string& state,
                                                      const StateTtlConfig& ttl) const {
  auto entries = Many<Key, std::monostate, T>(name, kind, state, ttl);
  if (!entries) {
    return sim::Fail(entries);
  }
  std::map<Key, T> values;
  for (auto& [key, of_key] : *entries) {
    values.emplace(key, std::move(of_key.begin()->second));
  }
  return values;
}

template <typename Key, typename T>
sim::Result<std::map<Key, std::vector<T>>> SavepointReader::Lists(
    std::string_view name, const ListStateDescriptor<T>& state) const {
  if (!detail::HasTtl(state.ttl)) {
    return Single<Key, std::vector<T>>(name, StateKind::kList, state.name, {});
  }
  auto timed = Single<Key, std::vector<Timed<T>>>(name, StateKind::kList, state.name, {});
  if (!timed) {
    return sim::Fail(timed);
  }
  std::map<Key, std::vector<T>> lists;
  for (auto& [key, items] : *timed) {
    for (Timed<T>& item : items) {
      lists[key].push_back(std::move(item.value));
    }
  }
  return lists;
}

template <typename T>
sim::Result<std::vector<T>> SavepointReader::OperatorList(std::string_view name,
                                                          std::string_view list) const {
  const sim::Result<const SavedState::List*> saved = FindList(name, list);
  if (!saved) {
    return sim::Fail(saved);
  }
  std::vector<T> entries;
  for (const auto& [subtask, parts] : (*saved)->entries) {
    for (const Bytes& bytes : parts) {
      sim::Result<T> entry = Decode<T>(bytes);
      if (!entry) {
        return detail::StrangeEntry(name, list);
      }
      entries.push_back(*std::move(entry));
    }
    if ((*saved)->mode == ListMode::kBroadcast) {
      break;
    }
  }
  return entries;
}

template <typename Key, typename T>
sim::Result<std::map<Key, T>> SavepointReader::Broadcast(std::string_view name,
                                                         std::string_view state) const {
  sim::Result<std::vector<std::pair<Key, T>>> entries =
      OperatorList<std::pair<Key, T>>(name, state);
  if (!entries) {
    return sim::Fail(entries);
  }
  return std::map<Key, T>(entries->begin(), entries->end());
}

template <typename Key, typename T>
void SavepointWriter::PutSingle(std::string_view name, StateKind kind, const std::string& state,
                                const StateTtlConfig& ttl, const std::map<Key, T>& values) {
  const bool is_timed = detail::HasTtl(ttl);
  SavedState::Keyed& saved =
      Begin(name, is_timed ? SchemaOf<std::monostate, Timed<T>>(kind, state).meta
                           : SchemaOf<std::monostate, T>(kind, state).meta);
  for (const auto& [key, value] : values) {
    if (is_timed) {
      Add(saved, key, std::monostate(), Timed<T>{.last_access = now_, .value = value});
    } else {
      Add(saved, key, std::monostate(), value);
    }
  }
}

template <typename Key, typename T>
void SavepointWriter::Put(std::string_view name, const ListStateDescriptor<T>& state,
                          const std::map<Key, std::vector<T>>& lists) {
  if (!detail::HasTtl(state.ttl)) {
    PutSingle(name, StateKind::kList, state.name, {}, lists);
    return;
  }
  std::map<Key, std::vector<Timed<T>>> timed;
  for (const auto& [key, items] : lists) {
    for (const T& item : items) {
      timed[key].push_back({.last_access = now_, .value = item});
    }
  }
  PutSingle(name, StateKind::kList, state.name, {}, timed);
}

template <typename Key, typename Inner, typename T>
void SavepointWriter::Put(std::string_view name, const MapStateDescriptor<Inner, T>& state,
                          const std::map<Key, std::map<Inner, T>>& maps) {
  const bool is_timed = detail::HasTtl(state.ttl);
  SavedState::Keyed& saved =
      Begin(name, is_timed ? SchemaOf<Inner, Timed<T>>(StateKind::kMap, state.name).meta
                           : SchemaOf<Inner, T>(StateKind::kMap, state.name).meta);
  for (const auto& [key, entries] : maps) {
    for (const auto& [inner, value] : entries) {
      if (is_timed) {
        Add(saved, key, inner, Timed<T>{.last_access = now_, .value = value});
      } else {
        Add(saved, key, inner, value);
      }
    }
  }
}

}  // namespace flinch::engine
