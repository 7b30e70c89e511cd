#include "sim/check.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace flinch::sim {
namespace {

TEST(CheckTest, AFalseInvariantSaysWhatAndWhere) {
  try {
    Check(1 + 1 == 3, "{} and {} make {}", 1, 1, 2);
    FAIL() << "nothing was thrown";
  } catch (const Violation& violation) {
    EXPECT_EQ(violation.what, "1 and 1 make 2");
    EXPECT_NE(violation.where.find("sim/check_test.cc:"), std::string::npos) << violation.where;
  }
}

TEST(CheckTest, AViolationIsNoStandardException) {
  bool swallowed = false;
  try {
    try {
      Unreachable("here");
    } catch (const std::exception&) {
      swallowed = true;
    }
  } catch (const Violation& violation) {
    EXPECT_EQ(violation.what, "here");
  }
  EXPECT_FALSE(swallowed);
}

TEST(CheckDeathTest, AViolationThatNobodyCatchesSaysItsSentence) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer's runtime ends the process without a word";
#endif
  const auto fail = [](int number) noexcept { Check(number == 8, "seven is not {}", 8); };
  EXPECT_DEATH(fail(7), "a check failed: seven is not 8 .*sim/check_test.cc:");
}

TEST(CheckDeathTest, WhatElseNobodyCatchesIsToldAsBefore) {
  const auto misbehave = [] {
    try {
      Unreachable("caught");
    } catch (const Violation&) {
      throw std::runtime_error("another mistake");
    }
  };
  const auto fail = [&misbehave]() noexcept { misbehave(); };
  EXPECT_DEATH(fail(), "another mistake");
}

}  // namespace
}  // namespace flinch::sim
