// High availability at the coordination service: what a leader keeps there, guarded by its term.
//
//   /jobs/<job>/attempt           the last attempt
//   /jobs/<job>/checkpoint-id     the last checkpoint id
//   /jobs/<job>/completed/<id>    a pointer: the path of the checkpoint's metadata on the volume
//   /jobs/<job>/result            how the job has ended
//
// Fencing: every write holds only if /leader is still this leader's. One that is refused for that
//          ends the leader's session: it has been overtaken, whatever it has heard.
// Errors:  a write without an answer may come about later: counters are read again before the next
//          number, everything else is written again, which changes nothing.
// Source:  Flink's ZooKeeperHaServices, ZooKeeperStateHandleStore, ZooKeeperCheckpointIDCounter.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/checkpoint/high_availability_services.h"
#include "engine/defects.h"
#include "engine/high_availability/leader_election.h"
#include "sim/environment.h"

namespace flinch::engine {

// Where the pointers lie.
std::string CompletedCheckpointsPath(std::string_view job);

class CoordinationServices final : public HighAvailabilityServices {
 public:
  // Client and leadership outlive it and everything that it gives.
  CoordinationServices(CoordinationClient& client, const Leadership& leadership,
                       const Defects& defects);

  sim::Result<FencingToken> Term() override;

  std::unique_ptr<IdCounter> CheckpointIds(const std::string& job) override;
  std::unique_ptr<IdCounter> Attempts(const std::string& job) override;
  std::unique_ptr<StateHandleStore> CompletedCheckpoints(const std::string& job) override;
  std::unique_ptr<JobResultStore> JobResults(const std::string& job) override;

  // What the four write with.
  sim::Result<ReadNodeRequest::Reply> Read(std::string_view path) const;
  sim::Result<std::vector<std::string>> List(std::string_view path) const;
  // `applied` is false only where a guard beside the leader's does not hold.
  sim::Result<CommitRequest::Reply> Write(const NodeWrite& write,
                                          std::vector<NodeGuard> guards = {});

  // Planted: removes the pointers to the job's checkpoints, whoever leads.
  void CleanUp(std::string_view job);

  const Defects& defects() const { return defects_; }

 private:
  CoordinationClient& client_;
  const Leadership& leadership_;
  Defects defects_;
};

}  // namespace flinch::engine
