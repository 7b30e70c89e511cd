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

ModelSocket::~ModelSocket() {
  model_.Unregister(*this);
  for (const uint32_t index : inbox_.items()) {
    model_.Free(index);
  }
}

void ModelSocket::Send(Address to, Bytes payload) {
  if (owner_.alive) {
    model_.Send(owner_, address_, to, std::move(payload));
  }
}

Result<Message> ModelSocket::Receive(SimTime deadline) {
  while (inbox_.empty() || closed_) {
    if (closed_) {
      return Fail(ErrorCode::kCancelled, "The socket was closed by its owner.");
    }
    Check(waiter_ == FiberId(), "two fibers receive on port {}", address_.port);
    waiter_ = kernel_.CurrentFiber();
    const bool notified =
        kernel_.Park({.kind = WaitKind::kMessage, .deadline = deadline, .on = address_.port});
    waiter_ = FiberId();
    if (!notified && inbox_.empty()) {
      return Fail(ErrorCode::kTimeout, "No message came in time.");
    }
  }
  const uint32_t index = inbox_.Pop();
  Result<Message> message(std::in_place);
  kernel_.SetCause(model_.Take(index, *message));
  return message;
}

void ModelSocket::Close() {
  closed_ = true;
  model_.Unregister(*this);
  kernel_.Wake(waiter_, kernel_.CurrentCause());
}

bool ModelSocket::Arrive(uint32_t index, EventId delivered) {
  if (inbox_.size() >= kInboxMax) {
    return false;
  }
  inbox_.Push(uint32_t{index});
  kernel_.Wake(waiter_, delivered);
  return true;
}

Result<std::unique_ptr<Connection>> ModelListener::Accept(SimTime deadline) {
  while (backlog_.empty()) {
    Check(waiter_ == FiberId(), "two fibers accept on port {}", address_.port);
    waiter_ = kernel_.CurrentFiber();
    const bool notified =
        kernel_.Park({.kind = WaitKind::kAccept, .deadline = deadline, .on = address_.port});
    waiter_ = FiberId();
    if (!notified && backlog_.empty()) {
      return Fail(ErrorCode::kTimeout, "Nobody connected in time.");
    }
  }
  return backlog_.Pop();
}

void ModelListener::Arrive(std::unique_ptr<Connection> connection, EventId cause) {
  backlog_.Push(std::move(connection));
  kernel_.Wake(waiter_, cause);
}

ModelConnection::~ModelConnection() {
  Close();
  model_.ReleaseHandle(stream_, side_);
}

bool ModelConnection::IsBroken() const {
  return !owner_.alive || !stream_.open[side_] || stream_.broken[side_] ||
         stream_.pipe[1 - side_].fin_arrived;
}

Result<void> ModelConnection::Send(Bytes frame) {
  Pipe& pipe = stream_.pipe[side_];
  while (!IsBroken() && pipe.unread_bytes >= kernel_.options().link.window_bytes) {
    Check(pipe.writer == FiberId(), "two fibers write to connection {}", stream_.id);
    pipe.writer = kernel_.CurrentFiber();
    const bool notified = kernel_.Park({.kind = WaitKind::kWindow, .on = EndOf(stream_.id, side_)});
    pipe.writer = FiberId();
    if (!notified) {
      break;
    }
  }
  if (IsBroken()) {
    return Fail(ErrorCode::kUnavailable, "The connection is broken.");
  }
  const EventId event = kernel_.Record(Step::kFrame, owner_.process, stream_.id,
                                       XXH3_64bits(frame.data(), frame.size()));
  model_.SendData(stream_, side_, std::move(frame), event);
  return {};
}

Result<Bytes> ModelConnection::Receive(SimTime deadline) {
  Pipe& pipe = stream_.pipe[1 - side_];
  while (pipe.arrived.empty()) {
    if (IsBroken()) {
      return Fail(ErrorCode::kUnavailable, "The connection is broken or at its end.");
    }
    Check(pipe.reader == FiberId(), "two fibers read from connection {}", stream_.id);
    pipe.reader = kernel_.CurrentFiber();
    const bool notified = kernel_.Park(
        {.kind = WaitKind::kFrame, .deadline = deadline, .on = EndOf(stream_.id, side_)});
    pipe.reader = FiberId();
    if (!notified && pipe.arrived.empty()) {
      return Fail(ErrorCode::kTimeout, "No frame came in time.");
    }
  }
  Frame frame = pipe.arrived.Pop();
  pipe.unread_bytes -= frame.payload.size();
  kernel_.SetCause(frame.cause);
  kernel_.Wake(pipe.writer, frame.cause);
  return std::move(frame.payload);
}

void ModelConnection::Close() {
  if (owner_.alive) {
    model_.CloseEnd(stream_, side_);
  }
}

std::optional<Address> NetworkDoor::Resolve(std::string_view host, uint16_t port) const {
  const std::optional<HostId> found = kernel_.FindHost(host);
  return found ? std::optional(Address{*found, port}) : std::nullopt;
}

Result<std::unique_ptr<Socket>> NetworkDoor::Bind(uint16_t port) {
  const Address address{incarnation_.host,
                        port == 0 ? kernel_.network().FreePort(incarnation_.host) : port};
  auto socket =
      std::make_unique<ModelSocket>(kernel_.network().messages(), kernel_, incarnation_, address);
  if (!incarnation_.alive || !kernel_.network().messages().Register(*socket)) {
    return Fail(ErrorCode::kInvalidArgument,
                "Port " + std::to_string(port) + " of this host is in use.");
  }
  return socket;
}

Result<std::unique_ptr<Listener>> NetworkDoor::Listen(uint16_t port) {
  const Address address{incarnation_.host,
                        port == 0 ? kernel_.network().FreePort(incarnation_.host) : port};
  auto listener = std::make_unique<ModelListener>(kernel_.network().connections(), kernel_,
                                                  incarnation_, address);
  if (!incarnation_.alive || !kernel_.network().connections().Register(*listener)) {
    return Fail(ErrorCode::kInvalidArgument,
                "Port " + std::to_string(port) + " of this host is in use.");
  }
  return listener;
}

Result<std::unique_ptr<Connection>> NetworkDoor::Connect(Address to, Duration timeout) {
  if (!incarnation_.alive) {
    return Fail(ErrorCode::kUnavailable, "The process is dead.");
  }
  NetworkModel& network = kernel_.network();
  const Address from{incarnation_.host, network.FreePort(incarnation_.host)};
  return network.connections().Connect(incarnation_, from, to, timeout);
}

}  // namespace flinch::sim
