// A small cluster in one world, around one job of yours: for a test that says itself what happens
// when, and what the job must have written.
//
//   MiniCluster cluster(MyJob(), {.rows = {{.key = "a", .timestamp = EventTime(5)}}});
//   EXPECT_TRUE(cluster.RunUntil("checkpoint.stored", 2));
//   cluster.world().Crash(cluster.process("tm-1"));
//   EXPECT_TRUE(cluster.RunToEnd());
//   EXPECT_THAT(*cluster.Output(), SizeIs(1));
//
// Shape:  the log broker, a JobManager "jm", TaskManagers "tm-1" … and a publisher of the rows, as
//         in a run of a scenario, but without drawn faults and without judges: `Run` of
//         scenarios/stage/run.h has both. What is down stays down until the test restarts it.
// Time:   simulated; a cluster that is not run stands still. A row without a time of its own comes
//         5 ms after the one before it.
// Errors: results, in whole sentences: a case or options that make no sense, a job that fails, a
//         limit that passes, an invariant that breaks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config.h"
#include "engine/graph/job_graph.h"
#include "scenarios/input/workload.h"
#include "scenarios/jobs/job_case.h"
#include "scenarios/model/expected.h"
#include "scenarios/model/scenario.h"
#include "sim/result.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

struct MiniClusterOptions {
  std::vector<InputRow> rows{};  // in the order in which they are published
  uint32_t partitions = 1;       // of the input
  uint32_t task_managers = 2;
  uint32_t slots_each = 1;
  uint32_t parallelism = 2;
  uint64_t seed = 1;
  // Nothing: quick time-outs, and a checkpoint every 200 ms.
  std::optional<engine::EngineOptions> engine{};
};

class MiniCluster {
 public:
  MiniCluster(JobCase job, const MiniClusterOptions& options);
  MiniCluster(const MiniCluster&) = delete;
  MiniCluster& operator=(const MiniCluster&) = delete;

  // Whether it can run at all; every Run says it, too.
  const sim::Result<void>& booted() const { return booted_; }

  sim::Result<void> RunFor(sim::Duration span);
  // Until the n-th event of this kind, counted from the beginning.
  sim::Result<void> RunUntil(std::string_view event, uint64_t nth = 1,
                             sim::Duration limit = kPatience);
  // Until the job has finished. An error when it fails, or does not finish in time.
  sim::Result<void> RunToEnd(sim::Duration limit = kPatience);

  // What is committed so far, by output, log partition and offset.
  sim::Result<std::vector<OutputRecord>> Output() const;

  // As the JobManager said last: "RUNNING"; "" before its first word.
  const std::string& job_status() const { return watch_.status; }

  // How often an event of this kind has come.
  uint64_t CountOf(std::string_view event) const;

  sim::World& world() { return world_; }

  // "jm", "tm-1", "broker", "publisher", and what the job brings along.
  sim::ProcessId process(std::string_view name) const;

 private:
  static constexpr sim::Duration kPatience = std::chrono::minutes(1);

  struct Watch final : sim::TraceObserver {
    void OnEvent(const sim::TraceEvent& event) override;

    std::string status;
    std::map<std::string, uint64_t, std::less<>> counts;
  };

  engine::StreamGraph LoadCode() const;
  sim::Result<void> CheckJob() const;
  sim::Result<void> Await(std::string_view what, sim::Duration limit,
                          const std::function<bool()>& reached);

  JobCase job_;
  Scenario scenario_;
  Workload workload_;
  Watch watch_;
  sim::World world_;
  sim::Result<void> booted_;
};

}  // namespace flinch::scenarios
