// What the commands take that give texts to other programs: a shell, an editor, man, a scheduler.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flinch::scenarios {

enum class Shell : uint8_t { kBash, kZsh, kFish };

struct CompletionArguments {
  Shell shell = Shell::kBash;
};

// Asked by the shells' scripts; not in the help.
struct CompleteArguments {
  std::vector<std::string> words{};  // behind the program's name, up to the one being typed
};

struct ManArguments {
  std::optional<std::string> page{};  // a command, or "scenario"; nothing: of the program
  std::optional<std::string> out{};   // the folder that all pages go to
};

enum class SchemaOf : uint8_t { kScenario, kPlan };

struct SchemaArguments {
  SchemaOf what = SchemaOf::kScenario;
};

struct DemoArguments {
  std::string folder = "flinch-demo";
};

enum class CampaignEngine : uint8_t { kSlurm, kParallel, kKubernetes, kGithub, kGitlab };

struct CampaignArguments {
  CampaignEngine engine = CampaignEngine::kSlurm;
  uint64_t shards = 8;
  std::string results = "flinch-campaign";
  bool has_time = false;            // --for: what is not done then is left
  std::vector<std::string> hunt{};  // the words of the hunt, but for its shard and its results
};

}  // namespace flinch::scenarios
