// A whole cluster around one small job, for tests of the engine: clicks are counted per URL and
// minute through a log broker, two TaskManagers and a two-phase-commit sink.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/defects.h"
#include "engine/graph/job_graph.h"
#include "sim/world/world.h"

namespace flinch::engine {

struct ClickClusterOptions {
  uint64_t seed = 1;
  uint32_t task_managers = 2;
  uint32_t slots = 2;
  uint32_t parallelism = 2;
  uint32_t records = 400;
  EngineOptions engine;
  Defects defects;
  sim::Keep keep = sim::Keep::kNothing;
};

class ClickCluster : public sim::TraceObserver {
 public:
  explicit ClickCluster(const ClickClusterOptions& options);

  sim::World& world() { return *world_; }

  sim::ProcessId process(std::string_view name) const { return *world_->FindProcess(name); }

  // Until the job has ended one way or the other, or the limit.
  sim::Outcome RunToEnd(sim::SimTime limit);

  // "url/minute" → every count that was committed for it.
  std::map<std::string, std::vector<int64_t>> CommittedCounts() const;

  // What CommittedCounts must be: each once.
  const std::map<std::string, std::vector<int64_t>>& expected() const { return expected_; }

  const std::string& job_status() const { return job_status_; }

  // How often each kind of event was seen.
  const std::map<std::string, int>& seen() const { return seen_; }

  void OnEvent(const sim::TraceEvent& event) override;

 private:
  void BootPublisher(uint32_t records);

  ClickClusterOptions options_;
  JobGraph graph_;
  std::unique_ptr<sim::World> world_;
  sim::HostId broker_host_;
  std::map<std::string, std::vector<int64_t>> expected_;
  std::string job_status_;
  std::map<std::string, int> seen_;
};

}  // namespace flinch::engine
