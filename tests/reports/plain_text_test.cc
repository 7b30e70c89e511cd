#include "reports/plain_text.h"

#include <gtest/gtest.h>

namespace flinch::reports {

namespace {

using namespace std::chrono_literals;

TEST(PlainTextTest, ClockShowsMinutesSecondsAndMillis) {
  EXPECT_EQ(ShowClock(sim::kEpoch), "00:00.000");
  EXPECT_EQ(ShowClock(sim::kEpoch + 2417ms), "00:02.417");
  EXPECT_EQ(ShowClock(sim::kEpoch + 61s + 5ms), "01:01.005");
}

TEST(PlainTextTest, ClockCutsOffInsteadOfRounding) {
  EXPECT_EQ(ShowClock(sim::kEpoch + 59'999'999'999ns), "00:59.999");
  EXPECT_EQ(ShowClock(sim::kEpoch + 59'999'999'999ns, ClockDigits::kMicros), "00:59.999999");
}

TEST(PlainTextTest, ClockHasNoHours) {
  EXPECT_EQ(ShowClock(sim::kEpoch + 90min), "90:00.000");
  EXPECT_EQ(ShowClock(sim::kEpoch + 200min), "200:00.000");
}

TEST(PlainTextTest, CountsHaveCommasFromFiveDigitsOn) {
  EXPECT_EQ(ShowCount(0), "0");
  EXPECT_EQ(ShowCount(2000), "2000");
  EXPECT_EQ(ShowCount(9999), "9999");
  EXPECT_EQ(ShowCount(10'000), "10,000");
  EXPECT_EQ(ShowCount(48'211), "48,211");
  EXPECT_EQ(ShowCount(1'234'567), "1,234,567");
  EXPECT_EQ(ShowCount(18'446'744'073'709'551'615ULL), "18,446,744,073,709,551,615");
}

TEST(PlainTextTest, TextStaysOnItsLineAndCannotSteerATerminal) {
  EXPECT_EQ(OneLine("sink[1] größer"), "sink[1] größer");
  EXPECT_EQ(OneLine("a\nb\tc\\d"), "a\\nb\\tc\\\\d");
  EXPECT_EQ(OneLine("\x1b[31mred\x7f"), "\\x1b[31mred\\x7f");
}

TEST(PlainTextTest, ALongSentenceIsBrokenAtBlanks) {
  EXPECT_EQ(Wrap("short", 4), "    short\n");
  const std::string word(60, 'x');
  EXPECT_EQ(Wrap(word + " " + word, 2), "  " + word + "\n    " + word + "\n");
  EXPECT_EQ(Wrap(std::string(150, 'y'), 2), "  " + std::string(150, 'y') + "\n");
  EXPECT_EQ(Wrap("", 2), "  \n");
}

}  // namespace

}  // namespace flinch::reports
