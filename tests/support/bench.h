// A world for tests of parts of the engine: processes are the test's own lambdas, each on the host
// that has its name.
//
//   Bench bench;
//   ASSERT_TRUE(bench.Run("jm", [&](sim::Environment& environment) { … }));
//
// A violation of the run is a failure of the test.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/world/world.h"

namespace flinch::tests {

class Bench {
 public:
  // Keeps at least what processes trace; ends after an hour at the latest.
  explicit Bench(uint64_t seed = 1, sim::WorldOptions options = {});

  sim::World& world() { return world_; }

  // The host of that name, made on first use.
  sim::HostId Host(const std::string& name);

  // A process that runs along. Its name is the host's, with a number when there were others.
  sim::ProcessId Start(const std::string& host, sim::Program program);

  // Runs the world until `body` has returned in a process on `host`. False when it never does.
  bool Run(const std::string& host, sim::Program body);
  bool RunUntil(const std::function<bool()>& reached);
  void RunFor(sim::Duration span);

  void CrashAt(sim::SimTime time, sim::ProcessId process, sim::Duration away);
  // Both directions.
  void SetLinks(const std::string& host, const std::string& peer,
                const sim::LinkCondition& condition);

  // What was traced so far, as "kind name=value …".
  std::vector<std::string> Traced(std::string_view kind_prefix) const;
  std::vector<sim::RecordedEvent> Events(std::string_view kind) const;

 private:
  sim::World world_;
  std::map<std::string, sim::HostId> hosts_;
  std::map<std::string, int> processes_;
};

}  // namespace flinch::tests
