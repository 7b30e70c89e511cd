// One checkpoint of a run, in the terms of Flink's web interface. Filled by who knows the engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/time.h"

namespace flinch::reports {

struct SubtaskCheckpoint {
  std::string subtask;                          // "sink[1]"
  std::optional<sim::SimTime> first_barrier{};  // of a source: when it was asked
  std::optional<sim::SimTime> aligned{};
  std::optional<sim::SimTime> snapshot{};  // the synchronous part is done
  std::optional<sim::SimTime> uploaded{};  // the asynchronous one, too
  std::optional<sim::SimTime> acknowledged{};
  std::optional<sim::SimTime> received{};  // the acknowledgement, by the coordinator
  uint64_t bytes = 0;                      // of its file
  uint64_t shared = 0;                     // that it wrote beside it, for other checkpoints too
  uint64_t reused = 0;                     // that earlier checkpoints wrote
  std::optional<uint64_t> in_flight{};     // of its file, bytes that were in flight
  std::string watermark{};  // what it had heard of event time: "2026-01-01T00:04:10Z"
  // The first of the checkpoints in a row at which it was this; 0: it has moved since the last.
  int64_t watermark_since = 0;

  // Its times in Flink's words. Of a source there is no alignment.
  std::optional<sim::Duration> start_delay(sim::SimTime triggered) const;
  std::optional<sim::Duration> alignment() const;
  std::optional<sim::Duration> synchronous() const;
  std::optional<sim::Duration> asynchronous() const;
};

struct CheckpointRow {
  int64_t id = 0;
  sim::SimTime triggered;
  std::optional<sim::SimTime> completed{};  // all have acknowledged
  std::optional<sim::SimTime> stored{};
  std::optional<sim::SimTime> notified{};
  std::optional<sim::SimTime> aborted{};
  std::string reason{};                       // of one that was aborted
  uint64_t expected = 0;                      // so many subtasks take part
  std::vector<SubtaskCheckpoint> subtasks{};  // by name

  // Flink's: "COMPLETED" once it is stored, "FAILED", "IN_PROGRESS".
  std::string_view status() const;
  uint64_t acknowledged() const;
  std::optional<sim::SimTime> latest_acknowledgement() const;
  // From the trigger to the latest acknowledgement, or to the failure.
  std::optional<sim::Duration> end_to_end() const;
  uint64_t bytes() const;
  // Flink's "Persisted In-Flight Data"; nothing of an aligned one.
  std::optional<uint64_t> in_flight() const;
  uint64_t reused() const;
};

// For people: a table with a row for each checkpoint, in Flink's columns; the times of a row are
// the longest of its subtasks. Beside the bytes that were written stand those that were reused,
// where there are any. Empty without rows.
std::string ShowCheckpoints(const std::vector<CheckpointRow>& rows);

// The same with a row for each subtask below its checkpoint.
std::string ShowCheckpointDetails(const std::vector<CheckpointRow>& rows);

// Whether what barriers waited for is worth telling: a checkpoint was unaligned, or half of those
// that completed took longer than a second.
bool TellsDurations(const std::vector<CheckpointRow>& rows);

// On one line: the end-to-end times of those that completed, and what they held in flight. "12ms at
// 50 %, 31ms at 99 %, 31ms at most; in flight 18 KiB at 50 %, 31 KiB at most".
std::string ShowDurations(const std::vector<CheckpointRow>& rows);

// For programs: an array of objects on one line. The keys, where there is a value: id status reason
// triggered_ns latest_ack_ns end_to_end_ns acknowledged expected bytes reused_bytes
// persisted_in_flight_bytes subtasks ({subtask acknowledged_ns bytes reused_bytes
// persisted_in_flight_bytes start_delay_ns alignment_ns sync_ns async_ns}).
std::string ToJson(const std::vector<CheckpointRow>& rows);

}  // namespace flinch::reports
