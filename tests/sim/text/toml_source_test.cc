#include "sim/text/toml_source.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace flinch::text {

namespace {

// The first value of a text of one key.
TomlNode ValueOf(std::string_view text) { return ParseToml(text).value().children.at(0); }

TEST(TomlSourceTest, ShowsTheLineWithACaretAndTheSuggestion) {
  EXPECT_EQ(ShowSource("a = 1\nb = 2\n", {.place = {.line = 2, .column = 5, .width = 1},
                                          .sentence = {},
                                          .suggestion = "write 3"}),
            "   2 | b = 2\n     |     ^ write 3\n");
}

TEST(TomlSourceTest, LetsNoCodeForATerminalThrough) {
  EXPECT_EQ(ShowSource("# \x1b[2J\xc2\x9b", {.place = {.line = 1}, .sentence = {}}),
            "   1 | #  [2J?\n     | ^\n");
}

TEST(TomlSourceTest, SuggestsTheWholeNumberThatADecimalIs) {
  const auto suggest = [](std::string_view text) { return SuggestInteger(text, ValueOf(text)); };
  EXPECT_EQ(suggest("records = 1e3"), "write 1000");
  EXPECT_EQ(suggest("records = 20.0"), "write 20");
  EXPECT_EQ(suggest("records = \"7\""), "write 7 without quotes");
  EXPECT_EQ(suggest("records = 1.5"), "");
  EXPECT_EQ(suggest("records = 1e99"), "");
  EXPECT_EQ(suggest("records = -1.0"), "");
  EXPECT_EQ(suggest("records = inf"), "");
  EXPECT_EQ(suggest("records = 1979-05-27"), "");
}

TEST(TomlSourceTest, SuggestsQuotesAroundWhatIsNoString) {
  const auto suggest = [](std::string_view text) { return SuggestString(text, ValueOf(text)); };
  EXPECT_EQ(suggest("zipf_exponent = 1.1"), "write \"1.1\"");
  EXPECT_EQ(suggest("start = 2026-01-01T00:00:00Z # noon"), "write \"2026-01-01T00:00:00Z\"");
  EXPECT_EQ(suggest("a = 3"), "write \"3\"");
  EXPECT_EQ(suggest("a = true"), "write \"true\"");
  EXPECT_EQ(suggest("a = [1]"), "");
}

}  // namespace

}  // namespace flinch::text
