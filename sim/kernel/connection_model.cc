#include "sim/kernel/connection_model.h"

#include <algorithm>
#include <utility>

#include "sim/check.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/process_environment.h"

namespace flinch::sim {
namespace {

// What a pending event of a pipe carries: connection, epoch, side.
uint64_t EventDetail(const Stream& stream, int side) {
  return static_cast<uint64_t>(stream.id) << 32 |
         static_cast<uint64_t>(stream.pipe[side].epoch & 0x7fff'ffff) << 1 |
         static_cast<uint64_t>(side);
}

}  // namespace

bool ConnectionModel::Register(ModelListener& listener) {
  const Address address = listener.address();
  return listeners_[address.host.value()].Insert(address.port, listener);
}

void ConnectionModel::Unregister(ModelListener& listener) {
  const Address address = listener.address();
  listeners_[address.host.value()].Erase(address.port, listener);
}

bool ConnectionModel::IsInUse(Address address) const {
  return listeners_[address.host.value()].Find(address.port) != nullptr;
}

Stream& ConnectionModel::AddStream() {
  uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<uint32_t>(streams_.size());
    streams_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  streams_[slot] = std::make_unique<Stream>();
  streams_[slot]->slot = slot;
  streams_[slot]->id = ++last_id_;
  return *streams_[slot];
}

void ConnectionModel::Own(Stream& stream, int side, Incarnation& owner) {
  stream.owner[side] = &owner;
  stream.process[side] = owner.process;
  const uint64_t end = EndOf(stream.slot, side);
  owner.ends.insert(std::ranges::lower_bound(owner.ends, end), end);
}

Result<std::unique_ptr<Connection>> ConnectionModel::Connect(Incarnation& owner, Address from,
                                                             Address to, Duration timeout) {
  if (to.host.value() >= listeners_.size()) {
    return Fail(ErrorCode::kInvalidArgument, "The address belongs to no host.");
  }
  Stream& stream = AddStream();
  Own(stream, 0, owner);
  stream.address[0] = from;
  stream.address[1] = to;
  auto connection = std::make_unique<ModelConnection>(*this, kernel_, owner, stream, 0);
  kernel_.Record(Step::kConnect, owner.process, NumberOf(to), stream.id);
  Push(stream, 0, {.kind = Frame::Kind::kSyn, .cause = kernel_.CurrentCause()});
  const SimTime deadline = Later(owner.environment.Now(), timeout);
  while (!stream.established && !stream.broken[0]) {
    stream.pipe[1].reader = kernel_.CurrentFiber();
    if (!kernel_.Park(
            {.kind = WaitKind::kConnect, .deadline = deadline, .on = EndOf(stream.id, 0)})) {
      break;
    }
  }
  stream.pipe[1].reader = FiberId();
  if (stream.broken[0]) {
    return Fail(ErrorCode::kUnavailable,
                stream.established ? "The connection was reset at once." : "Nobody listens there.");
  }
  if (!stream.established) {
    return Fail(ErrorCode::kTimeout, "The host did not answer in time.");
  }
  return connection;
}

void ConnectionModel::SendData(Stream& stream, int side, Bytes payload, EventId cause) {
  stream.pipe[side].unread_bytes += payload.size();
  Push(stream, side, {.kind = Frame::Kind::kData, .payload = std::move(payload), .cause = cause});
}

void ConnectionModel::Push(Stream& stream, int side, Frame frame) {
  Pipe& pipe = stream.pipe[side];
  if (!pipe.held.empty()) {
    pipe.held.Push(std::move(frame));
    return;
  }
  const FrameFate fate = links_.SendFrame(stream.address[side].host, stream.address[1 - side].host,
                                          frame.payload.size(), kernel_.now());
  if (fate.held) {
    pipe.held.Push(std::move(frame));
    return;
  }
  if (fate.flips > 0 && !frame.payload.empty()) {
    kernel_.RecordOnHost(Step::kCorrupt, stream.address[side].host, fate.flips,
                         frame.cause.value());
    links_.Flip(stream.address[side].host, stream.address[1 - side].host, fate.flips,
                frame.payload);
  }
  Fly(stream, side, std::move(frame), fate);
}

void ConnectionModel::Fly(Stream& stream, int side, Frame frame, const FrameFate& fate) {
  Pipe& pipe = stream.pipe[side];
  if (fate.sent_again > 0) {
    kernel_.RecordOnHost(Step::kRetransmit, stream.address[side].host, fate.sent_again, stream.id);
  }
  pipe.last_arrival =
      Later(std::max(pipe.last_arrival, Later(kernel_.now(), fate.latency)), fate.reading);
  pipe.flying.Push(std::move(frame));
  kernel_.queue().Push(pipe.last_arrival, EventKind::kPipe, stream.slot, EventDetail(stream, side));
}

void ConnectionModel::OnEvent(uint32_t slot, uint64_t detail) {
  Stream* const stream = streams_[slot].get();
  const int side = static_cast<int>(detail & 1);
  if (stream == nullptr || EventDetail(*stream, side) != detail) {
    return;  // the connection is forgotten, or the frame was taken back
  }
  Pipe& pipe = stream->pipe[side];
  Check(!pipe.flying.empty(), "connection {}: an arrival of nothing", stream->id);
  Frame frame = pipe.flying.Pop();
  frame.cause = kernel_.RecordOnHost(Step::kArrive, stream->address[1 - side].host, stream->id,
                                     frame.cause.value());
  ArriveAt(*stream, 1 - side, std::move(frame));
  ForgetIfUnused(*stream);
}

void ConnectionModel::ArriveAt(Stream& stream, int end, Frame frame) {
  Pipe& pipe = stream.pipe[1 - end];
  if (frame.kind == Frame::Kind::kSyn) {
    stream.asks = false;
  }
  if (stream.dark[end]) {
    kernel_.RecordOnHost(Step::kUnanswered, stream.address[end].host, stream.id, 0);
    return;
  }
  if (stream.silent[end] || stream.broken[end]) {
    // The host knows no such connection any more.
    if (frame.kind != Frame::Kind::kReset) {
      Push(stream, end, {.kind = Frame::Kind::kReset, .cause = frame.cause});
    }
    return;
  }
  switch (frame.kind) {
    case Frame::Kind::kSyn:
      AcceptSyn(stream, frame.cause);
      return;
    case Frame::Kind::kSynAck:
      stream.established = true;
      break;
    case Frame::Kind::kData:
      if (stream.open[end]) {
        pipe.arrived.Push(std::move(frame));
      } else {
        pipe.unread_bytes -= frame.payload.size();
      }
      break;
    case Frame::Kind::kFin:
      pipe.fin_arrived = true;
      kernel_.Wake(stream.pipe[end].writer, frame.cause);
      break;
    case Frame::Kind::kReset:
      BreakEnd(stream, end, frame.cause);
      return;
  }
  kernel_.Wake(pipe.reader, frame.cause);
}

void ConnectionModel::Refuse(Stream& stream, EventId cause) {
  Push(stream, 1, {.kind = Frame::Kind::kReset, .cause = cause});
}

void ConnectionModel::AcceptSyn(Stream& stream, EventId cause) {
  const Address to = stream.address[1];
  ModelListener* const listener = listeners_[to.host.value()].Find(to.port);
  if (listener == nullptr) {
    if (IsUnanswered(to)) {
      kernel_.RecordOnHost(Step::kUnanswered, to.host, stream.id, 0);
    } else {
      Refuse(stream, cause);
    }
    return;
  }
  if (listener->waiting() >= ModelListener::kBacklogMax) {
    Refuse(stream, cause);
    return;
  }
  Incarnation& owner = listener->owner();
  Own(stream, 1, owner);
  stream.open[1] = true;
  stream.handle[1] = true;
  Push(stream, 1, {.kind = Frame::Kind::kSynAck, .cause = cause});
  listener->Arrive(std::make_unique<ModelConnection>(*this, kernel_, owner, stream, 1), cause);
}

void ConnectionModel::CloseEnd(Stream& stream, int side) {
  if (!stream.open[side]) {
    return;
  }
  stream.open[side] = false;
  Pipe& out = stream.pipe[side];
  const EventId cause = kernel_.CurrentCause();
  if (!out.fin_sent && !stream.broken[side]) {
    out.fin_sent = true;
    Push(stream, side, {.kind = Frame::Kind::kFin, .cause = cause});
  }
  Pipe& in = stream.pipe[1 - side];
  in.arrived.Clear();
  in.unread_bytes = 0;
  for (const Fifo<Frame>* const frames : {&in.flying, &in.held}) {
    for (const Frame& frame : frames->items()) {
      in.unread_bytes += frame.payload.size();
    }
  }
  kernel_.Wake(in.reader, cause);
  kernel_.Wake(out.writer, cause);
  kernel_.Wake(in.writer, cause);
}

void ConnectionModel::ReleaseHandle(Stream& stream, int side) {
  stream.handle[side] = false;
  if (stream.owner[side] != nullptr) {
    std::vector<uint64_t>& ends = stream.owner[side]->ends;
    ends.erase(std::ranges::lower_bound(ends, EndOf(stream.slot, side)));
    stream.owner[side] = nullptr;
  }
  if (side == 0 && stream.asks && IsSynHeld(stream)) {
    DropHeld(stream, side);  // whoever asked has gone, and asks no more
  }
  ForgetIfUnused(stream);
}

bool ConnectionModel::IsSynHeld(Stream& stream) {
  Fifo<Frame>& held = stream.pipe[0].held;
  return !held.empty() && held.front().kind == Frame::Kind::kSyn;
}

void ConnectionModel::DropHeld(Stream& stream, int side) {
  if (side == 0 && IsSynHeld(stream)) {
    stream.asks = false;
  }
  stream.pipe[side].held.Clear();
}

void ConnectionModel::ForgetIfUnused(const Stream& stream) {
  if (!stream.handle[0] && !stream.handle[1] && !stream.asks) {
    free_.push_back(stream.slot);
    streams_[stream.slot].reset();
  }
}

// ---- Troubles -----------------------------------------------------------------------------------

void ConnectionModel::BreakEnd(Stream& stream, int end, EventId cause) {
  if (stream.broken[end]) {
    return;
  }
  stream.broken[end] = true;
  const EventId reset = kernel_.RecordOnHost(Step::kReset, stream.address[end].host,
                                             static_cast<uint64_t>(end), stream.id);
  DropHeld(stream, end);
  stream.pipe[1 - end].arrived.Clear();
  const EventId why = cause == EventId() ? reset : cause;
  kernel_.Wake(stream.pipe[1 - end].reader, why);
  kernel_.Wake(stream.pipe[end].writer, why);
}

void ConnectionModel::SilenceEnd(Stream& stream, int side) {
  stream.open[side] = false;
  stream.silent[side] = true;
  stream.dark[side] = true;
  DropHeld(stream, side);
  // What had arrived stays in the peer's window: nobody acknowledges it.
  stream.pipe[1 - side].arrived.Clear();
}

bool ConnectionModel::IsUnanswered(Address address) const {
  if (std::ranges::any_of(dark_, [&](const Dark& dark) { return dark.listener == address; })) {
    return true;
  }
  // A host all of whose processes are down, one of them for want of power, is no host.
  const auto here = [&](ProcessId id) { return kernel_.process(id).host == address.host; };
  return std::ranges::any_of(silent_, here) &&
         std::ranges::none_of(kernel_.processes(), [&](const auto& process) {
           return process->host == address.host && process->current != nullptr;
         });
}

void ConnectionModel::Drop(const Incarnation& owner, CrashStyle style) {
  PortMap<ModelListener>& listeners = listeners_[owner.host.value()];
  if (style == CrashStyle::kSilent) {
    silent_.push_back(owner.process);
  }
  listeners.EraseIf([&](uint16_t port, ModelListener& listener) {
    const bool gone = &listener.owner() == &owner;
    if (gone && style == CrashStyle::kSilent) {
      dark_.push_back({owner.process, {owner.host, port}});
    }
    return gone;
  });
  for (const uint64_t end : owner.ends) {
    Stream& stream = *streams_[end / 2];
    const int side = static_cast<int>(end % 2);
    if (style == CrashStyle::kSilent) {
      SilenceEnd(stream, side);
    } else {
      CloseEnd(stream, side);
    }
  }
}

void ConnectionModel::OnBoot(ProcessId process) {
  if (std::erase(silent_, process) == 0) {
    return;
  }
  std::erase_if(dark_, [&](const Dark& dark) { return dark.process == process; });
  for (const std::unique_ptr<Stream>& stream : streams_) {
    for (int side = 0; stream && side < 2; ++side) {
      if (!stream->dark[side] || stream->process[side] != process) {
        continue;
      }
      stream->dark[side] = false;
      // The peer goes on sending what was never acknowledged.
      if (stream->pipe[1 - side].unread_bytes > 0) {
        Push(*stream, side, {.kind = Frame::Kind::kReset, .cause = kernel_.CurrentCause()});
      }
    }
  }
}

size_t ConnectionModel::Reset(HostId first, HostId second, ResetEnds ends) {
  size_t broken = 0;
  for (const std::unique_ptr<Stream>& stream : streams_) {
    if (!stream || (!stream->handle[0] && !stream->handle[1])) {
      continue;
    }
    for (int side = 0; side < 2; ++side) {
      if (stream->address[side].host == first && stream->address[1 - side].host == second &&
          !stream->broken[side]) {
        ResetStream(*stream, side, ends);
        ++broken;
        break;
      }
    }
  }
  return broken;
}

void ConnectionModel::ResetStream(Stream& stream, int first, ResetEnds ends) {
  const EventId cause = kernel_.CurrentCause();
  BreakEnd(stream, first, cause);
  Pipe& in = stream.pipe[1 - first];
  if (ends == ResetEnds::kBoth) {
    BreakEnd(stream, 1 - first, cause);
    for (Pipe& pipe : stream.pipe) {
      pipe.flying.Clear();
      ++pipe.epoch;
    }
    stream.asks = false;
  } else if (in.unread_bytes >= kernel_.options().link.window_bytes) {
    // The peer cannot send; its probes of the full window are answered.
    Push(stream, first, {.kind = Frame::Kind::kReset, .cause = cause});
  }
}

void ConnectionModel::Revise() {
  for (const std::unique_ptr<Stream>& stream : streams_) {
    for (int side = 0; stream && side < 2; ++side) {
      if (stream->address[0].host != stream->address[1].host) {
        RevisePipe(*stream, side);
      }
    }
  }
  links_.Settle();
}

// What flies is held again, before what was held.
void ConnectionModel::PullBack(Pipe& pipe, SimTime now) {
  std::vector<Frame> held = pipe.held.TakeAll();
  for (Frame& frame : pipe.flying.TakeAll()) {
    pipe.held.Push(std::move(frame));
  }
  for (Frame& frame : held) {
    pipe.held.Push(std::move(frame));
  }
  pipe.last_arrival = now;
  ++pipe.epoch;
}

void ConnectionModel::RevisePipe(Stream& stream, int side) {
  Pipe& pipe = stream.pipe[side];
  const HostId from = stream.address[side].host;
  const HostId to = stream.address[1 - side].host;
  const LinkCondition& condition = links_.ConditionOf(from, to);
  const SimTime now = kernel_.now();
  const bool stops = condition.clog || (condition.cut && condition.in_flight != InFlight::kDeliver);
  const bool late = (condition == LinkCondition{} || links_.BecameFaster(from, to)) &&
                    pipe.last_arrival > links_.LatestArrival(from, to, now);
  if (!pipe.flying.empty() && (stops || late)) {
    if (stops && !condition.clog && condition.in_flight == InFlight::kDrop) {
      kernel_.RecordOnHost(Step::kRetransmit, from, pipe.flying.size(), stream.id);
    }
    PullBack(pipe, now);
  }
  if (condition.cut || condition.clog || pipe.held.empty()) {
    return;
  }
  for (Frame& frame : pipe.held.TakeAll()) {
    Push(stream, side, std::move(frame));  // held again where the link carries nothing
  }
}

}  // namespace flinch::sim
