#include "scenarios/hunt/hunt_header.h"

#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

TEST(HuntHeaderTest, ReadsBackWhatItShows) {
  HuntHeader header{.hunt = "9f8e7d6c",
                    .build = "01234567",
                    .shard = {.index = 1, .count = 4},
                    .units = 2'000,
                    .scenarios = {"a", "b"},
                    .with_faults = {"b"},
                    .search = "portfolio",
                    .cells_total = 3,
                    .cells = {0, 7, 300},
                    .fault_kinds = {"crash"},
                    .faults_undrawn = {"bit_rot"},
                    .plans = {{"b", {"plan[0] crash tm-1"}}}};
  EXPECT_EQ(ParseHeader(ShowHeader(header)), header);
  header.units.reset();
  EXPECT_EQ(ParseHeader(ShowHeader(header)), header);
}

TEST(HuntHeaderTest, RefusesWhatIsNoHeader) {
  const std::string good = ShowHeader({});
  std::string later = good;
  later.replace(later.find(":1"), 2, ":2");
  for (const std::string& line : {std::string(), std::string("{}"), std::string("[1]"), later}) {
    const sim::Result<HuntHeader> header = ParseHeader(line);
    ASSERT_FALSE(header.has_value()) << line;
    EXPECT_EQ(header.error().code, sim::ErrorCode::kInvalidArgument);
    EXPECT_EQ(header.error().message.find("json.exception"), std::string::npos);
  }
}

TEST(HuntHeaderTest, EachShardHasItsFile) {
  EXPECT_EQ(ResultsFileName({.index = 0, .count = 4}), "shard-1-of-4.jsonl");
}

}  // namespace

}  // namespace flinch::scenarios
