#include "engine/checksum.h"

#include <string>

#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

TEST(ChecksumTest, IsThatOfRfc3720) {
  EXPECT_EQ(Crc32c(0, "123456789"), 0xE3069283U);
  EXPECT_EQ(Crc32c(0, std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(Crc32c(0, std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(Crc32c(0, ""), 0U);
}

TEST(ChecksumTest, GoesOnFromAnyCut) {
  std::string bytes;
  for (int i = 0; i < 40; ++i) {
    bytes += static_cast<char>(i * 37);
  }
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::string_view all = bytes;
    EXPECT_EQ(Crc32c(Crc32c(0, all.substr(0, cut)), all.substr(cut)), Crc32c(0, all)) << cut;
  }
}

}  // namespace
}  // namespace flinch::engine
