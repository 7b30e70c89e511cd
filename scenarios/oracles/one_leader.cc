#include "scenarios/oracles/one_leader.h"

#include <iterator>
#include <string>

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

namespace {

constexpr std::string_view kMaster = "jm";

// Of the coordination service: who leads, and what belongs to a job.
constexpr std::string_view kLeaderPath = "/leader";
constexpr std::string_view kJobsPath = "/jobs/";

std::string Session(int64_t number) {
  return number == 0 ? "nobody's session" : fmt::format("session {}", number);
}

}  // namespace

std::vector<std::string_view> OneLeader::wants() const {
  return {events::kNodeChanged, events::kLeaderGranted};
}

void OneLeader::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kNodeChanged) {
    OnChanged(event);
  } else if (event.kind == events::kLeaderGranted) {
    OnGranted(event);
  }
}

void OneLeader::OnChanged(const sim::TraceEvent& event) {
  const std::string path = FieldText(event, "path");
  const int64_t session = event.Number("session").value_or(0);
  const bool is_removed = event.Text("how") == "removed";
  if (path != kLeaderPath) {
    if (!path.starts_with(kJobsPath)) {
      return;
    }
    See();
    if (session != leader_ || session == 0) {
      breaches_.Add(
          fmt::format("{} was changed by {}, though {} leads{}.", path, Session(session),
                      leader_ == 0 ? std::string("nobody") : Session(leader_), Place(event)),
          MarkAt(event, "old_term", kMaster));
    }
    return;
  }
  See();
  if (is_removed && session != leader_) {
    breaches_.Add(fmt::format("The leadership of {} was ended by {}{}.", Session(leader_),
                              Session(session), Place(event)),
                  MarkAt(event, "ended_by_another", kMaster));
  } else if (!is_removed && leader_ != 0) {
    breaches_.Add(fmt::format("{} took the lead, though {} had it{}.", Session(session),
                              Session(leader_), Place(event)),
                  MarkAt(event, "two_leaders", kMaster));
  }
  leader_ = is_removed ? 0 : session;
  if (!is_removed) {
    took_[session] = took_.size() + 1;
  }
}

void OneLeader::OnGranted(const sim::TraceEvent& event) {
  See();
  const int64_t term = event.Number("term").value_or(0);
  const int64_t session = event.Number("session").value_or(0);
  const auto [granted, is_new] = terms_.emplace(term, session);
  if (!is_new) {
    breaches_.Add(fmt::format("Term {} was granted to {} and to {}{}.", term,
                              Session(granted->second), Session(session), Place(event)),
                  MarkAt(event, "term_twice", kMaster));
    return;
  }
  // A service that crashed may not have told of what it had written.
  const auto order = [this](int64_t leader) {
    const auto took = took_.find(leader);
    return took == took_.end() ? uint64_t{0} : took->second;
  };
  const auto before = granted == terms_.begin() ? terms_.end() : std::prev(granted);
  const auto behind = std::next(granted);
  const uint64_t own = order(session);
  const bool is_back =
      own > 0 &&
      ((before != terms_.end() && order(before->second) > own) ||
       (behind != terms_.end() && order(behind->second) > 0 && order(behind->second) < own));
  if (is_back) {
    breaches_.Add(fmt::format("Term {} was granted to {}, against the order in which sessions "
                              "took the lead{}.",
                              term, Session(session), Place(event)),
                  MarkAt(event, "term_back", kMaster));
  }
}

std::vector<reports::Finding> OneLeader::Judge(const FinalState& /*state*/) {
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
