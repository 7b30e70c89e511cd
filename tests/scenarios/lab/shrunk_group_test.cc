#include "scenarios/lab/shrunk_group.h"

#include <gtest/gtest.h>

#include "scenarios/lab/unit_result.h"

namespace flinch::scenarios {

namespace {

TEST(ShrunkGroupTest, ReadsBackWhatItShows) {
  const ShrunkGroup group{.signature = "exactly_once:lost@sink",
                          .unit = 12,
                          .replay = "replay fl1~x",
                          .faults = 1,
                          .records = 3,
                          .events = 812,
                          .witness = "The record\n\"x\" is missing.",
                          .story = {"00:01.582  crash  tm-3"},
                          .stopped = true};
  const std::string line = ShowShrunkLine(group);
  EXPECT_FALSE(line.contains('\n'));
  EXPECT_TRUE(IsShrunkLine(line));
  const sim::Result<ShrunkGroup> read = ParseShrunkLine(line);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(ShowShrunkLine(*read), line);
}

TEST(ShrunkGroupTest, IsToldFromResults) {
  EXPECT_FALSE(IsShrunkLine(ShowLine(UnitResult{.unit = 1, .scenario = "a", .seed = 2})));
  for (const char* const line : {"", "{}", R"({"shrunk":1})", R"({"shrunk":"a","unit":1})"}) {
    const sim::Result<ShrunkGroup> read = ParseShrunkLine(line);
    ASSERT_FALSE(read.has_value()) << line;
    EXPECT_EQ(read.error().code, sim::ErrorCode::kCorruption);
  }
}

}  // namespace

}  // namespace flinch::scenarios
