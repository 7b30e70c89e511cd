// Keys: which types may be one, their hash, and their bytes.
//
// Shape:  a key is text, a number, an enum, an id, an optional, a pair or a list of such, or a
//         struct that names its fields in `Visit` (engine/serializer.h). It must be equal, ordered
//         and encodable: equal keys have equal bytes and equal hashes.
// Hash:   Java's hashCode, so that a key lies in the key group that Flink would give it: of text
//         and 64-bit numbers, and of structs and lists as java.util.Arrays.hashCode of the fields.
//         Nothing is encoded for it.
// Floats: are no keys: 0.0 and -0.0 are equal and have two forms.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/graph/stream_graph.h"
#include "engine/serializer.h"
#include "engine/state/key_groups.h"

namespace flinch::engine {

namespace detail {

template <typename T>
inline constexpr bool kIsList = false;
template <typename T>
inline constexpr bool kIsList<std::vector<T>> = true;
template <typename T>
inline constexpr bool kIsOptional = false;
template <typename T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <typename T>
inline constexpr bool kIsPair = false;
template <typename First, typename Second>
inline constexpr bool kIsPair<std::pair<First, Second>> = true;
template <typename T>
inline constexpr bool kIsId = false;
template <typename Tag, typename Rep>
inline constexpr bool kIsId<sim::StrongId<Tag, Rep>> = true;

template <typename T>
concept KeyShape = std::same_as<T, std::string> || std::integral<T> || std::is_enum_v<T> ||
                   std::same_as<T, EventTime> || kIsId<T> || kIsPair<T> || kIsOptional<T> ||
                   kIsList<T> || Visitable<T>;

}  // namespace detail

template <typename T>
concept KeyType = detail::KeyShape<T> && std::totally_ordered<T> && std::default_initializable<T>;

// Java's hash code of a key.
template <typename T>
int32_t HashOfKey(const T& key) {
  static_assert(detail::KeyShape<T>,
                "a part of this key has no codec: parts of keys are text, numbers, enums, ids, "
                "optionals, pairs or lists of such, or structs with a Visit that names all fields");
  const auto next = [](int32_t sum, int32_t part) {
    return static_cast<int32_t>(31U * static_cast<uint32_t>(sum) + static_cast<uint32_t>(part));
  };
  if constexpr (std::same_as<T, std::string>) {
    return JavaHash(std::string_view(key));
  } else if constexpr (std::same_as<T, bool>) {
    return key ? 1231 : 1237;
  } else if constexpr (std::integral<T>) {
    return sizeof(T) < sizeof(int64_t) ? static_cast<int32_t>(key)
                                       : JavaHash(static_cast<int64_t>(key));
  } else if constexpr (std::is_enum_v<T>) {
    return HashOfKey(std::to_underlying(key));
  } else if constexpr (std::same_as<T, EventTime>) {
    return JavaHash(key.nanos());
  } else if constexpr (detail::kIsId<T>) {
    return HashOfKey(key.value());
  } else if constexpr (detail::kIsOptional<T>) {
    return key ? next(1, HashOfKey(*key)) : 0;
  } else if constexpr (detail::kIsPair<T>) {
    return next(next(1, HashOfKey(key.first)), HashOfKey(key.second));
  } else if constexpr (detail::kIsList<T>) {
    int32_t hash = 1;
    for (const auto& item : key) {
      hash = next(hash, HashOfKey(item));
    }
    return hash;
  } else {
    int32_t hash = 1;
    T::Visit(key, [&](const auto& field) { hash = next(hash, HashOfKey(field)); });
    return hash;
  }
}

// Of records of type T, whose key `selector` gives. A key is known again by its hash: bytes of
// another type may be read as this one, and have another hash then.
template <typename T, typename Selector>
KeyCodec MakeKeyCodec(Selector selector) {
  return {.hash =
              [selector](const void* record) {
                return HashOfKey(selector(*static_cast<const T*>(record)));
              },
          .encode =
              [selector](const void* record, sim::Bytes& key) {
                key = Encode(selector(*static_cast<const T*>(record)));
              },
          .reads =
              [](std::string_view bytes, int32_t hash) {
                using Key = std::remove_cvref_t<decltype(selector(std::declval<const T&>()))>;
                const sim::Result<Key> key = Decode<Key>(bytes);
                return key && HashOfKey(*key) == hash;
              }};
}

}  // namespace flinch::engine
