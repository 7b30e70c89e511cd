#include "scenarios/stage/checkpoint_rows.h"

#include <algorithm>
#include <optional>
#include <string>

#include "engine/events.h"
#include "scenarios/model/timestamp.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

// The first time counts: one channel after the other, or one acknowledgement again.
void Note(std::optional<sim::SimTime>& time, sim::SimTime now) { time = time.value_or(now); }

// Nothing of the end of time: sources hear of none, and others at the end of their input.
std::string ShowWatermark(int64_t watermark) {
  if (watermark == engine::kMinEventTime.nanos()) {
    return "none yet";
  }
  return watermark == engine::kMaxEventTime.nanos() ? "" : ShowUtc(engine::EventTime(watermark));
}

template <typename Event>
void TakeOfSubtask(const Event& event, reports::SubtaskCheckpoint& subtask) {
  if (event.kind == events::kBarrierReceived) {
    Note(subtask.first_barrier, event.time);
  } else if (event.kind == events::kBarrierAligned) {
    Note(subtask.aligned, event.time);
  } else if (event.kind == events::kSnapshotTaken) {
    Note(subtask.snapshot, event.time);
    subtask.watermark = ShowWatermark(event.Number("watermark").value_or(0));
  } else if (event.kind == events::kSnapshotUploaded) {
    Note(subtask.uploaded, event.time);
    subtask.bytes = static_cast<uint64_t>(event.Number("bytes").value_or(0));
  } else if (event.kind == events::kInFlightPersisted) {
    subtask.in_flight = static_cast<uint64_t>(event.Number("bytes").value_or(0));
  } else if (event.kind == events::kTablesUploaded) {
    subtask.shared = static_cast<uint64_t>(event.Number("bytes").value_or(0));
    subtask.reused = static_cast<uint64_t>(event.Number("reused").value_or(0));
  } else if (event.kind == events::kCheckpointAcknowledged) {
    Note(subtask.acknowledged, event.time);
  } else if (event.kind == events::kCheckpointAckReceived) {
    Note(subtask.received, event.time);
  }
}

reports::SubtaskCheckpoint& SubtaskOf(reports::CheckpointRow& row, std::string_view name) {
  const auto place =
      std::ranges::lower_bound(row.subtasks, name, {}, &reports::SubtaskCheckpoint::subtask);
  return place != row.subtasks.end() && place->subtask == name
             ? *place
             : *row.subtasks.insert(place, {.subtask = std::string(name)});
}

template <typename Event>
void TakeOfCheckpoint(const Event& event, reports::CheckpointRow& row) {
  if (event.kind == events::kCheckpointCompleted) {
    Note(row.completed, event.time);
  } else if (event.kind == events::kCheckpointStored) {
    Note(row.stored, event.time);
  } else if (event.kind == events::kCheckpointNotified) {
    Note(row.notified, event.time);
  } else if (event.kind == events::kCheckpointAborted) {
    Note(row.aborted, event.time);
    row.reason = event.Text("reason").value_or("");
  } else if (const auto subtask = event.Text("subtask")) {
    TakeOfSubtask(event, SubtaskOf(row, *subtask));
  }
}

// Whose watermark is what it was at the checkpoint before.
void CompareWatermarks(const reports::CheckpointRow& before, reports::CheckpointRow& row) {
  for (reports::SubtaskCheckpoint& subtask : row.subtasks) {
    const auto same =
        std::ranges::find(before.subtasks, subtask.subtask, &reports::SubtaskCheckpoint::subtask);
    if (same != before.subtasks.end() && !subtask.watermark.empty() &&
        same->watermark == subtask.watermark) {
      subtask.watermark_since = same->watermark_since == 0 ? before.id : same->watermark_since;
    }
  }
}

}  // namespace

template <typename Event>
void CheckpointRows::Take(const Event& event) {
  const std::optional<int64_t> id = event.Number("id");
  if (!event.kind.starts_with("checkpoint.") || !id) {
    return;
  }
  if (event.kind == events::kCheckpointTriggered) {
    newest_.erase(*id);
    if (rows_.size() < kept_) {
      newest_[*id] = rows_.size();
      rows_.push_back({.id = *id,
                       .triggered = event.time,
                       .expected = static_cast<uint64_t>(event.Number("subtasks").value_or(0))});
    }
  } else if (const auto row = newest_.find(*id); row != newest_.end()) {
    TakeOfCheckpoint(event, rows_[row->second]);
  }
}

std::vector<reports::CheckpointRow> CheckpointRows::Compared() const {
  std::vector<reports::CheckpointRow> rows = rows_;
  for (size_t i = 1; i < rows.size(); ++i) {
    CompareWatermarks(rows[i - 1], rows[i]);
  }
  return rows;
}

template void CheckpointRows::Take(const sim::TraceEvent& event);
template void CheckpointRows::Take(const sim::RecordedEvent& event);

}  // namespace flinch::scenarios
