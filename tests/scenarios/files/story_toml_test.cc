#include "scenarios/files/story_toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using testing::HasSubstr;

TEST(StoryTomlTest, ComesBackAsItWasWritten) {
  const StorySteps story = {
      {.verb = StoryVerb::kSavepoint, .at = std::chrono::seconds(1)},
      {.verb = StoryVerb::kStop, .after = std::chrono::milliseconds(200), .drain = true},
      {.verb = StoryVerb::kCancel, .savepoint = true},
      {.verb = StoryVerb::kResume,
       .from = "checkpoint",
       .claim = StoryClaim::kClaim,
       .allow_non_restored_state = true,
       .parallelism = 7,
       .job = "url_clicks_audited",
       .refused = true}};
  text::TomlDocument document = text::TomlDocument::Parse("story.toml", ShowStory(story));
  text::TomlTable root = document.root();
  EXPECT_EQ(DecodeStory(root), story);
  root.RejectUnknown();
  EXPECT_TRUE(document.Finish());
  EXPECT_EQ(ShowStory({}), "");
}

TEST(StoryTomlTest, SaysWhatItDoesNotKnow) {
  text::TomlDocument document =
      text::TomlDocument::Parse("story.toml",
                                "[[story]]\ndo = \"stopp\"\n[[story]]\ndo = \"stop\"\nparallelism "
                                "= 3\n[[story]]\nat = \"1s\"\n");
  text::TomlTable root = document.root();
  (void)DecodeStory(root);
  const sim::Result<void> read = document.Finish();
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("stopp"));
  EXPECT_THAT(read.error().message, HasSubstr("parallelism"));
}

}  // namespace

}  // namespace flinch::scenarios
