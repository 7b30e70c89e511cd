// Connections between processes: ordered frames with bounded buffers, over links that may be in
// any condition.
//
// Shape: a connection is two pipes, one per direction. A frame is held (the link carries nothing
//        now), flying, or arrived and unread; all three count as unread bytes of the window.
// Ends:  an end is open until its process closes it or is gone; it is broken when it has learned
//        that the connection was reset; it is silent when its process lost its power, and then the
//        peer learns nothing, and dark until that process is booted. Where an end is broken, or
//        silent and no longer dark, its host knows of no connection: it answers with a reset.
// Start: the second end exists from the arrival of the request on, also when the first has given
//        up meanwhile; it then finds the end of the stream. A request that is held is given up
//        with its caller.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/kernel/fifo.h"
#include "sim/kernel/link_table.h"
#include "sim/kernel/port_map.h"
#include "sim/network.h"
#include "sim/world/stuck_report.h"

namespace flinch::sim {

class Kernel;
class ModelListener;
struct Incarnation;

struct Frame {
  enum class Kind : uint8_t { kSyn, kSynAck, kData, kFin, kReset } kind = Kind::kData;
  Bytes payload{};
  EventId cause{};
};

// One direction of a connection.
struct Pipe {
  Fifo<Frame> held;
  Fifo<Frame> flying;
  Fifo<Frame> arrived;
  SimTime last_arrival{};
  uint64_t unread_bytes = 0;
  uint32_t epoch = 0;  // pending events of an older one mean nothing
  bool fin_sent = false;
  bool fin_arrived = false;
  FiberId reader;
  FiberId writer;
};

struct Stream {
  uint32_t slot = 0;
  uint32_t id = 0;  // never used twice
  Address address[2];
  Incarnation* owner[2] = {nullptr, nullptr};
  ProcessId process[2];
  bool open[2] = {true, false};
  bool handle[2] = {true, false};
  bool broken[2] = {false, false};
  bool silent[2] = {false, false};
  bool dark[2] = {false, false};
  bool asks = true;  // the request for it is on its way
  bool established = false;
  Pipe pipe[2];  // [side]: what that side sends
};

// The other end of a connection, as a report tells of it.
struct ConnectionPeer {
  Address address;
  std::optional<ProcessId> process;  // nobody when it is closed or not yet taken
  uint64_t unread_bytes = 0;         // that it has not received
};

class ConnectionModel {
 public:
  ConnectionModel(Kernel& kernel, LinkTable& links) : kernel_(kernel), links_(links) {}

  void Reserve(size_t hosts) { listeners_.reserve(hosts); }

  void AddHost() { listeners_.emplace_back(); }

  // False when the port is in use.
  bool Register(ModelListener& listener);
  void Unregister(ModelListener& listener);
  bool IsInUse(Address address) const;

  Result<std::unique_ptr<Connection>> Connect(Incarnation& owner, Address from, Address to,
                                              Duration timeout);
  // What an incarnation had open is closed by its host, or falls silent.
  void Drop(const Incarnation& owner, CrashStyle style);
  void OnBoot(ProcessId process);
  size_t Reset(HostId first, HostId second, ResetEnds ends);
  // Links have got other conditions.
  void Revise();
  // A pending event of a pipe.
  void OnEvent(uint32_t slot, uint64_t detail);

  // For a report (network_report.cc). `end`: see EndOf.
  std::optional<ConnectionPeer> PeerOf(uint64_t end) const;
  void Explain(StuckReport& report) const;

  // For the handles.
  void SendData(Stream& stream, int side, Bytes payload, EventId cause);
  void CloseEnd(Stream& stream, int side);
  void ReleaseHandle(Stream& stream, int side);

 private:
  struct Dark {
    ProcessId process;
    Address listener;
  };

  Stream& AddStream();
  void Push(Stream& stream, int side, Frame frame);
  void Fly(Stream& stream, int side, Frame frame, const FrameFate& fate);
  void ArriveAt(Stream& stream, int end, Frame frame);
  void Refuse(Stream& stream, EventId cause);
  void Own(Stream& stream, int side, Incarnation& owner);
  // Unless a process holds an end of it, or will when the request arrives.
  void ForgetIfUnused(const Stream& stream);
  static bool IsSynHeld(Stream& stream);
  static void DropHeld(Stream& stream, int side);
  void AcceptSyn(Stream& stream, EventId cause);
  void BreakEnd(Stream& stream, int end, EventId cause);
  void SilenceEnd(Stream& stream, int side);
  void ResetStream(Stream& stream, int first, ResetEnds ends);
  void RevisePipe(Stream& stream, int side);
  static void PullBack(Pipe& pipe, SimTime now);
  bool IsUnanswered(Address address) const;

  Kernel& kernel_;
  LinkTable& links_;
  std::vector<PortMap<ModelListener>> listeners_;  // by host
  std::vector<std::unique_ptr<Stream>> streams_;   // by slot; null when free
  std::vector<uint32_t> free_;
  uint32_t last_id_ = 0;
  std::vector<ProcessId> silent_;  // lost their power, and were not booted since
  std::vector<Dark> dark_;         // … and listened there
};

class ModelListener final : public Listener {
 public:
  static constexpr size_t kBacklogMax = 128;

  ModelListener(ConnectionModel& model, Kernel& kernel, Incarnation& owner, Address address)
      : model_(model), kernel_(kernel), owner_(owner), address_(address) {}

  ~ModelListener() override { model_.Unregister(*this); }

  Address address() const override { return address_; }

  Result<std::unique_ptr<Connection>> Accept(SimTime deadline) override;
  void Arrive(std::unique_ptr<Connection> connection, EventId cause);

  Incarnation& owner() { return owner_; }

  size_t waiting() const { return backlog_.size(); }

 private:
  ConnectionModel& model_;
  Kernel& kernel_;
  Incarnation& owner_;
  Address address_;
  Fifo<std::unique_ptr<Connection>> backlog_;
  FiberId waiter_;
};

// Lives as long as its stream: the model forgets a stream with its last handle.
class ModelConnection final : public Connection {
 public:
  ModelConnection(ConnectionModel& model, Kernel& kernel, Incarnation& owner, Stream& stream,
                  int side)
      : model_(model), kernel_(kernel), owner_(owner), stream_(stream), side_(side) {}

  ~ModelConnection() override;

  Address peer() const override { return stream_.address[1 - side_]; }

  Result<void> Send(Bytes frame) override;
  Result<Bytes> Receive(SimTime deadline) override;
  void Close() override;

 private:
  bool IsBroken() const;

  ConnectionModel& model_;
  Kernel& kernel_;
  Incarnation& owner_;
  Stream& stream_;
  int side_;
};

}  // namespace flinch::sim
