#include "scenarios/input/input_file.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/model/timestamp.h"

namespace flinch::scenarios {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

FileSpec Dpkg() {
  return {.format = FileFormat::kBlank,
          .timestamp_fields = {"1", "2"},
          .timestamp_format = "%Y-%m-%d %H:%M:%S",
          .key_field = "3"};
}

FileSpec Csv() {
  return {.format = FileFormat::kCsv,
          .header = true,
          .timestamp_fields = {"at"},
          .timestamp_format = "%s",
          .key_field = "url"};
}

FileSpec JsonLines() {
  return {.format = FileFormat::kJsonLines,
          .timestamp_fields = {"at"},
          .timestamp_format = "%Q",
          .key_field = "user"};
}

std::string ErrorOf(std::string_view text, const FileSpec& spec) {
  const sim::Result<InputFile> file = ParseInputFile("in.txt", text, spec);
  return file ? "no error" : file.error().message;
}

TEST(InputFileTest, ReadsABlankSeparatedLog) {
  const sim::Result<InputFile> file =
      ParseInputFile("dpkg.log", "2025-06-24 14:36:25 status installed libc6:amd64 2.36\n", Dpkg());
  ASSERT_TRUE(file.has_value()) << file.error().message;
  ASSERT_THAT(file->records, SizeIs(1));
  EXPECT_EQ(file->records[0].key, "status");
  EXPECT_EQ(file->records[0].value, "2025-06-24 14:36:25 status installed libc6:amd64 2.36");
  EXPECT_EQ(ShowUtc(file->records[0].timestamp), "2025-06-24T14:36:25Z");
}

TEST(InputFileTest, ReadsCsvByNameBehindAByteOrderMark) {
  FileSpec spec = Csv();
  spec.value_field = "3";
  const sim::Result<InputFile> file = ParseInputFile("clicks.csv",
                                                     "\xef\xbb\xbf"
                                                     "at,url,user\r\n60,\"/a,b\",kim\r\n",
                                                     spec);
  ASSERT_TRUE(file.has_value()) << file.error().message;
  ASSERT_THAT(file->records, SizeIs(1));
  EXPECT_EQ(file->records[0].key, "/a,b");
  EXPECT_EQ(file->records[0].value, "kim");
  EXPECT_EQ(file->records[0].timestamp, engine::EventTime(60'000'000'000));
}

TEST(InputFileTest, ReadsJsonLinesWithNumbersAndTruths) {
  const sim::Result<InputFile> file = ParseInputFile(
      "a.jsonl", "{\"at\":1000,\"user\":7}\n{\"at\":\"2000\",\"user\":true}", JsonLines());
  ASSERT_TRUE(file.has_value()) << file.error().message;
  ASSERT_THAT(file->records, SizeIs(2));
  EXPECT_EQ(file->records[0].key, "7");
  EXPECT_EQ(file->records[1].key, "true");
  EXPECT_EQ(file->records[1].value, "{\"at\":\"2000\",\"user\":true}");
}

struct BadCase {
  std::string_view name;
  FileSpec spec;
  std::string text;
  std::string_view says;
};

class BadRowTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadRowTest, FailsWithThePlaceAndTheReason) {
  EXPECT_THAT(ErrorOf(GetParam().text, GetParam().spec), HasSubstr(std::string(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, BadRowTest,
    ::testing::Values(
        BadCase{"too_few_fields", Dpkg(), "2025-06-24 14:36:25 ok\n2025-06-24 14:36:25\n",
                "in.txt:2: Row 2 has no column 3; it has 2 columns."},
        BadCase{"bad_time", Dpkg(), "2025-06-24 25:36:25 ok\n",
                "in.txt:1: Row 1 has no valid timestamp: \"2025-06-24 25:36:25\""},
        BadCase{"blank_line", Dpkg(), "2025-06-24 14:36:25 ok\n\n", "in.txt:2: Row 2 is empty."},
        BadCase{"not_utf8", Dpkg(), "2025-06-24 14:36:25 \xff\n",
                "Row 1 is not UTF-8 from its byte 21 on."},
        BadCase{"utf16", Dpkg(),
                "\xff\xfe"
                "2\0",
                "is UTF-16"},
        BadCase{"ragged_csv", Csv(), "at,url\n1,/a\n2,/b,x\n",
                "in.txt:3: Row 2 has 3 columns, but should have 2."},
        BadCase{"open_quote", Csv(), "at,url\n1,\"/a\n", "has a quote in column 2 that is never"},
        BadCase{"no_such_column", Csv(), "at,link\n1,/a\n",
                "in.txt:1: The header has no column \"url\"; it has \"at\", \"link\"."},
        BadCase{"header_with_codes", Csv(), "at,\x1b[2J\n1,/a\n", "it has \"at\", \"\\x1b[2J\"."},
        BadCase{"header_not_utf8", Csv(), "at,\xff\n1,/a\n",
                "in.txt:1: The header is not UTF-8 from its byte 4 on."},
        BadCase{"column_twice", Csv(), "url,at,url\n/a,1,/b\n",
                "in.txt:1: The header has two columns \"url\"; name"},
        BadCase{"one_column", Csv(), "at,url\n1\n", "Row 1 has 1 column, but should have 2."},
        BadCase{"header_only", Csv(), "at,url\n", "in.txt has a header but no rows."},
        BadCase{"empty", Csv(), "", "in.txt is empty."},
        BadCase{"only_a_mark", Csv(), "\xef\xbb\xbf", "in.txt is empty."},
        BadCase{"not_json", JsonLines(), "{\"at\":1,\n",
                "in.txt:1: Row 1 is not valid JSON from its byte 9 on."},
        BadCase{"member_twice", JsonLines(), "{\"at\":1,\"user\":1,\"user\":2}\n",
                "in.txt:1: Row 1 has the member \"user\" twice."},
        BadCase{"json_array", JsonLines(), "[1]\n", "Row 1 is an array, but must be an object"},
        BadCase{"no_member", JsonLines(), "{\"at\":1,\"usr\":2}\n",
                "Row 1 has no member \"user\"; it has \"at\", \"usr\"."},
        BadCase{"null_member", JsonLines(), "{\"at\":1,\"user\":null}\n",
                "the member \"user\", which is null"}),
    [](const auto& planted) { return std::string(planted.param.name); });

TEST(InputFileTest, FailsAtTheFirstBadRowsAndCountsTheOthers) {
  std::string text = "2025-06-24 14:36:25 ok\n";
  for (int row = 0; row < 7; ++row) {
    text += "bad\n";
  }
  EXPECT_THAT(ErrorOf(text, Dpkg()),
              AllOf(HasSubstr("in.txt:6: Row 6"), Not(HasSubstr("in.txt:7")),
                    HasSubstr("2 more rows are malformed"), HasSubstr("on_bad_row = \"skip\"")));
}

TEST(InputFileTest, CountsWhatItSkips) {
  FileSpec spec = Dpkg();
  spec.on_bad_row = OnBadRow::kSkip;
  const sim::Result<InputFile> file =
      ParseInputFile("in.txt", "x\n2025-06-24 14:36:25 ok\n\n", spec);
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_THAT(file->records, SizeIs(1));
  EXPECT_EQ(file->rows_skipped, 2U);
}

TEST(InputFileTest, NamesTheFirstRowsThatItSkips) {
  FileSpec spec = Dpkg();
  spec.on_bad_row = OnBadRow::kSkip;
  const sim::Result<InputFile> file =
      ParseInputFile("in.txt", "x\n2025-06-24 14:36:25 ok\n\n\n\n\n\n", spec);
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_THAT(file->skipped_text,
              AllOf(HasSubstr("in.txt:1: Row 1 has no column"), HasSubstr("in.txt:3: Row 3"),
                    Not(HasSubstr("in.txt:7")), HasSubstr("in.txt: 1 more row is malformed.")));
}

TEST(InputFileTest, KeepsNumbersAsTheyAreWritten) {
  const sim::Result<InputFile> file =
      ParseInputFile("a.jsonl",
                     "{\"at\":1,\"user\":1.0}\n{\"at\":1,\"user\":1e0}\n"
                     "{\"at\":1,\"user\":100000000000000000000000000001}\n"
                     "{\"at\":1,\"user\":100000000000000000000000000002}\n",
                     JsonLines());
  ASSERT_TRUE(file.has_value()) << file.error().message;
  std::vector<std::string> keys;
  for (const FileRecord& record : file->records) {
    keys.push_back(record.key);
  }
  EXPECT_THAT(keys, ElementsAre("1.0", "1e0", "100000000000000000000000000001",
                                "100000000000000000000000000002"));
}

TEST(InputFileTest, ShowsNoCodesOfAPath) {
  const sim::Result<InputFile> file = ParseInputFile("\x1b[2J", "x\n", Dpkg());
  ASSERT_FALSE(file.has_value());
  EXPECT_THAT(file.error().message, Not(HasSubstr("\x1b")));
}

TEST(InputFileTest, FailsWhenAllRowsWouldBeSkipped) {
  FileSpec spec = Dpkg();
  spec.on_bad_row = OnBadRow::kSkip;
  EXPECT_THAT(ErrorOf("x\ny\n", spec), HasSubstr("none of the 2 rows can be read"));
}

TEST(InputFileTest, SaysWhatIsWrongWithThePath) {
  const std::string folder = ::testing::TempDir();
  EXPECT_THAT(ReadWholeFile(folder + "/flinch_absent").error().message,
              HasSubstr("There is no file"));
  EXPECT_THAT(ReadWholeFile(folder).error().message, HasSubstr("is a directory"));
  const std::string long_name(300, 'a');
  EXPECT_THAT(ReadWholeFile(folder + "/" + long_name).error().message,
              HasSubstr("cannot be reached: File name too long."));
  EXPECT_THAT(ReadWholeFile("/dev/null").error().message, HasSubstr("is no regular file"));
}

TEST(InputFileTest, ReadsBytesAsTheyAre) {
  const std::string path = ::testing::TempDir() + "/flinch_bytes";
  std::ofstream(path, std::ios::binary) << std::string("a\0b\r\n", 5);
  const sim::Result<std::string> text = ReadWholeFile(path);
  std::filesystem::remove(path);
  ASSERT_TRUE(text.has_value()) << text.error().message;
  EXPECT_EQ(*text, std::string("a\0b\r\n", 5));
}

}  // namespace

}  // namespace flinch::scenarios
