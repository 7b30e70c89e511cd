// Windows over 2,000 clicks, as real Flink fired them (tests/contracts/README.md).
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/graph/key_codec.h"
#include "engine/operators/general_window.h"
#include "engine/operators/window_operator.h"
#include "tests/paths.h"
#include "tests/support/operator_harness.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using tests::OperatorHarness;

struct Click {
  std::string id;
  std::string user;
  std::string url;
  int64_t millis = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.id);
    visit(self.user);
    visit(self.url);
    visit(self.millis);
  }
};

struct CountClicks {
  using Accumulator = int64_t;
  using Output = int64_t;

  int64_t Create() const { return 0; }

  void Add(const Click&, int64_t& sum) const { ++sum; }

  void Merge(int64_t& into, const int64_t& from) const { into += from; }

  int64_t Result(const int64_t& sum) const { return sum; }
};

using Counted = WindowResult<std::string, int64_t>;

// Another folder with files of the same names, if the environment names one.
std::string PathOf(const std::string& file) {
  const char* const other = std::getenv("FLINCH_GOLDEN");
  return (other != nullptr ? other : std::string(FLINCH_SOURCE_DIR "/tests/golden")) + "/" + file;
}

std::vector<std::vector<std::string>> RowsOf(const std::string& file) {
  std::ifstream in(PathOf(file));
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string>& row = rows.emplace_back(1);
    for (const char each : line) {
      if (each == ',') {
        row.emplace_back();
      } else {
        row.back() += each;
      }
    }
  }
  EXPECT_GT(rows.size(), 1U) << file << " cannot be read";
  rows.erase(rows.begin());  // the columns' names
  return rows;
}

std::vector<Click> Clicks() {
  std::vector<Click> clicks;
  for (const std::vector<std::string>& row : RowsOf("clicks.csv")) {
    clicks.push_back(
        {.id = row.at(0), .user = row.at(3), .url = row.at(4), .millis = std::stoll(row.at(1))});
  }
  return clicks;
}

constexpr int64_t kNanosPerMilli = 1'000'000;

// What fires at one watermark stands in the file in the order of a heap, which promises nothing.
class Comparison {
 public:
  Comparison(const std::string& file, OperatorFactory make, std::string Click::* key)
      : file_(file),
        harness_({.make = std::move(make),
                  .key = MakeKeyCodec<Click>([key](const Click& click) { return click.*key; }),
                  .output = TypeOf<Counted>()}),
        key_(key) {
    for (std::vector<std::string>& row : RowsOf(file)) {
      std::vector<std::string>& rows = row.at(0) == "late" ? late_ : results_;
      row.erase(row.begin());
      rows.push_back(fmt::format("{}", fmt::join(row, ",")));
    }
  }

  void Feed(const Click& click) {
    const size_t traced = harness_.events().size();
    ASSERT_TRUE(harness_.Process(click, EventTime(click.millis * kNanosPerMilli)));
    if (harness_.events().size() > traced) {
      ASSERT_LT(next_late_, late_.size()) << file_;
      EXPECT_EQ(fmt::format("{},{},,{}", click.*key_, click.millis, click.id), late_[next_late_++]);
    }
    Compare();  // late records of a window that has fired
  }

  void Watermark(int64_t millis) {
    ASSERT_TRUE(harness_.Watermark(EventTime(millis * kNanosPerMilli)));
    Compare();
  }

  void End() {
    ASSERT_TRUE(harness_.Watermark(kMaxEventTime));
    Compare();
    EXPECT_EQ(next_result_, results_.size()) << file_;
    EXPECT_EQ(next_late_, late_.size()) << file_;
  }

 private:
  void Compare() {
    std::vector<std::string> found;
    for (const auto& [result, timestamp] : harness_.Take<Counted>()) {
      EXPECT_EQ(timestamp, result.window.max_timestamp());
      found.push_back(fmt::format("{},{},{},{}", result.key,
                                  result.window.start.nanos() / kNanosPerMilli,
                                  result.window.end.nanos() / kNanosPerMilli, result.value));
    }
    ASSERT_LE(next_result_ + found.size(), results_.size()) << file_;
    const auto from = results_.begin() + static_cast<std::ptrdiff_t>(next_result_);
    const std::vector<std::string> expected(from, from + std::ssize(found));
    next_result_ += found.size();
    EXPECT_THAT(found, ::testing::UnorderedElementsAreArray(expected)) << file_;
  }

