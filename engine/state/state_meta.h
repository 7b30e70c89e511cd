// What a snapshot says about each of its states before their entries: enough to refuse a job that
// gives another kind or type under an old name, and to read a state without its job.
//
// Shape: a type is told by how it is written, "(text,i64)" for a struct of a text and a number, so
//        that renaming it or a field changes nothing and adding a field does. A type with a
//        serializer of its own is "custom"; `static constexpr uint32_t kStateVersion` in it tells
//        versions of its format apart, and of its meaning (state_schema.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/serializer.h"

namespace flinch::engine {

enum class StateKind : uint8_t { kValue, kList, kMap, kReducing, kAggregating, kTimers, kFolding };

std::string_view StateKindName(StateKind kind);

struct StateMeta {
  std::string name;
  StateKind kind = StateKind::kValue;
  std::string shape{};   // of a value
  std::string spaces{};  // of a namespace, or of a map's keys; "none" where there is one only
  uint32_t version = 0;  // of the value's serializer

  friend bool operator==(const StateMeta&, const StateMeta&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.kind);
    visit(self.shape);
    visit(self.spaces);
    visit(self.version);
  }
};

// Returns "value of i64", "map of i64 by text, version 2": for messages.
std::string DescribeState(const StateMeta& meta);

namespace detail {

constexpr int kShapeDepthMax = 8;  // a type that holds itself is cut off there

template <typename T>
struct Shape {
  static std::string Of(int depth);
};

template <typename T>
std::string ShapeAt(int depth) {
  return depth > kShapeDepthMax ? std::string("…") : Shape<T>::Of(depth);
}

template <typename Tag, typename Rep>
struct Shape<sim::StrongId<Tag, Rep>> {
  static std::string Of(int depth) { return ShapeAt<Rep>(depth); }
};

template <>
struct Shape<EventTime> {
  static std::string Of(int) { return "time"; }
};

template <>
struct Shape<std::string> {
  static std::string Of(int) { return "text"; }
};

template <>
struct Shape<std::monostate> {
  static std::string Of(int) { return "none"; }
};

template <typename First, typename Second>
struct Shape<std::pair<First, Second>> {
  static std::string Of(int depth) {
    return "(" + ShapeAt<First>(depth + 1) + "," + ShapeAt<Second>(depth + 1) + ")";
  }
};

template <typename T>
struct Shape<std::optional<T>> {
  static std::string Of(int depth) { return ShapeAt<T>(depth + 1) + "?"; }
};

template <typename T>
struct Shape<std::vector<T>> {
  static std::string Of(int depth) { return "[" + ShapeAt<T>(depth + 1) + "]"; }
};

template <typename Key, typename Value>
struct Shape<std::map<Key, Value>> {
  static std::string Of(int depth) {
    return "{" + ShapeAt<Key>(depth + 1) + ":" + ShapeAt<Value>(depth + 1) + "}";
  }
};

template <typename T>
std::string Shape<T>::Of(int depth) {
  if constexpr (std::is_enum_v<T>) {
    return ShapeAt<std::underlying_type_t<T>>(depth);
  } else if constexpr (std::is_same_v<T, bool>) {
    return "bool";
  } else if constexpr (std::is_arithmetic_v<T>) {
    const char* const sort = std::is_floating_point_v<T> ? "f" : std::is_signed_v<T> ? "i" : "u";
    return sort + std::to_string(8 * sizeof(T));
  } else if constexpr (Visitable<T>) {
    std::string fields;
    T value{};
    T::Visit(value, [&fields, depth]<typename Field>(const Field&) {
      fields += (fields.empty() ? "" : ",") + ShapeAt<Field>(depth + 1);
    });
    return "(" + fields + ")";
  } else {
    return "custom";
  }
}

}  // namespace detail

template <typename T>
std::string ShapeOf() {
  return detail::ShapeAt<T>(0);
}

}  // namespace flinch::engine
