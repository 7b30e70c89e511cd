// Whoever sits at the keyboard of a scenario's story: a process of its own in the simulated world,
// that asks the Dispatcher over the network, as Flink's command line does.
//
// Shape:    one step after the other. A request is sent again, under the same operation id, until
//           it has an end. An operation that failed is tried again under a new id; a resumption
//           that was refused is not.
// Ends:     behind the last step, or when the job has ended by itself and cannot be asked any more:
//           kStoryOver. What came otherwise than the story says is kStoryBroken.
// Survives: lost and late messages, a JobManager that dies, and its own death: it writes down on
//           its disk how far it is.
#pragma once

#include <string>
#include <string_view>

#include "engine/config.h"
#include "scenarios/model/story.h"
#include "sim/environment.h"

namespace flinch::scenarios {

inline constexpr std::string_view kStoryOver = "story.over";      // steps
inline constexpr std::string_view kStoryBroken = "story.broken";  // step sentence

struct StoryClientOptions {
  std::string job_manager_host;
  bool is_highly_available = false;  // the coordination service knows who leads
  std::string job;                   // where its files lie
  StorySteps story;
  sim::Duration ask_timeout{0};
};

void RunStoryClient(sim::Environment& environment, const StoryClientOptions& options);

}  // namespace flinch::scenarios
