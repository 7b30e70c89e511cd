#include "engine/checksum.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

// What is written today is read by later builds:
TEST(ChecksumTest, IsTheLowerHalfOfXxh3) {
  EXPECT_EQ(Checksum(""), 0x38D394C2U);
  EXPECT_NE(Checksum("", 1), Checksum(""));
}

TEST(ChecksumTest, NoticesEachFlippedBit) {
  std::string bytes(300, 'x');
  std::set<uint32_t> seen = {Checksum(bytes)};
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_TRUE(seen.insert(Checksum(flipped)).second) << bit;
  }
}

}  // namespace
}  // namespace flinch::engine
