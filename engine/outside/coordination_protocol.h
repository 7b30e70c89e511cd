// What clients and the coordination service say to each other.
//
// Shape:   a tree of nodes, each with data and a revision: the number of the change that gave it
//          what it has. Revisions grow over all nodes and are never used twice; a node that does
//          not exist has revision 0. So a comparison of revisions cannot mistake a node that was
//          removed and made anew for the old one.
//          A client holds a session for as long as it says often enough that it lives. Nodes that
//          it made as its own (ephemeral) end with it.
// Retries: every request may be sent again and may arrive late or twice; how it stays harmless is
//          said there.
// Errors:  kFenced (the session is over; it does not come back), kInvalidArgument (the request can
//          never succeed), kUnavailable (ask again; the outcome is unknown), kCorruption (the
//          journal is damaged).
// Source:  ZooKeeper's sessions, ephemeral nodes and versions; etcd's revisions and transactions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rpc/endpoint.h"
#include "engine/serializer.h"
#include "sim/time.h"

namespace flinch::engine {

// Where the service listens, and the host it is found by, unless told otherwise.
inline constexpr uint16_t kCoordinationPort = 2181;  // ZooKeeper's clientPort
inline constexpr std::string_view kCoordinationHost = "coordination";

enum class CoordinationMethod : uint16_t {
  kOpenSession = 1,
  kKeepAlive,
  kCloseSession,
  kCommit,
  kExpireSessions,
  kReadNode,
  kListNodes,
};

constexpr std::string_view ServiceName(CoordinationMethod) { return "coordination"; }

struct CoordinationDone {
  template <typename Self, typename Visitor>
  static void Visit(Self&, Visitor&&) {}
};

// Begins a session. Its name is the client's own and unlike all others it ever uses: the same name
// again gives the same session, so a repeated request makes no second one.
struct OpenSessionRequest {
  static constexpr auto kMethod = CoordinationMethod::kOpenSession;

  struct Reply {
    uint64_t session = 0;  // 1, 2, …

    template <typename Self, typename Visitor>
    static void Visit(Self& self, Visitor&& visit) {
      visit(self.session);
    }
  };

  std::string name;
  // Silence for so long ends it. Counted by the service, from what it hears; a service that
  // has just started gives everybody as long again.
  sim::Duration timeout{};

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.timeout);
  }
};

// It lives. kFenced: the session is over.
struct KeepAliveRequest {
  static constexpr auto kMethod = CoordinationMethod::kKeepAlive;
  using Reply = CoordinationDone;

  uint64_t session = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.session);
  }
};

// Ends a session, as its expiry would. One that is over already stays so.
struct CloseSessionRequest {
  static constexpr auto kMethod = CoordinationMethod::kCloseSession;
  using Reply = CoordinationDone;

  uint64_t session = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.session);
  }
};

// The node has this revision; 0: there is none.
struct NodeGuard {
  std::string path;
  uint64_t revision = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.path);
    visit(self.revision);
  }
};

enum class NodeChange : uint8_t {
  kPut,           // makes it, or gives it other data
  kPutEphemeral,  // the same, and it ends with the session
  kRemove,        // one that does not exist stays so
};

struct NodeWrite {
  NodeChange change{};
  std::string path;
  Bytes data;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.change);
    visit(self.path);
    visit(self.data);
  }
};

// Carries out all writes if all guards hold; else nothing. Within a session requests are numbered
// 1, 2, … and sent one after the other: the last one that was carried out is answered again
// without being carried out again, and an earlier one is refused. Session 0 is none: such a request
// is carried out as often as it comes, and its guards must bear that.
struct CommitRequest {
  static constexpr auto kMethod = CoordinationMethod::kCommit;

  struct Reply {
    bool applied = false;   // false: a guard did not hold
    uint64_t revision = 0;  // of all nodes that were written

    friend bool operator==(const Reply&, const Reply&) = default;

    template <typename Self, typename Visitor>
    static void Visit(Self& self, Visitor&& visit) {
      visit(self.applied);
      visit(self.revision);
    }
  };

  uint64_t session = 0;
  uint64_t number = 0;
  std::vector<NodeGuard> guards;
  std::vector<NodeWrite> writes;  // each path once

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.session);
    visit(self.number);
    visit(self.guards);
    visit(self.writes);
  }
};

// The service's own: these sessions have been silent for too long. Nobody else may send it.
struct ExpireSessionsRequest {
  static constexpr auto kMethod = CoordinationMethod::kExpireSessions;
  using Reply = CoordinationDone;

  std::vector<uint64_t> sessions;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.sessions);
  }
};

// Changes nothing. With a `wait` it is a watch: the service keeps its reply back while the node's
// revision is `known`, but not for longer than that. Who asks again with what it was told misses no
// last state, though states in between.
struct ReadNodeRequest {
  static constexpr auto kMethod = CoordinationMethod::kReadNode;

  struct Reply {
    uint64_t revision = 0;
    Bytes data;

    friend bool operator==(const Reply&, const Reply&) = default;

    template <typename Self, typename Visitor>
    static void Visit(Self& self, Visitor&& visit) {
      visit(self.revision);
      visit(self.data);
    }
  };

  std::string path;
  uint64_t known = 0;
  sim::Duration wait{};

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.path);
    visit(self.known);
    visit(self.wait);
  }
};

// The paths that lie below this one, in their order. Changes nothing.
struct ListNodesRequest {
  static constexpr auto kMethod = CoordinationMethod::kListNodes;
  using Reply = std::vector<std::string>;

  std::string path;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.path);
  }
};

}  // namespace flinch::engine
