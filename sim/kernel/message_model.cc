#include "sim/kernel/message_model.h"

#define XXH_INLINE_ALL
#include <algorithm>
#include <utility>

#include <xxhash.h>

#include "sim/kernel/kernel.h"

namespace flinch::sim {
namespace {

uint64_t HashOf(const Bytes& payload) { return XXH3_64bits(payload.data(), payload.size()); }

}  // namespace

bool MessageModel::Register(ModelSocket& socket) {
  const Address address = socket.address();
  return sockets_[address.host.value()].Insert(address.port, socket);
}

void MessageModel::Unregister(ModelSocket& socket) {
  const Address address = socket.address();
  sockets_[address.host.value()].Erase(address.port, socket);
}

bool MessageModel::IsInUse(Address address) const {
  return sockets_[address.host.value()].Find(address.port) != nullptr;
}

void MessageModel::Drop(const Incarnation& owner) {
  sockets_[owner.host.value()].EraseIf(
      [&](uint16_t, ModelSocket& socket) { return &socket.owner() == &owner; });
}

void MessageModel::Send(Incarnation& owner, Address from, Address to, Bytes&& payload) {
  if (to.host.value() >= sockets_.size()) {
    return;  // an address that nobody gave out
  }
  const EventId sent = kernel_.Record(Step::kSend, owner.process, NumberOf(to), HashOf(payload));
  const SimTime now = kernel_.now();
  const MessageFate fate = links_.SendMessage(from.host, to.host, payload.size(), now);
  if (fate.kind == MessageFate::Kind::kLost) {
    kernel_.Record(Step::kLose, owner.process, NumberOf(to), 0);
    return;
  }
  if (fate.kind == MessageFate::Kind::kHeld) {
    kernel_.Record(Step::kHold, owner.process, NumberOf(to), sent.value());
    flights_[Launch(from, to, std::move(payload), sent)].state = State::kWaiting;
    return;
  }
  if (fate.copy) {
    kernel_.Record(Step::kDuplicate, owner.process, NumberOf(to), sent.value());
    const uint32_t copy = Launch(from, to, Bytes(payload), sent);
    kernel_.queue().Push(Later(now, *fate.copy), EventKind::kMessage, copy, 0);
  }
  if (fate.reordered > Duration(0)) {
    kernel_.Record(Step::kReorder, owner.process, static_cast<uint64_t>(fate.reordered.count()),
                   sent.value());
  }
  const uint32_t index = Launch(from, to, std::move(payload), sent);
  if (fate.flips > 0) {
    Corrupt(flights_[index], fate.flips);
  }
  kernel_.queue().Push(Later(now, fate.latency), EventKind::kMessage, index, 0);
}

void MessageModel::Corrupt(Flight& flight, uint32_t bits) {
  kernel_.RecordOnHost(Step::kCorrupt, flight.from.host, bits, flight.event.value());
  const LinkCondition& condition = links_.ConditionOf(flight.from.host, flight.to.host);
  flight.corrupt = condition.corruption == Corruption::kDetected || flight.payload.empty();
  if (!flight.corrupt) {
    links_.Flip(flight.from.host, flight.to.host, bits, flight.payload);
  }
}

uint32_t MessageModel::Launch(Address from, Address to, Bytes&& payload, EventId sent) {
  if (free_ == kNone) [[unlikely]] {
    free_ = static_cast<uint32_t>(flights_.size());
    flights_.emplace_back();
  }
  const uint32_t index = free_;
  Flight& flight = flights_[index];
  free_ = flight.next_free;
  flight.from = from;
  flight.to = to;
  flight.payload = std::move(payload);
  flight.event = sent;
  flight.state = State::kFlying;
  flight.corrupt = false;
  return index;
}

void MessageModel::Free(uint32_t index) {
  Flight& flight = flights_[index];
  flight.payload.clear();
  flight.state = State::kFree;
  flight.next_free = std::exchange(free_, index);
}

void MessageModel::Deliver(uint32_t index) {
  Flight& flight = flights_[index];
  if (flight.state == State::kStopped) {
    flight.state = State::kWaiting;
    return;
  }
  if (flight.state == State::kDropped) {
    Free(index);
    return;
  }
  if (!Hand(index)) {
    Free(index);
  }
}

bool MessageModel::Hand(uint32_t index) {
  Flight& flight = flights_[index];
  const uint64_t sent = flight.event.value();
  const Address to = flight.to;
  if (flight.corrupt) {
    kernel_.RecordOnHost(Step::kDiscard, to.host, sent, 0);
    return false;
  }
  ModelSocket* const socket = ReceiverSocket(index);
  if (socket == nullptr) {
    kernel_.RecordOnHost(Step::kDrop, to.host, sent, NumberOf(to));
    return false;
  }
  const EventId delivered = kernel_.Record(Step::kDeliver, socket->owner().process, sent, 0);
  flight.event = delivered;
  flight.state = State::kArrived;
  if (!socket->Arrive(index, delivered)) {
    kernel_.RecordOnHost(Step::kDrop, to.host, sent, NumberOf(to));
    return false;
  }
  return true;
}

EventId MessageModel::Take(uint32_t index, Message& message) {
  Flight& flight = flights_[index];
  const EventId delivered = flight.event;
  message.from = flight.from;
  message.payload = std::move(flight.payload);
  flight.state = State::kFree;
  flight.next_free = std::exchange(free_, index);
  return delivered;
}

void MessageModel::Revise() {
  std::vector<uint32_t> released;
  for (uint32_t index = 0; index < flights_.size(); ++index) {
    Flight& flight = flights_[index];
    if (flight.state == State::kFree || flight.state == State::kDropped ||
        flight.state == State::kArrived || flight.from.host == flight.to.host) {
      continue;
    }
    const LinkCondition& condition = links_.ConditionOf(flight.from.host, flight.to.host);
    const bool held = flight.state != State::kFlying;
    if (condition.cut && condition.in_flight == InFlight::kDrop) {
      kernel_.RecordOnHost(Step::kLose, flight.from.host, NumberOf(flight.to),
                           flight.event.value());
      if (flight.state == State::kWaiting) {
        Free(index);
      } else {
        flight.state = State::kDropped;
      }
    } else if (condition.clog || (condition.cut && condition.in_flight == InFlight::kHold)) {
      if (!held) {
        kernel_.RecordOnHost(Step::kHold, flight.from.host, NumberOf(flight.to),
                             flight.event.value());
        flight.state = State::kStopped;
      }
    } else if (held && !condition.cut) {
      if (flight.state == State::kWaiting) {
        released.push_back(index);
      }
      flight.state = State::kFlying;
    }
  }
  // As they were sent, not as the pool has them.
  std::ranges::sort(released, {},
                    [&](uint32_t index) { return std::pair(flights_[index].event, index); });
  for (const uint32_t index : released) {
    const Duration latency = links_.DrawAgain(flights_[index].from.host, flights_[index].to.host);
    kernel_.queue().Push(Later(kernel_.now(), latency), EventKind::kMessage, index, 0);
  }
}

}  // namespace flinch::sim
