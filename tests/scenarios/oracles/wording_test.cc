#include "scenarios/oracles/wording.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using namespace std::string_view_literals;

TEST(WordingTest, BytesThatReadAsTextAreQuoted) {
  EXPECT_EQ(ShowBytes(""), "\"\"");
  EXPECT_EQ(ShowBytes("/index.html"), "\"/index.html\"");
  EXPECT_EQ(ShowBytes("größe 日本 🦀"), "\"größe 日本 🦀\"");
}

TEST(WordingTest, OtherBytesAreHexadecimal) {
  EXPECT_EQ(ShowBytes("\0\xff"sv), "0x00ff");
  EXPECT_EQ(ShowBytes("a\n"), "0x610a");
  EXPECT_EQ(ShowBytes("a\xc3"), "0x61c3");
  EXPECT_EQ(ShowBytes("\xc0\x80"sv), "0xc080");
}

TEST(WordingTest, LongBytesAreCutAndTheirLengthIsSaid) {
  EXPECT_EQ(ShowBytes(std::string(64, 'a')), "\"" + std::string(64, 'a') + "\"");
  EXPECT_EQ(ShowBytes(std::string(65, 'a')), "\"" + std::string(64, 'a') + "\"… (65 bytes)");
  std::string bytes(100, '\0');
  EXPECT_EQ(ShowBytes(bytes), "0x" + std::string(128, '0') + "… (100 bytes)");
  // A character across the limit is shown whole.
  EXPECT_EQ(ShowBytes(std::string(63, 'a') + "üüü"),
            "\"" + std::string(63, 'a') + "ü\"… (69 bytes)");
}

TEST(WordingTest, ARoleIsANameWithoutItsNumbers) {
  EXPECT_EQ(RoleOf("sink[1]"), "sink");
  EXPECT_EQ(RoleOf("sink-0-3"), "sink");
  EXPECT_EQ(RoleOf("tm-2"), "tm");
  EXPECT_EQ(RoleOf("jm"), "jm");
  EXPECT_EQ(RoleOf("job-manager"), "job-manager");
  EXPECT_EQ(RoleOf(""), "");
}

TEST(WordingTest, ListsAndCountsReadAsSentences) {
  EXPECT_EQ(Enumerate({}), "");
  EXPECT_EQ(Enumerate({"a"}), "a");
  EXPECT_EQ(Enumerate({"a", "b"}), "a and b");
  EXPECT_EQ(Enumerate({"a", "b", "c"}), "a, b and c");
  EXPECT_EQ(Times(1), "1 time");
  EXPECT_EQ(Times(0), "0 times");
}

TEST(WordingTest, AFieldIsTextOrNumberOrAQuestion) {
  const sim::Field fields[] = {{"id", 3}, {"subtask", "sink[1]"}};
  const sim::TraceEvent event{.id = sim::EventId(41),
                              .cause = {},
                              .time = sim::AtNanos(2'417'000'000),
                              .process = {},
                              .process_name = "jm",
                              .kind = "checkpoint.acknowledged",
                              .fields = fields};
  EXPECT_EQ(FieldText(event, "id"), "3");
  EXPECT_EQ(FieldText(event, "subtask"), "sink[1]");
  EXPECT_EQ(FieldText(event, "channel"), "?");
  EXPECT_EQ(Place(event), " (event #41 at 00:02.417)");
}

}  // namespace

}  // namespace flinch::scenarios
