// A recording for other people's viewers.
//
//   chrome  trace-event JSON, for Perfetto and chrome://tracing: a lane per process, checkpoints as
//           asynchronous spans with their phases, a flow for each message that led to an event
//   shiviz  text with vector clocks: the first line is the regular expression that reads it
//   jsonl   a header, then every event, also those of the kernel, one JSON object a line; its
//           schema is reports/trace.schema.json
//
// Shape:   a recording of Keep::kEverything. Pure: the same recording gives the same bytes.
// Escapes: what a user wrote is bounded (2,000 bytes a value) and made readable.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/checkpoint_row.h"
#include "sim/recording/recording.h"

namespace flinch::reports {

enum class TraceFormat : uint8_t { kChrome, kShiviz, kJsonl };

// Whose trace it is.
struct TraceHeader {
  std::string scenario;
  uint64_t seed = 0;
  std::string verdict;
  sim::Digest digest;
  std::string replay{};
};

std::string ExportTrace(const sim::Recording& recording, TraceFormat format,
                        const TraceHeader& header, const std::vector<CheckpointRow>& checkpoints);

}  // namespace flinch::reports
