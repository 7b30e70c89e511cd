// One checkpoint of a run, in the terms of Flink's web interface. Filled by who knows the engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/time.h"

namespace flinch::reports {

struct SubtaskCheckpoint {
  std::string subtask;                          // "sink[1]"
  std::optional<sim::SimTime> first_barrier{};  // of a source: when it was asked
  std::optional<sim::SimTime> aligned{};
  std::optional<sim::SimTime> snapshot{};  // the synchronous part is done
  std::optional<sim::SimTime> uploaded{};  // the asynchronous one, too
  std::optional<sim::SimTime> acknowledged{};
};

struct CheckpointRow {
  int64_t id = 0;
  sim::SimTime triggered;
  std::optional<sim::SimTime> completed{};  // all have acknowledged
  std::optional<sim::SimTime> stored{};
  std::optional<sim::SimTime> notified{};
  std::optional<sim::SimTime> aborted{};
  std::string reason{};                       // of one that was aborted
  std::vector<SubtaskCheckpoint> subtasks{};  // by name
};

}  // namespace flinch::reports
