#include "scenarios/jobs/late_law.h"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/serializer.h"
#include "scenarios/jobs/job_output.h"

namespace flinch::scenarios {
namespace {

using testing::IsEmpty;

// Rows of the key "a" in windows of 10 ns, with a bound of 5 ns, and what is said of them.
class LateLawTest : public testing::Test {
 protected:
  void Row(int64_t time) { rows_.push_back({.key = "a", .value = "", .timestamp = time}); }

  void Found(int64_t start, int64_t count) {
    output_.push_back({.key = "a",
                       .value = engine::Encode(
                           WindowCount{.window_start = engine::EventTime(start), .count = count}),
                       .transaction = "t",
                       .offset = output_.size()});
  }

  // "lost: The window …"; "" when all is right.
  std::string Judge(std::set<int64_t> dropped, bool complete = true) {
    OutputView view{.expected = {},
                    .found = {},
                    .complete = complete,
                    .rows = rows_,
                    .dropped = std::move(dropped),
                    .out_of_orderness = 5};
    for (const OutputRecord& record : output_) {
      view.found.push_back(&record);
    }
    const auto breaches = CountsLessDropped(sim::Duration(10)).judge(view);
    return breaches.empty() ? "" : breaches[0].kind + ": " + breaches[0].sentence;
  }

 private:
  std::vector<ReadRow> rows_;
  std::deque<OutputRecord> output_;
};

TEST_F(LateLawTest, ARowThatWasDroppedMayBeMissingOrNot) {
  Row(3);
  Row(15);
  Row(4);  // the watermark may be 9
  Found(0, 1);
  Found(10, 1);
  EXPECT_EQ(Judge({4}), "");
  EXPECT_THAT(Judge({}), testing::StartsWith("lost: The window of a from 1970-01-01T00:00:00Z "
                                             "counts 1 rows of 2, and only 0 of them were"));
}

TEST_F(LateLawTest, ARowThatCannotBeLateMustBeCountedWhateverIsSaid) {
  Row(3);
  Row(14);
  Row(4);  // the watermark is at most 8
  Found(0, 1);
  Found(10, 1);
  EXPECT_THAT(Judge({4}), testing::StartsWith("lost"));
}

TEST_F(LateLawTest, ACountThatIsTooHighOrThereTwiceOrOfNoWindowIsABreach) {
  Row(3);
  Found(0, 2);
  EXPECT_THAT(Judge({}), testing::StartsWith("foreign"));
  Found(0, 1);
  EXPECT_THAT(Judge({}), testing::StartsWith("doubled"));
  Found(50, 1);
  EXPECT_THAT(Judge({}), testing::StartsWith("foreign"));
}

TEST_F(LateLawTest, BeforeTheEndAWindowMayBeMissing) {
  Row(3);
  EXPECT_EQ(Judge({}, false), "");
  EXPECT_THAT(Judge({}), testing::StartsWith("lost"));
}

}  // namespace
}  // namespace flinch::scenarios
