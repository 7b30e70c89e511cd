#include "engine/runtime/rpc.h"

#include <optional>
#include <utility>

namespace flinch::engine {
namespace {

struct Frame {
  bool is_reply = false;
  uint64_t call = 0;
  uint16_t method = 0;  // of a request; an error code + 1 in a reply, 0: it succeeded
  Bytes body;           // of a failed reply: the error's message

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.is_reply);
    visit(self.call);
    visit(self.method);
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
                                                            uint16_t port, Handler handler) {
  sim::Result<std::unique_ptr<sim::Socket>> socket = environment.network().Bind(port);
  if (!socket) {
    return sim::Fail(socket);
  }
  return std::unique_ptr<RpcEndpoint>(
      new RpcEndpoint(environment, *std::move(socket), std::move(handler)));
}

RpcEndpoint::RpcEndpoint(sim::Environment& environment, std::unique_ptr<sim::Socket> socket,
                         Handler handler)
    : environment_(environment),
      address_(socket->address()),
      handler_(std::move(handler)),
      // Calls of different incarnations never share a number.
      last_call_(static_cast<uint64_t>(environment.incarnation()) << 40) {
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

sim::Result<Bytes> RpcEndpoint::CallBytes(sim::Address to, Method method, Bytes body,
                                          sim::Duration timeout,
                                          const std::function<void()>& on_sent) {
  if (cancelled_) {
    return sim::Fail(sim::ErrorCode::kCancelled, "The endpoint was closed by its owner.");
  }
  const uint64_t call = ++last_call_;
  Waiting& waiting = waiting_[call];
  waiting.fiber = environment_.CurrentFiber();
  SendRequest(to, call, method, std::move(body));
  if (on_sent) {
    on_sent();
  }
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

void RpcEndpoint::Cancel() {
  cancelled_ = true;
  for (auto& [call, waiting] : waiting_) {
    if (!waiting.reply) {
      waiting.reply = sim::Fail(sim::ErrorCode::kCancelled, "The call was given up by its owner.");
      environment_.Unpark(waiting.fiber);
    }
  }
}

void RpcEndpoint::SendRequest(sim::Address to, uint64_t call, Method method, Bytes body) {
  Send(to, Encode(Frame{.is_reply = false,
                        .call = call,
                        .method = std::to_underlying(method),
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
  Frame frame{.is_reply = true, .call = request.call, .method = 0, .body = {}};
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
    const auto found = waiting_.find(frame->call);
    if (found == waiting_.end() || found->second.reply) {
      return;  // too late: the caller has given up
    }
    if (frame->method == 0) {
      found->second.reply = std::move(frame->body);
    } else {
      const auto code = static_cast<sim::ErrorCode>(frame->method - 1);
      found->second.reply = sim::Fail(code, std::move(frame->body));
    }
    environment_.Unpark(found->second.fiber);
    return;
  }
  RpcRequest request{.from = message.from,
                     .call = frame->call,
                     .method = static_cast<Method>(frame->method),
                     .body = std::move(frame->body)};
  if (handler_) {
    handler_(std::move(request));
  } else {
    SendReply(request, sim::Fail(sim::ErrorCode::kUnavailable, "Nobody serves requests here."));
  }
}

}  // namespace flinch::engine
