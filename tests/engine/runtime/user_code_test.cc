#include "engine/runtime/user_code.h"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

std::string Thrown(auto what) {
  const sim::Result<int> result =
      CallUserCode(" while it was tried", [&]() -> sim::Result<int> { throw what; });
  return result ? "" : result.error().message;
}

TEST(UserCodeTest, GivesWhatTheCodeGives) {
  EXPECT_EQ(*CallUserCode("", []() -> sim::Result<int> { return 7; }), 7);
  const sim::Result<void> failed = CallUserCode(
      "", []() -> sim::Result<void> { return sim::Fail(sim::ErrorCode::kIo, "No disk."); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, sim::ErrorCode::kIo);
}

TEST(UserCodeTest, WhateverIsThrownIsAnError) {
  EXPECT_EQ(Thrown(std::runtime_error("boom")), "User code threw while it was tried: boom");
  for (const std::string& other : {Thrown(42), Thrown("boom"), Thrown(std::string("boom"))}) {
    EXPECT_EQ(other, "User code threw while it was tried: something that is no std::exception");
  }
}

TEST(UserCodeTest, WhatIsOursIsPassedOn) {
  EXPECT_THROW(Thrown(sim::ProcessKilled()), sim::ProcessKilled);
  EXPECT_THROW(Thrown(sim::Violation{.what = "x", .where = "y"}), sim::Violation);
}

}  // namespace
}  // namespace flinch::engine
