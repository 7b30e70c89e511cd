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

void RetainedFiles::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == "fault.disk" && event.Text("disk") == "shared" &&
      Damages(event.Text("condition").value_or(""))) {
    volume_is_damaged_ = true;
  } else if (event.kind == "fault.crash" || event.kind == events::kTaskManagerLost ||
             event.kind == events::kCheckpointAborted) {
    may_leak_ = true;
  }
  if (event.kind == events::kCheckpointSubsumed) {
    subsumed_[event.Number("id").value_or(0)] = event.time;
    std::erase_if(subsumed_, [&](const auto& entry) {
      return sim::Later(entry.second, kDeletion) < event.time;
    });
  }
  const bool looks =
      event.kind == events::kCheckpointSubsumed || event.kind == events::kJobRestored;
  if (looks && outside_ != nullptr && !volume_is_damaged_) {
    CheckAll(&event);
  }
}

std::vector<reports::Finding> RetainedFiles::Judge(const FinalState& state) {
  if (outside_ == nullptr || volume_is_damaged_) {
    return breaches_.ToFindings(kName);
  }
  CheckAll(nullptr);
  if (state.job_finished && !may_leak_) {
    const std::vector<int64_t> retained = outside_->Retained();
    for (const int64_t id : outside_->WithFiles()) {
      const auto subsumed = subsumed_.find(id);
      const bool may_lie =
          subsumed != subsumed_.end() && state.end <= sim::Later(subsumed->second, kDeletion);
      if (!may_lie && !std::ranges::binary_search(retained, id)) {
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
