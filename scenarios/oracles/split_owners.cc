#include "scenarios/oracles/split_owners.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

namespace {

// The source at the head of a chain: "source" of "source->parse[1]" and of "source[1]".
std::string SourceOf(std::string_view subtask) {
  return RoleOf(subtask.substr(0, subtask.find("->")));
}

// "source[1]", whether its reader speaks or the JobManager, who calls it by its chain.
std::string ReaderOf(std::string_view subtask) {
  return fmt::format("{}{}", SourceOf(subtask),
                     subtask.substr(std::min(subtask.find('['), subtask.size())));
}

// "source[1]#3".
std::string AttemptOf(const sim::TraceEvent& event) {
  return fmt::format("{}#{}", ReaderOf(FieldText(event, "subtask")),
                     event.Number("attempt").value_or(0));
}

}  // namespace

std::vector<std::string_view> SplitOwners::wants() const {
  return {events::kJobRestored, events::kExecutionState, events::kSplitDiscovered,
          events::kSplitAssigned, events::kSplitTaken};
}

void SplitOwners::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kJobRestored) {
    OnRestored(event);
  } else if (event.kind == events::kExecutionState) {
    OnState(event);
  } else if (event.kind == events::kSplitDiscovered) {
    found_.emplace(FieldText(event, "source"), FieldText(event, "split"));
  } else if (event.kind == events::kSplitAssigned) {
    given_.emplace(AttemptOf(event),
                   Split(SourceOf(FieldText(event, "subtask")), FieldText(event, "split")));
  } else if (event.kind == events::kSplitTaken) {
    OnTaken(event);
  }
}

void SplitOwners::OnRestored(const sim::TraceEvent& event) {
  newest_ = event.Number("attempt").value_or(newest_);
  if (IsPartial(event)) {
    return;  // each of its subtasks tells that it begins
  }
  whole_ = newest_;
  parts_.clear();
  owner_.clear();
  given_.clear();
}

// A reader that starts anew has nothing at first.
void SplitOwners::OnState(const sim::TraceEvent& event) {
  if (newest_ == whole_ || event.Number("attempt") != newest_ || event.Text("to") != "SCHEDULED") {
    return;
  }
  const std::string reader = ReaderOf(FieldText(event, "subtask"));
  parts_[reader] = newest_;
  std::erase_if(owner_, [&](const auto& each) { return ReaderOf(each.second) == reader; });
}

void SplitOwners::OnTaken(const sim::TraceEvent& event) {
  const std::string subtask = FieldText(event, "subtask");
  const auto part = parts_.find(ReaderOf(subtask));
  if (event.Number("attempt").value_or(0) < (part == parts_.end() ? whole_ : part->second)) {
    return;  // a zombie's reading goes nowhere
  }
  See();
  const Split split(SourceOf(subtask), FieldText(event, "split"));
  const auto [owner, is_first] = owner_.emplace(split, subtask);
  if (!is_first) {
    breaches_.Add(fmt::format("{} takes up split {}, which {} has{}.", subtask, split.second,
                              owner->second, Place(event)),
                  MarkAt(event, "two_owners", subtask));
  }
  const bool is_restored = event.Number("restored").value_or(0) != 0;
  if (!is_restored && !given_.contains({AttemptOf(event), split})) {
    breaches_.Add(
        fmt::format("{} takes up split {}, which nobody has given to attempt {} of it{}.", subtask,
                    split.second, event.Number("attempt").value_or(0), Place(event)),
        MarkAt(event, "not_given", subtask));
  }
}

std::vector<reports::Finding> SplitOwners::Judge(const FinalState& state) {
  for (const Split& split : found_) {
    if (state.job_finished && !owner_.contains(split)) {
      breaches_.Add(fmt::format("Nobody reads split {} of {} since the last start of the job, and "
                                "the job has finished.",
                                split.second, split.first),
                    {.breach = "lost", .role = split.first});
    }
  }
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
