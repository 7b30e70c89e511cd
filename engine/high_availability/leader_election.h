// Who of several JobManagers leads: an ephemeral node of the coordination service.
//
//   /leader   ephemeral, of the leader's session: who leads, and in which term
//   /term     the last term that was granted
//
// Shape:   a candidate opens a session, looks who leads, and when nobody does, writes both nodes at
//          once, guarded by what it has seen. One candidate's write succeeds. The term is the
//          fencing token of everything that this leader does; terms only grow.
// Ends:    with the session. What the leader writes is guarded by the revision of its own /leader,
//          so a zombie's writes are refused, whatever it believes.
// Source:  Flink's DefaultLeaderElectionService over ZooKeeper's latch: one election per process,
//          shared by its components (since 1.15). Its leader session id is random; here it grows.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/high_availability/coordination_client.h"
#include "engine/ids.h"
#include "engine/serializer.h"
#include "engine/transition_table.h"
#include "sim/environment.h"

namespace flinch::engine {

inline constexpr std::string_view kLeaderPath = "/leader";
inline constexpr std::string_view kTermPath = "/term";

// What /leader holds.
struct LeaderInformation {
  std::string host;
  FencingToken term;
  uint64_t session = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.host);
    visit(self.term);
    visit(self.session);
  }
};

enum class ElectionPhase : uint8_t { kNoSession, kLooking, kContending, kStandby, kLeading };

enum class ElectionInput : uint8_t {
  kSessionOpened,
  kNobodyLeads,
  kAnotherLeads,
  kWeLead,
  kUnknown,  // no answer, or one that does not tell
  kChanged,  // whoever leads, it is another one now, or nobody
  kSessionEnded,
};

enum class ElectionAction : uint8_t { kOpenSession, kLook, kContend, kWatch, kLead, kStepDown };

std::string_view Name(ElectionPhase phase);
std::string_view Name(ElectionInput input);
std::string_view Name(ElectionAction action);

inline constexpr auto kElectionTransitions = [] {
  using Phase = ElectionPhase;
  using Input = ElectionInput;
  using Action = ElectionAction;
  return std::to_array<Transition<Phase, Input, Action>>({
      {Phase::kNoSession, Input::kSessionOpened, Phase::kLooking, Action::kLook},
      {Phase::kLooking, Input::kNobodyLeads, Phase::kContending, Action::kContend},
      {Phase::kLooking, Input::kAnotherLeads, Phase::kStandby, Action::kWatch},
      // A write of ours whose answer was lost has come about.
      {Phase::kLooking, Input::kWeLead, Phase::kLeading, Action::kLead},
      {Phase::kLooking, Input::kUnknown, Phase::kLooking, Action::kLook},
      {Phase::kLooking, Input::kSessionEnded, Phase::kNoSession, Action::kOpenSession},
      {Phase::kContending, Input::kWeLead, Phase::kLeading, Action::kLead},
      // Somebody was faster, or nobody knows: what is there tells.
      {Phase::kContending, Input::kUnknown, Phase::kLooking, Action::kLook},
      {Phase::kContending, Input::kSessionEnded, Phase::kNoSession, Action::kOpenSession},
      {Phase::kStandby, Input::kChanged, Phase::kLooking, Action::kLook},
      {Phase::kStandby, Input::kUnknown, Phase::kStandby, Action::kWatch},
      {Phase::kStandby, Input::kSessionEnded, Phase::kNoSession, Action::kOpenSession},
      {Phase::kLeading, Input::kSessionEnded, Phase::kNoSession, Action::kStepDown},
  });
}();
static_assert(IsDeterministic(kElectionTransitions) && EveryPhaseReachable(kElectionTransitions));

// What it is to lead, as long as the session lasts.
struct Leadership {
  FencingToken term;
  uint64_t leader_revision = 0;  // of our own /leader
  std::unique_ptr<CoordinationSession> session;

  // Holds as long as this leader leads.
  NodeGuard Guard() const {
    return {.path = std::string(kLeaderPath), .revision = leader_revision};
  }
};

class LeaderElection {
 public:
  struct Options {
    sim::Duration session_timeout{};
  };

  // The client outlives it.
  LeaderElection(sim::Environment& environment, CoordinationClient& client, const Options& options);

  // Returns when this process leads. One campaign at a time. May suspend, for ever.
  Leadership Campaign();

 private:
  using Input = ElectionInput;

  // Each does what the action says and tells what came of it.
  Input OpenSession();
  Input Look();
  Input Contend();
  Input Watch();

  sim::Environment& environment_;
  CoordinationClient& client_;
  Options options_;
  uint64_t sessions_ = 0;  // that this incarnation has opened
  std::unique_ptr<CoordinationSession> session_;
  std::vector<std::unique_ptr<CoordinationSession>> over_;  // until their fibers have ended
  uint64_t leader_revision_ = 0;                            // as last seen
  FencingToken term_;                                       // the last one, or ours
  uint64_t term_revision_ = 0;
};

}  // namespace flinch::engine
