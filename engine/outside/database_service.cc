#include "engine/outside/database_service.h"

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/outside/database_state.h"
#include "engine/rpc/endpoint.h"
#include "sim/sync.h"

namespace flinch::engine {
namespace {

// Between two attempts at something the disk or the port refuses.
constexpr sim::Duration kDatabaseRetryPause = std::chrono::milliseconds(100);

class Database {
 public:
  Database(sim::Environment& environment, const DatabaseOptions& options)
      : environment_(environment),
        options_(options),
        arrived_(environment, "requests to the database"),
        journal_(environment.disk(), options.journal, kDatabaseJournalFormat) {}

  void Run() {
    OpenPort();
    for (bool must_rewrite = false;; must_rewrite = true) {
      Recover(must_rewrite);
      while (ServeRound()) {
      }
    }
  }

 private:
  struct Answered {
    RpcRequest request;
    std::optional<sim::Result<Nothing>> reply;  // none: a query
  };

  void OpenPort() {
    for (;;) {
      if (auto endpoint = RpcEndpoint::Open(environment_, options_.port)) {
        endpoint_ = *std::move(endpoint);
        endpoint_->Serve(ServiceName(DatabaseMethod()), [this](RpcRequest request) {
          requests_.push_back(std::move(request));
          arrived_.NotifyAll();
        });
        return;
      }
      environment_.Sleep(kDatabaseRetryPause);
    }
  }

  // Reads the journal until that succeeds.
  void Recover(bool must_rewrite) {
    for (;;) {
      const sim::Result<std::vector<Bytes>> frames = journal_.Load(must_rewrite);
      sim::Result<DatabaseState> state = frames ? ReplayDatabase(*frames) : sim::Fail(frames);
      if (state) {
        state_ = *std::move(state);
        return;
      }
      if (state.error().code == sim::ErrorCode::kCorruption) {
        Refuse(state.error());
      }
      environment_.Sleep(kDatabaseRetryPause);
    }
  }

  [[noreturn]] void Refuse(const sim::Error& error) {
    for (;;) {
      arrived_.WaitFor([this] { return !requests_.empty(); });
      for (const RpcRequest& request : std::exchange(requests_, {})) {
        endpoint_->SendReply(request, sim::Fail(error.code, error.message));
      }
    }
  }

  // False when the journal could not be written.
  bool ServeRound() {
    arrived_.WaitFor([this] { return !requests_.empty(); });
    std::vector<Answered> round;
    std::vector<DatabaseEntry> accepted;
    for (RpcRequest& request : std::exchange(requests_, {})) {
      std::optional<sim::Result<Nothing>> reply;
      if (!request.Is<RecoverRequest>()) {
        DatabaseEntry entry{.method = static_cast<DatabaseMethod>(request.method),
                            .body = request.body};
        reply = ApplyEntry(state_, entry);
        if (*reply) {
          accepted.push_back(std::move(entry));
        }
      }
      round.push_back({.request = std::move(request), .reply = std::move(reply)});
    }
    const sim::Result<void> durable =
        accepted.empty() ? sim::Result<void>() : journal_.Append(Encode(accepted));
    for (const Answered& answered : round) {
      if (!durable) {
        endpoint_->SendReply(answered.request,
                             sim::Fail(sim::ErrorCode::kUnavailable, durable.error().message));
      } else if (answered.reply) {
        endpoint_->Reply(answered.request, *answered.reply);
      } else {
        endpoint_->Reply(answered.request, Recovered(answered.request));
      }
    }
    return durable.has_value();
  }

  sim::Result<RecoverReply> Recovered(const RpcRequest& request) const {
    const sim::Result<RecoverRequest> recover = request.As<RecoverRequest>();
    if (!recover) {
      return sim::Fail(recover);
    }
    return state_.Recover(recover->prefix);
  }

  sim::Environment& environment_;
  DatabaseOptions options_;
  sim::Condition arrived_;
  JournalFile journal_;
  std::unique_ptr<RpcEndpoint> endpoint_;
  std::deque<RpcRequest> requests_;
  DatabaseState state_;
};

}  // namespace

void RunDatabase(sim::Environment& environment, const DatabaseOptions& options) {
  Database(environment, options).Run();
}

}  // namespace flinch::engine
