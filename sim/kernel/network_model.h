// Links, one-way messages and connections between hosts.
//
// Latency is drawn per direction of a link from its own stream, losses from another, so that a
// fault on one link moves no draw elsewhere. One-way messages of one link may overtake each other.
// Frames of a connection do not; while its link is cut they are held, as a retransmitting transport
// would, and leave when it is whole again.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/network.h"
#include "sim/random.h"
#include "sim/world/world.h"

namespace flinch::sim {

class Kernel;
struct Incarnation;
class ModelSocket;
class ModelListener;
class ModelConnection;

class NetworkModel {
 public:
  explicit NetworkModel(Kernel& kernel) : kernel_(kernel) {}

  void AddHost();
  void SetCondition(HostId from, HostId to, const LinkCondition& condition);
  // Everything that an incarnation had open is closed by its host.
  void Drop(Incarnation& owner);

  // Pending events.
  void DeliverMessage(uint32_t index);
  void OnPipeEvent(uint32_t connection, uint64_t side);

  // For a report (network_report.cc): the other end of a connection, and all that is queued.
  struct Peer {
    Address address;
    std::optional<ProcessId> process;  // nobody when it is closed or not yet taken
    uint64_t unread_bytes = 0;         // that it has not received
  };

  std::optional<Peer> PeerOf(uint64_t end) const;
  void Explain(StuckReport& report) const;

  // For the handles below.
  void SendMessage(Incarnation& owner, Address from, Address to, Bytes payload);
  uint16_t FreePort(HostId host);
  bool Register(ModelSocket& socket);
  void Unregister(ModelSocket& socket);
  bool Register(ModelListener& listener);
  void Unregister(ModelListener& listener);
  Result<std::unique_ptr<Connection>> Connect(Incarnation& owner, Address to, Duration timeout);

 private:
  friend class ModelConnection;

  // The range that a caller gets who names no port.
  static constexpr uint16_t kFirstFreePort = 49152;

  struct Link {
    Link(const Random& random, LinkCondition initial)
        : latency(random), loss(random.Split("loss")), condition(initial) {}

    Random latency;
    Random loss;
    LinkCondition condition;
  };

  struct InFlight {
    Address from;
    Address to;
    Bytes payload;
    EventId sent;
  };

  struct Frame {
    enum class Kind : uint8_t { kSyn, kSynAck, kData, kFin } kind = Kind::kData;
    Bytes payload;
    EventId cause;
  };

  // One direction of a connection: from the end with the same index to the other.
  struct Pipe {
    std::deque<Frame> held;
    std::deque<Frame> flying;
    std::deque<Frame> arrived;
    SimTime last_arrival{};
    uint64_t unread_bytes = 0;
    bool fin_sent = false;
    bool fin_arrived = false;
    FiberId reader;
    FiberId writer;
  };

  struct Stream {
    uint32_t id = 0;
    Address address[2];
    Incarnation* owner[2] = {nullptr, nullptr};
    bool open[2] = {true, false};
    bool handle[2] = {true, false};
    bool established = false;
    bool syn_travels = true;
    Pipe pipe[2];  // [side]: what that side sends
  };

  struct HostPorts {
    std::map<uint16_t, ModelSocket*> sockets;
    std::map<uint16_t, ModelListener*> listeners;
    uint16_t next_free = kFirstFreePort;
  };

  Link& LinkBetween(HostId from, HostId to);
  // Time until arrival, or nothing when the link carries nothing now.
  std::optional<Duration> FrameLatency(HostId from, HostId to);
  void Push(Stream& stream, int side, Frame frame);
  void Fly(Stream& stream, int side, Frame frame, Duration latency);
  void AcceptSyn(Stream& stream);
  void CloseEnd(Stream& stream, int side);
  void ReleaseHandle(uint32_t id, int side);
  Stream* FindStream(uint32_t id);

  Kernel& kernel_;
  std::vector<HostPorts> ports_;
  std::vector<std::vector<std::unique_ptr<Link>>> links_;  // [from][to], made at first use
  std::vector<InFlight> in_flight_;
  std::vector<uint32_t> free_in_flight_;
  std::map<uint32_t, Stream> streams_;
  uint32_t last_stream_ = 0;
};

class ModelSocket final : public Socket {
 public:
  ModelSocket(NetworkModel& model, Kernel& kernel, Incarnation& owner, Address address)
      : model_(model), kernel_(kernel), owner_(owner), address_(address) {}

  ~ModelSocket() override { model_.Unregister(*this); }

  Address address() const override { return address_; }

  void Send(Address to, Bytes payload) override;
  Result<Message> Receive(SimTime deadline) override;
  void Close() override;
  void Arrive(Message message, EventId delivered);

  Incarnation& owner() { return owner_; }

  size_t waiting() const { return inbox_.size(); }

 private:
  struct Arrived {
    Message message;
    EventId delivered;
  };

  NetworkModel& model_;
  Kernel& kernel_;
  Incarnation& owner_;
  Address address_;
  std::deque<Arrived> inbox_;
  FiberId waiter_;
  bool closed_ = false;
};

class ModelListener final : public Listener {
 public:
  ModelListener(NetworkModel& model, Kernel& kernel, Incarnation& owner, Address address)
      : model_(model), kernel_(kernel), owner_(owner), address_(address) {}

  ~ModelListener() override { model_.Unregister(*this); }

  Address address() const override { return address_; }

  Result<std::unique_ptr<Connection>> Accept(SimTime deadline) override;
  void Arrive(std::unique_ptr<Connection> connection, EventId cause);

  Incarnation& owner() { return owner_; }

  size_t waiting() const { return backlog_.size(); }

 private:
  NetworkModel& model_;
  Kernel& kernel_;
  Incarnation& owner_;
  Address address_;
  std::deque<std::unique_ptr<Connection>> backlog_;
  FiberId waiter_;
};

class ModelConnection final : public Connection {
 public:
  ModelConnection(NetworkModel& model, Kernel& kernel, Incarnation& owner, uint32_t id, int side)
      : model_(model), kernel_(kernel), owner_(owner), id_(id), side_(side) {}

  ~ModelConnection() override {
    Close();
    model_.ReleaseHandle(id_, side_);
  }

  Address peer() const override;
  Result<void> Send(Bytes frame) override;
  Result<Bytes> Receive(SimTime deadline) override;
  void Close() override;

 private:
  NetworkModel& model_;
  Kernel& kernel_;
  Incarnation& owner_;
  uint32_t id_;
  int side_;
};

// The network as one process sees it.
class NetworkDoor final : public Network {
 public:
  NetworkDoor(Kernel& kernel, Incarnation& incarnation)
      : kernel_(kernel), incarnation_(incarnation) {}

  std::optional<Address> Resolve(std::string_view host, uint16_t port) const override;
  Result<std::unique_ptr<Socket>> Bind(uint16_t port) override;
  Result<std::unique_ptr<Listener>> Listen(uint16_t port) override;
  Result<std::unique_ptr<Connection>> Connect(Address to, Duration timeout) override;

 private:
  Kernel& kernel_;
  Incarnation& incarnation_;
};

}  // namespace flinch::sim
