// One-way messages between the sockets of hosts, and those on their way.
//
// Shape: a pool of messages; an event of the queue names its slot, and whatever happens to a
//        message meanwhile (dropped, held) is noted there and found when the event comes. What has
//        arrived stays in its slot until it is received: an inbox is a list of slots.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/kernel/fifo.h"
#include "sim/kernel/link_table.h"
#include "sim/kernel/port_map.h"
#include "sim/network.h"
#include "sim/world/stuck_report.h"

namespace flinch::sim {

class Kernel;
class ModelSocket;
struct Incarnation;

class MessageModel {
 public:
  MessageModel(Kernel& kernel, LinkTable& links) : kernel_(kernel), links_(links) {}

  void Reserve(size_t hosts) { sockets_.reserve(hosts); }

  void AddHost() { sockets_.emplace_back(); }

  // False when the port is in use.
  bool Register(ModelSocket& socket);
  void Unregister(ModelSocket& socket);
  bool IsInUse(Address address) const;
  void Drop(const Incarnation& owner);

  void Send(Incarnation& owner, Address from, Address to, Bytes&& payload);
  // The pending event of a message.
  void Deliver(uint32_t index);
  // For the socket that it arrived at: gives the slot back.
  EventId Take(uint32_t index, Message& message);
  void Free(uint32_t index);
  void Explain(StuckReport& report) const;  // network_report.cc
  // Links have got other conditions: drops, holds and lets go what travels over them.
  void Revise();

  // Steps towards the fiber that a message will wake, each of which the processor should have in
  // its cache when it takes the next.
  void PrefetchFlight(uint32_t index) const { __builtin_prefetch(flights_.data() + index); }

  void PrefetchPort(uint32_t index) const {
    sockets_.data()[flights_.data()[index].to.host.value()].Prefetch();
  }

  void PrefetchSocket(uint32_t index) const { __builtin_prefetch(ReceiverSocket(index)); }

  // The slot of a fiber; of any, when nobody waits.
  uint32_t ReceiverOf(uint32_t index) const;

 private:
  enum class State : uint8_t {
    kFree,
    kFlying,
    kDropped,  // as good as lost; its event is still pending
    kStopped,  // held; its event is still pending
    kWaiting,  // held, and its event has passed
    kArrived,  // in an inbox
  };

  static constexpr uint32_t kNone = UINT32_MAX;

  struct alignas(64) Flight {
    Address from;
    Address to;
    Bytes payload;
    EventId event;  // that sent it; once it has arrived, that delivered it
    State state = State::kFree;
    bool corrupt = false;        // and the checksum tells
    uint32_t next_free = kNone;  // of a free slot
  };

  // The slot of a new flight.
  uint32_t Launch(Address from, Address to, Bytes&& payload, EventId sent);
  void Corrupt(Flight& flight, uint32_t bits);

  ModelSocket* ReceiverSocket(uint32_t index) const {
    const Address to = flights_.data()[index].to;
    return sockets_.data()[to.host.value()].Find(to.port);
  }

  // To the socket that listens; false when it goes nowhere.
  bool Hand(uint32_t index);

  Kernel& kernel_;
  LinkTable& links_;
  std::vector<PortMap<ModelSocket>> sockets_;  // by host
  std::vector<Flight> flights_;
  uint32_t free_ = kNone;  // the first free slot
};

class ModelSocket final : public Socket {
 public:
  ModelSocket(MessageModel& model, Kernel& kernel, Incarnation& owner, Address address)
      : model_(model), kernel_(kernel), owner_(owner), address_(address) {}

  ~ModelSocket() override;

  Address address() const override { return address_; }

  void Send(Address to, Bytes payload) override;
  Result<Message> Receive(SimTime deadline) override;
  void Close() override;
  // False when the inbox is full.
  bool Arrive(uint32_t index, EventId delivered);

  Incarnation& owner() { return owner_; }

  FiberId waiter() const { return waiter_; }

  size_t waiting() const { return inbox_.size(); }

 private:
  MessageModel& model_;
  Kernel& kernel_;
  Incarnation& owner_;
  Address address_;
  FiberId waiter_;
  Fifo<uint32_t> inbox_;  // slots of messages
  bool closed_ = false;
};

inline uint32_t MessageModel::ReceiverOf(uint32_t index) const {
  const ModelSocket* const socket = ReceiverSocket(index);
  return socket == nullptr ? 0 : static_cast<uint32_t>(socket->waiter().value());
}

}  // namespace flinch::sim
