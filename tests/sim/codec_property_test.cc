#include "sim/codec.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::sim {
namespace {

using Value = std::pair<std::map<std::string, std::vector<int16_t>>,
                        std::vector<std::pair<uint64_t, std::string>>>;

// RapidCheck prints what it finds, which optionals cannot be: they are made from the numbers.
std::vector<std::optional<int32_t>> Optionals(const std::vector<int32_t>& numbers) {
  std::vector<std::optional<int32_t>> optionals;
  for (const int32_t number : numbers) {
    optionals.push_back(number % 3 == 0 ? std::nullopt : std::optional(number));
  }
  return optionals;
}

RC_GTEST_PROP(CodecPropertyTest, WhatIsWrittenIsRead,
              (const Value& value, const std::vector<int32_t>& numbers)) {
  const auto read = Decode<Value>(Encode(value));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == value);
  const auto optionals = Decode<std::vector<std::optional<int32_t>>>(Encode(Optionals(numbers)));
  RC_ASSERT(optionals.has_value());
  RC_ASSERT(*optionals == Optionals(numbers));
}

RC_GTEST_PROP(CodecPropertyTest, AStrictPrefixIsCorruption, (const Value& value, uint32_t cut)) {
  const Bytes whole = Encode(value);
  const auto read = Decode<Value>(std::string_view(whole).substr(0, cut % whole.size()));
  RC_ASSERT(!read.has_value());
  RC_ASSERT((read.error().code == ErrorCode::kCorruption));
}

RC_GTEST_PROP(CodecPropertyTest, WhateverTheBytesAreNoMoreIsReadThanThereIs,
              (const std::string& bytes)) {
  Decoder in(bytes);
  Value value;
  Read(in, value);
  // An element takes four bytes at least; the last one may have found nothing.
  RC_ASSERT(value.first.size() <= bytes.size() / 4 + 1);
  RC_ASSERT(value.second.size() <= bytes.size() / 4 + 1);
  RC_ASSERT(in.remaining() <= bytes.size());
}

RC_GTEST_PROP(CodecPropertyTest, DamageIsCorruptionOrAnotherValueNeverACrash,
              (const Value& value, uint16_t place, uint8_t change)) {
  Bytes bytes = Encode(value);
  bytes[place % bytes.size()] = static_cast<char>(change);
  const auto read = Decode<Value>(bytes);
  RC_ASSERT((read.has_value() || read.error().code == ErrorCode::kCorruption));
}

}  // namespace
}  // namespace flinch::sim
