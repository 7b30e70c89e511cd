// The program of the process that feeds a run: it writes the rows to the log at their times.
//
// Life:     create the topics → publish each row when it is due, or up to `linger` later → seal the
//           input → end.
// Survives: its own crash (rows are numbered per partition and the broker remembers the numbers, so
//           a restarted publisher goes on behind what is there and doubles nothing), a broker that
//           is away, late and lost replies. It tries for ever: a run has a limit, a publisher none.
// Traces:   kPublished (topic rows) when everything is in the log and sealed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/input/workload.h"
#include "sim/environment.h"

namespace flinch::scenarios {

inline constexpr std::string_view kPublished = "publisher.done";  // topic rows

struct PublisherOptions {
  std::string broker_host = "broker";
  std::vector<std::string> output_topics{"output"};
  uint32_t output_partitions = 1;  // of each
  // Rows that are sent to the broker at once: of one partition at most so many, and those that
  // become due within `linger` of the first (Kafka's batch.size and linger.ms).
  uint32_t batch_rows_max = 100;
  sim::Duration linger{0};
  bool seals = true;  // the topic behind the last row
};

// `workload` outlives the process.
void RunPublisher(sim::Environment& environment, const Workload& workload,
                  const PublisherOptions& options);

}  // namespace flinch::scenarios
