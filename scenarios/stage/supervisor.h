// Whoever runs the TaskManagers: ends one that gives itself up, and starts it anew.
//
// Stands for what a Flink cluster has around its processes: a container that is restarted when its
// process has exited. The engine knows nothing of it.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "engine/events.h"
#include "sim/recording/recording.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

class Supervisor final : public sim::TraceObserver {
 public:
  // The world outlives it.
  explicit Supervisor(sim::World& world) : world_(world) {}

  std::vector<std::string_view> wants() const override {
    return {engine::events::kTaskManagerFatal};
  }

  void OnEvent(const sim::TraceEvent& event) override {
    if (event.kind == engine::events::kTaskManagerFatal) {
      constexpr sim::Duration kPause = std::chrono::milliseconds(500);
      const sim::ProcessId process = event.process;
      world_.Crash(process);
      world_.At(world_.Now() + kPause, [this, process] { world_.Restart(process); });
    }
  }

 private:
  sim::World& world_;
};

}  // namespace flinch::scenarios
