#include "engine/network/shuffle_environment.h"

#include <algorithm>
#include <utility>

#include "sim/check.h"

namespace flinch::engine {

ShuffleEnvironment::ShuffleEnvironment(sim::Environment& environment, uint16_t port,
                                       FindPartition find, const Defects& defects)
    : environment_(environment), find_(std::move(find)), defects_(defects), results_(environment) {
  const std::optional<sim::Address> here =
      environment.network().Resolve(environment.host_name(), port);
  sim::Check(here.has_value(), "host {} does not know itself", environment.host_name());
  address_ = *here;
}

void ShuffleEnvironment::Serve() {
  const sim::Result<std::unique_ptr<sim::Listener>> listener =
      environment_.network().Listen(address_.port);
  sim::Check(listener.has_value(), "the data port of {} is in use", environment_.host_name());
  for (;;) {
    sim::Result<std::unique_ptr<sim::Connection>> connection = (*listener)->Accept();
    if (!connection) {
      return;
    }
    std::erase_if(sessions_, [](const auto& session) { return session->has_ended(); });
    sessions_.push_back(std::make_unique<PartitionSession>(
        environment_,
        [this](const PartitionRequest& request, SubpartitionReader& reader, bool again) {
          return Open(request, reader, again);
        },
        *std::move(connection), defects_));
    sessions_.back()->Start();
  }
}

std::unique_ptr<SubpartitionView> ShuffleEnvironment::Open(const PartitionRequest& request,
                                                           SubpartitionReader& reader, bool again) {
  if (std::unique_ptr<SubpartitionView> kept = results_.Open(request, reader)) {
    return kept;
  }
  ResultPartition* const partition = find_(request.producer, request.edge);
  return partition == nullptr ? nullptr
                              : partition->CreateView(request.subpartition, reader, again);
}

PartitionClient& ShuffleEnvironment::ClientOf(const sim::Address& producer) {
  const auto known = std::ranges::find_if(clients_, [&](const auto& client) {
    return client->producer() == producer && !client->is_over();
  });
  if (known != clients_.end()) {
    return **known;
  }
  std::erase_if(clients_, [](const auto& client) { return client->has_ended(); });
  clients_.push_back(std::make_unique<PartitionClient>(environment_, producer, defects_));
  clients_.back()->Start();
  return *clients_.back();
}

}  // namespace flinch::engine
