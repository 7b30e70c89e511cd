#include "scenarios/oracles/one_attempt.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

namespace {

using Step = std::pair<std::string_view, std::string_view>;

constexpr auto kSteps = std::to_array<Step>({
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

bool HasEnded(std::string_view state) {
  return state == "CANCELED" || state == "FINISHED" || state == "FAILED";
}

}  // namespace

void OneAttempt::OnRestored(const sim::TraceEvent& event) {
  See();
  const int64_t attempt = event.Number("attempt").value_or(0);
  if (attempt <= attempt_) {
    breaches_.Add(fmt::format("Attempt {} of the job was started after attempt {}{}.", attempt,
                              attempt_, Place(event)),
                  MarkAt(event, "attempt_back", event.process_name));
  }
  for (const auto& [subtask, state] : states_) {
    if (!HasEnded(state)) {
      breaches_.Add(fmt::format("Attempt {} of the job was started while {} of attempt {} was "
                                "{}{}.",
                                attempt, subtask, attempt_, state, Place(event)),
                    MarkAt(event, "still_there", subtask));
    }
  }
  states_.clear();
  started_.erase(started_.begin(), started_.lower_bound({attempt_, std::string()}));
  attempt_ = std::max(attempt_, attempt);
}

void OneAttempt::OnState(const sim::TraceEvent& event) {
  See();
  const std::string subtask = FieldText(event, "subtask");
  const std::string from = FieldText(event, "from");
  const std::string to = FieldText(event, "to");
  const int64_t attempt = event.Number("attempt").value_or(attempt_);
  std::string& state = states_.emplace(subtask, "CREATED").first->second;
  if (attempt != attempt_) {
    breaches_.Add(fmt::format("{} of attempt {} went from {} to {}, though the attempt is {}{}.",
                              subtask, attempt, from, to, attempt_, Place(event)),
                  MarkAt(event, "other_attempt", subtask));
  } else if (from != state || std::ranges::find(kSteps, Step(from, to)) == kSteps.end()) {
    breaches_.Add(fmt::format("{} of attempt {} was {} and went from {} to {}{}.", subtask, attempt,
                              state, from, to, Place(event)),
                  MarkAt(event, "step", subtask));
  }
  state = to;
}

void OneAttempt::OnStarted(const sim::TraceEvent& event) {
  const std::string subtask = FieldText(event, "subtask");
  const int64_t attempt = event.Number("attempt").value_or(0);
  if (attempt >= attempt_ && !started_.emplace(attempt, subtask).second) {
    breaches_.Add(
        fmt::format("{} of attempt {} was started twice{}.", subtask, attempt, Place(event)),
        MarkAt(event, "started_twice", subtask));
  }
}

void OneAttempt::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kJobRestored) {
    OnRestored(event);
  } else if (event.kind == events::kExecutionState) {
    OnState(event);
  } else if (event.kind == events::kTaskStarted) {
    OnStarted(event);
  } else if (event.kind == events::kJobStatus && event.Text("from") == "CREATED") {
    states_.clear();  // another JobManager
  }
}

std::vector<reports::Finding> OneAttempt::Judge(const FinalState& /*state*/) {
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
