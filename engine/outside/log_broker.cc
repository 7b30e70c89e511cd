#include "engine/outside/log_broker.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/outside/log_state.h"
#include "engine/rpc/endpoint.h"
#include "sim/sync.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using sim::ErrorCode;
using sim::Fail;

// Requests that may wait for the next round; who comes later is told to come again.
constexpr size_t kRequestsMax = 10'000;

// Between two attempts at something the disk or the port refuses.
constexpr sim::Duration kRetryPause = 100ms;

template <typename Query>
sim::Result<Bytes> Answer(const LogState& state, const RpcRequest& request) {
  const sim::Result<Query> query = request.As<Query>();
  if (!query) {
    return Fail(ErrorCode::kInvalidArgument, "The request does not have the form of its method.");
  }
  const sim::Result<typename Query::Reply> reply = state.Query(*query);
  if (!reply) {
    return Fail(reply);
  }
  return Encode(*reply);
}

sim::Result<Bytes> AnswerQuery(const LogState& state, const RpcRequest& request) {
  switch (static_cast<LogMethod>(request.method)) {
    case LogMethod::kFetch:
      return Answer<FetchRequest>(state, request);
    case LogMethod::kTopicInfo:
      return Answer<TopicInfoRequest>(state, request);
    case LogMethod::kListTransactions:
      return Answer<ListTransactionsRequest>(state, request);
    default:
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("The log has no method {}.", request.method));
  }
}

class LogBroker {
 public:
  LogBroker(sim::Environment& environment, const LogBrokerOptions& options)
      : environment_(environment),
        options_(options),
        arrived_(environment),
        journal_(environment.disk(), options.journal, kLogJournalFormat) {}

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
  void OpenEndpoint() {
    for (;;) {
      auto endpoint = RpcEndpoint::Open(environment_, options_.port);
      if (endpoint) {
        endpoint_ = *std::move(endpoint);
        endpoint_->Serve(ServiceName(LogMethod()),
                         [this](RpcRequest request) { Accept(std::move(request)); });
        return;
      }
      environment_.Sleep(kRetryPause);
    }
  }

  void Accept(RpcRequest request) {
    if (requests_.size() >= kRequestsMax) {
      endpoint_->SendReply(request, Fail(ErrorCode::kUnavailable, "The log is overloaded."));
      return;
    }
    requests_.push_back(std::move(request));
    arrived_.NotifyAll();
  }

  // Reads the journal until that succeeds. `must_rewrite`: bytes may lie in it that are not
  // durable.
  void Recover(bool must_rewrite) {
    for (;;) {
      const sim::Result<void> loaded = Load(must_rewrite);
      if (loaded) {
        events::Trace(environment_, events::BrokerStarted{.records = state_.record_count()});
        return;
      }
      if (loaded.error().code == ErrorCode::kCorruption) {
        RefuseForever(loaded.error());
      }
      environment_.Sleep(kRetryPause);
    }
  }

  sim::Result<void> Load(bool must_rewrite) {
    const sim::Result<std::vector<Bytes>> frames = journal_.Load(must_rewrite);
    if (!frames) {
      return Fail(frames);
    }
    std::vector<JournalEntry> entries;
    for (const Bytes& frame : *frames) {
      sim::Result<std::vector<JournalEntry>> some = DecodeEntries(frame);
      if (!some) {
        return Fail(some);
      }
      std::ranges::move(*some, std::back_inserter(entries));
    }
    sim::Result<LogState> state = ReplayEntries(entries);
    if (!state) {
      return Fail(state);
    }
    state_ = *std::move(state);
    return {};
  }

  // A log that would silently lose what it acknowledged serves nobody.
  [[noreturn]] void RefuseForever(const sim::Error& error) {
    for (;;) {
      arrived_.WaitFor([this] { return !requests_.empty(); });
      for (const RpcRequest& request : std::exchange(requests_, {})) {
        endpoint_->SendReply(request, Fail(error.code, error.message));
      }
    }
  }

  struct Answered {
    RpcRequest request;
    std::optional<sim::Result<Bytes>> reply;  // none yet: a query
  };

  // A fetch that waits for records.
  struct Held {
    RpcRequest request;
    FetchRequest fetch;
    sim::SimTime until;
  };

  // False when the journal could not be written.
  bool ServeRound() {
    arrived_.WaitFor([this] { return !requests_.empty(); },
                     std::min(state_.NextExpiry(), NextHeld()));
    std::vector<Answered> round;
    std::vector<JournalEntry> accepted;
    std::vector<LogEvent> happened;
    Expire(accepted, happened);
    for (RpcRequest& request : std::exchange(requests_, {})) {
      std::optional<sim::Result<Bytes>> reply;
      // Only the broker itself decides that time is up.
      const auto method = static_cast<LogMethod>(request.method);
      if (IsLogCommand(method) && method != LogMethod::kExpireTransactions) {
        const sim::Result<void> allowed = Allows(request);
        reply = allowed ? Apply({.method = method,
                                 .time = environment_.Now(),
                                 .body = std::move(request.body)},
                                accepted, happened)
                        : Fail(allowed);
      }
      round.push_back({.request = std::move(request), .reply = std::move(reply)});
    }
    const sim::Result<void> durable = Persist(accepted);
    if (!durable) {
      for (const Answered& answered : round) {
        endpoint_->SendReply(answered.request,
                             Fail(ErrorCode::kUnavailable, durable.error().message));
      }
      return false;
    }
    for (const LogEvent& event : happened) {
      Tell(event);
    }
    for (Answered& answered : round) {
      if (answered.reply) {
        endpoint_->SendReply(answered.request, *answered.reply);
      } else if (!Hold(answered.request)) {
        endpoint_->SendReply(answered.request, AnswerQuery(state_, answered.request));
      }
    }
    AnswerHeld();
    return true;
  }

