// Requests and replies over one-way messages.
//
// Shape:    one endpoint per port; it answers requests and makes calls. A message type names its
//           method and its reply: struct Ping { static constexpr Method kMethod = Method::kPing;
//           using Reply = Pong; … Visit … };
// Errors:   a call that gets no reply in time gives kTimeout: it may or may not have been executed,
//           and its reply may still come, and is then dropped. A handler's error travels back with
//           its code.
// Survives: loss, delay and reordering of messages; a restarted peer (calls carry the incarnation
//           of the caller, so a reply to the dead one is dropped). Duplicates are the handler's
//           affair: make handlers idempotent.
// Source:   Flink's RpcGateway over Pekko: at most once, fire and forget for `Tell`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "engine/serializer.h"
#include "sim/environment.h"
#include "sim/sync.h"

namespace flinch::engine {

// Every method of every gateway. New ones go to the end of their group.
enum class Method : uint16_t {
  // JobManager
  kRegisterTaskManager = 1,
  kUpdateTaskState,
  kAcknowledgeCheckpoint,
  kDeclineCheckpoint,
  kHeartbeatReply,
  // TaskManager
  kHeartbeat = 100,
  kSubmitTask,
  kCancelTask,
  kTriggerCheckpoint,
  kNotifyCheckpointComplete,
  kNotifyCheckpointAborted,
  // Log broker
  kCreateTopic = 200,
  kProduce,
  kFetch,
  kSealTopic,
  kTopicInfo,
  kInitProducer,
  kEndTransaction,
  kListTransactions,
  kFenceOwner,
  kExpireTransactions,
  kProduceMany,
};

struct RpcRequest {
  sim::Address from;
  uint64_t call = 0;  // 0: nobody waits for a reply
  Method method{};
  Bytes body;

  // The typed content; kCorruption when it is none.
  template <typename Message>
  sim::Result<Message> As() const {
    return Decode<Message>(body);
  }
};

class RpcEndpoint {
 public:
  // Called on the endpoint's own fiber for each request: must not block; put the work elsewhere,
  // reply later.
  using Handler = std::function<void(RpcRequest)>;

  // Port 0 takes a free one. Without a handler requests are answered with kUnavailable.
  static sim::Result<std::unique_ptr<RpcEndpoint>> Open(sim::Environment& environment,
                                                        uint16_t port, Handler handler = nullptr);

  // Ends what waits, and waits itself until its own fiber has ended: so not from inside a handler.
  // May suspend.
  ~RpcEndpoint();
  RpcEndpoint(const RpcEndpoint&) = delete;
  RpcEndpoint& operator=(const RpcEndpoint&) = delete;

  sim::Address address() const { return address_; }

  // Waits for the reply. May suspend. `on_sent` runs when the request has left.
  template <typename Message>
  sim::Result<typename Message::Reply> Call(sim::Address to, const Message& message,
                                            sim::Duration timeout,
                                            const std::function<void()>& on_sent = nullptr) {
    const sim::Result<Bytes> reply =
        CallBytes(to, Message::kMethod, Encode(message), timeout, on_sent);
    if (!reply) {
      return sim::Fail(reply);
    }
    return Decode<typename Message::Reply>(*reply);
  }

  // Sends and forgets.
  template <typename Message>
  void Tell(sim::Address to, const Message& message) {
    SendRequest(to, 0, Message::kMethod, Encode(message));
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

  sim::Result<Bytes> CallBytes(sim::Address to, Method method, Bytes body, sim::Duration timeout,
                               const std::function<void()>& on_sent = nullptr);
  void SendReply(const RpcRequest& request, const sim::Result<Bytes>& reply);

  // Ends all waiting calls, and at once every later one, with kCancelled. Before the endpoint is
  // destroyed no call may be left inside it: cancel, and wait for the fibers that call.
  void Cancel();

 private:
  struct Waiting {
    sim::FiberId fiber;
    std::optional<sim::Result<Bytes>> reply;
  };

  // What the receiving fiber owns: it may outlive the endpoint by the time it takes to notice, so
  // that nobody has to wait for it in a destructor. Each forgets the other when it goes.
  struct Receiver {
    std::unique_ptr<sim::Socket> socket;
    RpcEndpoint* endpoint = nullptr;

    ~Receiver();
    void Run();
  };

  RpcEndpoint(sim::Environment& environment, std::unique_ptr<sim::Socket> socket, Handler handler);
  void Dispatch(sim::Message message);
  void SendRequest(sim::Address to, uint64_t call, Method method, Bytes body);
  void Send(sim::Address to, Bytes frame);

  sim::Environment& environment_;
  sim::Address address_;
  Receiver* receiver_ = nullptr;  // null when the fiber was unwound before us
  Handler handler_;
  uint64_t last_call_ = 0;
  bool cancelled_ = false;
  // Here and not on the callers' stacks: when the process dies either may be unwound first.
  std::map<uint64_t, Waiting> waiting_;
};

}  // namespace flinch::engine