  std::string file_;
  OperatorHarness harness_;
  std::string Click::* key_;
  std::vector<std::string> results_;
  std::vector<std::string> late_;
  size_t next_result_ = 0;
  size_t next_late_ = 0;
};

// How the source of a job made watermarks.
struct Watermarks {
  int64_t bound = 30'000;  // in milliseconds
  bool at_end_alone = false;
};

void CompareWith(const std::string& file, OperatorFactory make, std::string Click::* key,
                 const Watermarks& watermarks = {}) {
  Comparison comparison(file, std::move(make), key);
  int64_t highest = INT64_MIN;
  for (const Click& click : Clicks()) {
    comparison.Feed(click);
    highest = std::max(highest, click.millis);
    if (!watermarks.at_end_alone) {
      comparison.Watermark(highest - watermarks.bound - 1);
    }
    if (testing::Test::HasFailure()) {
      return;
    }
  }
  comparison.End();
}

OperatorFactory General(const WindowOptions& options) {
  using Contents = AggregatedContents<std::string, Click, CountClicks>;
  return [options] {
    return std::make_unique<GeneralWindowOperator<std::string, Click, Contents>>(
        options, Contents{.function = {}});
  };
}

TEST(WindowGoldenTest, Tumbling) {
  CompareWith("tumbling_per_record.csv", General({.assigner = TumblingWindows{.size = 1min}}),
              &Click::url);
}

TEST(WindowGoldenTest, TumblingTheShorterWay) {
  CompareWith(
      "tumbling_per_record.csv",
      [] {
        return std::make_unique<WindowOperator<std::string, Click, CountClicks>>(1min,
                                                                                 CountClicks());
      },
      &Click::url);
}

TEST(WindowGoldenTest, TumblingWithAllowedLateness) {
  CompareWith("tumbling_lateness_60s.csv",
              General({.assigner = TumblingWindows{.size = 1min}, .allowed_lateness = 1min}),
              &Click::url);
}

// Of all kinds that there are; those that are not in the folder are left out.
TEST(WindowGoldenTest, EachFileThatIsThere) {
  struct Case {
    std::string file;
    WindowOptions options;
    std::string Click::* key;
    Watermarks watermarks{};
  };

  const Watermarks at_end{.at_end_alone = true};
  const TumblingWindows minutes{.size = 1min};
  const SlidingWindows sliding{.size = 1min, .slide = 20s};
  const SessionWindows sessions{.gap = 15s};
  const std::vector<Case> cases = {
      {"tumbling_bound_0.csv", {.assigner = minutes}, &Click::url, {.bound = 0}},
      {"tumbling_at_end.csv", {.assigner = minutes}, &Click::url, at_end},
      {"tumbling_offset_17s.csv",
       {.assigner = TumblingWindows{.size = 1min, .offset = 17s}},
       &Click::url},
      {"sliding_60s_20s_per_record.csv", {.assigner = sliding}, &Click::url},
      {"sliding_60s_20s_at_end.csv", {.assigner = sliding}, &Click::url, at_end},
      {"session_15s_per_record.csv", {.assigner = sessions}, &Click::user},
      {"session_15s_lateness_20s.csv",
       {.assigner = sessions, .allowed_lateness = 20s},
       &Click::user},
      {"session_15s_at_end.csv", {.assigner = sessions}, &Click::user, at_end}};
  size_t compared = 0;
  for (const Case& each : cases) {
    if (std::filesystem::exists(PathOf(each.file))) {
      SCOPED_TRACE(each.file);
      CompareWith(each.file, General(each.options), each.key, each.watermarks);
      ++compared;
    }
  }
  EXPECT_GE(compared, 2U);
}

}  // namespace
}  // namespace flinch::engine
