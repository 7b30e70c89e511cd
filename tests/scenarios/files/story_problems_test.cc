#include "scenarios/files/story_problems.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> PathsOf(const StorySteps& story, bool retains = false) {
  Scenario scenario;
  scenario.cluster = {.task_managers = 2, .slots_each = 2};
  scenario.story = story;
  scenario.options.checkpoint.retention = retains
                                              ? engine::CheckpointRetention::kRetainOnCancellation
                                              : engine::CheckpointRetention::kDeleteOnCancellation;
  std::vector<std::string> paths;
  for (const StoryProblem& problem : FindStoryProblems(scenario)) {
    EXPECT_TRUE(problem.sentence.ends_with('.')) << problem.sentence;
    paths.push_back(problem.path);
  }
  return paths;
}

const StoryStep kSavepoint{.verb = StoryVerb::kSavepoint};
const StoryStep kStop{.verb = StoryVerb::kStop};
const StoryStep kDrain{.verb = StoryVerb::kStop, .drain = true};
const StoryStep kCancel{.verb = StoryVerb::kCancel};
const StoryStep kResume{.verb = StoryVerb::kResume};

TEST(StoryProblemsTest, AStoryThatCanBeToldHasNone) {
  EXPECT_THAT(PathsOf({}), IsEmpty());
  EXPECT_THAT(PathsOf({kSavepoint, kStop, kResume, kDrain}), IsEmpty());
  EXPECT_THAT(PathsOf({kCancel, {.verb = StoryVerb::kResume, .from = "checkpoint"}}, true),
              IsEmpty());
}

TEST(StoryProblemsTest, TheJobRunsOrDoesNot) {
  EXPECT_THAT(PathsOf({kSavepoint, kResume}), ElementsAre("story[1].do"));
  EXPECT_THAT(PathsOf({kStop, kStop, kResume}), ElementsAre("story[1].do"));
  EXPECT_THAT(PathsOf({kDrain, kResume}), ElementsAre("story[1].do"));
}

TEST(StoryProblemsTest, ItsEndCanBeJudged) {
  EXPECT_THAT(PathsOf({kStop}), ElementsAre("story[0].do"));
  EXPECT_THAT(PathsOf({kStop, {.verb = StoryVerb::kResume, .refused = true}}),
              ElementsAre("story[1].do"));
}

TEST(StoryProblemsTest, AResumptionHasSomethingToStartFrom) {
  EXPECT_THAT(PathsOf({kCancel, kResume}), ElementsAre("story[1].from"));
  EXPECT_THAT(PathsOf({kCancel, {.verb = StoryVerb::kResume, .from = "checkpoint"}}),
              ElementsAre("story[1].from"));
  EXPECT_THAT(PathsOf({kStop, {.verb = StoryVerb::kResume, .parallelism = 5}}),
              ElementsAre("story[1].parallelism"));
  EXPECT_THAT(PathsOf({kStop, {.verb = StoryVerb::kResume, .job = "nobodys"}}),
              ElementsAre("story[1].job"));
}

}  // namespace

}  // namespace flinch::scenarios
