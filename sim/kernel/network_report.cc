// The network's part of a report about a stuck world.
#include <algorithm>

#include <fmt/format.h>

#include "sim/kernel/kernel.h"
#include "sim/kernel/network_model.h"

namespace flinch::sim {
namespace {

void Add(StuckReport& report, const Kernel& kernel, const Incarnation* owner, std::string what,
         uint64_t length, std::string_view unit) {
  if (length > 0) {
    const std::string process = owner == nullptr ? "" : kernel.process(owner->process).name;
    report.queues.push_back({process, std::move(what), length, std::string(unit)});
  }
}

}  // namespace

void NetworkModel::Explain(StuckReport& report) const {
  messages_.Explain(report);
  connections_.Explain(report);
}

void MessageModel::Explain(StuckReport& report) const {
  for (uint32_t host = 0; host < sockets_.size(); ++host) {
    sockets_[host].ForEach([&](uint16_t port, ModelSocket& socket) {
      Add(report, kernel_, &socket.owner(),
          fmt::format("inbox of {}:{}", kernel_.hosts()[host]->name, port), socket.waiting(),
          "messages");
    });
  }
}

std::optional<ConnectionPeer> ConnectionModel::PeerOf(uint64_t end) const {
  const auto found = std::ranges::find_if(streams_, [end](const std::unique_ptr<Stream>& stream) {
    return stream != nullptr && stream->id == end >> 1;
  });
  if (found == streams_.end()) {
    return std::nullopt;
  }
  const Stream& stream = **found;
  const int side = static_cast<int>(end & 1);
  ConnectionPeer peer{.address = stream.address[1 - side],
                      .process = std::nullopt,
                      .unread_bytes = stream.pipe[side].unread_bytes};
  if (stream.open[1 - side] && stream.owner[1 - side] != nullptr) {
    peer.process = stream.owner[1 - side]->process;
  } else if (!stream.established) {
    if (ModelListener* listener = listeners_[peer.address.host.value()].Find(peer.address.port)) {
      peer.process = listener->owner().process;
    }
  }
  return peer;
}

void ConnectionModel::Explain(StuckReport& report) const {
  for (uint32_t host = 0; host < listeners_.size(); ++host) {
    listeners_[host].ForEach([&](uint16_t port, ModelListener& listener) {
      Add(report, kernel_, &listener.owner(),
          fmt::format("backlog of {}:{}", kernel_.hosts()[host]->name, port), listener.waiting(),
          "connections");
    });
  }
  for (const std::unique_ptr<Stream>& stream : streams_) {
    for (int side = 0; stream != nullptr && side < 2; ++side) {
      const Pipe& pipe = stream->pipe[side];
      const std::string& from = kernel_.hosts()[stream->address[side].host.value()]->name;
      Add(report, kernel_, stream->owner[side],
          fmt::format("held by the link, connection {} from {}", stream->id, from),
          pipe.held.size(), "frames");
      Add(report, kernel_, stream->owner[1 - side],
          fmt::format("arrived on connection {} from {}", stream->id, from), pipe.arrived.size(),
          "frames");
      Add(report, kernel_, stream->owner[side],
          fmt::format("window of connection {} from {}", stream->id, from), pipe.unread_bytes,
          fmt::format("of {} bytes", kernel_.options().link.window_bytes));
    }
  }
}

}  // namespace flinch::sim
