#include "scenarios/jobs/job_arguments.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace flinch::scenarios {

namespace {

constexpr std::string_view kParallelism = "parallelism=";
constexpr std::string_view kJob = "job=";

}  // namespace

std::string ShowArguments(const JobArguments& arguments) {
  std::string text;
  if (arguments.parallelism != 0) {
    text = fmt::format("{}{}", kParallelism, arguments.parallelism);
  }
  if (!arguments.job.empty()) {
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", kJob, arguments.job);
  }
  return text;
}

sim::Result<JobArguments> ParseArguments(std::string_view text) {
  JobArguments arguments;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    bool is_known = false;
    if (word.starts_with(kJob)) {
      arguments.job = word.substr(kJob.size());
      is_known = !arguments.job.empty();
    } else if (word.starts_with(kParallelism)) {
      word.remove_prefix(kParallelism.size());
      const auto [rest, error] =
          std::from_chars(word.data(), word.data() + word.size(), arguments.parallelism);
      is_known =
          error == std::errc() && rest == word.data() + word.size() && arguments.parallelism > 0;
    }
    if (!is_known) {
      return sim::Fail(sim::ErrorCode::kInvalidArgument,
                       fmt::format("The job takes parallelism=N and job=NAME, not \"{}\".", word));
    }
  }
  return arguments;
}

Scenario WithArguments(Scenario scenario, const JobArguments& arguments) {
  if (arguments.parallelism != 0) {
    scenario.job.parallelism = arguments.parallelism;
  }
  if (!arguments.job.empty()) {
    scenario.job.name = arguments.job;
  }
  return scenario;
}

JobArguments ArgumentsAt(const StorySteps& story, size_t step) {
  JobArguments arguments;
  for (size_t i = 0; i <= step && i < story.size(); ++i) {
    if (story[i].verb != StoryVerb::kResume || (story[i].refused && i != step)) {
      continue;
    }
    if (story[i].parallelism != 0) {
      arguments.parallelism = story[i].parallelism;
    }
    if (!story[i].job.empty()) {
      arguments.job = story[i].job;
    }
  }
  return arguments;
}

uint32_t WidestParallelism(const Scenario& scenario) {
  uint32_t widest = scenario.job.parallelism;
  for (const StoryStep& step : scenario.story) {
    widest = std::max(widest, step.parallelism);
  }
  return widest;
}

}  // namespace flinch::scenarios
