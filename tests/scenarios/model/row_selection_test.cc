#include "scenarios/model/row_selection.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

TEST(RowSelectionTest, KeepsAllUnlessTold) {
  const RowSelection rows;
  EXPECT_TRUE(rows.all());
  EXPECT_TRUE(rows.Keeps(1));
  EXPECT_TRUE(rows.Keeps(UINT64_MAX));
  EXPECT_EQ(Show(rows), "all");
}

TEST(RowSelectionTest, KeepsWhatTheTextNames) {
  const sim::Result<RowSelection> rows = RowSelection::Parse("2-4,7,9-10");
  ASSERT_TRUE(rows.has_value());
  std::vector<uint64_t> kept;
  for (uint64_t number = 1; number <= 12; ++number) {
    if (rows->Keeps(number)) {
      kept.push_back(number);
    }
  }
  EXPECT_THAT(kept, ::testing::ElementsAre(2, 3, 4, 7, 9, 10));
  EXPECT_EQ(rows->last(), 10U);
  EXPECT_EQ(RowSelection::Of(kept), *rows);
}

TEST(RowSelectionTest, ReadsWhatItShows) {
  for (const std::string_view text : {"all", "none", "1", "1-5,9", "3,5,7-8"}) {
    const sim::Result<RowSelection> rows = RowSelection::Parse(text);
    ASSERT_TRUE(rows.has_value()) << text;
    EXPECT_EQ(Show(*rows), text);
  }
  // What touches is one range.
  EXPECT_EQ(Show(*RowSelection::Parse("1,2,3-4")), "1-4");
}

TEST(RowSelectionTest, KeepsNoneWhereNoneIsLeft) {
  const RowSelection rows = RowSelection::Of({});
  EXPECT_FALSE(rows.all());
  EXPECT_FALSE(rows.Keeps(1));
  EXPECT_EQ(rows.last(), 0U);
  EXPECT_EQ(Show(rows), "none");
}

TEST(RowSelectionTest, RefusesWhatIsNoSelection) {
  for (const std::string_view text : {"", "0", "5-3", "3,2", "1-3,3", "1,", ",1", "1--2", "-1", "a",
                                      "1-", "99999999999999999999"}) {
    const sim::Result<RowSelection> rows = RowSelection::Parse(text);
    ASSERT_FALSE(rows.has_value()) << text;
    EXPECT_THAT(rows.error().message, ::testing::HasSubstr("such as \"1-5,9\"")) << text;
  }
}

}  // namespace

}  // namespace flinch::scenarios
