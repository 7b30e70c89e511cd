#include "scenarios/oracles/one_attempt.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "reports/plain_text.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

namespace {

using StateStep = std::pair<std::string_view, std::string_view>;

constexpr auto kStateSteps = std::to_array<StateStep>({
    {"CREATED", "SCHEDULED"},
    {"CREATED", "CANCELED"},
    {"SCHEDULED", "DEPLOYING"},
    {"SCHEDULED", "CANCELED"},
    {"DEPLOYING", "INITIALIZING"},
    {"DEPLOYING", "RUNNING"},
    {"DEPLOYING", "CANCELING"},
    {"DEPLOYING", "FAILED"},
    {"INITIALIZING", "RUNNING"},
    {"INITIALIZING", "CANCELING"},
    {"INITIALIZING", "FAILED"},
    {"RUNNING", "FINISHED"},
    {"RUNNING", "CANCELING"},
    {"RUNNING", "FAILED"},
    {"CANCELING", "CANCELED"},
});

// The report that a task has ended may overtake the one that it runs.
constexpr auto kBatchSteps =
    std::to_array<StateStep>({{"DEPLOYING", "FINISHED"}, {"INITIALIZING", "FINISHED"}});

bool IsStep(std::string_view from, std::string_view to, bool is_batch) {
  const StateStep step(from, to);
  return std::ranges::find(kStateSteps, step) != kStateSteps.end() ||
         (is_batch && std::ranges::find(kBatchSteps, step) != kBatchSteps.end());
}

// What a task does by itself. Not what it traces when it ends, however late that is.
constexpr auto kWork = std::to_array<std::string_view>(
    {events::kBarrierSent, events::kBarrierReceived, events::kBarrierAligned, events::kFirstRecord,
     events::kTaskEndOfInput});

bool HasEnded(std::string_view state) {
  return state == "CANCELED" || state == "FINISHED" || state == "FAILED";
}

}  // namespace

OneAttempt::Stand OneAttempt::StandOf(const std::string& subtask) const {
  const auto found = stands_.find(subtask);
  return found != stands_.end() ? found->second : Stand{.attempt = whole_, .since = restored_};
}

// What was there must be over when another attempt of it begins.
void OneAttempt::Begin(const sim::TraceEvent& event, int64_t attempt, const std::string& subtask,
                       Stand& stand) {
  if (!HasEnded(stand.state)) {
    breaches_.Add(fmt::format("Attempt {} of the job was started while {} of attempt {} was "
                              "{}{}.",
                              attempt, subtask, stand.attempt, stand.state, Place(event)),
                  MarkAt(event, "still_there", subtask));
  }
  stand = {.attempt = attempt, .since = event.time};
}

void OneAttempt::OnRestored(const sim::TraceEvent& event) {
  See();
  const int64_t attempt = event.Number("attempt").value_or(0);
  if (attempt <= attempt_) {
    breaches_.Add(fmt::format("Attempt {} of the job was started after attempt {}{}.", attempt,
                              attempt_, Place(event)),
                  MarkAt(event, "attempt_back", event.process_name));
  }
  attempt_ = std::max(attempt_, attempt);
  if (IsPartial(event)) {
    return;  // each of its subtasks tells that it begins
  }
  for (auto& [subtask, stand] : stands_) {
    Begin(event, attempt_, subtask, stand);
  }
  stands_.clear();
  started_.erase(started_.begin(), started_.lower_bound({whole_, std::string()}));
  whole_ = attempt_;
  restored_ = event.time;
}

