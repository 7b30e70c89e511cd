#include "engine/connectors/log_client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

bool IsWorthRetrying(sim::ErrorCode code) {
  return code == sim::ErrorCode::kTimeout || code == sim::ErrorCode::kUnavailable;
}

}  // namespace

sim::Result<std::unique_ptr<LogClient>> LogClient::Open(sim::Environment& environment,
                                                        const LogClientOptions& options) {
  const std::optional<sim::Address> broker =
      environment.network().Resolve(options.host, options.port);
  if (!broker) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("There is no host \"{}\" where a {} could be; add it to "
                                 "the cluster or name another.",
                                 options.host, options.server));
  }
  sim::Result<std::unique_ptr<RpcEndpoint>> endpoint = RpcEndpoint::Open(environment, 0);
  if (!endpoint) {
    return sim::Fail(endpoint);
  }
  return std::unique_ptr<LogClient>(
      new LogClient(environment, options, *broker, *std::move(endpoint)));
}

LogClient::LogClient(sim::Environment& environment, const LogClientOptions& options,
                     sim::Address broker, std::unique_ptr<RpcEndpoint> endpoint)
    : environment_(environment),
      options_(options),
      broker_(broker),
      endpoint_(std::move(endpoint)),
      cancelled_(environment) {}

void LogClient::Cancel() {
  is_cancelled_ = true;
  endpoint_->Cancel();
  cancelled_.NotifyAll();
}

sim::Result<Bytes> LogClient::CallBytes(std::string_view service, uint16_t method,
                                        const Bytes& body) {
  const RetryOptions& retry = options_.retry;
  const sim::SimTime deadline = sim::Later(environment_.Now(), retry.deadline);
  sim::Duration pause = retry.backoff;
  sim::Duration timeout = retry.attempt_timeout;
  for (uint32_t attempt = 1;; ++attempt) {
    const sim::Duration left = deadline - environment_.Now();
    sim::Result<Bytes> reply = endpoint_->CallBytes({broker_, std::string(service)}, method, body,
                                                    std::min(timeout, left));
    if (reply || !IsWorthRetrying(reply.error().code)) {
      return reply;
    }
    const sim::SimTime next = sim::Later(environment_.Now(), pause);
    if (next >= deadline) {
      return sim::Fail(reply.error().code,
                       fmt::format("The {} on \"{}\" did not do it in {} attempts within "
                                   "{}; the last answer: {}",
                                   options_.server, options_.host, attempt,
                                   sim::Show(retry.deadline), reply.error().message));
    }
    if (cancelled_.WaitFor([this] { return is_cancelled_; }, next)) {
      return sim::Fail(sim::ErrorCode::kCancelled, "The call was given up by its owner.");
    }
    pause = std::min(pause * 2, retry.backoff_max);
    timeout = std::min(timeout * 2, retry.attempt_timeout_max);
  }
}

}  // namespace flinch::engine
