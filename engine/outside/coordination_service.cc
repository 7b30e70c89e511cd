#include "engine/outside/coordination_service.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/outside/coordination_journal.h"
#include "engine/rpc/endpoint.h"
#include "sim/sync.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;

// Requests that may wait for the next round, and watches that may be held.
constexpr size_t kCoordinationRequestsMax = 10'000;

// Between two attempts at something the disk or the port refuses.
constexpr sim::Duration kCoordinationRetryPause = 100ms;

class CoordinationService {
 public:
  CoordinationService(sim::Environment& environment, const CoordinationServiceOptions& options)
      : environment_(environment),
        options_(options),
        arrived_(environment),
        journal_(environment.disk(), options.journal, kCoordinationJournalFormat) {}

  void Run() {
    OpenEndpoint();
    bool must_rewrite = false;
    for (;;) {
      Recover(must_rewrite);
      while (ServeRound()) {
      }
      must_rewrite = true;
    }
  }

 private:
  struct Answered {
    RpcRequest request;
    std::optional<sim::Result<Bytes>> reply;  // none yet: a query
  };

  // A watch whose node is as it was.
  struct Held {
    RpcRequest request;
    ReadNodeRequest read;
    sim::SimTime until;
  };

  void OpenEndpoint() {
    for (;;) {
      auto endpoint = RpcEndpoint::Open(environment_, options_.port);
      if (endpoint) {
        endpoint_ = *std::move(endpoint);
        endpoint_->Serve(ServiceName(CoordinationMethod()),
                         [this](RpcRequest request) { Accept(std::move(request)); });
        return;
      }
      environment_.Sleep(kCoordinationRetryPause);
    }
  }

  void Accept(RpcRequest request) {
    if (requests_.size() >= kCoordinationRequestsMax) {
      endpoint_->SendReply(request, sim::Fail(sim::ErrorCode::kUnavailable,
                                              "The coordination service is overloaded."));
      return;
    }
    requests_.push_back(std::move(request));
    arrived_.NotifyAll();
  }

  // Reads the journal until that succeeds.
  void Recover(bool must_rewrite) {
    for (;;) {
      const sim::Result<std::vector<Bytes>> frames = journal_.Load(must_rewrite);
      sim::Result<CoordinationState> state = frames ? ReplayFrames(*frames) : sim::Fail(frames);
      if (state) {
        state_ = *std::move(state);
        state_.RenewAll(environment_.Now());
        events::Trace(environment_, events::CoordinationStarted{.revision = state_.revision()});
        return;
      }
      if (state.error().code == sim::ErrorCode::kCorruption) {
        RefuseForever(state.error());
      }
      environment_.Sleep(kCoordinationRetryPause);
    }
  }

  // Whoever leads by what was lost would not be alone.
  [[noreturn]] void RefuseForever(const sim::Error& error) {
    for (;;) {
      arrived_.WaitFor([this] { return !requests_.empty(); });
      for (const RpcRequest& request : std::exchange(requests_, {})) {
        endpoint_->SendReply(request, sim::Fail(error.code, error.message));
      }
    }
  }

  // False when the journal could not be written.
  bool ServeRound() {
    arrived_.WaitFor([this] { return !requests_.empty(); },
                     std::min(state_.NextExpiry(), NextHeld()));
    std::vector<Answered> round;
    std::vector<CoordinationEntry> accepted;
    std::vector<CoordinationEvent> happened;
    std::deque<RpcRequest> requests = std::exchange(requests_, {});
    KeepAll(requests);
    Expire(accepted, happened);
    for (RpcRequest& request : requests) {
      std::optional<sim::Result<Bytes>> reply;
      const auto method = static_cast<CoordinationMethod>(request.method);
      // Only the service itself decides that time is up.
      if (IsCoordinationCommand(method) && method != CoordinationMethod::kExpireSessions) {
        reply = Apply({.method = method, .body = request.body}, accepted, happened);
      }
      round.push_back({.request = std::move(request), .reply = std::move(reply)});
    }
    const sim::Result<void> durable =
        accepted.empty() ? sim::Result<void>() : journal_.Append(Encode(accepted));
    if (!durable) {
      for (const Answered& answered : round) {
        endpoint_->SendReply(answered.request,
                             sim::Fail(sim::ErrorCode::kUnavailable, durable.error().message));
      }
      return false;
    }
    for (const CoordinationEvent& event : happened) {
      Tell(event);
    }
    for (Answered& answered : round) {
      if (answered.reply) {
        endpoint_->SendReply(answered.request, *answered.reply);
      } else if (!Hold(answered.request)) {
        endpoint_->SendReply(answered.request, Answer(answered.request));
      }
    }
    AnswerHeld();
    return true;
  }

  // A word that has come in time counts, though a slow disk kept the service from hearing it.
  void KeepAll(const std::deque<RpcRequest>& requests) {
    for (const RpcRequest& request : requests) {
      if (!request.Is<KeepAliveRequest>()) {
        continue;
      }
      if (const sim::Result<KeepAliveRequest> keep = request.As<KeepAliveRequest>()) {
        (void)state_.Touch(keep->session, environment_.Now());
      }
    }
  }

