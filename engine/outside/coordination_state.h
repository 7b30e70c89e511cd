// The coordination service's state: nodes and sessions. Pure: no clock, no network, no disk.
//
// Shape:  commands change it and are what the journal holds: the same commands in the same order
//         give the same nodes. Queries change nothing. Leases are no part of that: when a session
//         was heard last is forgotten at a restart, and every session begins again with all of its
//         time.
// Time:   comes with each call, as the service's clock says.
// Errors: a command that fails has changed nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/outside/coordination_protocol.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::engine {

// What a command did that the world should hear of (engine/events.h).
struct CoordinationEvent {
  enum class Kind : uint8_t { kOpened, kEnded, kChanged };

  Kind kind{};
  uint64_t session = 0;  // whose, or who did it; 0: nobody's
  std::string subject;   // the session's name, or the node's path
  std::string_view how;  // a literal: why it ended, what happened to the node
  uint64_t revision = 0;

  friend bool operator==(const CoordinationEvent&, const CoordinationEvent&) = default;
};

struct CoordinationEffects {
  bool changed = false;  // so the command belongs into the journal
  std::vector<CoordinationEvent> events;
};

class CoordinationState {
 public:
  struct Node {
    Bytes data;
    uint64_t revision = 0;
    uint64_t owner = 0;  // the session that it ends with; 0: none
  };

  struct Session {
    std::string name;
    sim::Duration timeout{};
    uint64_t last_number = 0;  // of its last request that was carried out
    CommitRequest::Reply last_reply;
  };

  sim::Result<OpenSessionRequest::Reply> Apply(const OpenSessionRequest& command,
                                               CoordinationEffects& effects);
  sim::Result<CoordinationDone> Apply(const CloseSessionRequest& command,
                                      CoordinationEffects& effects);
  sim::Result<CommitRequest::Reply> Apply(const CommitRequest& command,
                                          CoordinationEffects& effects);
  sim::Result<CoordinationDone> Apply(const ExpireSessionsRequest& command,
                                      CoordinationEffects& effects);

  ReadNodeRequest::Reply Query(const ReadNodeRequest& query) const;
  ListNodesRequest::Reply Query(const ListNodesRequest& query) const;

  // kFenced when it is over.
  sim::Result<CoordinationDone> Touch(uint64_t session, sim::SimTime now);
  // As if all had been heard just now.
  void RenewAll(sim::SimTime now);
  // When the first session will have been silent for too long; kForever without sessions.
  sim::SimTime NextExpiry() const;
  // Those that have been, in the order of their numbers.
  std::vector<uint64_t> Overdue(sim::SimTime now) const;

  const std::map<std::string, Node>& nodes() const { return nodes_; }

  const std::map<uint64_t, Session>& sessions() const { return sessions_; }

  uint64_t revision() const { return revision_; }

 private:
  void End(uint64_t session, std::string_view why, CoordinationEffects& effects);
  void Write(const NodeWrite& write, uint64_t session, CoordinationEffects& effects);

  std::map<std::string, Node> nodes_;
  std::map<uint64_t, Session> sessions_;
  std::map<uint64_t, sim::SimTime> deadlines_;  // of sessions that were heard since the start
  uint64_t revision_ = 0;
  uint64_t last_session_ = 0;
};

}  // namespace flinch::engine
