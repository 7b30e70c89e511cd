#include "sim/text/text.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::text {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// ---- Names

constexpr auto kNames =
    std::to_array<std::string_view>({"crash", "restart", "restart_after", "at", "tm-1", "tm-2"});

TEST(SuggestTest, FindsTheNameBehindATypingError) {
  EXPECT_THAT(Suggest("crach", kNames), ElementsAre("crash"));
  EXPECT_THAT(Suggest("crsah", kNames), ElementsAre("crash"));
  EXPECT_THAT(Suggest("ta", kNames), ElementsAre("at")) << "two swapped letters are one error";
  EXPECT_THAT(Suggest("restart-after", kNames), ElementsAre("restart_after"));
  EXPECT_THAT(Suggest("RESTART", kNames), ElementsAre("restart"));
  EXPECT_THAT(Suggest("tm2", kNames), ElementsAre("tm-2"));
}

TEST(SuggestTest, PrefersTheFirstOfEquallyNearNames) {
  EXPECT_THAT(Suggest("tm-3", kNames), ElementsAre("tm-1"));
}

TEST(SuggestTest, SaysNothingRatherThanNonsense) {
  EXPECT_THAT(Suggest("partition", kNames), IsEmpty());
  EXPECT_THAT(Suggest("x", kNames), IsEmpty());
  EXPECT_THAT(Suggest("", kNames), IsEmpty());
  EXPECT_THAT(Suggest(std::string(1'000'000, 'a'), kNames), IsEmpty());
  EXPECT_THAT(Suggest("crash", std::vector<std::string>{}), IsEmpty());
}

constexpr auto kOptions = std::to_array<std::string_view>(
    {"execution.checkpointing.interval", "execution.checkpointing.timeout", "heartbeat.interval",
     "heartbeat.timeout", "sink_commits_too_early", "task.turn-records"});

TEST(SuggestTest, FindsTheNamesOfWhichOneTypedAPart) {
  EXPECT_THAT(Suggest("sink_commits", kOptions), ElementsAre("sink_commits_too_early"));
  EXPECT_THAT(Suggest("checkpointing.interval", kOptions),
              ElementsAre("execution.checkpointing.interval"));
  EXPECT_THAT(Suggest("interval", kOptions),
              ElementsAre("execution.checkpointing.interval", "heartbeat.interval"));
  EXPECT_THAT(Suggest("Turn_Rec", kOptions), ElementsAre("task.turn-records"));
  EXPECT_THAT(Suggest("heartbeat.intervl", kOptions), ElementsAre("heartbeat.interval"));
  const std::vector<std::string> many(6, "heartbeat.x");
  EXPECT_THAT(Suggest("beat", many), IsEmpty()) << "too many to tell";
  EXPECT_EQ(DidYouMean("interval", kOptions),
            " Did you mean \"execution.checkpointing.interval\" or \"heartbeat.interval\"?");
  EXPECT_EQ(SuggestionFor("sink_commits", kOptions), "did you mean \"sink_commits_too_early\"?");
}

TEST(QuoteTest, LetsNoCodeForATerminalThrough) {
  EXPECT_EQ(Quote("a\x1b[2J\xc2\x9b"), "\"a\\x1b[2J\\xc2\\x9b\"");
  EXPECT_EQ(Printable("ä\n\xff"), "ä\\x0a\\xff");
  EXPECT_EQ(Printable(std::string(1000, 'a')), std::string(1000, 'a'));
  EXPECT_TRUE(IsPrintable("ä 1"));
  EXPECT_TRUE(IsPrintable(" ~\"\\"));
  for (const char* const text : {"\t", "\x7f", "a\xff", "\xc2\x9b"}) {
    EXPECT_FALSE(IsPrintable(text));
  }
}

TEST(QuoteTest, ShowsSomeOfManyWords) {
  EXPECT_EQ(QuoteSome(std::vector<std::string>{"a", "b"}, 2), "\"a\", \"b\"");
  EXPECT_EQ(QuoteSome(std::vector<std::string>{"a", "b", "c"}, 2), "\"a\", \"b\" and 1 more");
  EXPECT_EQ(QuoteSome({}, 2), "none");
}

TEST(SuggestTest, MakesASentenceToAppend) {
  EXPECT_EQ(DidYouMean("crach", kNames), " Did you mean \"crash\"?");
  EXPECT_EQ(DidYouMean("partition", kNames), "");
}

// ---- Durations

struct DurationCase {
  std::string_view name;
  std::string_view text;
  int64_t nanos = 0;
};

class ParseDurationTest : public ::testing::TestWithParam<DurationCase> {};

