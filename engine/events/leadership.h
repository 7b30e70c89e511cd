// Events of high availability: who leads, by the JobManagers, and what the coordination service
// has, by itself.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/events/event.h"
#include "engine/ids.h"

namespace flinch::engine::events {

inline constexpr std::string_view kLeaderGranted = "leader.granted";
inline constexpr std::string_view kLeaderRevoked = "leader.revoked";
inline constexpr std::string_view kCoordinationStarted = "coordination.started";
inline constexpr std::string_view kSessionOpened = "session.opened";
inline constexpr std::string_view kSessionEnded = "session.ended";
inline constexpr std::string_view kNodeChanged = "node.changed";

struct LeaderGranted {
  static constexpr std::string_view kKind = kLeaderGranted;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "a JobManager learns that it leads, in this term";

  uint64_t term = 0;
  uint64_t session = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("term", &LeaderGranted::term), Named("session", &LeaderGranted::session));
  }
};

struct LeaderRevoked {
  static constexpr std::string_view kKind = kLeaderRevoked;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "a JobManager learns that its term is over, and steps down";

  uint64_t term = 0;
  std::string_view reason;

  static constexpr auto Fields(auto&& take) {
    return take(Named("term", &LeaderRevoked::term), Named("reason", &LeaderRevoked::reason));
  }
};

struct CoordinationStarted {
  static constexpr std::string_view kKind = kCoordinationStarted;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "the coordination service has read its journal; the last revision in it";

  uint64_t revision = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("revision", &CoordinationStarted::revision));
  }
};

struct SessionOpened {
  static constexpr std::string_view kKind = kSessionOpened;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "a client has a session at the coordination service";

  uint64_t session = 0;
  std::string_view name;

  static constexpr auto Fields(auto&& take) {
    return take(Named("session", &SessionOpened::session), Named("name", &SessionOpened::name));
  }
};

struct SessionEnded {
  static constexpr std::string_view kKind = kSessionEnded;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "a session is over: \"expired\" or \"closed\"; its ephemeral nodes go with it";

  uint64_t session = 0;
  std::string_view name;
  std::string_view how;

  static constexpr auto Fields(auto&& take) {
    return take(Named("session", &SessionEnded::session), Named("name", &SessionEnded::name),
                Named("how", &SessionEnded::how));
  }
};

struct NodeChanged {
  static constexpr std::string_view kKind = kNodeChanged;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "a node of the coordination service was \"written\" or \"removed\", durably; the session "
      "that did it, or 0";

  std::string_view path;
  uint64_t session = 0;
  std::string_view how;
  uint64_t revision = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("path", &NodeChanged::path), Named("session", &NodeChanged::session),
                Named("how", &NodeChanged::how), Named("revision", &NodeChanged::revision));
  }
};

}  // namespace flinch::engine::events
