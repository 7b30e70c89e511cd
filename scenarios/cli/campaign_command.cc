#include "scenarios/cli/campaign_command.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "scenarios/cli/campaign_texts.h"
#include "scenarios/cli/fill_in.h"
#include "scenarios/lab/program_path.h"
#include "scenarios/lab/version.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

std::string_view TemplateOf(CampaignEngine engine) {
  switch (engine) {
    case CampaignEngine::kSlurm:
      return kSlurmScript;
    case CampaignEngine::kParallel:
      return kParallelScript;
    case CampaignEngine::kKubernetes:
      return kKubernetesManifest;
    case CampaignEngine::kGithub:
      return kGithubWorkflow;
    case CampaignEngine::kGitlab:
      return kGitlabPipeline;
  }
  sim::Unreachable("an engine of campaigns has no script");
}

}  // namespace

std::string ShowCampaign(const CampaignArguments& arguments, const std::string& program) {
  std::vector<std::string> plain;
  std::vector<std::string> quoted;
  std::ranges::transform(arguments.hunt, std::back_inserter(plain), ShellWord);
  std::ranges::transform(arguments.hunt, std::back_inserter(quoted),
                         [](const std::string& word) { return nlohmann::json(word).dump(); });
  std::vector<uint64_t> numbers;
  for (uint64_t shard = 1; shard <= arguments.shards; ++shard) {
    numbers.push_back(shard);
  }
  // What can be done again when its time is over is not done again when the user set the time.
  const std::string again(arguments.has_time ? std::string_view() : kSlurmAgain);
  const std::vector<std::pair<std::string_view, std::string>> marks = {
      {"@HUNT@", fmt::format("{}", fmt::join(plain, " "))},
      {"@HUNT_JSON@", fmt::format("{}", fmt::join(quoted, ", "))},
      {"@SHARDS@", std::to_string(arguments.shards)},
      {"@LAST@", std::to_string(arguments.shards - 1)},
      {"@NUMBERS@", fmt::format("{}", fmt::join(numbers, ", "))},
      {"@FLINCH@", program},
      {"@RESULTS@", ShellWord(arguments.results)},
      {"@AGAIN@", again}};
  return FillIn(TemplateOf(arguments.engine), marks);
}

int CampaignCommand(const CampaignArguments& arguments, const std::string& program,
                    std::ostream& out) {
  out << ShowCampaign(arguments, program);
  return kExitPassed;
}

}  // namespace flinch::scenarios
