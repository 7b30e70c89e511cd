#include "scenarios/lab/token.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ReplayToken Rich() {
  return {.scenario = "/home/kim/my scenario's.toml",
          .seed = 18446744073709551615U,
          .strategy = "pct:3:5000",
          .settings = {{.key = "workload.records", .value = "500"},
                       {.key = "workload.key_prefix", .value = "a=b~c:%$\n\xc3\xa4"}},
          .defects = {"sink_commits_at_snapshot", "notifies_before_stored"},
          .plan = "/tmp/plan.toml",
          .faults = {"{when={at=\"1s\"},do={crash=\"tm-1\"}}", "{}"},
          .input = "/var/log/dpkg.log",
          .content_hash = "0a1b2c3d",
          .build_id = "89abcdef",
          .digest = "0123456789abcdef",
          .verdict = "failed"};
}

void ExpectEqual(const ReplayToken& left, const ReplayToken& right) {
  EXPECT_EQ(ShowToken(left), ShowToken(right));
  EXPECT_EQ(left.scenario, right.scenario);
  EXPECT_EQ(left.seed, right.seed);
  EXPECT_EQ(left.strategy, right.strategy);
  ASSERT_EQ(left.settings.size(), right.settings.size());
  for (size_t i = 0; i < left.settings.size(); ++i) {
    EXPECT_EQ(left.settings[i].key, right.settings[i].key);
    EXPECT_EQ(left.settings[i].value, right.settings[i].value);
  }
  EXPECT_EQ(left.defects, right.defects);
  EXPECT_EQ(left.plan, right.plan);
  EXPECT_EQ(left.faults, right.faults);
  EXPECT_EQ(left.input, right.input);
  EXPECT_EQ(left.verdict, right.verdict);
}

TEST(TokenTest, KeepsItsForm) {
  const ReplayToken token = {.scenario = "url_clicks",
                             .seed = 7,
                             .content_hash = "0a1b2c3d",
                             .build_id = "89abcdef",
                             .digest = "0123456789abcdef",
                             .verdict = "passed"};
  EXPECT_EQ(ShowToken(token),
            "fl1~url_clicks~s7~h0a1b2c3d~b89abcdef~d0123456789abcdef~vpassed~c21de9160");
}

TEST(TokenTest, ReadsWhatItShows) {
  const sim::Result<ReplayToken> token = ParseToken(ShowToken(Rich()));
  ASSERT_TRUE(token.has_value()) << token.error().message;
  ExpectEqual(*token, Rich());
}

TEST(TokenTest, HoldsNothingThatAShellTouches) {
  EXPECT_EQ(ShowToken(Rich()).find_first_not_of(
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-~:=%"),
            std::string::npos);
}

TEST(TokenTest, IsFoundInPastedLines) {
  const std::string token = ShowToken(Rich());
  for (const std::string& line :
       {"replay:\n/opt/flinch replay " + token + "\n", "`flinch replay fl1~…`: " + token,
        "\"" + token + "\"", "(" + token + ").", token + ", seen twice",
        "\x1b[31m" + token + "\x1b[0m", "`" + token + "`;"}) {
    const sim::Result<ReplayToken> found = FindToken(line);
    ASSERT_TRUE(found.has_value()) << line << found.error().message;
    ExpectEqual(*found, Rich());
  }
}

TEST(TokenTest, SaysWhenThereIsNone) {
  EXPECT_THAT(FindToken("flinch replay fl1~").error().message, HasSubstr("was cut off"));
  EXPECT_THAT(FindToken(" \n").error().message, HasSubstr("There is no text to find"));
  EXPECT_THAT(FindToken("url_clicks --seed 7").error().message,
              HasSubstr("There is no replay token in \"url_clicks --seed 7\""));
}

TEST(TokenTest, RefusesEveryTokenThatWasCutOff) {
  const std::string whole = ShowToken(Rich());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseToken(whole.substr(0, size)).has_value()) << whole.substr(0, size);
  }
}

TEST(TokenTest, RefusesPartsThatMeanNothing) {
  for (const std::string_view part :
       {"x1", "s7x", "h12", "bzzzzzzzz", "vmaybe", "set:a", "%zz", ""}) {
    const std::string text =
        "fl1~url_clicks~s7~" + std::string(part) + "~h0a1b2c3d~b89abcdef~d0123456789abcdef~vpassed";
    const sim::Result<ReplayToken> token = ParseToken(text + "~c" + HashContent({text}));
    ASSERT_FALSE(token.has_value()) << text;
    EXPECT_THAT(token.error().message, HasSubstr("means nothing")) << text;
  }
}

TEST(TokenTest, RefusesEveryTokenWithAWrongCharacter) {
  const std::string whole = ShowToken(Rich());
  for (size_t at = 4; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = damaged[at] == '0' ? '1' : '0';
    const sim::Result<ReplayToken> token = FindToken(damaged);
    ASSERT_FALSE(token.has_value()) << damaged;
    EXPECT_THAT(token.error().message, HasSubstr("is damaged")) << damaged;
    EXPECT_FALSE(FindToken(std::string(whole).erase(at, 1)).has_value());
  }
}

TEST(TokenTest, RefusesTwoThatDifferButNotTheSameTwice) {
  const std::string first = ShowToken(Rich());
  ReplayToken other = Rich();
  other.seed = 8;
  EXPECT_TRUE(FindToken(first + "\n" + first).has_value());
  const sim::Result<ReplayToken> both = FindToken(first + "\n" + ShowToken(other));
  ASSERT_FALSE(both.has_value());
  EXPECT_EQ(both.error().code, sim::ErrorCode::kInvalidArgument);
  EXPECT_THAT(both.error().message, HasSubstr("There are 2 different replay tokens"));
}

// The check of nothing is a check, too.
TEST(TokenTest, SurvivesTheStartAlone) {
  for (const std::string& text :
       {std::string("fl1~"), std::string("fl1~c"), "fl1~c" + HashContent({"fl1"}),
        "fl1~~c" + HashContent({"fl1~"}), "fl1~a~~s1~c" + HashContent({"fl1~a~~s1"})}) {
    EXPECT_FALSE(ParseToken(text).has_value()) << text;
    EXPECT_FALSE(FindToken(text).has_value()) << text;
  }
}

TEST(TokenTest, HashesWhatThePartsAreAndWhereTheyEnd) {
  EXPECT_EQ(HashContent({"a", "b"}).size(), 8U);
  EXPECT_EQ(HashContent({"a", "b"}), HashContent({"a", "b"}));
  EXPECT_NE(HashContent({"a", "b"}), HashContent({"ab", ""}));
  EXPECT_NE(HashContent({"a", "b"}), HashContent({"b", "a"}));
  EXPECT_NE(HashContent({"a"}), HashContent({"a", ""}));
}

}  // namespace

}  // namespace flinch::scenarios