  // Kafka's InvalidTxnTimeoutException. A limit of the broker's, so no part of the log's state: it
  // may be another one when the journal is read again.
  sim::Result<void> Allows(const RpcRequest& request) const {
    if (!request.Is<InitProducerRequest>()) {
      return {};
    }
    const sim::Result<InitProducerRequest> init = request.As<InitProducerRequest>();
    const sim::Duration most = options_.transaction_timeout_max;
    if (!init || init->timeout <= most) {
      return {};
    }
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("Transactional id \"{}\" asks for a time-out of {}, and the log allows "
                    "transaction.max.timeout = {} at most: lower the one or raise the other.",
                    init->transactional_id, sim::Show(init->timeout), sim::Show(most)));
  }

  // Keeps a fetch back that may wait and finds too little.
  bool Hold(RpcRequest& request) {
    if (!request.Is<FetchRequest>() || held_.size() >= kRequestsMax) {
      return false;
    }
    sim::Result<FetchRequest> fetch = request.As<FetchRequest>();
    if (!fetch || fetch->wait <= sim::Duration(0) || state_.HasEnoughFor(*fetch)) {
      return false;
    }
    const sim::SimTime until = sim::Later(environment_.Now(), fetch->wait);
    held_.push_back({.request = std::move(request), .fetch = *std::move(fetch), .until = until});
    return true;
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
      if (environment_.Now() < held.until && !state_.HasEnoughFor(held.fetch)) {
        return false;
      }
      endpoint_->SendReply(held.request, AnswerQuery(state_, held.request));
      return true;
    });
  }

  void Expire(std::vector<JournalEntry>& accepted, std::vector<LogEvent>& happened) {
    const sim::SimTime now = environment_.Now();
    if (state_.NextExpiry() <= now) {
      const sim::Result<Bytes> expired = Apply({.method = LogMethod::kExpireTransactions,
                                                .time = now,
                                                .body = Encode(ExpireTransactionsRequest())},
                                               accepted, happened);
      sim::Check(expired.has_value(), "time-outs always apply");
    }
  }

  sim::Result<Bytes> Apply(JournalEntry entry, std::vector<JournalEntry>& accepted,
                           std::vector<LogEvent>& happened) {
    LogEffects effects;
    sim::Result<Bytes> reply = ApplyEntry(state_, entry, effects);
    if (effects.changed) {
      sim::Check(reply.has_value(), "a command that was refused has changed nothing");
      accepted.push_back(std::move(entry));
    }
    happened.insert(happened.end(), effects.events.begin(), effects.events.end());
    return reply;
  }

  sim::Result<void> Persist(const std::vector<JournalEntry>& accepted) {
    if (accepted.empty()) {
      return {};
    }
    return journal_.Append(Encode(accepted));
  }

  void Tell(const LogEvent& event) {
    const std::string_view transaction = event.subject;
    const uint64_t producer = event.identity.id;
    const uint64_t epoch = event.identity.epoch;
    switch (event.kind) {
      case LogEvent::Kind::kBegun:
        events::Trace(environment_,
                      events::TransactionBegun{
                          .transaction = transaction, .producer = producer, .epoch = epoch});
        return;
      case LogEvent::Kind::kCommitted:
        events::Trace(environment_, events::TransactionCommitted{.transaction = transaction,
                                                                 .producer = producer,
                                                                 .epoch = epoch,
                                                                 .records = event.records});
        return;
      case LogEvent::Kind::kAborted:
        events::Trace(environment_, events::TransactionAborted{.transaction = transaction,
                                                               .producer = producer,
                                                               .epoch = epoch,
                                                               .reason = event.reason});
        return;
      case LogEvent::Kind::kFenced:
        events::Trace(environment_,
                      events::ProducerFenced{
                          .transaction = transaction, .producer = producer, .epoch = epoch});
        return;
      case LogEvent::Kind::kSealed:
        events::Trace(environment_, events::TopicSealed{.topic = event.subject});
        return;
    }
  }

  sim::Environment& environment_;
  LogBrokerOptions options_;
  std::unique_ptr<RpcEndpoint> endpoint_;
  std::deque<RpcRequest> requests_;
  std::vector<Held> held_;
  sim::Condition arrived_;
  JournalFile journal_;
  LogState state_;
};

}  // namespace

void RunLogBroker(sim::Environment& environment, const LogBrokerOptions& options) {
  LogBroker broker(environment, options);
  broker.Run();
}

}  // namespace flinch::engine
