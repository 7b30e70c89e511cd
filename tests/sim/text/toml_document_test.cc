#include "sim/text/toml_document.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::text {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

std::string Problems(const TomlDocument& document) {
  const sim::Result<void> finished = document.Finish();
  return finished ? "" : finished.error().message;
}

TEST(TomlDocumentTest, ReadsEveryTypeOfAValue) {
  TomlDocument document = TomlDocument::Parse("a.toml", R"(
name = "x"
count = -3
on = true
pause = "1.5s"
loss = "1/3"
seed = "0xffffffffffffffff"
color = "red"
hosts = ["a", "b"]
where = { subtask = "sink[1]", id = 3, last = false }
[inner]
deep = "y"
[[step]]
n = 1
[[step]]
n = 2
)");
  static constexpr auto kColors = std::to_array<std::string_view>({"red", "green"});
  TomlTable root = document.root();
  EXPECT_EQ(root.RequiredString("name"), "x");
  EXPECT_EQ(root.RequiredInteger("count", -3, 3), -3);
  EXPECT_EQ(root.Bool("on"), true);
  EXPECT_EQ(root.RequiredDuration("pause"), std::chrono::milliseconds(1500));
  EXPECT_EQ(root.Ratio("loss"), (sim::Ratio{1, 3}));
  EXPECT_EQ(root.Seed("seed"), UINT64_MAX);
  EXPECT_EQ(root.RequiredOneOf("color", kColors), "red");
  EXPECT_THAT(root.Strings("hosts", 2, 2), ElementsAre("a", "b"));
  EXPECT_THAT(root.Fields("where"),
              ElementsAre(Pair("subtask", "sink[1]"), Pair("id", "3"), Pair("last", "false")));
  std::optional<TomlTable> inner = root.RequiredTable("inner");
  ASSERT_TRUE(inner.has_value());
  EXPECT_EQ(inner->String("deep"), "y");
  std::vector<TomlTable> steps = root.Tables("step");
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[1].Integer("n", 0, 9), 2);
  EXPECT_FALSE(root.Has("absent"));
  EXPECT_EQ(root.String("absent"), std::nullopt);
  EXPECT_THAT(root.Strings("absent"), IsEmpty());
  root.RejectUnknown();
  EXPECT_EQ(Problems(document), "");
}

// The form is a contract: editors jump to file:line:column.
TEST(TomlDocumentTest, TellsAllProblemsInTheOrderOfTheFile) {
  TomlDocument document = TomlDocument::Parse("dir/a.toml", R"(version = 1
name = 3
pause = 250
loss = 0.5
seed = 7
on = "true"
hosts = "tm-1"   # äöü
color = "gren"
count = 12
	nmae = 'ä'
[[fault]]
wen = { at = 3 }
)");
  static constexpr auto kColors = std::to_array<std::string_view>({"red", "green"});
  TomlTable root = document.root();
  for (TomlTable fault : root.Tables("fault")) {
    fault.RequiredTable("when");
    fault.RejectUnknown();
  }
  EXPECT_EQ(root.Integer("count", 1, 9), std::nullopt);
  EXPECT_EQ(root.OneOf("color", kColors), std::nullopt);
  EXPECT_THAT(root.Strings("hosts"), IsEmpty());
  EXPECT_EQ(root.Bool("on"), std::nullopt);
  EXPECT_EQ(root.Seed("seed"), std::nullopt);
  EXPECT_EQ(root.Ratio("loss"), std::nullopt);
  EXPECT_EQ(root.RequiredDuration("pause"), sim::Duration(0));
  EXPECT_EQ(root.RequiredString("name"), "");
  EXPECT_EQ(root.RequiredInteger("version", 1, 1), 1);
  root.RejectUnknown();
  EXPECT_EQ(Problems(document),
            R"(dir/a.toml:2:8: error: "name" must be a string, but here is a whole number.
   2 | name = 3
     |        ^ write "3"
dir/a.toml:3:9: error: "pause" must be a duration with a unit, but here is a whole number.
   3 | pause = 250
     |         ^~~ write "250ms" or "250s"
dir/a.toml:4:8: error: "loss" must be a ratio in quotes, but here is a decimal number.
   4 | loss = 0.5
     |        ^~~ such as "50%" or "1/3"
dir/a.toml:5:8: error: "seed" must be a seed in quotes, but here is a whole number.
   5 | seed = 7
     |        ^ write "7"; a seed has 64 bits, a number of TOML only 63
dir/a.toml:6:6: error: "on" must be true or false, but here is a string.
   6 | on = "true"
     |      ^~~~~~ write true without quotes
dir/a.toml:7:9: error: "hosts" must be an array of strings, but here is a string.
   7 | hosts = "tm-1"   # äöü
     |         ^~~~~~ write ["tm-1"]
dir/a.toml:8:9: error: "color" is "gren", which is none of: red, green.
   8 | color = "gren"
     |         ^~~~~~ did you mean "green"?
dir/a.toml:9:9: error: "count" is 12, but must be from 1 to 9.
   9 | count = 12
     |         ^~ write 9
dir/a.toml:10:2: error: The key "nmae" is unknown here.
  10 |  nmae = 'ä'
     |  ^~~~ did you mean "name"?
dir/a.toml:11:1: error: The key "when" is missing in this table.
  11 | [[fault]]
     | ^~~~~~~~~ add when = ...
dir/a.toml:12:1: error: The key "wen" is unknown here.
  12 | wen = { at = 3 }
     | ^~~ did you mean "when"?)");
}

