#include "engine/serializer.h"

#include <string>

#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

using namespace std::string_literals;

// The form itself is tested in tests/sim/codec_test.cc.
TEST(SerializerTest, ATimeOfAnEventIsItsNanosecondsAndComesBack) {
  EXPECT_EQ(Encode(EventTime(-2)), "\xfe\xff\xff\xff\xff\xff\xff\xff"s);
  EXPECT_EQ(Decode<EventTime>(Encode(kMinEventTime)), kMinEventTime);
  EXPECT_EQ(Encode(CheckpointId(1)), "\x01\0\0\0\0\0\0\0"s);
}

}  // namespace
}  // namespace flinch::engine
