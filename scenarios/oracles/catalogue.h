// All oracles there are, in the order in which their findings are told: the most telling first.
//
// To add one: a pair of files beside this one, a line in catalogue.cc, a line in the README of this
// folder.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/scenario.h"
#include "scenarios/oracles/oracle.h"
#include "sim/result.h"

namespace flinch::scenarios {

struct OracleInfo {
  std::string_view name;
  std::string_view promise;
  std::unique_ptr<Oracle> (*make)();
  bool needs_channels = false;   // events of EventLevel::kChannel
  bool needs_alignment = false;  // checkpoints in which each record counts once
  bool needs_rest = false;       // checkpoints that hold nothing that is in flight
  bool needs_stream = false;     // checkpoints while the job runs
};

// What there is to judge.
struct JudgedRun {
  bool channel_events = true;
  bool aligned = true;
  bool at_rest = true;
  bool streams = true;
};

JudgedRun JudgedRunOf(const Scenario& scenario);

std::span<const OracleInfo> OracleCatalogue();

// The entry of this name, or null.
const OracleInfo* FindOracle(std::string_view name);

// A fresh judge for each name, in the catalogue's order, each once. No names: all of them, without
// those that need what the run does not have. kInvalidArgument for a name that is not in the
// catalogue, with those that are.
sim::Result<std::vector<std::unique_ptr<Oracle>>> MakeOracles(std::span<const std::string> names,
                                                              const JudgedRun& run = {});

}  // namespace flinch::scenarios