TEST(TomlDocumentTest, TakesProblemsThatTheReaderFinds) {
  TomlDocument document = TomlDocument::Parse("a.toml", "version = 1\nlinks = [\"a\", \"b\"]\n");
  TomlTable root = document.root();
  root.Complain("version", "It is old.", "write 2");
  root.ComplainItem("links", 1, "There is no b.");
  root.ComplainHere("The whole is odd.");
  EXPECT_EQ(Problems(document),
            "a.toml:1:1: error: The whole is odd.\n   1 | version = 1\n     | ^\n"
            "a.toml:1:11: error: It is old.\n   1 | version = 1\n     |           ^ write 2\n"
            "a.toml:2:15: error: There is no b.\n   2 | links = [\"a\", \"b\"]\n     |             "
            "  ^~~");
}

TEST(TomlDocumentTest, ListsTheKnownKeysWhenNoneIsNear) {
  TomlDocument document = TomlDocument::Parse("a.toml", "partition = 1\n");
  TomlTable root = document.root();
  root.Has("at");
  root.Has("crash");
  root.RejectUnknown();
  EXPECT_THAT(Problems(document), HasSubstr("^~~~~~~~~ known here: at, crash"));
}

TEST(TomlDocumentTest, ShowsLongLinesAroundTheCaret) {
  const std::string filler(400, 'x');
  TomlDocument document = TomlDocument::Parse(
      "a.toml", "a = '" + filler + "' \nb = [ '" + filler + "', 3, '" + filler + "' ]\n");
  document.root().Strings("b");
  const std::string problems = Problems(document);
  EXPECT_THAT(problems, StartsWith("a.toml:2:411: error: "));
  EXPECT_THAT(problems, HasSubstr("xxx', 3, 'xxx"));
  for (size_t begin = 0; begin < problems.size(); begin = problems.find('\n', begin) + 1) {
    const size_t end = problems.find('\n', begin);
    EXPECT_LT(std::min(end, problems.size()) - begin, 130U);
    if (end == std::string::npos) {
      break;
    }
  }
}

TEST(TomlDocumentTest, CountsWhatNobodyWouldRead) {
  std::string text;
  for (int index = 0; index < 1000; ++index) {
    text += "k" + std::to_string(index) + " = 1\n";
  }
  TomlDocument document = TomlDocument::Parse("a.toml", text);
  document.root().RejectUnknown();
  const std::string problems = Problems(document);
  EXPECT_THAT(problems, HasSubstr("a.toml: error: 900 more problems are not shown."));
}

// ---- Files that are none

struct BrokenCase {
  std::string_view name;
  std::string text;
  std::string_view message;
};

class BrokenTomlTest : public ::testing::TestWithParam<BrokenCase> {};

