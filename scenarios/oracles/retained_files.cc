#include "scenarios/oracles/retained_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

void RetainedFiles::CheckAll(const sim::TraceEvent* event) {
  See();
  for (const int64_t id : outside_->Retained()) {
    for (const std::string& trouble : outside_->CheckFiles(id)) {
      const std::string place = event == nullptr ? " (at the end)" : Place(*event);
      breaches_.Add(fmt::format("Checkpoint {} is in the store and cannot be restored from: {}{}.",
                                id, trouble, place),
                    event == nullptr ? Mark{.breach = "unreadable", .role = "jm"}
                                     : MarkAt(*event, "unreadable", "jm"));
    }
  }
}

void RetainedFiles::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == "fault.disk" && event.Text("disk") == "shared") {
    volume_is_faulty_ = true;
  } else if (event.kind == "fault.crash" || event.kind == events::kTaskManagerLost ||
             event.kind == events::kCheckpointAborted) {
    may_leak_ = true;
  }
  const int64_t id = event.Number("id").value_or(0);
  if (event.kind == events::kCheckpointStored) {
    last_stored_ = id;
    stored_at_ = event.time;
  }
  if (event.kind == events::kCheckpointSubsumed) {
    last_subsumed_ = std::max(last_subsumed_, id);
    subsumed_[id] = event.time;
    std::erase_if(subsumed_, [&](const auto& entry) {
      return sim::Later(entry.second, kDeletion) < event.time;
    });
  }
  const bool looks =
      event.kind == events::kCheckpointSubsumed || event.kind == events::kJobRestored;
  if (looks && outside_ != nullptr && !volume_is_faulty_) {
    CheckAll(&event);
  }
}

bool RetainedFiles::MayLie(int64_t id, sim::SimTime end) const {
  const auto subsumed = subsumed_.find(id);
  if (subsumed != subsumed_.end()) {
    return end <= sim::Later(subsumed->second, kDeletion);
  }
  return last_subsumed_ < id && id < last_stored_ && end <= sim::Later(stored_at_, kDeletion);
}

std::vector<reports::Finding> RetainedFiles::Judge(const FinalState& state) {
  if (outside_ == nullptr || volume_is_faulty_) {
    return breaches_.ToFindings(kName);
  }
  CheckAll(nullptr);
  if (state.job_finished && !may_leak_) {
    const std::vector<int64_t> retained = outside_->Retained();
    for (const int64_t id : outside_->WithFiles()) {
      if (!MayLie(id, state.end) && !std::ranges::binary_search(retained, id)) {
        breaches_.Add(fmt::format("Files of checkpoint {} are left after the job has finished, "
                                  "though the store does not have it.",
                                  id),
                      {.breach = "leaked", .role = "jm"});
      }
    }
  }
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
