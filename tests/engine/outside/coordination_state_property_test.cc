// The nodes of the coordination service against a model that applies each request once, however
// often and late it comes.
#include "engine/outside/coordination_state.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "engine/outside/coordination_journal.h"

namespace flinch::engine {
namespace {

constexpr size_t kClients = 3;
constexpr size_t kPaths = 3;

struct ModelNode {
  Bytes data;
  std::optional<size_t> owner;  // a client
  uint64_t version = 0;         // counts all changes
};

struct Client {
  uint64_t session = 0;  // 0: none
  uint64_t number = 0;
  std::vector<CommitRequest> sent;  // in this session
};

class Comparison {
 public:
  void Act(uint8_t act, uint8_t who, uint8_t what) {
    const size_t client = who % kClients;
    switch (act % 6) {
      case 0:
        Open(client);
        break;
      case 1:
        End(client);
        break;
      case 2:
        Repeat(client, what);
        break;
      default:
        Commit(client, act, what);
        break;
    }
  }

  void Judge() {
    RC_ASSERT(Show(state_) == ShowModel());
    // The journal gives the same nodes again.
    CoordinationState again;
    for (const CoordinationEntry& entry : journal_) {
      CoordinationEffects effects;
      RC_ASSERT(ApplyEntry(again, entry, effects).has_value());
    }
    RC_ASSERT(Show(again) == Show(state_));
    RC_ASSERT(again.revision() == state_.revision());
    RC_ASSERT(again.sessions().size() == state_.sessions().size());
  }

 private:
  static std::string PathOf(size_t path) { return "/n" + std::to_string(path % kPaths); }

  template <typename Command>
  sim::Result<typename Command::Reply> Apply(const Command& command) {
    CoordinationEffects effects;
    auto reply = state_.Apply(command, effects);
    if (effects.changed) {
      journal_.push_back({.method = Command::kMethod, .body = Encode(command)});
    }
    return reply;
  }

  void Open(size_t client) {
    if (clients_[client].session != 0) {
      return;
    }
    const std::string name = std::to_string(client) + "/" + std::to_string(++sessions_);
    const auto reply = Apply(OpenSessionRequest{.name = name, .timeout = std::chrono::seconds(1)});
    RC_ASSERT(reply.has_value());
    RC_ASSERT(
        Apply(OpenSessionRequest{.name = name, .timeout = std::chrono::seconds(1)})->session ==
        reply->session);
    clients_[client] = {.session = reply->session, .number = 0, .sent = {}};
  }

  void End(size_t client) {
    const uint64_t session = clients_[client].session;
    if (session == 0) {
      return;
    }
    RC_ASSERT(Apply(ExpireSessionsRequest{.sessions = {session}}).has_value());
    over_.push_back(clients_[client]);
    clients_[client] = {};
    std::erase_if(model_, [client](const auto& node) { return node.second.owner == client; });
  }

  // What was sent before arrives again, also of sessions that are over: nothing changes.
  void Repeat(size_t client, uint8_t what) {
    const Client& whose = what % 2 == 0 || over_.empty() ? clients_[client] : over_.back();
    if (whose.sent.empty()) {
      return;
    }
    const std::string before = Show(state_);
    (void)Apply(whose.sent[what % whose.sent.size()]);
    RC_ASSERT(Show(state_) == before);
  }

  void Commit(size_t client, uint8_t act, uint8_t what) {
    Client& whose = clients_[client];
    if (whose.session == 0) {
      return;
    }
    const std::string path = PathOf(what);
    const auto node = model_.find(path);
    // A guard that holds, or one that does not.
    const bool holds = what % 5 != 0;
    const uint64_t revision =
        state_.Query(ReadNodeRequest{.path = path}).revision + (holds ? 0 : 1);
    const auto change = NodeChange(act % 3);
    const Bytes data = std::to_string(++writes_);
    CommitRequest request{.session = whose.session,
                          .number = ++whose.number,
                          .guards = {{.path = path, .revision = revision}},
                          .writes = {{.change = change, .path = path, .data = data}}};
    const auto reply = Apply(request);
    RC_ASSERT(reply.has_value());
    RC_ASSERT(reply->applied == holds);
    if (!holds) {
      --whose.number;  // it may be sent again, with another guard
      return;
    }
    whose.sent.push_back(std::move(request));
    if (change == NodeChange::kRemove) {
      if (node != model_.end()) {
        model_.erase(node);
      }
    } else {
      model_[path] = {
          .data = data,
          .owner = change == NodeChange::kPutEphemeral ? std::optional(client) : std::nullopt,
          .version = writes_};
    }
  }

  static std::string Show(const CoordinationState& state) {
    std::string text;
    for (const auto& [path, node] : state.nodes()) {
      text += path + "=" + node.data + " ";
    }
    return text;
  }

  std::string ShowModel() const {
    std::string text;
    for (const auto& [path, node] : model_) {
      text += path + "=" + node.data + " ";
    }
    return text;
  }

  CoordinationState state_;
  std::vector<CoordinationEntry> journal_;
  std::map<std::string, ModelNode> model_;
  std::vector<Client> clients_{kClients};
  std::vector<Client> over_;
  uint64_t sessions_ = 0;
  uint64_t writes_ = 0;
};

RC_GTEST_PROP(CoordinationStatePropertyTest, EachRequestIsAppliedOnceAndTheJournalHoldsAll,
              (const std::vector<std::pair<std::pair<uint8_t, uint8_t>, uint8_t>>& acts)) {
  Comparison comparison;
  for (const auto& [act, what] : acts) {
    comparison.Act(act.first, act.second, what);
  }
  comparison.Judge();
}

}  // namespace
}  // namespace flinch::engine
