// Requests and replies over one-way messages.
//
// Shape:    one endpoint per port. It makes calls, and serves any number of services, each under a
//           name of its own. Methods are numbered per service: an enumeration, with its name
//           beside it. A message type names its method and its reply:
//             enum class DoorMethod : uint16_t { kRing = 1 };
//             constexpr std::string_view ServiceName(DoorMethod) { return "door"; }
//             struct Ring { static constexpr auto kMethod = DoorMethod::kRing;
//                           using Reply = Nothing; … Visit … };
// Errors:   a call that gets no reply in time gives kTimeout: it may or may not have been executed,
//           and its reply may still come, and is then dropped. A handler's error travels back with
//           its code. A service that is not (yet) served gives kUnavailable.
// Survives: loss, delay and reordering of messages; a restarted peer (calls carry the incarnation
//           of the caller, so a reply to the dead one is dropped). Duplicates are the handler's
//           affair: make handlers idempotent.
// Source:   Flink's RpcGateway over Pekko: at most once, fire and forget for `Tell`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/rpc/main_thread.h"
#include "engine/serializer.h"
#include "sim/environment.h"
#include "sim/sync.h"

namespace flinch::engine {

// A reply that says no more than that the request was carried out.
using Nothing = std::monostate;

// Where a service is. Without a name it is the one that the message's methods belong to.
struct Endpoint {
  // NOLINTNEXTLINE(google-explicit-constructor): most services are the only one of their kind there
  Endpoint(sim::Address address, std::string name = {}) : at(address), service(std::move(name)) {}

  sim::Address at;
  std::string service;
};

struct RpcRequest {
  sim::Address from;
  uint64_t call = 0;    // 0: nobody waits for a reply
  uint16_t method = 0;  // of the service that was asked
  Bytes body;

  // The typed content; kCorruption when it is none.
  template <typename Message>
  sim::Result<Message> As() const {
    return Decode<Message>(body);
  }

  template <typename Message>
  bool Is() const {
    return method == std::to_underlying(Message::kMethod);
  }
};

class RpcEndpoint {
 public:
  // Called on the endpoint's own fiber for each request: must not block; put the work elsewhere,
  // reply later.
  using Handler = std::function<void(RpcRequest)>;
  using Continuation = std::move_only_function<void(sim::Result<Bytes>)>;

  // Port 0 takes a free one.
  static sim::Result<std::unique_ptr<RpcEndpoint>> Open(sim::Environment& environment,
                                                        uint16_t port);

  // Ends what waits, and waits itself until its own fiber has ended: so not from inside a handler,
  // and before the main threads go that it asks for. May suspend.
  ~RpcEndpoint();
  RpcEndpoint(const RpcEndpoint&) = delete;
  RpcEndpoint& operator=(const RpcEndpoint&) = delete;

  sim::Address address() const { return address_; }

  // From now on requests to this service go to the handler; it replaces an earlier one.
  void Serve(std::string_view service, Handler handler);
  // From now on requests to this service are answered with kUnavailable.
  void StopServing(std::string_view service);

  // Waits for the reply. May suspend.
  template <typename Message>
  sim::Result<typename Message::Reply> Call(const Endpoint& to, const Message& message,
                                            sim::Duration timeout) {
    const sim::Result<Bytes> reply =
        CallBytes(Named<Message>(to), MethodOf<Message>(), Encode(message), timeout);
    if (!reply) {
      return sim::Fail(reply);
    }
    return Decode<typename Message::Reply>(*reply);
  }

  // Runs `then(reply)` in the main thread when the reply has come, or an error instead of it.
  template <typename Message, typename Then>
  void Ask(MainThread& main_thread, const Endpoint& to, const Message& message,
           sim::Duration timeout, Then then) {
    AskBytes(main_thread, Named<Message>(to), MethodOf<Message>(), Encode(message), timeout,
             [then = std::move(then)](sim::Result<Bytes> reply) mutable {
               then(reply ? Decode<typename Message::Reply>(*reply)
                          : sim::Result<typename Message::Reply>(sim::Fail(reply)));
             });
  }

  // Sends and forgets.
  template <typename Message>
  void Tell(const Endpoint& to, const Message& message) {
    SendRequest(Named<Message>(to), 0, MethodOf<Message>(), Encode(message));
  }

  // Answers a request; does nothing when nobody waits.
  template <typename Content>
  void Reply(const RpcRequest& request, const sim::Result<Content>& reply) {
    if (reply) {
      SendReply(request, sim::Result<Bytes>(Encode(*reply)));
    } else {
      SendReply(request, sim::Result<Bytes>(sim::Fail(reply)));
    }
  }

  // As Call and Ask, with bytes; here the service has a name.
  sim::Result<Bytes> CallBytes(const Endpoint& to, uint16_t method, Bytes body,
                               sim::Duration timeout);
  void AskBytes(MainThread& main_thread, const Endpoint& to, uint16_t method, Bytes body,
                sim::Duration timeout, Continuation then);
  void SendReply(const RpcRequest& request, const sim::Result<Bytes>& reply);

  // Ends all waiting calls, and at once every later one, with kCancelled. Before the endpoint is
  // destroyed no call may be left inside it: cancel, and wait for the fibers that call.
  void Cancel();

 private:
  // A fiber that is parked, or a continuation with its time-out.
  struct Waiting {
    sim::FiberId fiber;
    std::optional<sim::Result<Bytes>> reply;
    MainThread* main_thread = nullptr;
    Continuation then;
    TimerId timeout;
  };

  using Calls = std::map<uint64_t, Waiting>;

  // What the receiving fiber owns: it may outlive the endpoint by the time it takes to notice, so
  // that nobody has to wait for it in a destructor. Each forgets the other when it goes.
  struct Receiver {
    std::unique_ptr<sim::Socket> socket;
    RpcEndpoint* endpoint = nullptr;

    ~Receiver();
    void Run();
  };

  template <typename Message>
  static Endpoint Named(const Endpoint& to) {
    return to.service.empty() ? Endpoint(to.at, std::string(ServiceName(Message::kMethod))) : to;
  }

  template <typename Message>
  static constexpr uint16_t MethodOf() {
    return std::to_underlying(Message::kMethod);
  }

  RpcEndpoint(sim::Environment& environment, std::unique_ptr<sim::Socket> socket);
  void Dispatch(sim::Message message);
  void OnReply(uint64_t call, sim::Result<Bytes> reply);
  Calls::iterator Settle(Calls::iterator found, sim::Result<Bytes> reply);
  void SendRequest(const Endpoint& to, uint64_t call, uint16_t method, Bytes body);
  void Send(sim::Address to, Bytes frame);

  sim::Environment& environment_;
  sim::Address address_;
  Receiver* receiver_ = nullptr;  // null when the fiber was unwound before us
  std::map<std::string, Handler, std::less<>> services_;
  uint64_t last_call_ = 0;
  bool cancelled_ = false;
  // Here and not on the callers' stacks: when the process dies either may be unwound first.
  Calls waiting_;
};

}  // namespace flinch::engine
