#include "scenarios/files/story_toml.h"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "scenarios/model/scenario_fields.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

constexpr auto kVerbs = std::to_array<std::string_view>({"savepoint", "stop", "cancel", "resume"});
constexpr auto kClaims = std::to_array<std::string_view>({"no_claim", "claim"});

template <typename Word, size_t kWords>
Word ToWord(std::string_view text, const std::array<std::string_view, kWords>& words, Word usual) {
  for (size_t i = 0; i < kWords; ++i) {
    if (words.at(i) == text) {
      return static_cast<Word>(i);
    }
  }
  return usual;
}

void DecodeResumption(text::TomlTable& table, StoryStep& step) {
  step.from = table.String("from").value_or("");
  step.claim = ToWord(table.OneOf("claim", kClaims).value_or(""), kClaims, StoryClaim::kNoClaim);
  step.allow_non_restored_state = table.Bool("allow_non_restored_state").value_or(false);
  step.parallelism = static_cast<uint32_t>(table.Integer("parallelism", 1, 1024).value_or(0));
  step.job = table.String("job").value_or("");
  step.refused = table.Bool("refused").value_or(false);
}

StoryStep DecodeStep(text::TomlTable& table) {
  StoryStep step;
  step.verb = ToWord(table.RequiredOneOf("do", kVerbs), kVerbs, StoryVerb::kSavepoint);
  step.at = table.DurationValue("at").value_or(sim::Duration(0));
  step.after = table.DurationValue("after").value_or(sim::Duration(0));
  switch (step.verb) {
    case StoryVerb::kSavepoint:
      break;
    case StoryVerb::kStop:
      step.drain = table.Bool("drain").value_or(false);
      break;
    case StoryVerb::kCancel:
      step.savepoint = table.Bool("savepoint").value_or(false);
      break;
    case StoryVerb::kResume:
      DecodeResumption(table, step);
      break;
  }
  table.RejectUnknown();
  return step;
}

}  // namespace

StorySteps DecodeStory(text::TomlTable& root) {
  StorySteps story;
  for (text::TomlTable& table : root.Tables(kStoryPath)) {
    story.push_back(DecodeStep(table));
  }
  return story;
}

std::string ShowStory(const StorySteps& story) {
  std::string text;
  const StoryStep usual;
  for (const StoryStep& step : story) {
    text += fmt::format("\n[[story]]\ndo = \"{}\"\n", kVerbs.at(static_cast<size_t>(step.verb)));
    const auto add = [&text](std::string_view key, const std::string& value, bool is_usual) {
      text += is_usual ? "" : fmt::format("{} = {}\n", key, value);
    };
    const auto truth = [](bool value) { return std::string(value ? "true" : "false"); };
    add("at", text::Quote(sim::Show(step.at)), step.at == usual.at);
    add("after", text::Quote(sim::Show(step.after)), step.after == usual.after);
    add("drain", truth(step.drain), !step.drain);
    add("savepoint", truth(step.savepoint), !step.savepoint);
    add("from", text::Quote(step.from), step.from.empty());
    add("claim", text::Quote(kClaims.at(static_cast<size_t>(step.claim))),
        step.claim == usual.claim);
    add("allow_non_restored_state", truth(step.allow_non_restored_state),
        !step.allow_non_restored_state);
    add("parallelism", std::to_string(step.parallelism), step.parallelism == 0);
    add("job", text::Quote(step.job), step.job.empty());
    add("refused", truth(step.refused), !step.refused);
  }
  return text;
}

}  // namespace flinch::scenarios
