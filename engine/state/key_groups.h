// Which subtask owns a key: Flink's key groups, bit for bit.
//
// A key's Java hash code is scrambled (murmur3's finaliser) and taken modulo the maximum
// parallelism: the key group. A subtask owns a contiguous range of groups, so that a rescaled job
// moves ranges, not keys.
// Source: Flink's KeyGroupRangeAssignment; the vectors of its tests are ours
//         (tests/engine/state/key_groups_test.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/ids.h"
#include "sim/check.h"

namespace flinch::engine {

// Groups first … last, both included. Empty when last < first cannot happen: every subtask owns at
// least one.
struct KeyGroupRange {
  KeyGroup first;
  KeyGroup last;

  bool Contains(KeyGroup group) const { return first <= group && group <= last; }

  friend bool operator==(const KeyGroupRange&, const KeyGroupRange&) = default;
};

// The code point that the UTF-8 `text` begins with, and its length in bytes. What is no UTF-8 (a
// stray or missing byte, more bytes than needed, half a surrogate pair, beyond U+10FFFF) counts
// byte by byte.
struct CodePoint {
  uint32_t value = 0;
  size_t bytes = 1;
};

constexpr CodePoint FirstCodePoint(std::string_view text) {
  const auto at = [text](size_t index) { return static_cast<uint8_t>(text[index]); };
  const uint8_t lead = at(0);
  const size_t bytes = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 1;
  if (bytes == 1 || bytes > text.size()) {
    return {.value = lead, .bytes = 1};
  }
  uint32_t value = lead & (0x7fU >> bytes);
  for (size_t index = 1; index < bytes; ++index) {
    if ((at(index) & 0xc0U) != 0x80) {
      return {.value = lead, .bytes = 1};
    }
    value = value << 6 | (at(index) & 0x3fU);
  }
  const uint32_t least = bytes == 2 ? 0x80 : bytes == 3 ? 0x800 : 0x10000;
  const bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < least || value > 0x10ffff || is_surrogate) {
    return {.value = lead, .bytes = 1};
  }
  return {.value = value, .bytes = bytes};
}

// Java's String.hashCode: over the UTF-16 code units of the UTF-8 `text`.
constexpr int32_t JavaHash(std::string_view text) {
  uint32_t hash = 0;
  while (!text.empty()) {
    const CodePoint point = FirstCodePoint(text);
    text.remove_prefix(point.bytes);
    if (point.value < 0x10000) {
      hash = 31 * hash + point.value;
    } else {
      hash = 31 * hash + 0xd800 + ((point.value - 0x10000) >> 10);
      hash = 31 * hash + 0xdc00 + ((point.value - 0x10000) & 0x3ff);
    }
  }
  return static_cast<int32_t>(hash);
}

// Java's Long.hashCode.
constexpr int32_t JavaHash(int64_t number) {
  const auto bits = static_cast<uint64_t>(number);
  return static_cast<int32_t>(static_cast<uint32_t>(bits ^ (bits >> 32)));
}

// Flink's MathUtils.murmurHash: never negative.
constexpr int32_t MurmurHash(int32_t code) {
  const auto rotate = [](uint32_t value, int by) { return value << by | value >> (32 - by); };
  uint32_t hash = static_cast<uint32_t>(code) * 0xcc9e2d51U;
  hash = rotate(hash, 15) * 0x1b873593U;
  hash = rotate(hash, 13) * 5 + 0xe6546b64U;
  hash ^= 4;
  hash = (hash ^ hash >> 16) * 0x85ebca6bU;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35U;
  hash ^= hash >> 16;
  const auto result = static_cast<int32_t>(hash);
  if (result >= 0) {
    return result;
  }
  return result == INT32_MIN ? 0 : -result;
}

constexpr KeyGroup KeyGroupFor(int32_t key_hash, uint32_t max_parallelism) {
  return KeyGroup(static_cast<uint32_t>(MurmurHash(key_hash)) % max_parallelism);
}

constexpr SubtaskIndex OwnerOf(KeyGroup group, uint32_t max_parallelism, uint32_t parallelism) {
  return SubtaskIndex(group.value() * parallelism / max_parallelism);
}

// parallelism <= max_parallelism.
constexpr KeyGroupRange RangeOf(SubtaskIndex subtask, uint32_t max_parallelism,
                                uint32_t parallelism) {
  const uint32_t index = subtask.value();
  return {KeyGroup((index * max_parallelism + parallelism - 1) / parallelism),
          KeyGroup(((index + 1) * max_parallelism - 1) / parallelism)};
}

// The maximum parallelism of a job that sets none: the next power of two above 1.5 times the
// parallelism, in [128, 32768].
constexpr uint32_t DefaultMaxParallelism(uint32_t parallelism) {
  uint32_t wanted = 128;
  while (wanted < parallelism + parallelism / 2 && wanted < 32768) {
    wanted *= 2;
  }
  return wanted;
}

}  // namespace flinch::engine
