#include "scenarios/files/story_problems.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "scenarios/files/story_toml.h"
#include "scenarios/jobs/jobs.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

class StoryReader {
 public:
  explicit StoryReader(const Scenario& scenario) : scenario_(scenario) {}

  std::vector<StoryProblem> Find() && {
    for (index_ = 0; index_ < scenario_.story.size(); ++index_) {
      Read(scenario_.story[index_]);
    }
    if (!scenario_.story.empty() && !runs_ && !has_drained_) {
      index_ = scenario_.story.size() - 1;
      Add("do",
          "The story leaves the job stopped in the middle of its input, and nobody could "
          "say what its output should be: resume it, or stop it with drain = true.");
    }
    return std::move(problems_);
  }

 private:
  void Add(std::string_view key, std::string sentence) {
    problems_.push_back({.path = fmt::format("{}[{}].{}", kStoryPath, index_, key),
                         .sentence = std::move(sentence)});
  }

  void Read(const StoryStep& step) {
    if (has_drained_) {
      Add("do", "The job has ended with all its results when it was drained: that ends the story.");
    } else if (step.verb == StoryVerb::kResume) {
      ReadResumption(step);
    } else {
      if (!runs_) {
        Add("do", "The job does not run here: it was stopped or cancelled before.");
      }
      runs_ = step.verb == StoryVerb::kSavepoint;
      has_drained_ = step.drain;
      has_savepoint_ = has_savepoint_ || step.verb != StoryVerb::kCancel || step.savepoint;
    }
  }

  void ReadResumption(const StoryStep& step) {
    if (runs_) {
      Add("do", "The job runs here: stop or cancel it before it is resumed.");
    }
    if (step.from.empty() && !has_savepoint_) {
      Add("from", "There is no savepoint before this step: say from what the job is resumed.");
    }
    if (step.from == kFromCheckpoint && scenario_.options.checkpoint.retention ==
                                            engine::CheckpointRetention::kDeleteOnCancellation) {
      Add("from",
          "A cancelled job leaves no checkpoint: set "
          "execution.checkpointing.externalized-checkpoint-retention to "
          "\"RETAIN_ON_CANCELLATION\".");
    }
    const uint64_t slots = uint64_t{scenario_.cluster.task_managers} * scenario_.cluster.slots_each;
    if (step.parallelism > slots && !scenario_.options.scheduler.is_adaptive()) {
      Add("parallelism", fmt::format("A parallelism of {} needs as many slots; there are {}.",
                                     step.parallelism, slots));
    }
    if (!step.job.empty() && FindJob(step.job) == nullptr) {
      Add("job",
          fmt::format("There is no job {}; `flinch list jobs` shows them.", text::Quote(step.job)));
    }
    runs_ = runs_ || !step.refused;
  }

  const Scenario& scenario_;
  size_t index_ = 0;
  bool runs_ = true;
  bool has_drained_ = false;
  bool has_savepoint_ = false;
  std::vector<StoryProblem> problems_;
};

}  // namespace

std::vector<StoryProblem> FindStoryProblems(const Scenario& scenario) {
  return StoryReader(scenario).Find();
}

}  // namespace flinch::scenarios
