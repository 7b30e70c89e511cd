// What a user asks of the job while it runs: savepoints, stops, resumptions, in their order. Plain
// values; who carries them out is a process of its own in the simulated world
// (scenarios/stage/story_client.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/time.h"

namespace flinch::scenarios {

enum class StoryVerb : uint8_t { kSavepoint, kStop, kCancel, kResume };
enum class StoryClaim : uint8_t { kNoClaim, kClaim };

// Of `from`: the newest checkpoint that the job left, instead of a savepoint.
inline constexpr std::string_view kFromCheckpoint = "checkpoint";

struct StoryStep {
  StoryVerb verb = StoryVerb::kSavepoint;
  sim::Duration at{0};     // not before this time of the run
  sim::Duration after{0};  // nor sooner after the step before

  // A stop: the sources end, and all that waits for event time fires.
  bool drain = false;
  // A cancellation: as soon as a savepoint is complete.
  bool savepoint = false;

  // A resumption: from this snapshot on the shared volume; "": the last savepoint of the story.
  std::string from{};
  StoryClaim claim = StoryClaim::kNoClaim;
  bool allow_non_restored_state = false;
  uint32_t parallelism = 0;  // 0: as before
  std::string job{};         // another registered job, whose operators it has; "": as before
  bool refused = false;      // it is to be refused, and the story goes on

  friend bool operator==(const StoryStep&, const StoryStep&) = default;
};

using StorySteps = std::vector<StoryStep>;

}  // namespace flinch::scenarios
