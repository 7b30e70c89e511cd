#include "engine/graph/key_codec.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

enum class Colour : uint8_t { kRed = 3 };

struct Place {
  int64_t auction = 0;
  std::string city;

  friend auto operator<=>(const Place&, const Place&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.auction);
    visit(self.city);
  }
};

static_assert(KeyType<std::string> && KeyType<int64_t> && KeyType<int32_t> && KeyType<bool>);
static_assert(KeyType<Place> && KeyType<Colour> && KeyType<EventTime> && KeyType<OperatorId>);
static_assert(KeyType<std::pair<std::string, int64_t>> && KeyType<std::vector<Place>>);
static_assert(!KeyType<double> && !KeyType<const char*> && !KeyType<void (*)()>);

// The values are Java's.
TEST(KeyCodecTest, HashesAreJavas) {
  EXPECT_EQ(HashOfKey(std::string("hello")), 99162322);  // "hello".hashCode()
  EXPECT_EQ(HashOfKey(int64_t{1} << 40 | 5), 261);       // Long.hashCode
  EXPECT_EQ(HashOfKey(int32_t{-7}), -7);                 // Integer.hashCode
  EXPECT_EQ(HashOfKey(true), 1231);                      // Boolean.hashCode
  EXPECT_EQ(HashOfKey(Colour::kRed), 3);
  const Place place{.auction = 7, .city = "a"};
  EXPECT_EQ(HashOfKey(place), (31 + 7) * 31 + 97);  // Arrays.hashCode({7L, "a"})
  EXPECT_EQ(HashOfKey(std::pair(int64_t{7}, std::string("a"))), HashOfKey(place));
  EXPECT_EQ(HashOfKey(std::vector<int32_t>{}), 1);
}

TEST(KeyCodecTest, HashAndBytesAreOfTheSelectedKey) {
  const KeyCodec codec = MakeKeyCodec<Place>([](const Place& place) { return place.city; });
  const Place place{.auction = 1, .city = "Ulm"};
  Bytes key = "left over";
  codec.encode(&place, key);
  EXPECT_EQ(key, Encode(std::string("Ulm")));
  EXPECT_EQ(codec.hash(&place), JavaHash(std::string_view("Ulm")));
}

}  // namespace
}  // namespace flinch::engine
