// Values to bytes and back: what a process sends, and what it writes to a disk.
//
// Shape:  integers little-endian at their full width; text and lists with a 32-bit length in front;
//         structs as their fields in the order of their `Visit`. No padding, no addresses.
// Errors: a Decoder never reads past its end and never throws: it turns bad, yields zeros, and
//         `Decode` reports kCorruption. Bytes left over are corruption too.
//
//   struct Vote {
//     uint64_t term = 0;
//     std::string candidate;
//
//     template <typename Self, typename Visitor>
//     static void Visit(Self& self, Visitor&& visit) {  // a struct takes part by naming its fields
//       visit(self.term);
//       visit(self.candidate);
//     }
//   };
//   socket->Send(to, Encode(Vote{.term = 3, .candidate = "a"}));
//   const Result<Vote> vote = Decode<Vote>(message->payload);
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

#include "sim/ids.h"
#include "sim/network.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::sim {

static_assert(std::endian::native == std::endian::little, "the wire format is the memory format");

class Encoder {
 public:
  Encoder() = default;

  // Goes on behind what is there.
  explicit Encoder(Bytes begun) : bytes_(std::move(begun)) {}

  void Raw(const void* data, size_t size) { bytes_.append(static_cast<const char*>(data), size); }

  void Text(std::string_view text) {
    const auto size = static_cast<uint32_t>(text.size());
    Raw(&size, sizeof size);
    Raw(text.data(), text.size());
  }

  // Text of which only what is written decides the length: EndText with what BeginText returned.
  size_t BeginText() {
    const uint32_t unknown = 0;
    Raw(&unknown, sizeof unknown);
    return bytes_.size();
  }

  void EndText(size_t begin) {
    const auto size = static_cast<uint32_t>(bytes_.size() - begin);
    std::memcpy(bytes_.data() + begin - sizeof size, &size, sizeof size);
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

  // What is left; it is read by then.
  std::string_view Rest() { return std::exchange(rest_, {}); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

// Specialise, in this namespace, for a type that is neither a number, text, a container of such,
// nor has a `Visit`.
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
Result<T> Decode(std::string_view bytes) {
  Decoder in(bytes);
  T value{};
  Read(in, value);
  if (!in.good() || in.remaining() != 0) {
    return Fail(ErrorCode::kCorruption,
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
struct Serializer<StrongId<Tag, Rep>> {
  static void Write(Encoder& out, StrongId<Tag, Rep> id) { sim::Write(out, id.value()); }

  static void Read(Decoder& in, StrongId<Tag, Rep>& id) {
    Rep value{};
    sim::Read(in, value);
    id = StrongId<Tag, Rep>(value);
  }
};

template <>
struct Serializer<SimTime> {
  static void Write(Encoder& out, SimTime time) { sim::Write(out, Nanos(time)); }

  static void Read(Decoder& in, SimTime& time) {
    int64_t nanos = 0;
    sim::Read(in, nanos);
    time = AtNanos(nanos);
  }
};

template <>
struct Serializer<WallTime> {
  static void Write(Encoder& out, WallTime time) { sim::Write(out, Nanos(time)); }

  static void Read(Decoder& in, WallTime& time) {
    int64_t nanos = 0;
    sim::Read(in, nanos);
    time = WallTime(Duration(nanos));
  }
};

template <>
struct Serializer<Duration> {
  static void Write(Encoder& out, Duration span) { sim::Write(out, span.count()); }

  static void Read(Decoder& in, Duration& span) {
    int64_t nanos = 0;
    sim::Read(in, nanos);
    span = Duration(nanos);
  }
};

template <>
struct Serializer<Address> {
  static void Write(Encoder& out, const Address& address) {
    sim::Write(out, address.host);
    sim::Write(out, address.port);
  }

  static void Read(Decoder& in, Address& address) {
    sim::Read(in, address.host);
    sim::Read(in, address.port);
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
    sim::Write(out, pair.first);
    sim::Write(out, pair.second);
  }

  static void Read(Decoder& in, std::pair<First, Second>& pair) {
    sim::Read(in, pair.first);
    sim::Read(in, pair.second);
  }
};

// The place of the alternative among them, then the alternative itself.
template <typename... Alternatives>
struct Serializer<std::variant<Alternatives...>> {
  static void Write(Encoder& out, const std::variant<Alternatives...>& value) {
    static_assert(sizeof...(Alternatives) <= 256);
    sim::Write(out, static_cast<uint8_t>(value.index()));
    std::visit([&out](const auto& each) { sim::Write(out, each); }, value);
  }

  static void Read(Decoder& in, std::variant<Alternatives...>& value) {
    uint8_t place = 0;
    sim::Read(in, place);
    if (!in.good() || place >= sizeof...(Alternatives)) {
      in.Spoil();
      return;
    }
    [&]<size_t... kPlaces>(std::index_sequence<kPlaces...>) {
      ((place == kPlaces ? sim::Read(in, value.template emplace<kPlaces>()) : void()), ...);
    }(std::index_sequence_for<Alternatives...>());
  }
};

template <typename T>
struct Serializer<std::optional<T>> {
  static void Write(Encoder& out, const std::optional<T>& value) {
    sim::Write(out, value.has_value());
    if (value) {
      sim::Write(out, *value);
    }
  }

  static void Read(Decoder& in, std::optional<T>& value) {
    bool present = false;
    sim::Read(in, present);
    if (!present) {
      value.reset();
      return;
    }
    T content{};
    sim::Read(in, content);
    value = std::move(content);
  }
};

template <typename T>
struct Serializer<std::vector<T>> {
  // Each takes at least a byte, so that a damaged length cannot ask for more memory than its input.
  static_assert(!std::is_empty_v<T>);

  static void Write(Encoder& out, const std::vector<T>& items) {
    sim::Write(out, static_cast<uint32_t>(items.size()));
    for (const T& item : items) {
      sim::Write(out, item);
    }
  }

  static void Read(Decoder& in, std::vector<T>& items) {
    uint32_t size = 0;
    sim::Read(in, size);
    items.clear();
    for (uint32_t i = 0; i < size && in.good(); ++i) {
      sim::Read(in, items.emplace_back());
    }
  }
};

template <typename Key, typename Value>
struct Serializer<std::map<Key, Value>> {
  static void Write(Encoder& out, const std::map<Key, Value>& map) {
    sim::Write(out, static_cast<uint32_t>(map.size()));
    for (const auto& [key, value] : map) {
      sim::Write(out, key);
      sim::Write(out, value);
    }
  }

  static void Read(Decoder& in, std::map<Key, Value>& map) {
    uint32_t size = 0;
    sim::Read(in, size);
    map.clear();
    for (uint32_t i = 0; i < size && in.good(); ++i) {
      Key key{};
      sim::Read(in, key);
      sim::Read(in, map[std::move(key)]);
    }
  }
};

template <Visitable T>
struct Serializer<T> {
  static void Write(Encoder& out, const T& value) {
    T::Visit(value, [&out](const auto& field) { sim::Write(out, field); });
  }

  static void Read(Decoder& in, T& value) {
    T::Visit(value, [&in](auto& field) { sim::Read(in, field); });
  }
};

}  // namespace flinch::sim
