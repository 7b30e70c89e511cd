// The [[story]] tables of a scenario file.
//
//   [[story]]
//   do = "stop"                  # savepoint, stop, cancel, resume
//   at = "2s"                    # or after = "500ms": behind the step before
//   drain = true
//
//   [[story]]
//   do = "resume"
//   parallelism = 7
#pragma once

#include <string>

#include "scenarios/model/story.h"
#include "sim/text/toml_document.h"

namespace flinch::scenarios {

inline constexpr std::string_view kStoryPath = "story";

// What is wrong with a table is told to its document.
StorySteps DecodeStory(text::TomlTable& root);

// With a blank line before each table; "" of no story.
std::string ShowStory(const StorySteps& story);

}  // namespace flinch::scenarios
