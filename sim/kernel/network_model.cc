#include "sim/kernel/network_model.h"

#define XXH_INLINE_ALL
#include <algorithm>
#include <utility>

#include <xxhash.h>

#include "sim/check.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/process_environment.h"

namespace flinch::sim {
namespace {

uint64_t HashOf(const Bytes& payload) { return XXH3_64bits(payload.data(), payload.size()); }

uint64_t Number(Address address) {
  return static_cast<uint64_t>(address.host.value()) << 16 | address.port;
}

// A lost segment is sent again after this time, and at most this often before it gets through.
constexpr Duration kRetransmission = std::chrono::milliseconds(200);
constexpr int kRetransmissionsMax = 5;

}  // namespace

void NetworkModel::AddHost() {
  ports_.emplace_back();
  links_.emplace_back();
}

NetworkModel::Link& NetworkModel::LinkBetween(HostId from, HostId to) {
  std::vector<std::unique_ptr<Link>>& row = links_.at(from.value());
  if (row.size() <= to.value()) {
    row.resize(kernel_.hosts().size());
  }
  std::unique_ptr<Link>& link = row.at(to.value());
  if (!link) {
    const std::string name =
        "link/" + kernel_.hosts()[from.value()].name + "/" + kernel_.hosts()[to.value()].name;
    link = std::make_unique<Link>(kernel_.random().Split(name), LinkCondition{});
  }
  return *link;
}

void NetworkModel::SetCondition(HostId from, HostId to, const LinkCondition& condition) {
  LinkBetween(from, to).condition = condition;
  for (auto& [id, stream] : streams_) {
    for (int side = 0; side < 2; ++side) {
      if (stream.address[side].host != from || stream.address[1 - side].host != to) {
        continue;
      }
      std::deque<Frame> held;
      held.swap(stream.pipe[side].held);
      for (Frame& frame : held) {
        Push(stream, side, std::move(frame));  // held again if the link still carries nothing
      }
    }
  }
}

std::optional<Duration> NetworkModel::FrameLatency(HostId from, HostId to) {
  const LinkOptions& options = kernel_.options().link;
  if (from == to) {
    return options.loopback_latency;
  }
  Link& link = LinkBetween(from, to);
  const LinkCondition& condition = link.condition;
  if (condition.cut || condition.loss.numerator >= condition.loss.denominator) {
    return std::nullopt;
  }
  Duration latency =
      link.latency.Between(options.latency_min, options.latency_max) + condition.delay;
  if (condition.loss.numerator > 0) {
    for (int i = 0; i < kRetransmissionsMax && link.loss.Chance(condition.loss); ++i) {
      latency += kRetransmission;
    }
  }
  return latency;
}

void NetworkModel::SendMessage(Incarnation& owner, Address from, Address to, Bytes payload) {
  if (to.host.value() >= ports_.size()) {
    return;  // an address that nobody gave out
  }
  const EventId sent = kernel_.Record(Step::kSend, owner.process, Number(to), HashOf(payload));
  const LinkOptions& options = kernel_.options().link;
  Duration latency = options.loopback_latency;
  if (from.host != to.host) {
    Link& link = LinkBetween(from.host, to.host);
    latency = link.latency.Between(options.latency_min, options.latency_max) + link.condition.delay;
    const bool lost = link.condition.loss.numerator > 0 && link.loss.Chance(link.condition.loss);
    if (link.condition.cut || lost) {
      kernel_.Record(Step::kLose, owner.process, Number(to), 0);
      return;
    }
  }
  uint32_t index = 0;
  if (free_in_flight_.empty()) {
    index = static_cast<uint32_t>(in_flight_.size());
    in_flight_.emplace_back();
  } else {
    index = free_in_flight_.back();
    free_in_flight_.pop_back();
  }
  in_flight_[index] = {from, to, std::move(payload), sent};
  kernel_.queue().Push(Later(kernel_.now(), latency), EventKind::kMessage, index, 0);
}

void NetworkModel::DeliverMessage(uint32_t index) {
  InFlight flight = std::move(in_flight_[index]);
  free_in_flight_.push_back(index);
  const auto& sockets = ports_[flight.to.host.value()].sockets;
  const auto found = sockets.find(flight.to.port);
  if (found == sockets.end()) {
    return;
  }
  ModelSocket& socket = *found->second;
  const EventId delivered =
      kernel_.Record(Step::kDeliver, socket.owner().process, flight.sent.value(), 0);
  socket.Arrive({flight.from, std::move(flight.payload)}, delivered);
}

uint16_t NetworkModel::FreePort(HostId host) {
  HostPorts& ports = ports_[host.value()];
  for (uint32_t tried = 0; tried <= UINT16_MAX - kFirstFreePort; ++tried) {
    const uint16_t port = ports.next_free;
    ports.next_free = port == UINT16_MAX ? kFirstFreePort : static_cast<uint16_t>(port + 1);
    if (!ports.sockets.contains(port) && !ports.listeners.contains(port)) {
      return port;
    }
  }
  Unreachable("host {} has no free port left", host.value());
}

bool NetworkModel::Register(ModelSocket& socket) {
  const Address address = socket.address();
  return ports_[address.host.value()].sockets.try_emplace(address.port, &socket).second;
}

void NetworkModel::Unregister(ModelSocket& socket) {
  auto& sockets = ports_[socket.address().host.value()].sockets;
  const auto found = sockets.find(socket.address().port);
  if (found != sockets.end() && found->second == &socket) {
    sockets.erase(found);
  }
}

bool NetworkModel::Register(ModelListener& listener) {
  const Address address = listener.address();
  return ports_[address.host.value()].listeners.try_emplace(address.port, &listener).second;
}

void NetworkModel::Unregister(ModelListener& listener) {
  auto& listeners = ports_[listener.address().host.value()].listeners;
  const auto found = listeners.find(listener.address().port);
  if (found != listeners.end() && found->second == &listener) {
    listeners.erase(found);
  }
}

void NetworkModel::Drop(Incarnation& owner) {
  HostPorts& ports = ports_[owner.host.value()];
  std::erase_if(ports.sockets, [&](const auto& entry) { return &entry.second->owner() == &owner; });
  std::erase_if(ports.listeners,
                [&](const auto& entry) { return &entry.second->owner() == &owner; });
  for (auto& [id, stream] : streams_) {
    for (int side = 0; side < 2; ++side) {
      if (stream.owner[side] == &owner) {
        CloseEnd(stream, side);
      }
    }
  }
}

NetworkModel::Stream* NetworkModel::FindStream(uint32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

Result<std::unique_ptr<Connection>> NetworkModel::Connect(Incarnation& owner, Address to,
                                                          Duration timeout) {
  if (to.host.value() >= ports_.size()) {
    return Fail(ErrorCode::kInvalidArgument, "The address belongs to no host.");
  }
  const uint32_t id = ++last_stream_;
  Stream& stream = streams_[id];
  stream.id = id;
  stream.owner[0] = &owner;
  stream.address[0] = {owner.host, FreePort(owner.host)};
  stream.address[1] = to;
  auto connection = std::make_unique<ModelConnection>(*this, kernel_, owner, id, 0);
  kernel_.Record(Step::kConnect, owner.process, Number(to), id);
  Push(stream, 0, {.kind = Frame::Kind::kSyn, .payload = {}, .cause = kernel_.CurrentCause()});
  const SimTime deadline = Later(owner.environment->Now(), timeout);
  while (!stream.established && !stream.pipe[1].fin_arrived) {
    stream.pipe[1].reader = kernel_.CurrentFiber();
    if (!kernel_.Park({.kind = WaitKind::kConnect, .deadline = deadline, .on = EndOf(id, 0)})) {
      break;
    }
  }
  stream.pipe[1].reader = FiberId();
  if (stream.established) {
    return connection;
  }
  if (stream.pipe[1].fin_arrived) {
    return Fail(ErrorCode::kUnavailable, "Nobody listens there.");
  }
  return Fail(ErrorCode::kTimeout, "The host did not answer in time.");
}

void NetworkModel::Push(Stream& stream, int side, Frame frame) {
  const std::optional<Duration> latency =
      FrameLatency(stream.address[side].host, stream.address[1 - side].host);
  if (!latency || !stream.pipe[side].held.empty()) {
    stream.pipe[side].held.push_back(std::move(frame));
    return;
  }
  Fly(stream, side, std::move(frame), *latency);
}

void NetworkModel::Fly(Stream& stream, int side, Frame frame, Duration latency) {
  Pipe& pipe = stream.pipe[side];
  pipe.last_arrival = std::max(pipe.last_arrival, Later(kernel_.now(), latency));
  pipe.flying.push_back(std::move(frame));
  kernel_.queue().Push(pipe.last_arrival, EventKind::kPipe, stream.id, static_cast<uint64_t>(side));
}

void NetworkModel::OnPipeEvent(uint32_t connection, uint64_t side_number) {
  Stream* stream = FindStream(connection);
  if (stream == nullptr) {
    return;
  }
  const int side = static_cast<int>(side_number);
  Pipe& pipe = stream->pipe[side];
  Check(!pipe.flying.empty(), "connection {}: an arrival of nothing", connection);
  Frame frame = std::move(pipe.flying.front());
  pipe.flying.pop_front();
  const HostId host = stream->address[1 - side].host;
  frame.cause = kernel_.RecordOnHost(Step::kArrive, host, connection, frame.cause.value());
  switch (frame.kind) {
    case Frame::Kind::kSyn:
      stream->syn_travels = false;
      AcceptSyn(*stream);
      return;
    case Frame::Kind::kSynAck:
      stream->established = true;
      break;
    case Frame::Kind::kData:
      if (stream->open[1 - side]) {
        pipe.arrived.push_back(std::move(frame));
      } else {
        pipe.unread_bytes -= frame.payload.size();
      }
      break;
    case Frame::Kind::kFin:
      pipe.fin_arrived = true;
      kernel_.Wake(stream->pipe[1 - side].writer, frame.cause);
      break;
  }
  kernel_.Wake(pipe.reader, frame.cause);
}

void NetworkModel::AcceptSyn(Stream& stream) {
  if (!stream.handle[0]) {
    streams_.erase(stream.id);  // whoever asked has given up
    return;
  }
  const auto& listeners = ports_[stream.address[1].host.value()].listeners;
  const auto found = listeners.find(stream.address[1].port);
  const EventId cause = kernel_.CurrentCause();
  if (found == listeners.end()) {
    stream.pipe[1].fin_sent = true;
    Push(stream, 1, {.kind = Frame::Kind::kFin, .payload = {}, .cause = cause});
    return;
  }
  ModelListener& listener = *found->second;
  stream.owner[1] = &listener.owner();
  stream.open[1] = true;
  stream.handle[1] = true;
  Push(stream, 1, {.kind = Frame::Kind::kSynAck, .payload = {}, .cause = cause});
  listener.Arrive(std::make_unique<ModelConnection>(*this, kernel_, listener.owner(), stream.id, 1),
                  cause);
}

void NetworkModel::CloseEnd(Stream& stream, int side) {
  if (!stream.open[side]) {
    return;
  }
  stream.open[side] = false;
  Pipe& out = stream.pipe[side];
  if (!out.fin_sent) {
    out.fin_sent = true;
    Push(stream, side, {.kind = Frame::Kind::kFin, .payload = {}, .cause = kernel_.CurrentCause()});
  }
  Pipe& in = stream.pipe[1 - side];
  in.arrived.clear();
  in.unread_bytes = 0;
  for (const Frame& frame : in.flying) {
    in.unread_bytes += frame.payload.size();
  }
  for (const Frame& frame : in.held) {
    in.unread_bytes += frame.payload.size();
  }
  kernel_.Wake(in.reader, kernel_.CurrentCause());
  kernel_.Wake(out.writer, kernel_.CurrentCause());
  kernel_.Wake(in.writer, kernel_.CurrentCause());
}

void NetworkModel::ReleaseHandle(uint32_t id, int side) {
  Stream* stream = FindStream(id);
  if (stream == nullptr) {
    return;
  }
  stream->handle[side] = false;
  stream->owner[side] = nullptr;
  // A stream whose SYN still travels has one handle only, and may get its other.
  if (!stream->handle[1 - side] && !stream->syn_travels) {
    streams_.erase(id);
  }
}

}  // namespace flinch::sim
