#include "engine/rpc/endpoint.h"

#include <utility>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

struct Frame {
  bool is_reply = false;
  uint64_t call = 0;
  uint16_t method = 0;  // of a request; an error code + 1 in a reply, 0: it succeeded
  std::string service;  // of a request
  Bytes body;           // of a failed reply: the error's message

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.is_reply);
    visit(self.call);
    visit(self.method);
    visit(self.service);
    visit(self.body);
  }
};

// What arrived, if an endpoint can have sent it.
std::optional<Frame> Parse(std::string_view payload) {
  constexpr uint16_t kCodesMax = std::to_underlying(sim::ErrorCode::kExists) + 1;
  sim::Result<Frame> frame = Decode<Frame>(payload);
  if (!frame || (frame->is_reply && frame->method > kCodesMax)) {
    return std::nullopt;
  }
  return *std::move(frame);
}

}  // namespace

sim::Result<std::unique_ptr<RpcEndpoint>> RpcEndpoint::Open(sim::Environment& environment,
                                                            uint16_t port) {
  sim::Result<std::unique_ptr<sim::Socket>> socket = environment.network().Bind(port);
  if (!socket) {
    return sim::Fail(socket);
  }
  return std::unique_ptr<RpcEndpoint>(new RpcEndpoint(environment, *std::move(socket)));
}

RpcEndpoint::RpcEndpoint(sim::Environment& environment, std::unique_ptr<sim::Socket> socket)
    : environment_(environment),
      address_(socket->address()),
      // Calls of different incarnations never share a number, nor do those of endpoints that had
      // the port one after the other: nobody calls once a nanosecond.
      last_call_((static_cast<uint64_t>(environment.incarnation()) << 52) +
                 static_cast<uint64_t>(sim::Nanos(environment.Now()))) {
  auto receiver = std::make_unique<Receiver>();
  receiver->socket = std::move(socket);
  receiver->endpoint = this;
  receiver_ = receiver.get();
  environment.Spawn("rpc", [owned = std::move(receiver)] { owned->Run(); });
}

RpcEndpoint::~RpcEndpoint() {
  Cancel();
  if (receiver_ != nullptr) {
    receiver_->endpoint = nullptr;
    receiver_->socket->Close();
  }
}

RpcEndpoint::Receiver::~Receiver() {
  if (endpoint != nullptr) {
    endpoint->receiver_ = nullptr;
  }
}

void RpcEndpoint::Receiver::Run() {
  while (endpoint != nullptr) {
    sim::Result<sim::Message> message = socket->Receive();
    if (!message || endpoint == nullptr) {
      return;
    }
    endpoint->Dispatch(*std::move(message));
  }
}

void RpcEndpoint::Serve(std::string_view service, Handler handler) {
  sim::Check(!service.empty() && handler, "a service has a name and a handler");
  services_.insert_or_assign(std::string(service), std::move(handler));
}

void RpcEndpoint::StopServing(std::string_view service) {
  if (const auto found = services_.find(service); found != services_.end()) {
    services_.erase(found);
  }
}

sim::Result<Bytes> RpcEndpoint::CallBytes(const Endpoint& to, uint16_t method, Bytes body,
                                          sim::Duration timeout) {
  if (cancelled_) {
    return sim::Fail(sim::ErrorCode::kCancelled, "The endpoint was closed by its owner.");
  }
  const uint64_t call = ++last_call_;
  Waiting& waiting = waiting_[call];
  waiting.fiber = environment_.CurrentFiber();
  SendRequest(to, call, method, std::move(body));
  const sim::SimTime deadline = sim::Later(environment_.Now(), timeout);
  while (!waiting.reply && environment_.Park(deadline)) {
  }
  std::optional<sim::Result<Bytes>> reply = std::move(waiting.reply);
  waiting_.erase(call);
  if (!reply) {
    return sim::Fail(sim::ErrorCode::kTimeout, "No reply came in time.");
  }
  return *std::move(reply);
}

