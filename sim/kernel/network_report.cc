// The network's part of a report about a stuck world.
#include <fmt/format.h>

#include "sim/kernel/kernel.h"
#include "sim/kernel/network_model.h"

namespace flinch::sim {

std::optional<NetworkModel::Peer> NetworkModel::PeerOf(uint64_t end) const {
  const auto found = streams_.find(static_cast<uint32_t>(end >> 1));
  if (found == streams_.end()) {
    return std::nullopt;
  }
  const Stream& stream = found->second;
  const int side = static_cast<int>(end & 1);
  Peer peer{.address = stream.address[1 - side],
            .process = std::nullopt,
            .unread_bytes = stream.pipe[side].unread_bytes};
  const auto& listeners = ports_[peer.address.host.value()].listeners;
  if (stream.open[1 - side] && stream.owner[1 - side] != nullptr) {
    peer.process = stream.owner[1 - side]->process;
  } else if (const auto listener = listeners.find(peer.address.port);
             stream.syn_travels && listener != listeners.end()) {
    peer.process = listener->second->owner().process;
  }
  return peer;
}

void NetworkModel::Explain(StuckReport& report) const {
  const auto add = [&](const Incarnation* owner, std::string what, uint64_t length,
                       std::string_view unit) {
    if (length > 0) {
      const std::string process = owner == nullptr ? "" : kernel_.process(owner->process).name;
      report.queues.push_back({process, std::move(what), length, std::string(unit)});
    }
  };
  for (uint32_t host = 0; host < ports_.size(); ++host) {
    const std::string& name = kernel_.hosts()[host].name;
    for (const auto& [port, socket] : ports_[host].sockets) {
      add(&socket->owner(), fmt::format("inbox of {}:{}", name, port), socket->waiting(),
          "messages");
    }
    for (const auto& [port, listener] : ports_[host].listeners) {
      add(&listener->owner(), fmt::format("backlog of {}:{}", name, port), listener->waiting(),
          "connections");
    }
  }
  for (const auto& [id, stream] : streams_) {
    for (int side = 0; side < 2; ++side) {
      const Pipe& pipe = stream.pipe[side];
      const std::string& from = kernel_.hosts()[stream.address[side].host.value()].name;
      add(stream.owner[side], fmt::format("held by the link, connection {} from {}", id, from),
          pipe.held.size(), "frames");
      add(stream.owner[1 - side], fmt::format("arrived on connection {} from {}", id, from),
          pipe.arrived.size(), "frames");
      add(stream.owner[side], fmt::format("window of connection {} from {}", id, from),
          pipe.unread_bytes, fmt::format("of {} bytes", kernel_.options().link.window_bytes));
    }
  }
}

}  // namespace flinch::sim
