// A client of the log broker, or of another outside system that answers requests: blocking calls
// that survive a server which is away for a while.
//
// Shape:    one endpoint of its own; calls may come from several fibers of the process.
// Errors:   kTimeout and kUnavailable are retried with growing pauses until the deadline of
//           RetryOptions, then given back with what was tried; kCancelled after Cancel; everything
//           else at once.
// Survives: a restart of the broker, lost and late messages: requests are idempotent
//           (log_protocol.h).
// Use:      destroy it only when no fiber is inside a call: Cancel, then wait for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/outside/log_protocol.h"
#include "engine/rpc/endpoint.h"
#include "sim/environment.h"
#include "sim/result.h"
#include "sim/sync.h"

namespace flinch::engine {

struct RetryOptions {
  // How long the first attempt waits for its reply. It doubles up to the maximum, or a link that is
  // slower than the first wait would look dead for ever.
  sim::Duration attempt_timeout = std::chrono::milliseconds(500);
  sim::Duration attempt_timeout_max = std::chrono::seconds(4);
  // The pause after the first failed attempt; it doubles up to the maximum.
  sim::Duration backoff = std::chrono::milliseconds(50);
  sim::Duration backoff_max = std::chrono::seconds(1);
  // From the first attempt until the caller hears of the failure. Longer than a broker needs to
  // come back.
  sim::Duration deadline = std::chrono::seconds(30);
};

struct LogClientOptions {
  std::string host = std::string(kLogBrokerHost);
  uint16_t port = kLogBrokerPort;
  RetryOptions retry;
  std::string server = "log broker";  // for people
};

class LogClient {
 public:
  // kInvalidArgument when there is no such host.
  static sim::Result<std::unique_ptr<LogClient>> Open(sim::Environment& environment,
                                                      const LogClientOptions& options);

  // Any request of its protocol. May suspend.
  template <typename Request>
  sim::Result<typename Request::Reply> Call(const Request& request) {
    const sim::Result<Bytes> reply = CallBytes(
        ServiceName(Request::kMethod), std::to_underlying(Request::kMethod), Encode(request));
    if (!reply) {
      return sim::Fail(reply);
    }
    return Decode<typename Request::Reply>(*reply);
  }

  // Sends once and forgets: for a last wish that need not arrive.
  template <typename Request>
  void Tell(const Request& request) {
    endpoint_->Tell(broker_, request);
  }

  // Ends all waiting calls, and at once every later one, with kCancelled.
  void Cancel();

 private:
  LogClient(sim::Environment& environment, const LogClientOptions& options, sim::Address broker,
            std::unique_ptr<RpcEndpoint> endpoint);

  sim::Result<Bytes> CallBytes(std::string_view service, uint16_t method, const Bytes& body);

  sim::Environment& environment_;
  LogClientOptions options_;
  sim::Address broker_;
  std::unique_ptr<RpcEndpoint> endpoint_;
  sim::Condition cancelled_;
  bool is_cancelled_ = false;
};

}  // namespace flinch::engine
