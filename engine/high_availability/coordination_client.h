// A client of the coordination service, and its sessions.
//
// Shape:  the client is one endpoint; calls may come from several fibers of the process. A session
//         has a fiber that says again and again that it lives.
// Time:   a session ends when the service says so, and when the client has not been heard for its
//         time-out, as far as it knows itself: from when it sent the last word that was answered.
//         That moment lies before the one at which the service gives it up, unless its clock runs
//         slower or its process stood still. A connection that is lost for less than that is
//         nothing (Flink's tolerate-suspended-connections = true; its default takes leadership
//         away, and FLINK-25486 is what came of it).
// Errors: kTimeout and kUnavailable: the outcome of a write is unknown, and may still come about.
//         Whoever gets them reads again before it decides. kFenced: the session is over, for good.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/outside/coordination_protocol.h"
#include "engine/rpc/endpoint.h"
#include "sim/environment.h"
#include "sim/result.h"
#include "sim/sync.h"

namespace flinch::engine {

struct CoordinationClientOptions {
  std::string host = std::string(kCoordinationHost);
  uint16_t port = kCoordinationPort;
  // How long a request waits for its reply.
  sim::Duration ask_timeout = std::chrono::seconds(2);
};

class CoordinationClient {
 public:
  CoordinationClient(sim::Environment& environment, const CoordinationClientOptions& options);

  // Any request of coordination_protocol.h, once. A watch waits for longer. May suspend.
  template <typename Request>
  sim::Result<typename Request::Reply> Call(const Request& request,
                                            sim::Duration wait = sim::Duration(0)) {
    return CallFor(request, options_.ask_timeout + wait);
  }

  // The same, but for so long at most.
  template <typename Request>
  sim::Result<typename Request::Reply> CallFor(const Request& request, sim::Duration timeout) {
    return endpoint_->Call(service_, request, timeout);
  }

  sim::Duration ask_timeout() const { return options_.ask_timeout; }

 private:
  CoordinationClientOptions options_;
  sim::Address service_;
  std::unique_ptr<RpcEndpoint> endpoint_;
};

class CoordinationSession {
 public:
  struct Options {
    std::string name;  // like no other
    sim::Duration timeout{};
  };

  // The client outlives it.
  CoordinationSession(sim::Environment& environment, CoordinationClient& client,
                      const Options& options);

  // Asks the service for the session until there is one. Before anything else. May suspend.
  void Open();

  uint64_t id() const { return id_; }

  bool is_over() const { return is_over_; }

  // Why it is over.
  const std::string& reason() const { return reason_; }

  // Runs once, when it ends: on whichever fiber notices. Must not block.
  void OnEnd(std::function<void()> ended) { ended_ = std::move(ended); }

  // It is no use any more. The service is not told: it will notice.
  void End(std::string reason);

  // One after the other, numbered. May suspend.
  sim::Result<CommitRequest::Reply> Commit(std::vector<NodeGuard> guards,
                                           std::vector<NodeWrite> writes);

  // While it does, the session must not go.
  bool works() const { return working_ > 0; }

 private:
  void KeepAlive();

  sim::Environment& environment_;
  CoordinationClient& client_;
  Options options_;
  uint64_t id_ = 0;
  sim::SimTime lease_until_{};
  bool is_over_ = false;
  std::string reason_;
  std::function<void()> ended_;
  bool commits_ = false;
  uint64_t last_number_ = 0;
  uint32_t working_ = 0;
  sim::Condition changed_;
};

}  // namespace flinch::engine
