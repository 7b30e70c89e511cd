#include "engine/outside/coordination_state.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

using sim::ErrorCode;

std::unexpected<sim::Error> SessionIsOver(uint64_t session) {
  return sim::Fail(ErrorCode::kFenced, fmt::format("The session {} is over.", session));
}

std::unexpected<sim::Error> RefuseRequest(std::string sentence) {
  return sim::Fail(ErrorCode::kInvalidArgument, std::move(sentence));
}

// "/a/b": parts that are not empty.
bool IsPath(std::string_view path) {
  return path.size() > 1 && path.front() == '/' && path.back() != '/' &&
         path.find("//") == std::string_view::npos;
}

sim::Result<void> CheckCommit(const CommitRequest& command) {
  std::set<std::string_view> written;
  for (const NodeWrite& write : command.writes) {
    if (!IsPath(write.path)) {
      return RefuseRequest(fmt::format("\"{}\" is no path of a node.", write.path));
    }
    if (!written.insert(write.path).second) {
      return RefuseRequest(fmt::format("The node {} is written twice at once.", write.path));
    }
    if (write.change > NodeChange::kRemove) {
      return RefuseRequest(fmt::format("There is no change {} of a node.",
                                       static_cast<int>(std::to_underlying(write.change))));
    }
    if (write.change == NodeChange::kPutEphemeral && command.session == 0) {
      return RefuseRequest(
          fmt::format("The node {} is to end with a session, and there is none.", write.path));
    }
  }
  return {};
}

}  // namespace

sim::Result<OpenSessionRequest::Reply> CoordinationState::Apply(const OpenSessionRequest& command,
                                                                CoordinationEffects& effects) {
  if (command.timeout <= sim::Duration(0)) {
    return RefuseRequest("A session needs a time-out above 0.");
  }
  for (const auto& [number, session] : sessions_) {
    if (session.name == command.name) {
      return OpenSessionRequest::Reply{.session = number};
    }
  }
  const uint64_t number = ++last_session_;
  sessions_[number] = {
      .name = command.name, .timeout = command.timeout, .last_number = 0, .last_reply = {}};
  effects.changed = true;
  effects.events.push_back({.kind = CoordinationEvent::Kind::kOpened,
                            .session = number,
                            .subject = command.name,
                            .how = "opened",
                            .revision = revision_});
  return OpenSessionRequest::Reply{.session = number};
}

sim::Result<CoordinationDone> CoordinationState::Apply(const CloseSessionRequest& command,
                                                       CoordinationEffects& effects) {
  if (sessions_.contains(command.session)) {
    End(command.session, "closed", effects);
  }
  return CoordinationDone();
}

sim::Result<CoordinationDone> CoordinationState::Apply(const ExpireSessionsRequest& command,
                                                       CoordinationEffects& effects) {
  for (const uint64_t session : command.sessions) {
    if (sessions_.contains(session)) {
      End(session, "expired", effects);
    }
  }
  return CoordinationDone();
}

void CoordinationState::End(uint64_t session, std::string_view why, CoordinationEffects& effects) {
  effects.changed = true;
  effects.events.push_back({.kind = CoordinationEvent::Kind::kEnded,
                            .session = session,
                            .subject = sessions_.at(session).name,
                            .how = why,
                            .revision = revision_});
  sessions_.erase(session);
  deadlines_.erase(session);
  std::vector<std::string> owned;
  for (const auto& [path, node] : nodes_) {
    if (node.owner == session) {
      owned.push_back(path);
    }
  }
  if (!owned.empty()) {
    ++revision_;
  }
  for (const std::string& path : owned) {
    Write({.change = NodeChange::kRemove, .path = path, .data = {}}, session, effects);
  }
}

sim::Result<CommitRequest::Reply> CoordinationState::Apply(const CommitRequest& command,
                                                           CoordinationEffects& effects) {
  const auto session = sessions_.find(command.session);
  if (command.session != 0 && session == sessions_.end()) {
    return SessionIsOver(command.session);
  }
  if (command.session != 0 && command.number == session->second.last_number) {
    return session->second.last_reply;
  }
  if (command.session != 0 && command.number < session->second.last_number) {
    return RefuseRequest(fmt::format("Request {} of session {} comes after request {}.",
                                     command.number, command.session, session->second.last_number));
  }
  if (sim::Result<void> valid = CheckCommit(command); !valid) {
    return sim::Fail(valid);
  }
  for (const NodeGuard& guard : command.guards) {
    const auto node = nodes_.find(guard.path);
    if ((node == nodes_.end() ? 0 : node->second.revision) != guard.revision) {
      return CommitRequest::Reply{.applied = false, .revision = 0};
    }
  }
  const CommitRequest::Reply reply{.applied = true, .revision = ++revision_};
  for (const NodeWrite& write : command.writes) {
    Write(write, command.session, effects);
  }
  if (command.session != 0) {
    session->second.last_number = command.number;
    session->second.last_reply = reply;
  }
  effects.changed = true;
  return reply;
}

void CoordinationState::Write(const NodeWrite& write, uint64_t session,
                              CoordinationEffects& effects) {
  const auto tell = [&](std::string_view how) {
    effects.events.push_back({.kind = CoordinationEvent::Kind::kChanged,
                              .session = session,
                              .subject = write.path,
                              .how = how,
                              .revision = revision_});
  };
  if (write.change == NodeChange::kRemove) {
    if (nodes_.erase(write.path) > 0) {
      tell("removed");
    }
    return;
  }
  const bool is_ephemeral = write.change == NodeChange::kPutEphemeral;
  nodes_[write.path] = {
      .data = write.data, .revision = revision_, .owner = is_ephemeral ? session : 0};
  tell("written");
}

ReadNodeRequest::Reply CoordinationState::Query(const ReadNodeRequest& query) const {
  const auto node = nodes_.find(query.path);
  return node == nodes_.end()
             ? ReadNodeRequest::Reply()
             : ReadNodeRequest::Reply{.revision = node->second.revision, .data = node->second.data};
}

ListNodesRequest::Reply CoordinationState::Query(const ListNodesRequest& query) const {
  const std::string prefix = query.path + "/";
  std::vector<std::string> paths;
  for (auto node = nodes_.lower_bound(prefix);
       node != nodes_.end() && node->first.starts_with(prefix); ++node) {
    paths.push_back(node->first);
  }
  return paths;
}

sim::Result<CoordinationDone> CoordinationState::Touch(uint64_t session, sim::SimTime now) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) {
    return SessionIsOver(session);
  }
  deadlines_[session] = sim::Later(now, found->second.timeout);
  return CoordinationDone();
}

void CoordinationState::RenewAll(sim::SimTime now) {
  for (const auto& [number, session] : sessions_) {
    deadlines_[number] = sim::Later(now, session.timeout);
  }
}

sim::SimTime CoordinationState::NextExpiry() const {
  sim::SimTime next = sim::kForever;
  for (const auto& [session, deadline] : deadlines_) {
    next = std::min(next, deadline);
  }
  return next;
}

std::vector<uint64_t> CoordinationState::Overdue(sim::SimTime now) const {
  std::vector<uint64_t> overdue;
  for (const auto& [session, deadline] : deadlines_) {
    if (deadline <= now) {
      overdue.push_back(session);
    }
  }
  return overdue;
}

}  // namespace flinch::engine
