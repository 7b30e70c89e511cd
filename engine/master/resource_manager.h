// Which TaskManagers there are, and whether they are alive.
//
// A TaskManager is known from its registration until it falls silent or registers with a new
// session or incarnation; then it is lost, and everything on it. With each heart-beat it hears
// which JobMasters lead. What it runs is no matter of the ResourceManager's. Runs in the
// JobManager's main thread.
// Source: Flink's ResourceManager and HeartbeatManagerImpl.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/rpc/main_thread.h"
#include "engine/rpc/service.h"
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
  struct Options {
    HeartbeatOptions heartbeat;
    FencingToken token;
  };

  struct TaskManager {
    uint32_t incarnation = 0;
    uint64_t session = 0;
    uint32_t slots = 0;
    sim::Address rpc;
    sim::Address data;
    sim::SimTime last_heard{};
  };

  ResourceManager(sim::Environment& environment, MainThread& main_thread, RpcEndpoint& rpc,
                  const Options& options);

  // Begins to send heart-beats.
  void Start();

  // Tells it of TaskManagers from now on. It outlives the ResourceManager's work.
  void Listen(TaskManagerListener& listener) { listeners_.push_back(&listener); }

  // Lets TaskManagers know, at their registration and with the next heart-beat, who leads a job.
  void Announce(const JobLeader& leader);

  // What TaskManagers ask for.
  RegisterTaskManager::Reply OnRegister(const RegisterTaskManager& request, sim::Address from);
  void OnHeartbeatReply(const HeartbeatReply& reply);

  template <typename Message>
  bool Accepts(const Message& message) const {
    return message.token == options_.token;
  }

  // From where it speaks.
  RpcEndpoint& rpc() const { return rpc_; }

  // Null for one that is not registered (any more).
  const TaskManager* Find(const std::string& name) const;

  // The names of TaskManagers, one per slot, so that neighbours lie on different ones: the first
  // slots of all, then the second ones, …
  std::vector<std::string> Slots() const;

 private:
  void Admit(const RegisterTaskManager& request, sim::Address from);
  void Beat();
  void Lose(const std::string& name, const std::string& reason);

  sim::Environment& environment_;
  MainThread& main_thread_;
  RpcEndpoint& rpc_;
  Options options_;
  std::vector<TaskManagerListener*> listeners_;
  std::vector<JobLeader> leaders_;
  std::map<std::string, TaskManager> task_managers_;
};

inline constexpr auto kResourceManagerService = std::to_array<ServiceMethod<ResourceManager>>({
    Handle<&ResourceManager::OnRegister, Fencing::kNone>(),
    Handle<&ResourceManager::OnHeartbeatReply, Fencing::kToken>(),
});
static_assert(HasEachMethodOnce(kResourceManagerService));

}  // namespace flinch::engine
