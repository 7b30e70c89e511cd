// The handles that processes hold: sockets, listeners, connections, and the door to them.
#define XXH_INLINE_ALL
#include <utility>

#include <xxhash.h>

#include "sim/check.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/network_model.h"
#include "sim/kernel/process_environment.h"

namespace flinch::sim {
namespace {

constexpr size_t kInboxMax = 65'536;  // more messages are dropped, as by a full receive buffer

}  // namespace

void ModelSocket::Send(Address to, Bytes payload) {
  if (owner_.alive) {
    model_.SendMessage(owner_, address_, to, std::move(payload));
  }
}

Result<Message> ModelSocket::Receive(SimTime deadline) {
  while (inbox_.empty() || closed_) {
    if (closed_) {
      return Fail(ErrorCode::kCancelled, "The socket was closed by its owner.");
    }
    waiter_ = kernel_.CurrentFiber();
    const bool notified =
        kernel_.Park({.kind = WaitKind::kMessage, .deadline = deadline, .on = address_.port});
    waiter_ = FiberId();
    if (!notified && inbox_.empty()) {
      return Fail(ErrorCode::kTimeout, "No message came in time.");
    }
  }
  Arrived arrived = std::move(inbox_.front());
  inbox_.pop_front();
  kernel_.SetCause(arrived.delivered);
  return std::move(arrived.message);
}

void ModelSocket::Close() {
  closed_ = true;
  model_.Unregister(*this);
  kernel_.Wake(waiter_, kernel_.CurrentCause());
}

void ModelSocket::Arrive(Message message, EventId delivered) {
  if (inbox_.size() < kInboxMax) {
    inbox_.push_back({std::move(message), delivered});
    kernel_.Wake(waiter_, delivered);
  }
}

Result<std::unique_ptr<Connection>> ModelListener::Accept(SimTime deadline) {
  while (backlog_.empty()) {
    waiter_ = kernel_.CurrentFiber();
    const bool notified =
        kernel_.Park({.kind = WaitKind::kAccept, .deadline = deadline, .on = address_.port});
    waiter_ = FiberId();
    if (!notified && backlog_.empty()) {
      return Fail(ErrorCode::kTimeout, "Nobody connected in time.");
    }
  }
  std::unique_ptr<Connection> connection = std::move(backlog_.front());
  backlog_.pop_front();
  return connection;
}

void ModelListener::Arrive(std::unique_ptr<Connection> connection, EventId cause) {
  backlog_.push_back(std::move(connection));
  kernel_.Wake(waiter_, cause);
}

Address ModelConnection::peer() const {
  const NetworkModel::Stream* stream = model_.FindStream(id_);
  Check(stream != nullptr, "connection {} is gone while it has a handle", id_);
  return stream->address[1 - side_];
}

Result<void> ModelConnection::Send(Bytes frame) {
  NetworkModel::Stream* stream = model_.FindStream(id_);
  Check(stream != nullptr, "connection {} is gone while it has a handle", id_);
  NetworkModel::Pipe& pipe = stream->pipe[side_];
  const auto broken = [&] {
    return !owner_.alive || !stream->open[side_] || stream->pipe[1 - side_].fin_arrived;
  };
  while (!broken() && pipe.unread_bytes >= kernel_.options().link.window_bytes) {
    Check(pipe.writer == FiberId(), "two fibers write to connection {}", id_);
    pipe.writer = kernel_.CurrentFiber();
    const bool notified = kernel_.Park({.kind = WaitKind::kWindow, .on = EndOf(id_, side_)});
    pipe.writer = FiberId();
    if (!notified) {
      break;
    }
  }
  if (broken()) {
    return Fail(ErrorCode::kUnavailable, "The connection is broken.");
  }
  pipe.unread_bytes += frame.size();
  const EventId event =
      kernel_.Record(Step::kFrame, owner_.process, id_, XXH3_64bits(frame.data(), frame.size()));
  model_.Push(
      *stream, side_,
      {.kind = NetworkModel::Frame::Kind::kData, .payload = std::move(frame), .cause = event});
  return {};
}

Result<Bytes> ModelConnection::Receive(SimTime deadline) {
  NetworkModel::Stream* stream = model_.FindStream(id_);
  Check(stream != nullptr, "connection {} is gone while it has a handle", id_);
  NetworkModel::Pipe& pipe = stream->pipe[1 - side_];
  while (pipe.arrived.empty()) {
    if (!owner_.alive || !stream->open[side_] || pipe.fin_arrived) {
      return Fail(ErrorCode::kUnavailable, "The connection is broken or at its end.");
    }
    Check(pipe.reader == FiberId(), "two fibers read from connection {}", id_);
    pipe.reader = kernel_.CurrentFiber();
    const bool notified =
        kernel_.Park({.kind = WaitKind::kFrame, .deadline = deadline, .on = EndOf(id_, side_)});
    pipe.reader = FiberId();
    if (!notified && pipe.arrived.empty()) {
      return Fail(ErrorCode::kTimeout, "No frame came in time.");
    }
  }
  NetworkModel::Frame frame = std::move(pipe.arrived.front());
  pipe.arrived.pop_front();
  pipe.unread_bytes -= frame.payload.size();
  kernel_.SetCause(frame.cause);
  kernel_.Wake(pipe.writer, frame.cause);
  return std::move(frame.payload);
}

void ModelConnection::Close() {
  if (NetworkModel::Stream* stream = model_.FindStream(id_); stream != nullptr && owner_.alive) {
    model_.CloseEnd(*stream, side_);
  }
}

std::optional<Address> NetworkDoor::Resolve(std::string_view host, uint16_t port) const {
  const std::vector<HostRecord>& hosts = kernel_.hosts();
  for (size_t i = 0; i < hosts.size(); ++i) {
    if (hosts[i].name == host) {
      return Address{HostId(static_cast<uint32_t>(i)), port};
    }
  }
  return std::nullopt;
}

Result<std::unique_ptr<Socket>> NetworkDoor::Bind(uint16_t port) {
  const Address address{incarnation_.host,
                        port == 0 ? kernel_.network().FreePort(incarnation_.host) : port};
  auto socket = std::make_unique<ModelSocket>(kernel_.network(), kernel_, incarnation_, address);
  if (!incarnation_.alive || !kernel_.network().Register(*socket)) {
    return Fail(ErrorCode::kInvalidArgument,
                "Port " + std::to_string(port) + " of this host is in use.");
  }
  return socket;
}

Result<std::unique_ptr<Listener>> NetworkDoor::Listen(uint16_t port) {
  const Address address{incarnation_.host,
                        port == 0 ? kernel_.network().FreePort(incarnation_.host) : port};
  auto listener =
      std::make_unique<ModelListener>(kernel_.network(), kernel_, incarnation_, address);
  if (!incarnation_.alive || !kernel_.network().Register(*listener)) {
    return Fail(ErrorCode::kInvalidArgument,
                "Port " + std::to_string(port) + " of this host is in use.");
  }
  return listener;
}

Result<std::unique_ptr<Connection>> NetworkDoor::Connect(Address to, Duration timeout) {
  if (!incarnation_.alive) {
    return Fail(ErrorCode::kUnavailable, "The process is dead.");
  }
  return kernel_.network().Connect(incarnation_, to, timeout);
}

}  // namespace flinch::sim
