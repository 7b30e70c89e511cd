#include "engine/high_availability/leader_election.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;

// After an answer that does not come, before the next question.
constexpr sim::Duration kLookPause = 50ms;

}  // namespace

std::string_view Name(ElectionPhase phase) {
  static constexpr std::array<std::string_view, 5> kNames = {"sessionless", "looking", "contending",
                                                             "standby", "leading"};
  return kNames.at(static_cast<size_t>(phase));
}

std::string_view Name(ElectionInput input) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "session opened", "nobody leads", "another leads", "we lead",
      "unknown",        "changed",      "session ended"};
  return kNames.at(static_cast<size_t>(input));
}

std::string_view Name(ElectionAction action) {
  static constexpr std::array<std::string_view, 6> kNames = {"open a session", "look", "contend",
                                                             "watch",          "lead", "step down"};
  return kNames.at(static_cast<size_t>(action));
}

LeaderElection::LeaderElection(sim::Environment& environment, CoordinationClient& client,
                               const Options& options)
    : environment_(environment), client_(client), options_(options) {}

Leadership LeaderElection::Campaign() {
  auto phase = ElectionPhase::kNoSession;
  auto action = ElectionAction::kOpenSession;
  while (phase != ElectionPhase::kLeading) {
    const Input input = action == ElectionAction::kOpenSession ? OpenSession()
                        : action == ElectionAction::kLook      ? Look()
                        : action == ElectionAction::kContend   ? Contend()
                                                               : Watch();
    const bool is_over = session_->is_over() && input != Input::kSessionOpened;
    const auto& row =
        engine::Step(kElectionTransitions, phase, is_over ? Input::kSessionEnded : input);
    phase = row.to;
    action = row.action;
  }
  events::Trace(environment_,
                events::LeaderGranted{.term = term_.value(), .session = session_->id()});
  return {.term = term_, .leader_revision = leader_revision_, .session = std::move(session_)};
}

ElectionInput LeaderElection::OpenSession() {
  if (session_ != nullptr) {
    over_.push_back(std::move(session_));
  }
  std::erase_if(over_, [](const auto& session) { return !session->works(); });
  session_ = std::make_unique<CoordinationSession>(
      environment_, client_,
      CoordinationSession::Options{.name = fmt::format("{}/{}/{}", environment_.process_name(),
                                                       environment_.incarnation(), ++sessions_),
                                   .timeout = options_.session_timeout});
  session_->Open();
  return Input::kSessionOpened;
}

ElectionInput LeaderElection::Look() {
  const auto leader = client_.Call(ReadNodeRequest{.path = std::string(kLeaderPath)});
  const auto term =
      leader ? client_.Call(ReadNodeRequest{.path = std::string(kTermPath)}) : sim::Fail(leader);
  if (!term) {
    environment_.Sleep(kLookPause);
    return Input::kUnknown;
  }
  const sim::Result<uint64_t> last =
      term->revision == 0 ? sim::Result<uint64_t>(0) : Decode<uint64_t>(term->data);
  const sim::Result<LeaderInformation> who =
      leader->revision == 0 ? LeaderInformation() : Decode<LeaderInformation>(leader->data);
  sim::Check(last.has_value() && who.has_value(), "the nodes of the election hold something else");
  leader_revision_ = leader->revision;
  term_revision_ = term->revision;
  if (leader->revision == 0) {
    term_ = FencingToken(*last);
    return Input::kNobodyLeads;
  }
  term_ = who->term;
  return who->session == session_->id() ? Input::kWeLead : Input::kAnotherLeads;
}

ElectionInput LeaderElection::Contend() {
  const FencingToken next(term_.value() + 1);
  const LeaderInformation us{
      .host = std::string(environment_.host_name()), .term = next, .session = session_->id()};
  const auto reply = session_->Commit(
      {{.path = std::string(kLeaderPath), .revision = 0},
       {.path = std::string(kTermPath), .revision = term_revision_}},
      {{.change = NodeChange::kPutEphemeral, .path = std::string(kLeaderPath), .data = Encode(us)},
       {.change = NodeChange::kPut, .path = std::string(kTermPath), .data = Encode(next.value())}});
  if (!reply || !reply->applied) {
    return Input::kUnknown;
  }
  term_ = next;
  leader_revision_ = reply->revision;
  return Input::kWeLead;
}

ElectionInput LeaderElection::Watch() {
  const sim::Duration wait = options_.session_timeout;
  const auto leader = client_.Call(
      ReadNodeRequest{.path = std::string(kLeaderPath), .known = leader_revision_, .wait = wait},
      wait);
  if (!leader) {
    environment_.Sleep(kLookPause);
    return Input::kUnknown;
  }
  return leader->revision == leader_revision_ ? Input::kUnknown : Input::kChanged;
}

}  // namespace flinch::engine
