// How a hunt is told: while it goes on, and at its end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/lab/health.h"
#include "scenarios/lab/hunt.h"
#include "scenarios/lab/tally.h"

namespace flinch::scenarios {

// One line without its end, no wider than this: for a terminal, where it is drawn over itself.
//   1234 of 20,000  50 seeds/s  2.0 h simulated  cells 41/312  no failure  9 s without news
std::string ShowStatus(const HuntProgress& progress, size_t cells_total, size_t columns);

// One line without its end: for a pipe. "#128 NEW  cells: 41/312  failures: 0  seeds/s: 88".
std::string ShowStep(const HuntProgress& progress, std::string_view what, size_t cells_total);

struct HuntReport {
  std::vector<std::string> names;  // of the scenarios
  std::string search;
  bool is_exhaustive = false;  // the runs are all there are of their kind, and no sample
  const Tally& tally;
  HuntProgress progress;
  std::vector<uint32_t> cells{};              // that the runs can reach
  std::vector<std::string> never_struck{};    // steps of the protocol of which no cell was hit
  std::vector<std::string> fault_kinds{};     // that they may suffer
  std::vector<std::string> faults_undrawn{};  // that they never draw
  std::vector<std::string> dimensions{};      // in which they may differ
  std::vector<HealthWarning> warnings{};
  std::string program;               // how a shell calls it
  std::string stored{};              // the folder of the results; "" none
  std::string interrupted{};         // "SIGINT"; "" it was not
  std::string ended{};               // why before its last unit: "5 failures of one kind"
  std::vector<std::string> holes{};  // which units are missing
};

// For people; ends with a line break.
std::string ShowText(const HuntReport& report);

// One object on one line, with its end.
std::string ShowJson(const HuntReport& report);

// At most eight lines, each ending with a line break: faults, then the witness.
std::string ShowStory(const std::vector<std::string>& faults, const std::string& witness);

}  // namespace flinch::scenarios