TEST_P(ParseDurationTest, ReadsNumberAndUnit) {
  const sim::Result<sim::Duration> duration = ParseDuration(GetParam().text);
  ASSERT_TRUE(duration.has_value()) << duration.error().message;
  EXPECT_EQ(duration->count(), GetParam().nanos);
}

INSTANTIATE_TEST_SUITE_P(
    Amounts, ParseDurationTest,
    ::testing::Values(
        DurationCase{"milliseconds", "250ms", 250'000'000},
        DurationCase{"seconds", "2s", 2'000'000'000}, DurationCase{"minutes", "1m", 60'000'000'000},
        DurationCase{"hours", "3h", 10'800'000'000'000},
        DurationCase{"microseconds", "100us", 100'000}, DurationCase{"nanoseconds", "5ns", 5},
        DurationCase{"decimal", "1.5s", 1'500'000'000},
        DurationCase{"trace_time", "1.200s", 1'200'000'000}, DurationCase{"nothing", "0s", 0},
        DurationCase{"as_flink_writes", "5 min", 300'000'000'000},
        DurationCase{"in_words", "10 seconds", 10'000'000'000},
        DurationCase{"days", "3 days", 259'200'000'000'000},
        DurationCase{"leading_zeroes", "007ms", 7'000'000},
        DurationCase{"half_a_minute", "0.5m", 30'000'000'000},
        DurationCase{"many_digits", "0.00000000005m", 3},
        DurationCase{"useless_zeroes", "1.0000000000000000000000000s", 1'000'000'000},
        DurationCase{"longest", "9223372036854775807ns", INT64_MAX},
        DurationCase{"longest_seconds", "9223372036.854775807s", INT64_MAX}),
    [](const auto& tested) { return std::string(tested.param.name); });

struct BadCase {
  std::string_view name;
  std::string_view text;
  std::string_view message;
};

class BadDurationTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadDurationTest, IsRefusedWithASentence) {
  const sim::Result<sim::Duration> duration = ParseDuration(GetParam().text);
  ASSERT_FALSE(duration.has_value()) << duration->count();
  EXPECT_EQ(duration.error().code, sim::ErrorCode::kInvalidArgument);
  EXPECT_EQ(duration.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, BadDurationTest,
    ::testing::Values(
        BadCase{"no_unit", "250", "The duration \"250\" has no unit. Write \"250ms\" or \"250s\"."},
        BadCase{"unknown_unit", "3 weeks",
                "The duration \"3 weeks\" has an unknown unit \"weeks\". Write a number and one of "
                "ns, us, ms, s, m, h, "
                "such as \"250ms\"."},
        BadCase{"two_units", "3 s sec",
                "The duration \"3 s sec\" has an unknown unit \"s sec\". Write a number and one of "
                "ns, us, ms, s, m, h, "
                "such as \"250ms\"."},
        BadCase{"blank_for_a_unit", "3 ",
                "The duration \"3 \" has no unit. Write \"3ms\" or \"3s\"."},
        BadCase{"empty", "",
                "The duration \"\" does not start with a number. Write a number and one of ns, us, "
                "ms, s, m, h, such "
                "as \"250ms\"."},
        BadCase{"two_points", "1.2.3s",
                "The duration \"1.2.3s\" does not start with a number. Write a number and one of "
                "ns, us, ms, s, m, h, "
                "such as \"250ms\"."},
        BadCase{"point_only", "1.s",
                "The duration \"1.s\" does not start with a number. Write a number and one of ns, "
                "us, ms, s, m, h, "
                "such as \"250ms\"."},
        BadCase{"negative", "-1s", "The duration \"-1s\" is negative; a span of time is not."},
        BadCase{"too_fine", "1.5ns",
                "The duration \"1.5ns\" is not a whole number of nanoseconds. Use fewer digits "
                "behind the point."},
        BadCase{"overflow", "9223372037s",
                "The duration \"9223372037s\" is too long. Simulated time ends after 292 years."},
        BadCase{"overflow_by_one", "9223372036.854775808s",
                "The duration \"9223372036.854775808s\" is too long. Simulated time ends after 292 "
                "years."},
        BadCase{"overflow_of_digits", "99999999999999999999999h",
                "The duration \"99999999999999999999999h\" is too long. Simulated time ends after "
                "292 years."}),
    [](const auto& tested) { return std::string(tested.param.name); });

// ---- Ratios and seeds

TEST(ParseRatioTest, ReadsPercentAndFractions) {
  EXPECT_EQ(ParseRatio("50%"), (sim::Ratio{50, 100}));
  EXPECT_EQ(ParseRatio("1/3"), (sim::Ratio{1, 3}));
  EXPECT_EQ(ParseRatio("0%"), (sim::Ratio{0, 100}));
  EXPECT_EQ(ParseRatio("100%"), (sim::Ratio{100, 100}));
}

class BadRatioTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadRatioTest, IsRefusedWithASentence) {
  const sim::Result<sim::Ratio> ratio = ParseRatio(GetParam().text);
  ASSERT_FALSE(ratio.has_value());
  EXPECT_THAT(ratio.error().message, HasSubstr(std::string(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(Mistakes, BadRatioTest,
                         ::testing::Values(BadCase{"decimal", "0.5", "\"0.5\" is not understood"},
                                           BadCase{"whole", "1", "is not understood"},
                                           BadCase{"half_per_cent", "0.5%",
                                                   "or a fraction such as \"1/3\""},
                                           BadCase{"above_one", "101%", "is more than one"},
                                           BadCase{"improper", "3/2", "is more than one"},
                                           BadCase{"by_zero", "0/0", "divides by zero"},
                                           BadCase{"too_large", "1/4294967296", "too large"},
                                           BadCase{"empty", "", "is not understood"},
                                           BadCase{"only_sign", "%", "is not understood"}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(ParseRatioTest, ReadsBackWhatShowRatioWrote) {
  for (const sim::Ratio ratio :
       {sim::Ratio{50, 100}, sim::Ratio{1, 2}, sim::Ratio{2, 200}, sim::Ratio{0, 1}}) {
    EXPECT_EQ(ParseRatio(ShowRatio(ratio)), ratio);
  }
}

TEST(ParseSeedTest, ReadsAll64BitsInBothForms) {
  EXPECT_EQ(ParseSeed("7"), 7U);
  EXPECT_EQ(ParseSeed("0x1f"), 31U);
  EXPECT_EQ(ParseSeed("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(ParseSeed("0XFFFFFFFFFFFFFFFF"), UINT64_MAX);
}

TEST(ParseSeedTest, RefusesWhatIsNoNumber) {
  for (const std::string_view text :
       {"", "seven", "7 ", "-1", "0x", "1e3", "18446744073709551616", "0x1ffffffffffffffff"}) {
    const sim::Result<uint64_t> seed = ParseSeed(text);
    ASSERT_FALSE(seed.has_value()) << text;
    EXPECT_THAT(seed.error().message,
                StartsWith("The seed " + Quote(text) + " is not a whole number of 64 bits."));
  }
}

// ---- Quotes

TEST(QuoteTest, LeavesNothingThatATerminalObeys) {
  EXPECT_EQ(Quote("a\x1b[31m"), "\"a\\x1b[31m\"");
  EXPECT_EQ(Quote("ä\xff\n"), "\"ä\\xff\\x0a\"");
}

TEST(QuoteTest, CutsLongText) {
  const std::string quoted = Quote(std::string(1000, 'x'));
  EXPECT_LT(quoted.size(), 100U);
  EXPECT_THAT(quoted, ::testing::EndsWith("...\""));
}

TEST(FindInvalidUtf8Test, NamesTheFirstByteThatDoesNotBelong) {
  EXPECT_EQ(FindInvalidUtf8("plain äöü € 😀"), std::nullopt);
  EXPECT_EQ(FindInvalidUtf8("ab\xff"), 2U);
  EXPECT_EQ(FindInvalidUtf8("a\xc3"), 1U) << "cut off";
  EXPECT_EQ(FindInvalidUtf8("\xc0\x80"), 0U) << "overlong";
  EXPECT_EQ(FindInvalidUtf8("\xe0\x80\x80"), 0U) << "overlong";
  EXPECT_EQ(FindInvalidUtf8("\xed\xa0\x80"), 0U) << "a surrogate";
  EXPECT_EQ(FindInvalidUtf8("\xf4\x90\x80\x80"), 0U) << "above U+10FFFF";
  EXPECT_EQ(FindInvalidUtf8("\x80"), 0U) << "a continuation of nothing";
}

TEST(MatchesPatternTest, StarsStandForAnythingAndBarsForAlternatives) {
  EXPECT_TRUE(MatchesPattern("sink[1]", "sink[*]"));
  EXPECT_TRUE(MatchesPattern("sink[1]", "source[*]|sink[*]"));
  EXPECT_TRUE(MatchesPattern("abcabd", "*ab*d"));
  EXPECT_TRUE(MatchesPattern("", "*"));
  EXPECT_TRUE(MatchesPattern("", "a|"));
  EXPECT_TRUE(MatchesPattern("3", "3"));
  EXPECT_FALSE(MatchesPattern("33", "3"));
  EXPECT_FALSE(MatchesPattern("sink[1]", "sink[*]x"));
  EXPECT_FALSE(MatchesPattern("abc", "ab|bc|"));
}

}  // namespace

}  // namespace flinch::text
