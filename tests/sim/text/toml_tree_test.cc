#include "sim/text/toml_tree.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::text {

namespace {

using ::testing::HasSubstr;

TEST(TomlTreeTest, KeepsTheOrderOfTheFileAndAllPlaces) {
  const auto root = ParseToml("zebra = 1\napple = { b = 'ä', a = true }\n");
  ASSERT_TRUE(root.has_value());
  ASSERT_EQ(root->children.size(), 2U);
  EXPECT_EQ(root->children[0].key, "zebra");
  const TomlNode& apple = root->children[1];
  EXPECT_EQ(apple.kind, TomlKind::kTable);
  ASSERT_EQ(apple.children.size(), 2U);
  EXPECT_EQ(apple.children[0].key, "b");
  EXPECT_EQ(apple.children[0].place.line, 2U);
  EXPECT_EQ(apple.children[0].place.column, 15U);
  EXPECT_EQ(apple.children[0].place.width, 3U) << "columns are code points";
  EXPECT_EQ(apple.children[1].key_place.column, 20U);
  EXPECT_EQ(root->Find("apple"), &apple);
  EXPECT_EQ(root->Find("pear"), nullptr);
}

// The parser by itself runs out of stack here.
TEST(TomlTreeTest, RefusesKeysWithoutEnd) {
  std::string dotted = "a";
  for (int part = 0; part < 1'000'000; ++part) {
    dotted += ".a";
  }
  for (const std::string& text : {dotted + " = 1\n", "[" + dotted + "]\n", "[[" + dotted + "]]\n",
                                  "b = {" + dotted + " = 1}\n"}) {
    const auto root = ParseToml(text);
    ASSERT_FALSE(root.has_value());
    EXPECT_THAT(root.error().sentence, HasSubstr("more than 64 parts"));
    EXPECT_EQ(root.error().place.line, 1U);
  }
}

TEST(TomlTreeTest, RefusesNestingWithoutEnd) {
  const auto brackets = ParseToml("a = " + std::string(1'000'000, '['));
  ASSERT_FALSE(brackets.has_value());
  EXPECT_THAT(brackets.error().sentence, HasSubstr("maximum nested value depth"));

  const auto deep = ParseToml("a = " + std::string(70, '[') + std::string(70, ']'));
  ASSERT_FALSE(deep.has_value());
  EXPECT_THAT(deep.error().sentence, HasSubstr("deeper than 64 levels"));
}

TEST(TomlTreeTest, CountsNoPointsInStringsAndComments) {
  const std::string points(200, '.');
  const auto root =
      ParseToml("a = \"\\\"" + points + "\" # " + points + "\nb = '" + points +
                "'\nc = \"\"\"\n\"" + points + "\"\"\"\nd = '''\n" + points + "'''\ne = [" +
                [] {
                  std::string numbers;
                  for (int index = 0; index < 200; ++index) {
                    numbers += "1.5, ";
                  }
                  return numbers;
                }() +
                "]\n");
  ASSERT_TRUE(root.has_value()) << root.error().sentence;
  EXPECT_EQ(root->children.size(), 5U);
}

TEST(TomlTreeTest, NamesThePlaceOfAByteThatIsNoUtf8) {
  const auto root = ParseToml("a = 1\nb = 'ä\xff'\n");
  ASSERT_FALSE(root.has_value());
  EXPECT_EQ(root.error().place.line, 2U);
  EXPECT_EQ(root.error().place.column, 7U);
  EXPECT_THAT(root.error().sentence, HasSubstr("0xff"));
}

}  // namespace

}  // namespace flinch::text
