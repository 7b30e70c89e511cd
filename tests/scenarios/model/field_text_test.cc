#include "scenarios/model/field_text.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr FieldInfo kAny{.path = "x"};

template <typename T>
std::string ErrorOf(const FieldInfo& field, std::string_view text, T value = {}) {
  const sim::Result<void> parsed = ParseField(field, text, value);
  return parsed ? "no error" : parsed.error().message;
}

TEST(FieldTextTest, ReadsNumbersWithinTheirRange) {
  const FieldInfo field{.path = "x", .min = 2, .max = 5};
  uint32_t value = 0;
  ASSERT_TRUE(ParseField(field, "5", value).has_value());
  EXPECT_EQ(value, 5U);
  for (const std::string_view bad :
       {"1", "6", "", "-3", "+3", "3x", " 3", "0x3", "3.0", "99999999999999999999"}) {
    EXPECT_THAT(ErrorOf<uint32_t>(field, bad), HasSubstr("a whole number from 2 to 5")) << bad;
  }
}

TEST(FieldTextTest, RefusesWhatATypeCannotHold) {
  EXPECT_THAT(ErrorOf<uint32_t>(kAny, "4294967296"), HasSubstr("a whole number"));
  uint64_t value = 0;
  EXPECT_TRUE(ParseField(kAny, "4294967296", value).has_value());
}

TEST(FieldTextTest, ReadsDurationsAndAutomatic) {
  std::optional<sim::Duration> value;
  ASSERT_TRUE(ParseField(kAny, "1.5s", value).has_value());
  EXPECT_EQ(value, std::chrono::milliseconds(1500));
  ASSERT_TRUE(ParseField(kAny, "auto", value).has_value());
  EXPECT_EQ(value, std::nullopt);
  EXPECT_THAT(ErrorOf<sim::Duration>({.path = "x", .min = 1000}, "5ns"),
              HasSubstr("must be a duration from 1us"));
  EXPECT_THAT(ErrorOf<sim::Duration>(kAny, "soon"), HasSubstr("soon"));
}

TEST(FieldTextTest, ReadsDecimalsExactly) {
  EXPECT_EQ(ParseZipf("1.1")->hundredths, 110U);
  EXPECT_EQ(ParseZipf("0")->hundredths, 0U);
  EXPECT_EQ(ParseZipf("2.05")->hundredths, 205U);
  for (const std::string_view bad : {"", ".", "1.", ".5", "1.123", "-1", "1e2", "1,1", "9999"}) {
    EXPECT_FALSE(ParseZipf(bad).has_value()) << bad;
  }
  for (const uint32_t hundredths : {0U, 5U, 50U, 100U, 110U, 123U, 400U}) {
    EXPECT_EQ(ParseZipf(ShowZipf({hundredths}))->hundredths, hundredths);
  }
}

TEST(FieldTextTest, ReadsWordsWithASuggestion) {
  FileFormat format = FileFormat::kBlank;
  ASSERT_TRUE(ParseField(kAny, "jsonl", format).has_value());
  EXPECT_EQ(format, FileFormat::kJsonLines);
  EXPECT_THAT(ErrorOf<FileFormat>(kAny, "json"), HasSubstr("Did you mean \"jsonl\"?"));
}

TEST(FieldTextTest, ReadsListsOfTexts) {
  std::vector<std::string> items = {"old"};
  ASSERT_TRUE(ParseField(kAny, "1,2", items).has_value());
  EXPECT_THAT(items, ElementsAre("1", "2"));
  ASSERT_TRUE(ParseField(kAny, "", items).has_value());
  EXPECT_THAT(items, ElementsAre());
}

TEST(FieldTextTest, QuotesAsTomlDoes) {
  EXPECT_EQ(QuoteToml("a\"b\\c\n\t\x01"), "\"a\\\"b\\\\c\\n\\t\\u0001\"");
}

}  // namespace

}  // namespace flinch::scenarios
