// One-way messages between the sockets of hosts, and those on their way.
//
// Shape: a pool of messages in flight; an event of the queue names its slot, and whatever happens
//        to a message meanwhile (dropped, held) is noted there and found when the event comes.
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

  void AddHost() { sockets_.emplace_back(); }

  // False when the port is in use.
  bool Register(ModelSocket& socket);
  void Unregister(ModelSocket& socket);
  bool IsInUse(Address address) const;
  void Drop(const Incarnation& owner);

  void Send(Incarnation& owner, Address from, Address to, Bytes&& payload);
  // The pending event of a message.
  void Deliver(uint32_t index);
  void Explain(StuckReport& report) const;  // network_report.cc
  // Links have got other conditions: drops, holds and lets go what travels over them.
  void Revise();

 private:
  enum class State : uint8_t {
    kFree,
    kFlying,
    kDropped,  // as good as lost; its event is still pending
    kStopped,  // held; its event is still pending
    kWaiting,  // held, and its event has passed
  };

  struct Flight {
    Address from;
    Address to;
    Bytes payload;
    EventId sent;
    State state = State::kFree;
    bool corrupt = false;  // and the checksum tells
  };

  // The slot of a new flight.
  uint32_t Launch(Address from, Address to, Bytes&& payload, EventId sent);
  void Corrupt(Flight& flight, uint32_t bits);
  // To the socket that listens, if any.
  void Hand(Flight& flight);
  void Free(uint32_t index);

  Kernel& kernel_;
  LinkTable& links_;
  std::vector<PortMap<ModelSocket>> sockets_;  // by host
  std::vector<Flight> flights_;
  std::vector<uint32_t> free_;
};

class ModelSocket final : public Socket {
 public:
  ModelSocket(MessageModel& model, Kernel& kernel, Incarnation& owner, Address address)
      : model_(model), kernel_(kernel), owner_(owner), address_(address) {}

  ~ModelSocket() override { model_.Unregister(*this); }

  Address address() const override { return address_; }

  void Send(Address to, Bytes payload) override;
  Result<Message> Receive(SimTime deadline) override;
  void Close() override;
  // False when the inbox is full.
  bool Arrive(Address from, Bytes&& payload, EventId delivered);

  Incarnation& owner() { return owner_; }

  size_t waiting() const { return inbox_.size(); }

 private:
  struct Arrived {
    Message message;
    EventId delivered;
  };

  MessageModel& model_;
  Kernel& kernel_;
  Incarnation& owner_;
  Address address_;
  Fifo<Arrived> inbox_;
  FiberId waiter_;
  bool closed_ = false;
};

}  // namespace flinch::sim
