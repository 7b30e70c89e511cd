#include "sim/codec.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

enum class Colour : uint16_t { kRed = 1, kBlue = 0x0203 };

struct Leaf {
  uint8_t small = 0;
  std::string text;

  friend bool operator==(const Leaf&, const Leaf&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.small);
    visit(self.text);
  }
};

struct Tree {
  Leaf leaf;
  std::vector<Leaf> leaves;
  std::map<std::string, std::vector<int32_t>> by_name;
  std::optional<Leaf> maybe;
  std::pair<bool, int64_t> pair;
  EventId id;
  SimTime time;
  Duration span{0};
  Address address;
  Colour colour = Colour::kRed;

  friend bool operator==(const Tree&, const Tree&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.leaf);
    visit(self.leaves);
    visit(self.by_name);
    visit(self.maybe);
    visit(self.pair);
    visit(self.id);
    visit(self.time);
    visit(self.span);
    visit(self.address);
    visit(self.colour);
  }
};

Tree Sample() {
  return {.leaf = {.small = 255, .text = "leaf"},
          .leaves = {{1, "a"}, {2, ""}, {3, "\0\xff"s}},
          .by_name = {{"", {}}, {"x", {-1, 2}}},
          .maybe = Leaf{9, "maybe"},
          .pair = {true, -5},
          .id = EventId(7),
          .time = kForever,
          .span = -3ns,
          .address = {HostId(4), 9999},
          .colour = Colour::kBlue};
}

TEST(CodecTest, TheWireFormatIsTheDocumentedOne) {
  EXPECT_EQ(Encode(uint8_t{7}), "\x07"s);
  EXPECT_EQ(Encode(uint32_t{0x01020304}), "\x04\x03\x02\x01"s);
  EXPECT_EQ(Encode(int16_t{-2}), "\xfe\xff"s);
  EXPECT_EQ(Encode(true), "\x01"s);
  EXPECT_EQ(Encode(Colour::kBlue), "\x03\x02"s);
  EXPECT_EQ(Encode("ab"s), "\x02\0\0\0ab"s);
  EXPECT_EQ(Encode(std::vector<uint8_t>{5, 6}), "\x02\0\0\0\x05\x06"s);
  EXPECT_EQ(Encode(std::optional<uint8_t>()), "\0"s);
  EXPECT_EQ(Encode(std::optional<uint8_t>(5)), "\x01\x05"s);
  EXPECT_EQ(Encode(std::map<uint8_t, uint8_t>{{1, 2}, {3, 4}}), "\x02\0\0\0\x01\x02\x03\x04"s);
  EXPECT_EQ(Encode(Leaf{1, "a"}), "\x01\x01\0\0\0a"s);
  EXPECT_EQ(Encode(std::monostate()), ""s);
  EXPECT_EQ(Encode(EventId(1)), "\x01\0\0\0\0\0\0\0"s);
}

TEST(CodecTest, AStructComesBackAsItWas) {
  const Result<Tree> decoded = Decode<Tree>(Encode(Sample()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, Sample());
  EXPECT_EQ(*Decode<Tree>(Encode(Tree())), Tree());
}

TEST(CodecTest, WhatIsCutOffAnywhereIsCorruption) {
  const Bytes whole = Encode(Sample());
  for (size_t size = 0; size < whole.size(); ++size) {
    const Result<Tree> decoded = Decode<Tree>(std::string_view(whole).substr(0, size));
    ASSERT_FALSE(decoded) << size << " of " << whole.size() << " bytes";
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorruption);
  }
}

TEST(CodecTest, BytesThatAreLeftOverAreCorruption) {
  EXPECT_FALSE(Decode<Tree>(Encode(Sample()) + "\0"s));
  EXPECT_FALSE(Decode<std::monostate>("x"));
  EXPECT_TRUE(Decode<std::monostate>(""));
}

TEST(CodecTest, ALengthBeyondTheInputIsCorruptionAndTakesNoMemory) {
  const std::string huge = "\xff\xff\xff\xff"s;
  EXPECT_FALSE(Decode<std::string>(huge + "abc"));
  const std::string text = huge + "abcdefgh";
  Decoder in(text);
  std::vector<uint64_t> numbers;
  Read(in, numbers);
  EXPECT_FALSE(in.good());
  EXPECT_LE(numbers.size(), 2U) << "one that was there and one that was not";
  EXPECT_LE(numbers.capacity(), 4U);
  std::map<uint64_t, uint64_t> map;
  const std::string bytes = huge + std::string(40, 'x');
  Decoder again(bytes);
  Read(again, map);
  EXPECT_FALSE(again.good());
  EXPECT_LE(map.size(), 3U);
}

TEST(CodecTest, ADecoderThatWentBadStaysBadAndYieldsZeros) {
  const std::string bytes = "\x01\x02\x03"s;
  Decoder in(bytes);
  uint32_t too_long = 77;
  Read(in, too_long);
  EXPECT_FALSE(in.good());
  EXPECT_EQ(too_long, 0U);
  uint8_t after = 77;
  Read(in, after);
  EXPECT_EQ(after, 0U) << "it does not start again in the middle of something";
  EXPECT_EQ(in.remaining(), 0U);
  EXPECT_EQ(in.Text(), "");
  EXPECT_FALSE(in.good());
}

TEST(CodecTest, ADecoderCanBeSpoiltByItsUser) {
  Decoder in("");
  EXPECT_TRUE(in.good());
  in.Spoil();
  EXPECT_FALSE(in.good());
}

TEST(CodecTest, TextIsAViewOfTheInput) {
  const Bytes bytes = Encode("text"s);
  Decoder in(bytes);
  EXPECT_EQ(static_cast<const void*>(in.Text().data()), bytes.data() + 4);
}

}  // namespace
}  // namespace flinch::sim
