// The checkpoints of a run, as its events tell them.
//
// Shape: takes events in their order, live or from a recording. A row per trigger, in their order:
//        of an id that is triggered again, later events belong to the later.
// Bound: the first `kCheckpointRowsKept` rows; a run that is not asked for its pictures must not
//        fill the memory of who tells it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "reports/checkpoint_row.h"
#include "sim/recording/recording.h"

namespace flinch::scenarios {

inline constexpr size_t kCheckpointRowsKept = 1'000;

class CheckpointRows {
 public:
  explicit CheckpointRows(size_t kept = kCheckpointRowsKept) : kept_(kept) {}

  void OnEvent(const sim::TraceEvent& event) { Take(event); }

  void OnEvent(const sim::RecordedEvent& event) { Take(event); }

  const std::vector<reports::CheckpointRow>& rows() const { return rows_; }

  // They, with whose watermark has not moved.
  std::vector<reports::CheckpointRow> Compared() const;

 private:
  template <typename Event>
  void Take(const Event& event);

  size_t kept_;
  std::vector<reports::CheckpointRow> rows_;
  std::map<int64_t, size_t> newest_;  // by id: the row of its latest trigger
};

}  // namespace flinch::scenarios
