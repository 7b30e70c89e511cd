#include "scenarios/jobs/job_arguments.h"

#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

TEST(JobArgumentsTest, AreWrittenOnOneLine) {
  for (const JobArguments& arguments :
       {JobArguments{}, JobArguments{.parallelism = 7}, JobArguments{.job = "x"},
        JobArguments{.parallelism = 3, .job = "url_clicks_audited"}}) {
    const sim::Result<JobArguments> read = ParseArguments(ShowArguments(arguments));
    ASSERT_TRUE(read) << ShowArguments(arguments);
    EXPECT_EQ(*read, arguments);
  }
  EXPECT_FALSE(ParseArguments("parallelism=0"));
  EXPECT_FALSE(ParseArguments("parallelism=7x"));
  EXPECT_FALSE(ParseArguments("color=red"));
}

TEST(JobArgumentsTest, AreThoseThatTheStoryHasComeTo) {
  const StorySteps story = {
      {.verb = StoryVerb::kStop},
      {.verb = StoryVerb::kResume, .parallelism = 7},
      {.verb = StoryVerb::kStop},
      {.verb = StoryVerb::kResume, .parallelism = 2, .job = "b", .refused = true},
      {.verb = StoryVerb::kResume, .job = "c"}};
  EXPECT_EQ(ArgumentsAt(story, 0), JobArguments());
  EXPECT_EQ(ArgumentsAt(story, 2), JobArguments{.parallelism = 7});
  EXPECT_EQ(ArgumentsAt(story, 3), (JobArguments{.parallelism = 2, .job = "b"}));
  EXPECT_EQ(ArgumentsAt(story, 4), (JobArguments{.parallelism = 7, .job = "c"}));
  Scenario scenario;
  scenario.job.parallelism = 4;
  scenario.story = story;
  EXPECT_EQ(WidestParallelism(scenario), 7U);
}

}  // namespace

}  // namespace flinch::scenarios
