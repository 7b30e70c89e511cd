// Which TaskManagers there are, and whether they are alive.
//
// A TaskManager is known from its registration until it falls silent or registers with a new
// session or incarnation; then it is lost, and everything on it. Runs in the JobManager's main
// thread.
// Source: Flink's ResourceManager and HeartbeatManagerImpl.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/rpc/main_thread.h"
#include "engine/runtime/gateways.h"
#include "sim/environment.h"

namespace flinch::engine {

// What hears of TaskManagers that come and go.
class TaskManagerListener {
 public:
  virtual ~TaskManagerListener() = default;
  virtual void OnTaskManagerRegistered(const std::string& name) = 0;
  virtual void OnTaskManagerLost(const std::string& name, const std::string& reason) = 0;
};

class ResourceManager {
 public:
  struct TaskManager {
    uint32_t incarnation = 0;
    uint64_t session = 0;
    uint32_t slots = 0;
    sim::Address rpc;
    sim::Address data;
    sim::SimTime last_heard{};
  };

  ResourceManager(sim::Environment& environment, MainThread& main_thread, RpcEndpoint& rpc,
                  const HeartbeatOptions& options, FencingToken token,
                  TaskManagerListener& listener);

  void Start();

  void OnRegister(const RegisterTaskManager& request, sim::Address from);
  // False for a TaskManager that is not registered (any more).
  bool OnHeartbeatReply(const HeartbeatReply& reply);

  const TaskManager* Find(const std::string& name) const;

  // The names of TaskManagers, one per slot, so that neighbours lie on different ones: the first
  // slots of all, then the second ones, …
  std::vector<std::string> Slots() const;

 private:
  void Beat();
  void Lose(const std::string& name, const std::string& reason);

  sim::Environment& environment_;
  MainThread& main_thread_;
  RpcEndpoint& rpc_;
  HeartbeatOptions options_;
  FencingToken token_;
  TaskManagerListener& listener_;
  std::map<std::string, TaskManager> task_managers_;
};

}  // namespace flinch::engine
