// Tells a process who leads, whenever that changes.
//
// Shape:    a fiber that watches /leader and hands what it finds to the main thread. That nobody
//           leads is not told: until there is another one, the last leader may as well be obeyed.
// Survives: a coordination service that is away: then nothing is told.
// Source:   Flink's LeaderRetrievalService.
#pragma once

#include <functional>

#include "engine/high_availability/coordination_client.h"
#include "engine/high_availability/leader_election.h"
#include "engine/rpc/main_thread.h"
#include "sim/environment.h"

namespace flinch::engine {

class LeaderRetrieval {
 public:
  // Client and main thread outlive it, and it outlives its fiber: as long as the process.
  LeaderRetrieval(sim::Environment& environment, CoordinationClient& client,
                  MainThread& main_thread, std::function<void(const LeaderInformation&)> tell);

 private:
  void Watch();

  sim::Environment& environment_;
  CoordinationClient& client_;
  MainThread& main_thread_;
  std::function<void(const LeaderInformation&)> tell_;
};

}  // namespace flinch::engine
