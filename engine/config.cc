#include "engine/config.h"

#include <string>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

sim::Result<void> Refuse(std::string sentence) {
  return sim::Fail(sim::ErrorCode::kInvalidArgument, std::move(sentence));
}

// All options that are spans of time and must be longer than nothing.
sim::Result<void> CheckSpans(const EngineOptions& options) {
  sim::Result<void> result;
  Visit(options, [&result](std::string_view name, const auto& field) {
    if constexpr (std::is_same_v<std::decay_t<decltype(field)>, sim::Duration>) {
      const bool may_be_zero = name == "execution.checkpointing.min-pause" ||
                               name == "restart-strategy.fixed-delay.delay" ||
                               name == "task.record-time" || name == "source.fetch.max-wait" ||
                               name == "pipeline.auto-watermark-interval";
      if (result && (field < sim::Duration(0) || (field == sim::Duration(0) && !may_be_zero))) {
        result = Refuse(fmt::format("{} is {}: give a time above 0.", name, sim::Show(field)));
      }
    }
  });
  return result;
}

}  // namespace

sim::Result<void> EngineOptions::Validate() const {
  if (sim::Result<void> spans = CheckSpans(*this); !spans) {
    return spans;
  }
  if (heartbeat.timeout <= heartbeat.interval) {
    return Refuse(fmt::format(
        "heartbeat.timeout ({}) must be above heartbeat.interval ({}): otherwise everybody is lost "
        "before the first heartbeat.",
        sim::Show(heartbeat.timeout), sim::Show(heartbeat.interval)));
  }
  if (checkpoint.retained == 0) {
    return Refuse("execution.checkpointing.num-retained is 0: keep at least 1 checkpoint.");
  }
  if (network.buffer_bytes == 0) {
    return Refuse("taskmanager.memory.segment-size is 0: give at least 1 byte.");
  }
  if (network.buffers_per_subpartition == 0) {
    return Refuse(
        "taskmanager.network.memory.max-buffers-per-channel is 0: without a buffer no record "
        "travels; give at least 1.");
  }
  if (task.turn_records == 0) {
    return Refuse("task.turn-records is 0: without a record a turn does nothing; give at least 1.");
  }
  if (max_parallelism > 32768) {
    return Refuse(
        fmt::format("pipeline.max-parallelism is {}; it may be at most 32768.", max_parallelism));
  }
  return {};
}

}  // namespace flinch::engine
