#include "engine/network/shuffle_environment.h"

#include <utility>

#include "sim/check.h"

namespace flinch::engine {

ShuffleEnvironment::ShuffleEnvironment(sim::Environment& environment, uint16_t port,
                                       FindPartition find, bool serves_again)
    : environment_(environment), find_(std::move(find)), serves_again_(serves_again) {
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
    PartitionSession::Start(std::make_shared<PartitionSession>(
        environment_, find_, *std::move(connection), serves_again_));
  }
}

std::shared_ptr<PartitionClient> ShuffleEnvironment::ClientOf(const sim::Address& producer) {
  std::shared_ptr<PartitionClient>& client = clients_[producer];
  if (!client) {
    client = std::make_shared<PartitionClient>(environment_, producer,
                                               [this, producer] { clients_.erase(producer); });
    PartitionClient::Start(client);
  }
  return client;
}

}  // namespace flinch::engine
