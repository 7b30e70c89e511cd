#include "engine/outside/record_batch.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace flinch::engine {

namespace {

std::vector<std::string> Values(const RecordBatch& batch) {
  std::vector<std::string> values;
  for (RecordCursor records = batch.records(); !records.AtEnd();) {
    values.emplace_back(records.Take().value);
  }
  return values;
}

TEST(RecordBatchTest, GivesBackWhatWasAppended) {
  RecordBatch batch;
  batch.Append("k", "v", EventTime(-7));
  batch.Append("", std::string("a\0b", 3), kMaxEventTime);
  EXPECT_EQ(batch.size(), 2U);
  EXPECT_TRUE(batch.IsSound());
  RecordCursor records = batch.records();
  const RecordView first = records.Take();
  EXPECT_EQ(first.key, "k");
  EXPECT_EQ(first.value, "v");
  EXPECT_EQ(first.timestamp, EventTime(-7));
  const RecordView second = records.Take();
  EXPECT_EQ(second.key, "");
  EXPECT_EQ(second.value, std::string_view("a\0b", 3));
  EXPECT_EQ(second.timestamp, kMaxEventTime);
  EXPECT_TRUE(records.AtEnd());
}

TEST(RecordBatchTest, BytesThatAreNoWholeRecordsAreFound) {
  const Bytes sound = Encode(RecordBatch({{.key = "k", .value = "value"}, {.value = "w"}}));
  for (size_t at = 0; at < sound.size(); ++at) {
    for (const int flip : {1, 0x80, 0xFF}) {
      Bytes damaged = sound;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      const sim::Result<RecordBatch> batch = Decode<RecordBatch>(damaged);
      if (batch && batch->IsSound()) {
        EXPECT_EQ(Values(*batch).size(), batch->size());
      }
    }
  }
  const sim::Result<RecordBatch> shorter = Decode<RecordBatch>(sound.substr(0, sound.size() - 1));
  EXPECT_FALSE(shorter.has_value());
}

RC_GTEST_PROP(RecordBatchPropertyTest, ASliceIsThePartOfTheRecords,
              (const std::vector<std::string>& values, uint8_t first, uint8_t count)) {
  RecordBatch batch;
  for (const std::string& value : values) {
    batch.Append(value, value, EventTime(1));
  }
  const RecordBatch slice = batch.Slice(first, count);
  std::vector<std::string> expected;
  for (size_t i = first; i < values.size() && i < size_t{first} + count; ++i) {
    expected.push_back(values[i]);
  }
  RC_ASSERT(Values(slice) == expected);
  RC_ASSERT(slice.size() == expected.size());
  RC_ASSERT(slice.IsSound());
}

}  // namespace

}  // namespace flinch::engine
