#include "scenarios/input/json_row.h"

#include <clocale>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;

std::string TextOf(std::string_view row, std::string_view member = "k") {
  const sim::Result<JsonRow> read = JsonRow::Parse(row);
  if (!read) {
    return "error: " + read.error().message;
  }
  const sim::Result<std::string> text = read->Member(member);
  return text ? *text : "error: " + text.error().message;
}

TEST(JsonRowTest, GivesTextsTruthsAndNumbersAsTheyAreWritten) {
  EXPECT_EQ(TextOf(R"({"k":"a\u00e4b"})"), "aäb");
  EXPECT_EQ(TextOf(R"({"k":true})"), "true");
  for (const std::string_view number :
       {"0", "-0", "7", "-7", "1.0", "1e0", "1E+2", "-0.50", "1e-400", "18446744073709551616",
        "123456789012345678901234567890"}) {
    EXPECT_EQ(TextOf("{\"k\": " + std::string(number) + " }"), number);
  }
}

TEST(JsonRowTest, LooksAtTheMembersOfTheOutermostObjectOnly) {
  constexpr std::string_view kNested = R"({"a":[{"k":1},[2]],"b":{"k":{"k":3}},"k":4,"c":[]})";
  EXPECT_EQ(TextOf(kNested), "4");
  EXPECT_EQ(TextOf(kNested, "a"),
            "error: has the member \"a\", which is an array, but must be text or a number");
  EXPECT_THAT(TextOf(kNested, "b"), HasSubstr("which is an object,"));
  EXPECT_THAT(TextOf(R"({"k":null})"), HasSubstr("which is null,"));
}

TEST(JsonRowTest, RefusesWhatIsNoObjectOrSaysAThingTwice) {
  EXPECT_EQ(TextOf("[{\"k\":1}]"), "error: is an array, but must be an object");
  EXPECT_EQ(TextOf("null"), "error: is null, but must be an object");
  EXPECT_EQ(TextOf("3"), "error: is a single value, but must be an object");
  EXPECT_EQ(TextOf(R"({"k":1,"a":2,"k":3})"), "error: has the member \"k\" twice");
  EXPECT_EQ(TextOf(R"({"k":1,)"), "error: is not valid JSON from its byte 8 on");
  EXPECT_EQ(TextOf(R"({"k":1} x)"), "error: is not valid JSON from its byte 9 on");
  EXPECT_EQ(TextOf(R"({k:1})"), "error: is not valid JSON from its byte 2 on");
  EXPECT_THAT(TextOf(R"({"k":\1})"), HasSubstr("is not valid JSON from its byte 6 on"));
  EXPECT_THAT(TextOf(std::string(100'000, '[')), HasSubstr("is an array"));
}

TEST(JsonRowTest, MembersThatNobodyAsksForMayBeAnything) {
  EXPECT_EQ(TextOf(R"({"msg":"x","msg":"y","k":"a"})"), "a");
  EXPECT_EQ(TextOf(R"({"n":1e999,"v":NaN,"w":-Infinity,"x":[01,undefined],"k":"a"})"), "a");
  EXPECT_EQ(TextOf(R"({"n":NaN})", "n"),
            "error: has the member \"n\", which is NaN, but must be text or a number");
  EXPECT_THAT(TextOf(R"({"n":01})", "n"), HasSubstr("which is 01, but"));
  EXPECT_EQ(TextOf(R"({"n":1e999})", "n"), "1e999");
}

TEST(JsonRowTest, ATextThatLooksLikeAMarkedWordIsThatText) {
  EXPECT_EQ(TextOf("{\"k\":\"\x7FNaN\"}"), "\x7FNaN");
  EXPECT_EQ(TextOf(R"({"k":"\u007fNaN"})"), "\x7FNaN");
  EXPECT_EQ(TextOf("{\"\x7Fk\":\"a\"}", "\x7Fk"), "a");
  EXPECT_EQ(TextOf(R"({"k":"a \" 1e999, \\"})"), "a \" 1e999, \\");
}

TEST(JsonRowTest, ShowsSomeOfTheMembersThatThereAre) {
  std::string row = "{\"\\u001b[2J\":0";
  for (int member = 10; member < 30; ++member) {
    row += ",\"m" + std::to_string(member) + "\":1";
  }
  const std::string text = TextOf(row + "}");
  EXPECT_THAT(text, HasSubstr("error: has no member \"k\"; it has \"\\x1b[2J\", \"m10\", "));
  EXPECT_THAT(text, HasSubstr("\"m18\" and 11 more"));
}

// The parser below reads and writes the point of the locale.
TEST(JsonRowTest, WritesAPointWhereverItRuns) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  if (std::setlocale(LC_ALL, "de_DE.UTF-8") == nullptr) {
    GTEST_SKIP() << "there is no locale with a comma here";
  }
  EXPECT_EQ(TextOf(R"({"k":1.5})"), "1.5");
  std::setlocale(LC_ALL, before.c_str());
}

}  // namespace

}  // namespace flinch::scenarios
