#include "engine/master/resource_manager.h"

#include <algorithm>

#include "engine/events.h"

namespace flinch::engine {

ResourceManager::ResourceManager(sim::Environment& environment, MainThread& main_thread,
                                 RpcEndpoint& rpc, const Options& options)
    : environment_(environment), main_thread_(main_thread), rpc_(rpc), options_(options) {}

void ResourceManager::Start() {
  main_thread_.PostLater(options_.heartbeat.interval, [this] { Beat(); });
}

void ResourceManager::Announce(const JobLeader& leader) {
  std::erase_if(leaders_, [&](const JobLeader& known) { return known.job == leader.job; });
  leaders_.push_back(leader);
}

void ResourceManager::Beat() {
  std::vector<std::string> silent;
  for (const auto& [name, task_manager] : task_managers_) {
    if (sim::Later(task_manager.last_heard, options_.heartbeat.timeout) <= environment_.Now()) {
      silent.push_back(name);
    } else {
      rpc_.Tell(
          task_manager.rpc,
          Heartbeat{.token = options_.token, .session = task_manager.session, .jobs = leaders_});
    }
  }
  for (const std::string& name : silent) {
    Lose(name, "heartbeat timeout");
  }
  main_thread_.PostLater(options_.heartbeat.interval, [this] { Beat(); });
}

void ResourceManager::Lose(const std::string& name, const std::string& reason) {
  task_managers_.erase(name);
  events::Trace(environment_, events::TaskManagerLost{.name = name, .reason = reason});
  for (TaskManagerListener* listener : listeners_) {
    listener->OnTaskManagerLost(name, reason);
  }
}

RegisterTaskManager::Reply ResourceManager::OnRegister(const RegisterTaskManager& request,
                                                       sim::Address from) {
  Admit(request, from);
  return {.token = options_.token, .jobs = leaders_};
}

void ResourceManager::Admit(const RegisterTaskManager& request, sim::Address from) {
  const auto known = task_managers_.find(request.name);
  if (known != task_managers_.end()) {
    if (known->second.incarnation == request.incarnation &&
        known->second.session == request.session) {
      known->second.last_heard = environment_.Now();
      return;  // repeated: our reply was lost
    }
    if (known->second.incarnation > request.incarnation ||
        (known->second.incarnation == request.incarnation &&
         known->second.session > request.session)) {
      return;  // a message from before
    }
    Lose(request.name, "started anew");
  }
  task_managers_[request.name] = {.incarnation = request.incarnation,
                                  .session = request.session,
                                  .slots = request.slots,
                                  .rpc = from,
                                  .data = {from.host, kDataPort},
                                  .last_heard = environment_.Now()};
  events::Trace(environment_, events::TaskManagerRegistered{.name = request.name,
                                                            .incarnation = request.incarnation});
  for (TaskManagerListener* listener : listeners_) {
    listener->OnTaskManagerRegistered(request.name);
  }
}

void ResourceManager::OnHeartbeatReply(const HeartbeatReply& reply) {
  const auto known = task_managers_.find(reply.name);
  if (known != task_managers_.end() && known->second.session == reply.session) {
    known->second.last_heard = environment_.Now();
  }
}

const ResourceManager::TaskManager* ResourceManager::Find(const std::string& name) const {
  const auto found = task_managers_.find(name);
  return found == task_managers_.end() ? nullptr : &found->second;
}

std::vector<std::string> ResourceManager::Slots() const {
  std::vector<std::string> slots;
  uint32_t most = 0;
  for (const auto& [name, task_manager] : task_managers_) {
    most = std::max(most, task_manager.slots);
  }
  for (uint32_t slot = 0; slot < most; ++slot) {
    for (const auto& [name, task_manager] : task_managers_) {
      if (slot < task_manager.slots) {
        slots.push_back(name);
      }
    }
  }
  return slots;
}

}  // namespace flinch::engine
