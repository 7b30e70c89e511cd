// Scripts of arrivals and watermarks on two inputs, and what real Flink's interval join made of
// each step (tests/contracts/README.md).
#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/graph/key_codec.h"
#include "engine/operators/interval_join.h"
#include "tests/paths.h"
#include "tests/support/operator_harness.h"

namespace flinch::engine {
namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;

struct PairUp {
  void Process(const std::string& left, const std::string& right,
               Collector<std::string>& out) const {
    out.Collect(left + "+" + right);
  }
};

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char each : text) {
    if (each == separator) {
      parts.emplace_back();
    } else {
      parts.back() += each;
    }
  }
  return parts;
}

// One operator, fed by the lines of one script.
class Script {
 public:
  explicit Script(const std::vector<std::string>& row)
      : key_(MakeKeyCodec<std::string>([](const std::string& text) { return text.substr(0, 1); })),
        harness_(
            {.make =
                 [bounds =
                      IntervalBounds{.lower = sim::Duration(std::stoll(row.at(1)) * kNanosPerMilli),
                                     .upper = sim::Duration(std::stoll(row.at(2)) * kNanosPerMilli),
                                     .lower_inclusive = row.at(3) == "true",
                                     .upper_inclusive = row.at(4) == "true"}] {
                   return std::make_unique<
                       IntervalJoinOperator<std::string, std::string, std::string, PairUp>>(
                       bounds, PairUp());
                 },
             .key = key_,
             .output = TypeOf<std::string>(),
             .subtask = {},
             .defects = {}}) {}

  // "left bL1@-3", "right watermark 17": what comes out, sorted, as the file shows it.
  std::vector<std::string> Play(const std::string& input) {
    const std::vector<std::string> words = Split(input, ' ');
    const uint32_t side = words.at(0) == "left" ? 0 : 1;
    std::vector<std::string> outputs;
    if (words.at(1) == "watermark") {
      watermarks_[side] = std::max(watermarks_[side], EventTime(std::stoll(words.at(2))));
      const EventTime watermark = std::min(watermarks_[0], watermarks_[1]);
      if (watermark > watermark_) {
        watermark_ = watermark;
        EXPECT_TRUE(harness_.Watermark(EventTime(watermark.nanos() * kNanosPerMilli)));
        outputs.push_back(fmt::format("watermark {}", watermark.nanos()));
      }
    } else {
      const size_t at = words.at(1).find('@');
      const std::string value = words.at(1).substr(0, at);
      EXPECT_TRUE(harness_.ProcessInput(
          side, key_, value, EventTime(std::stoll(words.at(1).substr(at + 1)) * kNanosPerMilli)));
    }
    for (const auto& [pair, timestamp] : harness_.Take<std::string>()) {
      outputs.push_back(fmt::format("{}@{}", pair, timestamp.nanos() / kNanosPerMilli));
    }
    std::ranges::sort(outputs);
    return outputs;
  }

 private:
  KeyCodec key_;
  tests::OperatorHarness harness_;
  EventTime watermarks_[2] = {kMinEventTime, kMinEventTime};
  EventTime watermark_ = kMinEventTime;
};

TEST(IntervalJoinGoldenTest, EveryStepOfEveryScript) {
  std::ifstream in(fmt::format("{}/tests/golden/interval_join_steps.csv", FLINCH_SOURCE_DIR));
  std::string line;
  std::getline(in, line);  // the columns' names
  std::optional<Script> script;
  std::string name;
  size_t steps = 0;
  while (std::getline(in, line)) {
    const std::vector<std::string> row = Split(line, ',');
    if (row.at(0) != name) {
      script.emplace(row);
      name = row.at(0);
    }
    std::vector<std::string> expected =
        row.at(7).empty() ? std::vector<std::string>() : Split(row.at(7), ';');
    std::ranges::sort(expected);
    EXPECT_EQ(script->Play(row.at(6)), expected) << line;
    ++steps;
  }
  EXPECT_EQ(steps, 960U);
}

}  // namespace
}  // namespace flinch::engine
