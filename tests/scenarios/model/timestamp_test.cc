#include "scenarios/model/timestamp.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;

struct ParseCase {
  std::string_view name;
  std::string_view text;
  std::string_view format;
  std::string_view utc;
};

class TimestampParseTest : public ::testing::TestWithParam<ParseCase> {};

TEST_P(TimestampParseTest, GivesThePointInUtc) {
  const sim::Result<engine::EventTime> time = ParseTimestamp(GetParam().text, GetParam().format);
  ASSERT_TRUE(time.has_value()) << time.error().message;
  EXPECT_EQ(ShowUtc(*time), GetParam().utc);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, TimestampParseTest,
    ::testing::Values(ParseCase{"dpkg", "2025-06-24 14:36:25", "%Y-%m-%d %H:%M:%S",
                                "2025-06-24T14:36:25Z"},
                      ParseCase{"many_blanks", "2025-06-24 \t 14:36:25", "%Y-%m-%d %H:%M:%S",
                                "2025-06-24T14:36:25Z"},
                      ParseCase{"apache", "[10/Oct/2000:13:55:36 -0700]", "[%d/%b/%Y:%H:%M:%S %z]",
                                "2000-10-10T20:55:36Z"},
                      ParseCase{"fraction", "2025-06-24T00:00:00.5Z", "%Y-%m-%dT%H:%M:%S.%f%z",
                                "2025-06-24T00:00:00.500Z"},
                      ParseCase{"nanoseconds", "2025-06-24T00:00:00.000000001+01:30",
                                "%Y-%m-%dT%H:%M:%S.%f%z", "2025-06-23T22:30:00.000000001Z"},
                      ParseCase{"epoch_seconds", "1750775785", "%s", "2025-06-24T14:36:25Z"},
                      ParseCase{"epoch_millis", "1750775785123", "%Q", "2025-06-24T14:36:25.123Z"},
                      ParseCase{"before_1970", "-1", "%s", "1969-12-31T23:59:59Z"},
                      ParseCase{"leap_day", "2024-02-29", "%Y-%m-%d", "2024-02-29T00:00:00Z"},
                      ParseCase{"percent", "100%2025", "100%%%Y", "2025-01-01T00:00:00Z"}),
    [](const auto& planted) { return std::string(planted.param.name); });

struct RefuseCase {
  std::string_view name;
  std::string_view text;
  std::string_view format;
  std::string_view says;
};

class TimestampRefuseTest : public ::testing::TestWithParam<RefuseCase> {};

TEST_P(TimestampRefuseTest, SaysWhatDoesNotFit) {
  const sim::Result<engine::EventTime> time = ParseTimestamp(GetParam().text, GetParam().format);
  ASSERT_FALSE(time.has_value()) << ShowUtc(*time);
  EXPECT_THAT(time.error().message, HasSubstr(std::string(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, TimestampRefuseTest,
    ::testing::Values(
        RefuseCase{"no_such_day", "2025-02-29", "%Y-%m-%d", "a day that does not exist"},
        RefuseCase{"month_13", "2025-13-01", "%Y-%m-%d", "\"13-01\" does not match %m"},
        RefuseCase{"hour_24", "24:00", "%H:%M", "does not match %H"},
        RefuseCase{"left_over", "2025-01-01x", "%Y-%m-%d", "\"x\" is left over"},
        RefuseCase{"cut_off", "2025-01", "%Y-%m-%d", "\"%Y-%m-%d\": the end does not match -"},
        RefuseCase{"words", "yesterday", "%Y", "does not match %Y"},
        RefuseCase{"too_early", "1899-12-31", "%Y-%m-%d", "outside the years 1900 to 2149"},
        RefuseCase{"too_late", "9999999999", "%s", "outside the years 1900 to 2149"},
        RefuseCase{"beyond_64_bits", "999999999999999999", "%s", "outside the years 1900 to 2149"},
        RefuseCase{"twenty_digits", "99999999999999999999", "%s", "outside the years 1900 to 2149"},
        RefuseCase{"codes", "\x1b[2J", "%Y", "\"\\x1b[2J\" is no time"},
        RefuseCase{"ten_digits", "0.1234567890", "0.%f", "does not match %f"}),
    [](const auto& planted) { return std::string(planted.param.name); });

TEST(TimestampTest, RefusesFormatsThatMeanNothing) {
  EXPECT_TRUE(CheckTimestampFormat("%Y-%m-%d %H:%M:%S.%f%z%%").has_value());
  EXPECT_FALSE(CheckTimestampFormat("").has_value());
  EXPECT_FALSE(CheckTimestampFormat("%Y-%").has_value());
  const sim::Result<void> unknown = CheckTimestampFormat("%Y %j");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_THAT(unknown.error().message, HasSubstr("\"%j\""));
}

TEST(TimestampTest, ReadsWhatItShows) {
  for (const int64_t nanos : {int64_t{0}, int64_t{-1}, int64_t{1'750'775'785'000'000'001},
                              kFirstTime.nanos(), kLastTime.nanos()}) {
    const sim::Result<engine::EventTime> time = ParseUtc(ShowUtc(engine::EventTime(nanos)));
    ASSERT_TRUE(time.has_value()) << time.error().message;
    EXPECT_EQ(time->nanos(), nanos);
  }
}

}  // namespace

}  // namespace flinch::scenarios
