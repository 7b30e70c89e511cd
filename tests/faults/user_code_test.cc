#include "faults/user_code.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::faults {

namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

OperatorFault Error(uint64_t nth) { return {.operator_name = "map", .nth = nth}; }

OperatorFault Slow(int64_t millis) {
  return {.trouble = CodeTrouble::kSlow, .operator_name = "map", .by = milliseconds(millis)};
}

class UserCodeTest : public ::testing::Test {
 protected:
  // At which of so many records the operator throws, from 1.
  std::vector<int> ThrowsAt(int records) {
    std::vector<int> at;
    for (int record = 1; record <= records; ++record) {
      if (code_.OnRecord("map").fate.throws) {
        at.push_back(record);
      }
    }
    return at;
  }

  UserCode code_{sim::Random(7)};
};

TEST_F(UserCodeTest, ThrowsOnceAtTheRecordOfThatNumber) {
  code_.Begin(1, Error(3));
  EXPECT_THAT(ThrowsAt(10), ElementsAre(3));
}

TEST_F(UserCodeTest, ThrowsAtAllLaterRecordsUntilItsTimeIsOver) {
  OperatorFault error = Error(2);
  error.lasts = milliseconds(5);
  code_.Begin(1, error);
  EXPECT_THAT(ThrowsAt(4), ElementsAre(2, 3, 4));
  code_.End(1);
  EXPECT_THAT(ThrowsAt(4), ElementsAre());
}

TEST_F(UserCodeTest, ThrowsAtAShareOfTheRecords) {
  OperatorFault error = Error(1);
  error.lasts = milliseconds(5);
  error.ratio = sim::Percent(25);
  code_.Begin(1, error);
  const size_t thrown = ThrowsAt(1000).size();
  EXPECT_GT(thrown, 180U);
  EXPECT_LT(thrown, 320U);
}

TEST_F(UserCodeTest, StrikesTheNamedOperatorOnly) {
  code_.Begin(1, Error(1));
  code_.Begin(2, Slow(20));
  EXPECT_EQ(code_.OnRecord("sink").fate, RecordFate());
  EXPECT_EQ(code_.OnRecord("map").fate, (RecordFate{.takes = milliseconds(20), .throws = true}));
}

TEST_F(UserCodeTest, DelaysAddUpAndEndOneByOne) {
  code_.Begin(1, Slow(20));
  code_.Begin(2, Slow(3));
  EXPECT_EQ(code_.OnRecord("map").fate.takes, milliseconds(23));
  code_.End(1);
  EXPECT_EQ(code_.OnRecord("map").fate.takes, milliseconds(3));
  code_.Heal();
  EXPECT_EQ(code_.OnRecord("map").fate, RecordFate());
}

TEST_F(UserCodeTest, TellsTheFirstThrowOfEachTrouble) {
  OperatorFault lasting = Error(1);
  lasting.lasts = milliseconds(5);
  code_.Begin(1, lasting);
  code_.Begin(2, Error(1));
  EXPECT_EQ(code_.OnRecord("map").struck, 1U);
  EXPECT_EQ(code_.OnRecord("map").struck, std::nullopt);
  code_.End(1);
  // It has only waited for its turn.
  EXPECT_EQ(code_.OnRecord("map").struck, 2U);
  EXPECT_EQ(code_.OnRecord("map").fate, RecordFate());
}

}  // namespace

}  // namespace flinch::faults
