#include "engine/high_availability/leader_retrieval.h"

#include <chrono>
#include <string>
#include <utility>

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;

// How long a watch lasts before it is renewed, and the pause after one that got no answer.
constexpr sim::Duration kWatch = 2s;
constexpr sim::Duration kRetrievalPause = 50ms;

}  // namespace

LeaderRetrieval::LeaderRetrieval(sim::Environment& environment, CoordinationClient& client,
                                 MainThread& main_thread,
                                 std::function<void(const LeaderInformation&)> tell)
    : environment_(environment),
      client_(client),
      main_thread_(main_thread),
      tell_(std::move(tell)) {
  environment.Spawn("leader-retrieval", [this] { Watch(); });
}

void LeaderRetrieval::Watch() {
  uint64_t known = 0;
  for (;;) {
    const auto node = client_.Call(
        ReadNodeRequest{.path = std::string(kLeaderPath), .known = known, .wait = kWatch}, kWatch);
    if (!node) {
      environment_.Sleep(kRetrievalPause);
      continue;
    }
    if (node->revision == known) {
      continue;
    }
    known = node->revision;
    if (const sim::Result<LeaderInformation> leader =
            known == 0 ? sim::Result<LeaderInformation>(
                             sim::Fail(sim::ErrorCode::kNotFound, "Nobody leads."))
                       : Decode<LeaderInformation>(node->data)) {
      main_thread_.Post([this, leader = *leader] { tell_(leader); });
    }
  }
}

}  // namespace flinch::engine