void OneAttempt::OnState(const sim::TraceEvent& event) {
  See();
  const std::string subtask = FieldText(event, "subtask");
  const std::string from = FieldText(event, "from");
  const std::string to = FieldText(event, "to");
  Stand& stand = stands_.emplace(subtask, StandOf(subtask)).first->second;
  const int64_t attempt = event.Number("attempt").value_or(stand.attempt);
  const bool may_begin = attempt == attempt_ || (is_batch_ && attempt < attempt_);
  if (from == "CREATED" && attempt > stand.attempt && may_begin) {
    Begin(event, attempt, subtask, stand);
  }
  if (attempt != stand.attempt) {
    breaches_.Add(fmt::format("{} of attempt {} went from {} to {}, though the attempt is {}{}.",
                              subtask, attempt, from, to, stand.attempt, Place(event)),
                  MarkAt(event, "other_attempt", subtask));
  } else if (from != stand.state || !IsStep(from, to, is_batch_)) {
    breaches_.Add(fmt::format("{} of attempt {} was {} and went from {} to {}{}.", subtask, attempt,
                              stand.state, from, to, Place(event)),
                  MarkAt(event, "step", subtask));
  }
  stand.state = to;
}

void OneAttempt::OnStarted(const sim::TraceEvent& event) {
  const std::string subtask = FieldText(event, "subtask");
  const int64_t attempt = event.Number("attempt").value_or(0);
  if (attempt >= StandOf(subtask).attempt && !started_.emplace(attempt, subtask).second) {
    breaches_.Add(
        fmt::format("{} of attempt {} was started twice{}.", subtask, attempt, Place(event)),
        MarkAt(event, "started_twice", subtask));
  }
}

void OneAttempt::OnWork(const sim::TraceEvent& event) {
  if (!timeout_) {
    return;
  }
  const std::string subtask = FieldText(event, "subtask");
  const Stand stand = StandOf(subtask);
  const int64_t attempt = event.Number("attempt").value_or(stand.attempt);
  if (attempt >= stand.attempt) {
    return;
  }
  See();
  sim::SimTime since = std::max(stand.since, links_changed_);
  if (const auto excused = excused_until_.find(event.process_name);
      excused != excused_until_.end()) {
    since = std::max(since, excused->second);
  }
  if (event.time <= sim::Later(sim::Later(since, *timeout_), kSlack)) {
    return;
  }
  breaches_.Add(
      fmt::format("{} of attempt {} was still at work on {} ({}), though attempt {} had started "
                  "at {} and the heartbeat time-out is {}{}.",
                  subtask, attempt, event.process_name, event.kind, stand.attempt,
                  reports::ShowClock(stand.since), sim::Show(*timeout_), Place(event)),
      MarkAt(event, "lives_on", subtask));
}

// Who stands still, or whose clock is wrong, or who hears late, notices late that he is alone.
void OneAttempt::OnFault(const sim::TraceEvent& event) {
  if (event.kind == "fault.pause") {
    excused_until_[FieldText(event, "process")] = sim::kForever;
  } else if (event.kind == "fault.resume") {
    excused_until_[FieldText(event, "process")] = event.time;
  } else if (event.kind == "fault.clock") {
    const bool is_right =
        event.Number("drift_ppm").value_or(0) == 0 && event.Number("frozen").value_or(0) == 0;
    excused_until_[FieldText(event, "host")] = is_right ? event.time : sim::kForever;
  } else if (event.kind == "fault.heal") {
    links_changed_ = links_are_whole_ ? links_changed_ : event.time;
    links_are_whole_ = true;
  } else if (event.kind.starts_with("fault.link") || event.kind == "fault.swizzle") {
    links_changed_ = event.time;
    links_are_whole_ = false;
  }
}

std::vector<std::string_view> OneAttempt::wants() const {
  std::vector<std::string_view> kinds(kWork.begin(), kWork.end());
  kinds.insert(kinds.end(), {events::kJobRestored, events::kExecutionState, events::kTaskStarted,
                             events::kJobStatus, "fault."});
  return kinds;
}

void OneAttempt::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kJobRestored) {
    OnRestored(event);
  } else if (event.kind == events::kExecutionState) {
    OnState(event);
  } else if (event.kind == events::kTaskStarted) {
    OnStarted(event);
  } else if (std::ranges::find(kWork, event.kind) != kWork.end()) {
    OnWork(event);
  } else if (event.kind.starts_with("fault.")) {
    OnFault(event);
  } else if (event.kind == events::kJobStatus && event.Text("from") == "CREATED") {
    stands_.clear();  // another JobManager
  }
}

std::vector<reports::Finding> OneAttempt::Judge(const FinalState& /*state*/) {
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