void RpcEndpoint::AskBytes(MainThread& main_thread, const Endpoint& to, uint16_t method, Bytes body,
                           sim::Duration timeout, Continuation then) {
  const uint64_t call = ++last_call_;
  Waiting& waiting = waiting_[call];
  waiting.main_thread = &main_thread;
  waiting.then = std::move(then);
  if (cancelled_) {
    OnReply(call, sim::Fail(sim::ErrorCode::kCancelled, "The endpoint was closed by its owner."));
    return;
  }
  waiting.timeout = main_thread.PostLater(timeout, [this, call] {
    OnReply(call, sim::Fail(sim::ErrorCode::kTimeout, "No reply came in time."));
  });
  SendRequest(to, call, method, std::move(body));
}

void RpcEndpoint::Cancel() {
  cancelled_ = true;
  for (auto call = waiting_.begin(); call != waiting_.end();) {
    call =
        Settle(call, sim::Fail(sim::ErrorCode::kCancelled, "The call was given up by its owner."));
  }
}

void RpcEndpoint::OnReply(uint64_t call, sim::Result<Bytes> reply) {
  const auto found = waiting_.find(call);
  if (found != waiting_.end()) {  // else too late: the caller has given up
    Settle(found, std::move(reply));
  }
}

// Returns the call behind it.
RpcEndpoint::Calls::iterator RpcEndpoint::Settle(Calls::iterator found, sim::Result<Bytes> reply) {
  Waiting& waiting = found->second;
  if (waiting.main_thread != nullptr) {
    waiting.main_thread->Cancel(waiting.timeout);
    waiting.main_thread->Post([then = std::move(waiting.then), reply = std::move(reply)]() mutable {
      then(std::move(reply));
    });
    return waiting_.erase(found);
  }
  if (!waiting.reply) {
    waiting.reply = std::move(reply);
    environment_.Unpark(waiting.fiber);  // which takes the entry away itself
  }
  return std::next(found);
}

void RpcEndpoint::SendRequest(const Endpoint& to, uint64_t call, uint16_t method, Bytes body) {
  sim::Check(!to.service.empty(), "a request has no service");
  Send(to.at, Encode(Frame{.is_reply = false,
                           .call = call,
                           .method = method,
                           .service = to.service,
                           .body = std::move(body)}));
}

void RpcEndpoint::Send(sim::Address to, Bytes frame) {
  if (receiver_ != nullptr) {
    receiver_->socket->Send(to, std::move(frame));
  }
}

void RpcEndpoint::SendReply(const RpcRequest& request, const sim::Result<Bytes>& reply) {
  if (request.call == 0) {
    return;
  }
  Frame frame{.is_reply = true, .call = request.call, .method = 0, .service = {}, .body = {}};
  if (reply) {
    frame.body = *reply;
  } else {
    frame.method = static_cast<uint16_t>(std::to_underlying(reply.error().code) + 1);
    frame.body = reply.error().message;
  }
  Send(request.from, Encode(frame));
}

void RpcEndpoint::Dispatch(sim::Message message) {
  std::optional<Frame> frame = Parse(message.payload);
  if (!frame) {
    return;  // not ours: whoever sent it will time out
  }
  if (frame->is_reply) {
    if (frame->method == 0) {
      OnReply(frame->call, std::move(frame->body));
    } else {
      const auto code = static_cast<sim::ErrorCode>(frame->method - 1);
      OnReply(frame->call, sim::Fail(code, std::move(frame->body)));
    }
    return;
  }
  RpcRequest request{.from = message.from,
                     .call = frame->call,
                     .method = frame->method,
                     .body = std::move(frame->body)};
  const auto service = services_.find(frame->service);
  if (service == services_.end()) {
    SendReply(request, sim::Fail(sim::ErrorCode::kUnavailable,
                                 fmt::format("The service \"{}\" is not here, or not yet.",
                                             frame->service)));
    return;
  }
  service->second(std::move(request));
}

}  // namespace flinch::engine
