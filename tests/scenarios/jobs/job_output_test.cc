#include "scenarios/jobs/job_output.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/serializer.h"

namespace flinch::scenarios {

namespace {

TEST(JobOutputTest, ShowsAWindowAsOneObject) {
  const std::string value = engine::Encode(
      WindowCount{.window_start = engine::EventTime(1'750'773'600'000'000'000), .count = 3});
  EXPECT_EQ(ShowWindowCountJson("install", value),
            R"({"key":"install","window_start":"2025-06-24T14:00:00Z",)"
            R"("window_start_ns":1750773600000000000,"count":3})");
  EXPECT_EQ(ShowWindowCount(value), "3 in the window from 2025-06-24T14:00:00Z");
}

TEST(JobOutputTest, ShowsARunningCount) {
  const std::string value = engine::Encode(RunningCount{.count = 12});
  EXPECT_EQ(ShowRunningCountJson("a\"b", value), R"({"key":"a\"b","count":12})");
  EXPECT_EQ(ShowRunningCount(value), "12 so far");
}

TEST(JobOutputTest, ShowsBytesThatAreNoneOfItsOwn) {
  EXPECT_EQ(ShowWindowCountJson("k", "\x01\xff"), R"({"key":"k","undecodable":"01ff"})");
  EXPECT_EQ(ShowRunningCountJson("\xff", ""), "{\"key\":\"\xef\xbf\xbd\",\"undecodable\":\"\"}");
  EXPECT_EQ(ShowRunningCount("\x01"), "bytes that are no count: 01");
}

}  // namespace

}  // namespace flinch::scenarios
