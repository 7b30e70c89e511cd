#include "scenarios/lab/json_members.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <typename T>
std::string ProblemOf(const char* line, T value = {}) {
  JsonMembers members(line);
  members.Require({"a"});
  members.Get("a", value);
  members.RejectUnknown();
  return members.problem();
}

TEST(JsonMembersTest, ReadsWhatIsAsItShouldBe) {
  uint64_t count = 0;
  std::string text;
  std::map<std::string, uint64_t> table;
  JsonMembers members(R"({"n":18446744073709551615,"t":"a\nb","m":{"x":1},"z":null})");
  members.Get("n", count);
  members.Get("t", text, JsonMembers::Lines::kMany);
  members.Get("m", table);
  members.Get("z", count);
  members.RejectUnknown();
  EXPECT_EQ(members.problem(), "");
  EXPECT_EQ(count, UINT64_MAX);
  EXPECT_EQ(text, "a\nb");
  EXPECT_EQ(table.at("x"), 1U);
}

TEST(JsonMembersTest, TellsWhatIsNot) {
  EXPECT_EQ(ProblemOf<uint64_t>(R"({"a":-1})"),
            "\"a\" is no whole number from 0 to 18446744073709551615");
  EXPECT_THAT(ProblemOf<uint64_t>(R"({"a":1.0})"), HasSubstr("no whole number"));
  EXPECT_THAT(ProblemOf<int64_t>(R"({"a":9223372036854775808})"), HasSubstr("no whole number"));
  EXPECT_EQ(ProblemOf<std::string>(R"({"a":1})"), "\"a\" is no text");
  EXPECT_THAT(ProblemOf<std::string>(R"({"a":"\u001b[2J"})"), HasSubstr("nobody can read"));
  EXPECT_THAT(ProblemOf<std::string>(R"({"a":"x\ny"})"), HasSubstr("nobody can read"));
  EXPECT_EQ(ProblemOf<bool>(R"({"a":1})"), "\"a\" is neither true nor false");
  EXPECT_EQ(ProblemOf<std::vector<std::string>>(R"({"a":"x"})"), "\"a\" is no list");
  EXPECT_EQ(ProblemOf<std::vector<uint32_t>>(R"({"a":[4294967296]})"),
            "\"a\" is no whole number from 0 to 4294967295");
  EXPECT_EQ((ProblemOf<std::map<std::string, uint64_t>>(R"({"a":[1]})")), "\"a\" is no table");
  EXPECT_EQ(ProblemOf<bool>(R"({"b":true})"), "it has no \"a\"");
  EXPECT_THAT(ProblemOf<bool>(R"({"a":true,"aa":1})"), HasSubstr("\"aa\" is not known"));
}

TEST(JsonMembersTest, NoTextOfALibraryComesOut) {
  for (const char* const line : {"", "{", "[1]", "nul", "{\"a\":\"\xff\"}", "{\"a\":1e999}"}) {
    const std::string problem = ProblemOf<uint64_t>(line);
    EXPECT_NE(problem, "") << line;
    EXPECT_THAT(problem, Not(HasSubstr("exception"))) << line;
  }
}

}  // namespace

}  // namespace flinch::scenarios
