// Values to bytes and back; the only form in which anything leaves a process.
//
// Shape:  integers little-endian at their full width; text and lists with a 32-bit length in front;
//         structs as their fields in the order of their `Visit`. No padding, no addresses.
// Errors: a Decoder never reads past its end and never throws: it turns bad, yields zeros, and
//         `Decode` reports kCorruption. Bytes left over are corruption too. A struct takes part by
//         naming each field once: template <typename Self, typename Visitor>
//   static void Visit(Self& self, Visitor&& visit) { visit(self.id); visit(self.name); }
#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/ids.h"
#include "sim/network.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::engine {

using sim::Bytes;

static_assert(std::endian::native == std::endian::little, "the wire format is the memory format");

class Encoder {
 public:
  void Raw(const void* data, size_t size) { bytes_.append(static_cast<const char*>(data), size); }

  void Text(std::string_view text) {
    const auto size = static_cast<uint32_t>(text.size());
    Raw(&size, sizeof size);
    Raw(text.data(), text.size());
  }

  size_t size() const { return bytes_.size(); }

  const Bytes& bytes() const { return bytes_; }

  Bytes Take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}

  void Raw(void* data, size_t size) {
    if (size > rest_.size()) {
      good_ = false;
      rest_ = {};
      std::memset(data, 0, size);
      return;
    }
    std::memcpy(data, rest_.data(), size);
    rest_.remove_prefix(size);
  }

  // A view into the bytes given to the constructor.
  std::string_view Text() {
    uint32_t size = 0;
    Raw(&size, sizeof size);
    if (size > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }

  void Spoil() { good_ = false; }

  bool good() const { return good_; }

  size_t remaining() const { return rest_.size(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

// Specialise for a type that is neither a number, text, a container of such, nor has a `Visit`.
template <typename T>
struct Serializer;

template <typename T>
void Write(Encoder& out, const T& value) {
  Serializer<T>::Write(out, value);
}

template <typename T>
void Read(Decoder& in, T& value) {
  Serializer<T>::Read(in, value);
}

template <typename T>
Bytes Encode(const T& value) {
  Encoder out;
  Write(out, value);
  return out.Take();
}

template <typename T>
sim::Result<T> Decode(std::string_view bytes) {
  Decoder in(bytes);
  T value{};
  Read(in, value);
  if (!in.good() || in.remaining() != 0) {
    return sim::Fail(
        sim::ErrorCode::kCorruption,
        "The bytes are not what was written: they are too short, too long or damaged.");
  }
  return value;
}

template <typename T>
concept Visitable = requires(T& value) { T::Visit(value, [](auto&) {}); };

template <typename T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
struct Serializer<T> {
  static void Write(Encoder& out, T value) { out.Raw(&value, sizeof value); }

  static void Read(Decoder& in, T& value) {
    if constexpr (std::same_as<T, bool>) {
      uint8_t byte = 0;
      in.Raw(&byte, 1);
      value = byte != 0;
    } else {
      in.Raw(&value, sizeof value);
    }
  }
};

template <typename Tag, typename Rep>
struct Serializer<sim::StrongId<Tag, Rep>> {
  static void Write(Encoder& out, sim::StrongId<Tag, Rep> id) { engine::Write(out, id.value()); }

  static void Read(Decoder& in, sim::StrongId<Tag, Rep>& id) {
    Rep value{};
    engine::Read(in, value);
    id = sim::StrongId<Tag, Rep>(value);
  }
};

template <>
struct Serializer<EventTime> {
  static void Write(Encoder& out, EventTime time) { engine::Write(out, time.nanos()); }

  static void Read(Decoder& in, EventTime& time) {
    int64_t nanos = 0;
    engine::Read(in, nanos);
    time = EventTime(nanos);
  }
};

template <>
struct Serializer<sim::SimTime> {
  static void Write(Encoder& out, sim::SimTime time) { engine::Write(out, sim::Nanos(time)); }

  static void Read(Decoder& in, sim::SimTime& time) {
    int64_t nanos = 0;
    engine::Read(in, nanos);
    time = sim::AtNanos(nanos);
  }
};

template <>
struct Serializer<sim::Duration> {
  static void Write(Encoder& out, sim::Duration span) { engine::Write(out, span.count()); }

  static void Read(Decoder& in, sim::Duration& span) {
    int64_t nanos = 0;
    engine::Read(in, nanos);
    span = sim::Duration(nanos);
  }
};

template <>
struct Serializer<sim::Address> {
  static void Write(Encoder& out, const sim::Address& address) {
    engine::Write(out, address.host);
    engine::Write(out, address.port);
  }

  static void Read(Decoder& in, sim::Address& address) {
    engine::Read(in, address.host);
    engine::Read(in, address.port);
  }
};

template <>
struct Serializer<std::string> {
  static void Write(Encoder& out, const std::string& text) { out.Text(text); }

  static void Read(Decoder& in, std::string& text) { text = in.Text(); }
};

template <>
struct Serializer<std::monostate> {
  static void Write(Encoder&, std::monostate) {}

  static void Read(Decoder&, std::monostate&) {}
};

template <typename First, typename Second>
struct Serializer<std::pair<First, Second>> {
  static void Write(Encoder& out, const std::pair<First, Second>& pair) {
    engine::Write(out, pair.first);
    engine::Write(out, pair.second);
  }

  static void Read(Decoder& in, std::pair<First, Second>& pair) {
    engine::Read(in, pair.first);
    engine::Read(in, pair.second);
  }
};

template <typename T>
struct Serializer<std::optional<T>> {
  static void Write(Encoder& out, const std::optional<T>& value) {
    engine::Write(out, value.has_value());
    if (value) {
      engine::Write(out, *value);
    }
  }

  static void Read(Decoder& in, std::optional<T>& value) {
    bool present = false;
    engine::Read(in, present);
    if (!present) {
      value.reset();
      return;
    }
    T content{};
    engine::Read(in, content);
    value = std::move(content);
  }
};

template <typename T>
struct Serializer<std::vector<T>> {
  // Each takes at least a byte, so that a damaged length cannot ask for more memory than its input.
  static_assert(!std::is_empty_v<T>);

  static void Write(Encoder& out, const std::vector<T>& items) {
    engine::Write(out, static_cast<uint32_t>(items.size()));
    for (const T& item : items) {
      engine::Write(out, item);
    }
  }

  static void Read(Decoder& in, std::vector<T>& items) {
    uint32_t size = 0;
    engine::Read(in, size);
    items.clear();
    for (uint32_t i = 0; i < size && in.good(); ++i) {
      engine::Read(in, items.emplace_back());
    }
  }
};

template <typename Key, typename Value>
struct Serializer<std::map<Key, Value>> {
  static void Write(Encoder& out, const std::map<Key, Value>& map) {
    engine::Write(out, static_cast<uint32_t>(map.size()));
    for (const auto& [key, value] : map) {
      engine::Write(out, key);
      engine::Write(out, value);
    }
  }

  static void Read(Decoder& in, std::map<Key, Value>& map) {
    uint32_t size = 0;
    engine::Read(in, size);
    map.clear();
    for (uint32_t i = 0; i < size && in.good(); ++i) {
      Key key{};
      engine::Read(in, key);
      engine::Read(in, map[std::move(key)]);
    }
  }
};

template <Visitable T>
struct Serializer<T> {
  static void Write(Encoder& out, const T& value) {
    T::Visit(value, [&out](const auto& field) { engine::Write(out, field); });
  }

  static void Read(Decoder& in, T& value) {
    T::Visit(value, [&in](auto& field) { engine::Read(in, field); });
  }
};

}  // namespace flinch::engine
