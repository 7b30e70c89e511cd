#include "scenarios/stage/show_value.h"

#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "engine/serializer.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kDepthMax = 32;

// Reads along the shape and the bytes at once.
class Reader {
 public:
  Reader(std::string_view shape, std::string_view bytes) : shape_(shape), in_(bytes) {}

  // Nothing when the bytes are not of the shape, or the shape is none.
  std::optional<Json> Read() {
    std::optional<Json> value = Value(0);
    return value && shape_.empty() && in_.good() && in_.remaining() == 0 ? value : std::nullopt;
  }

 private:
  std::optional<Json> Value(int depth) {
    if (depth > kDepthMax) {
      return std::nullopt;
    }
    const std::string_view begin = shape_;
    if (const std::string_view type = TypeAhead(); type.ends_with('?')) {
      return Optional(type, depth);
    }
    shape_ = begin;
    if (Take("(")) {
      return Fields(depth);
    }
    if (Take("[")) {
      return Items(depth);
    }
    if (Take("{")) {
      return Pairs(depth);
    }
    return Plain();
  }

  // The whole type that stands next, and leaves the shape behind it.
  std::string_view TypeAhead() {
    const std::string_view begin = shape_;
    int open = 0;
    while (!shape_.empty()) {
      const char next = shape_.front();
      const bool ends = next == ',' || next == ':' || next == ')' || next == ']' || next == '}';
      if (open == 0 && ends) {
        break;
      }
      open += next == '(' || next == '[' || next == '{' ? 1 : 0;
      open -= next == ')' || next == ']' || next == '}' ? 1 : 0;
      shape_.remove_prefix(1);
    }
    return begin.substr(0, begin.size() - shape_.size());
  }

  std::optional<Json> Optional(std::string_view type, int depth) {
    bool has_value = false;
    engine::Read(in_, has_value);
    if (!has_value) {
      return Json(nullptr);
    }
    const std::string_view behind = shape_;
    shape_ = type.substr(0, type.size() - 1);
    std::optional<Json> value = Value(depth + 1);
    shape_ = behind;
    return value;
  }

  std::optional<Json> Fields(int depth) {
    Json fields = Json::array();
    while (!Take(")")) {
      if (shape_.empty() || (!fields.empty() && !Take(","))) {
        return std::nullopt;
      }
      std::optional<Json> field = Value(depth + 1);
      if (!field || !in_.good()) {
        return std::nullopt;
      }
      fields.push_back(*std::move(field));
    }
    return fields;
  }

  std::optional<Json> Items(int depth) {
    const std::string_view item = TypeAhead();
    const std::string_view behind = shape_;
    uint32_t count = 0;
    engine::Read(in_, count);
    Json items = Json::array();
    for (uint32_t i = 0; i < count; ++i) {
      shape_ = item;
      std::optional<Json> value = Value(depth + 1);
      if (!value || !in_.good()) {
        return std::nullopt;
      }
      items.push_back(*std::move(value));
    }
    shape_ = behind;
    return Take("]") ? std::optional(std::move(items)) : std::nullopt;
  }

  std::optional<Json> Pairs(int depth) {
    const std::string_view key = TypeAhead();
    if (!Take(":")) {
      return std::nullopt;
    }
    const std::string_view value = TypeAhead();
    const std::string_view behind = shape_;
    uint32_t count = 0;
    engine::Read(in_, count);
    Json pairs = Json::array();
    for (uint32_t i = 0; i < count; ++i) {
      Json pair = Json::array();
      for (const std::string_view part : {key, value}) {
        shape_ = part;
        std::optional<Json> read = Value(depth + 1);
        if (!read || !in_.good()) {
          return std::nullopt;
        }
        pair.push_back(*std::move(read));
      }
      pairs.push_back(std::move(pair));
    }
    shape_ = behind;
    return Take("}") ? std::optional(std::move(pairs)) : std::nullopt;
  }

  template <typename T>
  Json Number() {
    T value{};
    engine::Read(in_, value);
    return value;
  }

  std::optional<Json> Plain() {
    const std::string_view type = TypeAhead();
    if (type == "none") {
      return Json(nullptr);
    }
    if (type == "bool") {
      return Number<bool>();
    }
    if (type == "text") {
      return text::Printable(in_.Text());
    }
    if (type == "i64" || type == "time") {
      return Number<int64_t>();
    }
    if (type == "u64") {
      return Number<uint64_t>();
    }
    if (type == "f64") {
      return Number<double>();
    }
    if (type == "f32") {
      return Number<float>();
    }
    return Small(type);
  }

  std::optional<Json> Small(std::string_view type) {
    if (type == "i32") {
      return Number<int32_t>();
    }
    if (type == "u32") {
      return Number<uint32_t>();
    }
    if (type == "i16") {
      return Number<int16_t>();
    }
    if (type == "u16") {
      return Number<uint16_t>();
    }
    if (type == "i8") {
      return Number<int8_t>();
    }
    return type == "u8" ? std::optional(Number<uint8_t>()) : std::nullopt;
  }

  bool Take(std::string_view word) {
    if (!shape_.starts_with(word)) {
      return false;
    }
    shape_.remove_prefix(word.size());
    return true;
  }

  std::string_view shape_;
  engine::Decoder in_;
};

Json Hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) {
    hex += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  }
  return {{"hex", hex}};
}

}  // namespace

Json ShowValue(std::string_view shape, std::string_view bytes) {
  std::optional<Json> value = Reader(shape, bytes).Read();
  return value ? *std::move(value) : Hex(bytes);
}

Json ShowKey(std::string_view bytes) {
  for (const std::string_view shape : {"text", "i64"}) {
    if (std::optional<Json> value = Reader(shape, bytes).Read()) {
      return *std::move(value);
    }
  }
  return Hex(bytes);
}

}  // namespace flinch::scenarios
