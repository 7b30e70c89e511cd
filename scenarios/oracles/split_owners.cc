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

// "source[1]#3", whether its reader speaks or the JobManager, who calls it by its chain.
std::string ReaderOf(const sim::TraceEvent& event) {
  const std::string subtask = FieldText(event, "subtask");
  return fmt::format("{}{}#{}", SourceOf(subtask),
                     subtask.substr(std::min(subtask.find('['), subtask.size())),
                     event.Number("attempt").value_or(0));
}

}  // namespace

std::vector<std::string_view> SplitOwners::wants() const {
  return {events::kJobRestored, events::kSplitDiscovered, events::kSplitAssigned,
          events::kSplitTaken};
}

void SplitOwners::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kJobRestored) {
    attempt_ = event.Number("attempt").value_or(attempt_);
    owner_.clear();
    given_.clear();
  } else if (event.kind == events::kSplitDiscovered) {
    found_.emplace(FieldText(event, "source"), FieldText(event, "split"));
  } else if (event.kind == events::kSplitAssigned) {
    given_.emplace(ReaderOf(event),
                   Split(SourceOf(FieldText(event, "subtask")), FieldText(event, "split")));
  } else if (event.kind == events::kSplitTaken) {
    OnTaken(event);
  }
}

void SplitOwners::OnTaken(const sim::TraceEvent& event) {
  if (event.Number("attempt").value_or(0) < attempt_) {
    return;  // a zombie's reading goes nowhere
  }
  See();
  const std::string subtask = FieldText(event, "subtask");
  const Split split(SourceOf(subtask), FieldText(event, "split"));
  const auto [owner, is_first] = owner_.emplace(split, subtask);
  if (!is_first) {
    breaches_.Add(fmt::format("{} takes up split {}, which {} has{}.", subtask, split.second,
                              owner->second, Place(event)),
                  MarkAt(event, "two_owners", subtask));
  }
  const bool is_restored = event.Number("restored").value_or(0) != 0;
  if (!is_restored && !given_.contains({ReaderOf(event), split})) {
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
