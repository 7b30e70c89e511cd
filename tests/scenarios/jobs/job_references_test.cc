#include "scenarios/jobs/job_references.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/serializer.h"
#include "scenarios/jobs/job_output.h"
#include "scenarios/jobs/jobs.h"

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;

constexpr int64_t kSecond = 1'000'000'000;

InputRow Click(std::string key, int64_t seconds) {
  return {.key = std::move(key), .timestamp = engine::EventTime(seconds * kSecond)};
}

ExpectedRecord Count(std::string key, int64_t start_seconds, int64_t count) {
  return {.key = std::move(key),
          .value = engine::Encode(WindowCount{
              .window_start = engine::EventTime(start_seconds * kSecond), .count = count})};
}

TEST(JobReferencesTest, CountsPerKeyAndMinute) {
  const std::vector<InputRow> rows = {Click("/b", 0),  Click("/a", 59), Click("/a", 60),
                                      Click("/a", 10), Click("/b", 61), Click("/a", -1)};
  EXPECT_THAT(CountPerWindow(rows, std::chrono::minutes(1)),
              ElementsAre(Count("/a", -60, 1), Count("/a", 0, 2), Count("/a", 60, 1),
                          Count("/b", 0, 1), Count("/b", 60, 1)));
}

TEST(JobReferencesTest, CountsPerKeyAndSession) {
  const std::vector<InputRow> rows = {Click("/b", 100), Click("/a", 20), Click("/a", 5),
                                      Click("/a", 36),  Click("/a", 0),  Click("/b", 85)};
  EXPECT_THAT(CountPerSession(rows, std::chrono::seconds(15)),
              ElementsAre(Count("/a", 0, 3), Count("/a", 36, 1), Count("/b", 85, 2)));
}

TEST(JobReferencesTest, CountsNothingOfNothing) {
  EXPECT_TRUE(CountPerWindow({}, std::chrono::minutes(1)).empty());
  EXPECT_TRUE(CountWords({}).empty());
}

TEST(JobReferencesTest, CountsWordsOneByOne) {
  const auto update = [](std::string word, int64_t count) {
    return ExpectedRecord{.key = std::move(word),
                          .value = engine::Encode(RunningCount{.count = count})};
  };
  EXPECT_THAT(CountWords({{.value = "to be or"}, {.value = " not\tto  be "}, {.value = ""}}),
              ElementsAre(update("be", 1), update("be", 2), update("not", 1), update("or", 1),
                          update("to", 1), update("to", 2)));
}

TEST(JobReferencesTest, HoldForTheRegisteredJobs) {
  Scenario scenario;
  scenario.job.window = std::chrono::hours(1);
  const Workload workload = {.rows = {Click("install", 3700), Click("install", 3800)}};
  for (const std::string_view name : {"url_clicks", "package_log"}) {
    const JobCase* const job = FindJob(name);
    ASSERT_NE(job, nullptr);
    EXPECT_THAT(job->outputs[0].expect(scenario, workload), ElementsAre(Count("install", 3600, 2)));
  }
  const Workload lines = {.rows = {{.value = "a a"}}};
  EXPECT_EQ(FindJob("word_count")->outputs[0].expect(scenario, lines).size(), 2U);
}

}  // namespace

}  // namespace flinch::scenarios
