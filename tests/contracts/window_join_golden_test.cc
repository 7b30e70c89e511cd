// Clicks and locations of a user in the same minute, as real Flink joined them
// (tests/contracts/README.md).
#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/graph/key_codec.h"
#include "engine/joins.h"
#include "tests/paths.h"
#include "tests/support/operator_harness.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kNanosPerMilli = 1'000'000;
constexpr int64_t kMinute = 60'000;

// id,time_ms,time,user and a fourth: of a click the URL, of a location the city.
struct Row {
  std::string id;
  int64_t millis = 0;
  std::string user;
  std::string what;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.id);
    visit(self.millis);
    visit(self.user);
    visit(self.what);
  }
};

struct ShowPair {
  void Process(const Row& click, const Row& location, Collector<std::string>& out) const {
    out.Collect(fmt::format("{},{},{},{},{},{}", click.user, click.id, location.id, click.what,
                            location.what, click.millis - click.millis % kMinute));
  }
};

using Either = detail::EitherSide<Row, Row>;
using Pairs = detail::EachPair<Row, Row, std::string, ShowPair>;
using Grouping = detail::CoGrouping<std::string, Row, Row, std::string, Pairs>;
using Contents = CollectedContents<std::string, Either, std::string, Grouping>;

std::vector<std::string> LinesOf(const std::string& file) {
  std::ifstream in(fmt::format("{}/tests/golden/{}", FLINCH_SOURCE_DIR, file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  EXPECT_GT(lines.size(), 1U) << file << " cannot be read";
  lines.erase(lines.begin());  // the columns' names
  return lines;
}

Row RowOf(const std::string& line) {
  std::vector<std::string> parts(1);
  for (const char each : line) {
    if (each == ',') {
      parts.emplace_back();
    } else {
      parts.back() += each;
    }
  }
  return {.id = parts.at(0),
          .millis = std::stoll(parts.at(1)),
          .user = parts.at(3),
          .what = parts.at(4)};
}

TEST(WindowJoinGoldenTest, PairsOfAUserInAMinute) {
  tests::OperatorHarness harness(
      {.make =
           [] {
             return std::make_unique<GeneralWindowOperator<std::string, Either, Contents>>(
                 WindowOptions{
                     .assigner = TumblingWindows{.size = 1min}, .allowed_lateness = {}, .late = {}},
                 Contents{});
           },
       .key = MakeKeyCodec<Either>([](const Either& row) -> std::string {
         return row.left ? row.left->user : row.right->user;
       }),
       .output = TypeOf<std::string>(),
       .subtask = {},
       .defects = {}});
  for (const std::string& line : LinesOf("clicks.csv")) {
    const Row click = RowOf(line);
    ASSERT_TRUE(harness.Process(Either{.left = click, .right = {}},
                                EventTime(click.millis * kNanosPerMilli)));
  }
  for (const std::string& line : LinesOf("locations.csv")) {
    const Row location = RowOf(line);
    ASSERT_TRUE(harness.Process(Either{.left = {}, .right = location},
                                EventTime(location.millis * kNanosPerMilli)));
  }
  ASSERT_TRUE(harness.Watermark(kMaxEventTime));
  std::vector<std::string> pairs;
  for (const auto& [pair, timestamp] : harness.Take<std::string>()) {
    pairs.push_back(pair);
  }
  std::ranges::sort(pairs);
  std::vector<std::string> expected = LinesOf("window_join.csv");
  std::ranges::sort(expected);
  EXPECT_EQ(pairs, expected);
}

}  // namespace
}  // namespace flinch::engine
