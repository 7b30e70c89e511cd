#include "engine/checksum.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace flinch::engine {
namespace {

constexpr size_t kSlice = 8;  // bytes that are summed at once
using Tables = std::array<std::array<uint32_t, 256>, kSlice>;

// The n-th table: what a byte adds that is followed by n others.
constexpr Tables MakeTables() {
  constexpr uint32_t kCastagnoliReversed = 0x82F63B78;
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) {
      rest = (rest & 1U) != 0 ? (rest >> 1U) ^ kCastagnoliReversed : rest >> 1U;
    }
    tables[0][byte] = rest;
  }
  for (size_t n = 1; n < kSlice; ++n) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t shorter = tables[n - 1][byte];
      tables[n][byte] = tables[0][shorter & 0xFFU] ^ (shorter >> 8U);
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

}  // namespace

// Source: Kounavis and Berry, "A Systematic Approach to Building High Performance Software-Based
//         CRC Generators", ISCC 2005 (slicing by 8).
uint32_t Crc32c(uint32_t start, std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little);
  uint32_t checksum = ~start;
  for (; bytes.size() >= kSlice; bytes.remove_prefix(kSlice)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    word ^= checksum;
    checksum = 0;
    for (size_t i = 0; i < kSlice; ++i) {
      checksum ^= kTables[kSlice - 1 - i][(word >> (8 * i)) & 0xFFU];
    }
  }
  for (const char c : bytes) {
    checksum = kTables[0][(checksum ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (checksum >> 8U);
  }
  return ~checksum;
}

}  // namespace flinch::engine
