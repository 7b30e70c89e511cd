#include "engine/high_availability/coordination_client.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;

// Between two attempts to open a session, or to say that it lives after one that failed.
constexpr sim::Duration kClientRetryPause = 50ms;

// A session is kept alive so many times within its time-out, as ZooKeeper's client does.
constexpr int64_t kWordsPerTimeout = 3;

}  // namespace

CoordinationClient::CoordinationClient(sim::Environment& environment,
                                       const CoordinationClientOptions& options)
    : options_(options) {
  const std::optional<sim::Address> service =
      environment.network().Resolve(options.host, options.port);
  sim::Check(service.has_value(), "there is no host {}", options.host);
  service_ = *service;
  sim::Result<std::unique_ptr<RpcEndpoint>> endpoint = RpcEndpoint::Open(environment, 0);
  sim::Check(endpoint.has_value(), "no port is free on host {}", environment.host_name());
  endpoint_ = *std::move(endpoint);
}

CoordinationSession::CoordinationSession(sim::Environment& environment, CoordinationClient& client,
                                         const Options& options)
    : environment_(environment),
      client_(client),
      options_(options),
      changed_(environment, "its turn to write to the coordination service") {}

void CoordinationSession::Open() {
  sim::Check(id_ == 0, "a session is opened twice");
  for (;;) {
    const sim::SimTime asked = environment_.Now();
    const auto reply =
        client_.Call(OpenSessionRequest{.name = options_.name, .timeout = options_.timeout});
    if (reply) {
      id_ = reply->session;
      lease_until_ = sim::Later(asked, options_.timeout);
      break;
    }
    environment_.Sleep(kClientRetryPause);
  }
  ++working_;
  environment_.Spawn("session", [this] {
    KeepAlive();
    --working_;
  });
}

void CoordinationSession::KeepAlive() {
  sim::Duration pause = options_.timeout / kWordsPerTimeout;
  while (!is_over_) {
    const sim::SimTime next = sim::Later(environment_.Now(), pause);
    changed_.WaitFor([this] { return is_over_; }, std::min(next, lease_until_));
    const sim::SimTime asked = environment_.Now();
    if (is_over_ || asked >= lease_until_) {
      break;
    }
    const auto reply = client_.CallFor(KeepAliveRequest{.session = id_},
                                       std::min(client_.ask_timeout(), lease_until_ - asked));
    if (reply) {
      lease_until_ = sim::Later(asked, options_.timeout);
      pause = options_.timeout / kWordsPerTimeout;
    } else if (reply.error().code == sim::ErrorCode::kFenced) {
      return End("the coordination service has ended its session");
    } else {
      pause = std::min(kClientRetryPause, options_.timeout / kWordsPerTimeout);
    }
  }
  End(fmt::format("the coordination service was silent for {}", sim::Show(options_.timeout)));
}

void CoordinationSession::End(std::string reason) {
  if (std::exchange(is_over_, true)) {
    return;
  }
  reason_ = std::move(reason);
  changed_.NotifyAll();
  if (ended_) {
    ended_();
  }
}

sim::Result<CommitRequest::Reply> CoordinationSession::Commit(std::vector<NodeGuard> guards,
                                                              std::vector<NodeWrite> writes) {
  ++working_;
  changed_.WaitFor([this] { return !commits_ || is_over_; });
  if (is_over_) {
    --working_;
    return sim::Fail(sim::ErrorCode::kFenced, "The session is over: " + reason_ + ".");
  }
  commits_ = true;
  const sim::Result<CommitRequest::Reply> reply =
      client_.Call(CommitRequest{.session = id_,
                                 .number = ++last_number_,
                                 .guards = std::move(guards),
                                 .writes = std::move(writes)});
  commits_ = false;
  --working_;
  changed_.NotifyAll();
  if (!reply && reply.error().code == sim::ErrorCode::kFenced) {
    End("the coordination service has ended its session");
  }
  return reply;
}

}  // namespace flinch::engine
