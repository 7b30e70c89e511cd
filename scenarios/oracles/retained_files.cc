#include "scenarios/oracles/retained_files.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

namespace {

// Of a volume's condition (sim/world/disk_options.h), what breaks or hides files that were durable.
constexpr auto kDamaging = std::to_array<std::string_view>(
    {"lying_sync=", "bit_rot=", "misdirected_write=", "listing_delay_max="});

bool Damages(std::string_view condition) {
  return std::ranges::any_of(kDamaging,
                             [&](std::string_view word) { return condition.contains(word); });
}

}  // namespace

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

std::vector<std::string_view> RetainedFiles::wants() const {
  return {"fault.disk",
          "fault.crash",
          events::kTaskManagerLost,
          events::kTaskManagerRegistered,
          events::kSnapshotTaken,
          events::kSnapshotUploaded,
          events::kCheckpointStored,
          events::kCheckpointSubsumed,
          events::kCheckpointAborted,
          events::kJobRestored,
          events::kJobSubmitted,
          events::kLeaderGranted};
}

void RetainedFiles::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == "fault.disk" && event.Text("disk") == "shared" &&
      Damages(event.Text("condition").value_or(""))) {
    volume_is_damaged_ = true;
  }
  if (event.kind == events::kJobSubmitted) {
    floor_ = event.Number("checkpoint").value_or(0);
  }
  NoteGone(event);
  NoteTouched(event);
  const bool looks =
      event.kind == events::kCheckpointSubsumed || event.kind == events::kJobRestored;
  if (looks && outside_ != nullptr && !volume_is_damaged_) {
    CheckAll(&event);
    NoteShared(event.time);
  }
}

// Since when nobody holds what of shared files nobody holds.
void RetainedFiles::NoteShared(sim::SimTime now) {
  std::map<std::string, sim::SimTime> unheld;
  for (const auto& [path, id] : outside_->SharedByNobody()) {
    const auto known = unheld_.find(path);
    unheld.emplace(path, known == unheld_.end() ? now : known->second);
  }
  unheld_ = std::move(unheld);
}

void RetainedFiles::NoteGone(const sim::TraceEvent& event) {
  std::string_view gone;
  if (event.kind == "fault.crash") {
    gone = event.Text("process").value_or("");
    master_died_ = master_died_ || RoleOf(gone) == "jm";
  } else if (event.kind == events::kLeaderGranted) {
    master_died_ = master_died_ || ++leaders_ > 1;  // or it leads no more
  } else if (event.kind == events::kTaskManagerLost) {
    gone = event.Text("name").value_or("");
    adrift_.emplace(gone);
  } else if (event.kind == events::kTaskManagerRegistered) {
    adrift_.erase(std::string(event.Text("name").value_or("")));
  }
  if (const auto found = snapshots_.find(gone); found != snapshots_.end()) {
    may_lie_.merge(found->second);
    snapshots_.erase(found);
  }
}

void RetainedFiles::NoteTouched(const sim::TraceEvent& event) {
  const int64_t id = event.Number("id").value_or(0);
  if (event.kind == events::kSnapshotTaken) {
    if (adrift_.contains(event.process_name)) {
      may_lie_.insert(id);
    } else {
      snapshots_[std::string(event.process_name)].insert(id);
    }
  } else if (event.kind == events::kCheckpointStored) {
    last_stored_ = id;
    stored_at_ = event.time;
    for (auto& [process, ids] : snapshots_) {
      ids.erase(id);
    }
  } else if (event.kind == events::kCheckpointSubsumed ||
             event.kind == events::kCheckpointAborted || event.kind == events::kSnapshotUploaded) {
    touched_[id] = event.time;
    if (event.kind == events::kCheckpointSubsumed) {
      last_subsumed_ = std::max(last_subsumed_, id);
    }
    std::erase_if(touched_, [&](const auto& entry) {
      return sim::Later(entry.second, kDeletion) < event.time;
    });
  }
}

bool RetainedFiles::MayLie(int64_t id, sim::SimTime end) const {
  const auto touched = touched_.find(id);
  const bool is_due = last_subsumed_ < id && id < last_stored_;
  return may_lie_.contains(id) || (is_due && end <= sim::Later(stored_at_, kDeletion)) ||
         (touched != touched_.end() && end <= sim::Later(touched->second, kDeletion));
}

std::vector<reports::Finding> RetainedFiles::Judge(const FinalState& state) {
  if (outside_ == nullptr || volume_is_damaged_) {
    return breaches_.ToFindings(kName);
  }
  CheckAll(nullptr);
  if (state.job_finished && !master_died_) {
    NoteShared(state.end);
    for (const auto& [path, id] : outside_->SharedByNobody()) {
      if (id > floor_ && !MayLie(id, state.end) &&
          sim::Later(unheld_.at(path), kDeletion) < state.end) {
        breaches_.Add(fmt::format("The file {} is left after the job has finished, though no "
                                  "checkpoint in the store holds it.",
                                  path),
                      {.breach = "leaked", .role = "jm"});
      }
    }
    const std::vector<int64_t> retained = outside_->Retained();
    for (const int64_t id : outside_->WithFiles()) {
      if (id > floor_ && !MayLie(id, state.end) && !std::ranges::binary_search(retained, id)) {
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
