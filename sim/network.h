// The network as a process sees it. Nothing but bytes crosses it.
//
// Two layers:
// - one-way messages (`Socket`): never block, may be lost, doubled, delayed, and overtake each
//   other. A checksum of the transport drops those that changed on the way, unless the experimenter
//   asks for the opposite;
// - connections (`Listener`, `Connection`): ordered frames, flow-controlled: what an end receives
//   is a prefix of what the other sent, nothing twice, and nothing changed, unless the
//   experimenter asks for the opposite. Whatever else the path does only delays them.
//
// How a connection ends:
//   closed   the peer, or its host when the process died, says so behind the last frame: Receive
//            gives what is left, then kUnavailable
//   reset    kUnavailable at once, on both ends or on one; what was not read is lost. The other
//            end may be half-open, and learns it from the answer to its next frame
//   silence  the path is cut, or the peer's host lost its power: nobody says anything. Receive
//            waits for ever, Send once the window is full; only a deadline tells
// To go on after any of them, connect again.
//
// Survives: a handle may outlive its peer; every call on a broken connection returns kUnavailable
//           at once. Handles belong to one process and die with it; its host then closes its
//           connections, and says nothing when it has lost its power.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sim/ids.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::sim {

using Bytes = std::string;

// A port of a host. A plain value that may be sent in messages.
struct Address {
  HostId host;
  uint16_t port = 0;

  friend auto operator<=>(const Address&, const Address&) = default;
};

struct Message {
  Address from;
  Bytes payload;
};

// One-way messages in and out of one port.
class Socket {
 public:
  virtual ~Socket() = default;

  virtual Address address() const = 0;

  // Leaves at once. Says nothing about arrival: ask for a reply, with a timeout.
  virtual void Send(Address to, Bytes payload) = 0;

  // Waits for the next message; kTimeout when `deadline` passes first, kCancelled after Close.
  virtual Result<Message> Receive(SimTime deadline = kForever) = 0;

  // Gives the port back and ends a waiting Receive. Close, and let it end, before destroying the
  // socket under a fiber that may be inside.
  virtual void Close() = 0;
};

// One end of an ordered stream of frames.
class Connection {
 public:
  virtual ~Connection() = default;  // closes

  virtual Address peer() const = 0;

  // Queues one frame. Blocks while the window of unread bytes is full (back-pressure).
  virtual Result<void> Send(Bytes frame) = 0;

  // The next frame, in order. kTimeout at the deadline; kUnavailable when the connection was reset,
  // or the peer closed and everything it sent has been received.
  virtual Result<Bytes> Receive(SimTime deadline = kForever) = 0;

  // Tells the peer after all queued frames. Wakes a blocked Send or Receive of this end with
  // kUnavailable.
  virtual void Close() = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;

  virtual Address address() const = 0;

  // The next of those who connect, in the order of their arrival. 128 may wait; more are refused.
  virtual Result<std::unique_ptr<Connection>> Accept(SimTime deadline = kForever) = 0;
};

class Network {
 public:
  virtual ~Network() = default;

  // The address of a port of a host by the host's name; nothing when no such host exists.
  virtual std::optional<Address> Resolve(std::string_view host, uint16_t port) const = 0;

  // kInvalidArgument when the port is in use on this host.
  virtual Result<std::unique_ptr<Socket>> Bind(uint16_t port) = 0;
  virtual Result<std::unique_ptr<Listener>> Listen(uint16_t port) = 0;

  // kUnavailable when nobody listens there or too many wait to be accepted, kTimeout when nobody
  // answers. Then the listener may still accept the connection, and finds it closed: the request
  // was on its way.
  virtual Result<std::unique_ptr<Connection>> Connect(Address to, Duration timeout) = 0;
};

}  // namespace flinch::sim