TEST_P(BrokenTomlTest, HasThatOneProblem) {
  TomlDocument document = TomlDocument::Parse("a.toml", GetParam().text);
  TomlTable root = document.root();
  EXPECT_EQ(root.RequiredString("name"), "") << "what is missing adds nothing";
  EXPECT_EQ(root.RequiredTable("table").has_value(), false);
  root.RejectUnknown();
  EXPECT_EQ(Problems(document), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, BrokenTomlTest,
    ::testing::Values(
        BrokenCase{"empty", "", "a.toml: error: The file is empty. Start it with \"version = 1\"."},
        BrokenCase{"blank", " \r\n\n",
                   "a.toml: error: The file is empty. Start it with \"version = 1\"."},
        BrokenCase{"no_value", "a = \n",
                   "a.toml:1:5: error: This is no valid TOML. Error while parsing key-value pair: "
                   "expected value, saw "
                   "'\\n'.\n   1 | a = \n     |     ^"},
        BrokenCase{
            "no_quotes", "a = 1\nb = yes\n",
            "a.toml:2:5: error: This is no valid TOML. Error while parsing value: could not "
            "determine value "
            "type.\n   2 | b = yes\n     |     ^ text stands in quotes, truth is true or false"},
        BrokenCase{
            "too_large_a_number", "seed = 18446744073709551615\n",
            "a.toml:1:28: error: This is no valid TOML. Error while parsing decimal integer: "
            "'18446744073709551615' is not representable in 64 bits.\n"
            "   1 | seed = 18446744073709551615\n"
            "     |                            ^ numbers have 63 bits; seeds and larger numbers "
            "are written as "
            "strings"},
        BrokenCase{"twice", "a = 1\na = 2\n",
                   "a.toml:2:5: error: This is no valid TOML. Error while parsing key-value pair: "
                   "cannot redefine "
                   "existing integer 'a'.\n   2 | a = 2\n     |     ^"},
        BrokenCase{"no_utf8", "a = \"\xff\x1b\"\n",
                   "a.toml:1:6: error: The byte 0xff is no UTF-8; a TOML file is UTF-8 "
                   "throughout.\n   1 | a = \"? \"\n"
                   "     |      ^ save the file as UTF-8"},
        BrokenCase{"too_large", std::string(TomlDocument::kSizeMax + 1, ' '),
                   "a.toml: error: The file is larger than 8 MiB, which no plan or scenario is."}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(TomlFileTest, SaysThatAFileIsAbsent) {
  const TomlDocument document = TomlDocument::Load("no/such.toml");
  EXPECT_EQ(Problems(document),
            "no/such.toml: error: There is no such file. Check the name and the folder.");
  EXPECT_EQ(document.Finish().error().code, sim::ErrorCode::kNotFound);
}

TEST(TomlFileTest, SaysThatADirectoryIsNoFile) {
  const std::string folder = ::testing::TempDir();
  EXPECT_EQ(Problems(TomlDocument::Load(folder)),
            folder + ": error: This is a directory. Name a TOML file in it.");
  const std::string long_name = folder + "/" + std::string(300, 'a');
  EXPECT_EQ(Problems(TomlDocument::Load(long_name)),
            long_name + ": error: The file cannot be reached: File name too long.");
  EXPECT_EQ(Problems(TomlDocument::Load("")),
            "\"\": error: There is no such file. Check the name and the folder.");
}

TEST(TomlFileTest, ReadsAFileWithAByteOrderMarkAndForeignLineEnds) {
  const std::string path = ::testing::TempDir() + "flinch_toml_document_test.toml";
  std::ofstream(path, std::ios::binary) << "\xef\xbb\xbfname = 3\r\nother = \"x\"\r\n";
  TomlDocument document = TomlDocument::Load(path);
  EXPECT_EQ(document.root().String("other"), "x");
  document.root().String("name");
  EXPECT_EQ(Problems(document),
            path +
                ":1:8: error: \"name\" must be a string, but here is a whole number.\n"
                "   1 | name = 3\n     |        ^ write \"3\"");
  std::filesystem::remove(path);
}

TEST(TomlDocumentTest, RefusesAPipeInsteadOfWaitingForIt) {
  const std::string path = ::testing::TempDir() + "/flinch_toml_pipe";
  ::unlink(path.c_str());
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const sim::Result<void> read = TomlDocument::Load(path).Finish();
  ::unlink(path.c_str());
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().message.find("This is no regular file"), std::string::npos);
}

}  // namespace

}  // namespace flinch::text
