// What becomes of a state when the job has another version of its values' type.
//
//   struct Visit {  // a page's visits, with the time of the last one since version 1
//     static constexpr uint32_t kStateVersion = 1;
//     using Before = int64_t;  // version 0: a type as it was, with a version of its own
//     static Visit From(int64_t count) { return {.count = count}; }
//     …
//   };
//
// Shape:  compatible as it is when kind, types and version are those of before, or when the type's
//         own serializer reads older forms, telling them apart by their bytes: `kReadsStateFrom` is
//         the first version that it reads.
//         Compatible after migration when a chain of `Before` leads to what was written: each value
//         is read as that and comes to the new type by `From`, step by step. Else incompatible.
//         A later version is never read, nor is state that has become another kind of it. What is
//         behind a list, or lives for a time (ttl.h), goes by the version of its items.
// Keys:   do not evolve: a key's hash has decided where its state lies. Nor do the keys of a map,
//         which are how an entry is found.
// When:   on the heap when a restored state is registered; in a database, too, all of it at once.
//         Snapshots that are taken before it is registered hold it as it was.
// Errors: sentences that name the state, in KeyedStateBackend; what `From` throws fails the task.
// Source: Flink docs "State Schema Evolution"; its TypeSerializerSchemaCompatibility,
//         StateSerializerProvider. Flink compares fields by name; here a new record type says what
//         the old one was.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/serializer.h"
#include "engine/state/state_meta.h"
#include "engine/state/ttl.h"

namespace flinch::engine {

enum class SchemaCompatibility : uint8_t { kAsIs, kAfterMigration, kIncompatible };

namespace detail {

template <typename T>
concept Evolved = requires(typename T::Before before) {
  { T::From(std::move(before)) } -> std::convertible_to<T>;
};

// The type of the version before, `Type`, and the way from it; empty where there is none.
template <typename T>
struct Earlier {};

template <Evolved T>
struct Earlier<T> {
  using Type = typename T::Before;

  static T From(Type before) { return T::From(std::move(before)); }
};

template <typename T>
concept HasEarlier = requires { typename Earlier<T>::Type; };

template <HasEarlier T>
struct Earlier<std::vector<T>> {
  using Type = std::vector<typename Earlier<T>::Type>;

  static std::vector<T> From(Type before) {
    std::vector<T> items;
    for (auto& item : before) {
      items.push_back(Earlier<T>::From(std::move(item)));
    }
    return items;
  }
};

template <HasEarlier T>
struct Earlier<Timed<T>> {
  using Type = Timed<typename Earlier<T>::Type>;

  static Timed<T> From(Type before) {
    return {.last_access = before.last_access, .value = Earlier<T>::From(std::move(before.value))};
  }
};

// The type whose versions count.
template <typename T>
struct Versioned {
  using Type = T;
};

template <typename T>
struct Versioned<std::vector<T>> : Versioned<T> {};

template <typename T>
struct Versioned<Timed<T>> : Versioned<T> {};

}  // namespace detail

template <typename T>
constexpr uint32_t StateVersionOf() {
  using Type = typename detail::Versioned<T>::Type;
  if constexpr (requires { Type::kStateVersion; }) {
    return Type::kStateVersion;
  } else {
    return 0;
  }
}

namespace detail {

template <typename T>
bool ReadsAsIs(const StateMeta& written) {
  using Type = typename Versioned<T>::Type;
  constexpr uint32_t kVersion = StateVersionOf<T>();
  if (written.shape != ShapeOf<T>()) {
    return false;
  }
  if constexpr (requires { Type::kReadsStateFrom; }) {
    return written.version >= Type::kReadsStateFrom && written.version <= kVersion;
  } else {
    return written.version == kVersion;
  }
}

}  // namespace detail

// Whether values of type T come of what was written.
template <typename T>
SchemaCompatibility CompatibilityOf(const StateMeta& written) {
  if (detail::ReadsAsIs<T>(written)) {
    return SchemaCompatibility::kAsIs;
  }
  if constexpr (detail::HasEarlier<T>) {
    using Before = typename detail::Earlier<T>::Type;
    static_assert(StateVersionOf<Before>() < StateVersionOf<T>(),
                  "a state's type has a version above that of the type before it");
    if (CompatibilityOf<Before>(written) != SchemaCompatibility::kIncompatible) {
      return SchemaCompatibility::kAfterMigration;
    }
  }
  return SchemaCompatibility::kIncompatible;
}

// Nothing for bytes that are none of what was written, or of what T can come of.
template <typename T>
std::optional<T> DecodeWritten(const StateMeta& written, std::string_view bytes) {
  if (detail::ReadsAsIs<T>(written)) {
    sim::Result<T> value = Decode<T>(bytes);
    return value ? std::optional<T>(*std::move(value)) : std::nullopt;
  }
  if constexpr (detail::HasEarlier<T>) {
    using Before = typename detail::Earlier<T>::Type;
    if (std::optional<Before> before = DecodeWritten<Before>(written, bytes)) {
      return detail::Earlier<T>::From(*std::move(before));
    }
  }
  return std::nullopt;
}

// One state as the job has it.
struct StateSchema {
  StateMeta meta;
  SchemaCompatibility (*compare)(const StateMeta& written) = nullptr;  // of values
  // Values to the form that `meta` says. Nothing for bytes that nobody wrote.
  std::optional<sim::Bytes> (*migrate)(const StateMeta& written, std::string_view value) = nullptr;

  // Of what goes by the same name.
  SchemaCompatibility Of(const StateMeta& written) const {
    return written.kind == meta.kind && written.spaces == meta.spaces
               ? compare(written)
               : SchemaCompatibility::kIncompatible;
  }
};

template <typename Space, typename Value>
StateSchema SchemaOf(StateKind kind, std::string name) {
  return {.meta = {.name = std::move(name),
                   .kind = kind,
                   .shape = ShapeOf<Value>(),
                   .spaces = ShapeOf<Space>(),
                   .version = StateVersionOf<Value>()},
          .compare = CompatibilityOf<Value>,
          .migrate = [](const StateMeta& written, std::string_view bytes) {
            const std::optional<Value> value = DecodeWritten<Value>(written, bytes);
            return value ? std::optional(Encode(*value)) : std::nullopt;
          }};
}

}  // namespace flinch::engine