  void Expire(std::vector<CoordinationEntry>& accepted, std::vector<CoordinationEvent>& happened) {
    ExpireSessionsRequest expire{.sessions = state_.Overdue(environment_.Now())};
    if (!expire.sessions.empty()) {
      const sim::Result<Bytes> expired =
          Apply({.method = CoordinationMethod::kExpireSessions, .body = Encode(expire)}, accepted,
                happened);
      sim::Check(expired.has_value(), "the end of a session always applies");
    }
  }

  sim::Result<Bytes> Apply(CoordinationEntry entry, std::vector<CoordinationEntry>& accepted,
                           std::vector<CoordinationEvent>& happened) {
    CoordinationEffects effects;
    sim::Result<Bytes> reply = ApplyEntry(state_, entry, effects);
    if (effects.changed) {
      sim::Check(reply.has_value(), "a command that was refused has changed nothing");
      accepted.push_back(std::move(entry));
    }
    for (CoordinationEvent& event : effects.events) {
      if (event.kind == CoordinationEvent::Kind::kOpened) {
        (void)state_.Touch(event.session, environment_.Now());
      }
      happened.push_back(std::move(event));
    }
    return reply;
  }

  sim::Result<Bytes> Answer(const RpcRequest& request) {
    switch (static_cast<CoordinationMethod>(request.method)) {
      case CoordinationMethod::kKeepAlive:
        return AnswerAs<KeepAliveRequest>(request, [this](const KeepAliveRequest& keep) {
          return state_.Touch(keep.session, environment_.Now());
        });
      case CoordinationMethod::kReadNode:
        return AnswerAs<ReadNodeRequest>(request, [this](const ReadNodeRequest& read) {
          return sim::Result<ReadNodeRequest::Reply>(state_.Query(read));
        });
      case CoordinationMethod::kListNodes:
        return AnswerAs<ListNodesRequest>(request, [this](const ListNodesRequest& list) {
          return sim::Result<ListNodesRequest::Reply>(state_.Query(list));
        });
      default:
        return sim::Fail(sim::ErrorCode::kInvalidArgument,
                         fmt::format("The coordination service has no method {}.", request.method));
    }
  }

  template <typename Query, typename Ask>
  static sim::Result<Bytes> AnswerAs(const RpcRequest& request, Ask ask) {
    const sim::Result<Query> query = request.As<Query>();
    if (!query) {
      return sim::Fail(sim::ErrorCode::kInvalidArgument,
                       "The request does not have the form of its method.");
    }
    const sim::Result<typename Query::Reply> reply = ask(*query);
    return reply ? sim::Result<Bytes>(Encode(*reply)) : sim::Fail(reply);
  }

  // Keeps a watch back whose node is as it was.
  bool Hold(RpcRequest& request) {
    if (!request.Is<ReadNodeRequest>() || held_.size() >= kCoordinationRequestsMax) {
      return false;
    }
    sim::Result<ReadNodeRequest> read = request.As<ReadNodeRequest>();
    if (!read || read->wait <= sim::Duration(0) || HasNews(*read)) {
      return false;
    }
    const sim::SimTime until = sim::Later(environment_.Now(), read->wait);
    held_.push_back({.request = std::move(request), .read = *std::move(read), .until = until});
    return true;
  }

  bool HasNews(const ReadNodeRequest& read) const {
    return state_.Query(read).revision != read.known;
  }

  sim::SimTime NextHeld() const {
    sim::SimTime next = sim::kForever;
    for (const Held& held : held_) {
      next = std::min(next, held.until);
    }
    return next;
  }

  void AnswerHeld() {
    std::erase_if(held_, [this](const Held& held) {
      if (environment_.Now() < held.until && !HasNews(held.read)) {
        return false;
      }
      endpoint_->SendReply(held.request, Answer(held.request));
      return true;
    });
  }

  void Tell(const CoordinationEvent& event) {
    switch (event.kind) {
      case CoordinationEvent::Kind::kOpened:
        events::Trace(environment_,
                      events::SessionOpened{.session = event.session, .name = event.subject});
        return;
      case CoordinationEvent::Kind::kEnded:
        events::Trace(environment_,
                      events::SessionEnded{
                          .session = event.session, .name = event.subject, .how = event.how});
        return;
      case CoordinationEvent::Kind::kChanged:
        events::Trace(environment_, events::NodeChanged{.path = event.subject,
                                                        .session = event.session,
                                                        .how = event.how,
                                                        .revision = event.revision});
        return;
    }
  }

  sim::Environment& environment_;
  CoordinationServiceOptions options_;
  std::unique_ptr<RpcEndpoint> endpoint_;
  std::deque<RpcRequest> requests_;
  std::vector<Held> held_;
  sim::Condition arrived_;
  JournalFile journal_;
  CoordinationState state_;
};

}  // namespace

void RunCoordinationService(sim::Environment& environment,
                            const CoordinationServiceOptions& options) {
  CoordinationService service(environment, options);
  service.Run();
}

}  // namespace flinch::engine
