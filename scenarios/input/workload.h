// The input of a run: rows with keys, values and event times, and when each is published.
//
// Generated from the seed, or read from a file. Pure: the same scenario, seed and file give the
// same rows. Rows stand in the order in which they are published, which is the order of each
// partition too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/ids.h"
#include "scenarios/model/scenario.h"
#include "sim/network.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::scenarios {

struct InputRow {
  uint32_t partition = 0;
  sim::Bytes key{};
  sim::Bytes value{};
  engine::EventTime timestamp{};
  sim::Duration publish_after{0};  // since the start of the world
  uint64_t line = 0;               // of the file that it is of; 0: of none

  friend bool operator==(const InputRow&, const InputRow&) = default;
};

struct Workload {
  std::vector<InputRow> rows;
  uint64_t rows_skipped = 0;   // malformed ones, under on_bad_row = "skip"
  std::string skipped_text{};  // the first of them, for people
  // The furthest that a row lies behind an earlier one of its partition.
  sim::Duration out_of_orderness{0};
  // Of tables of SQL by their names: how far the watermark is behind. Else there is one bound.
  std::map<std::string, sim::Duration> delays{};
  uint32_t partitions = 1;
  uint32_t late_partitions = 0;  // of these: come with their first row
  std::string topic = "input";
};

// `input_file`: the path of the rows, exactly when the scenario reads them from a file.
// kInvalidArgument or kNotFound with whole sentences about the file and its rows.
sim::Result<Workload> LoadWorkload(const Scenario& scenario, uint64_t seed,
                                   const std::optional<std::string>& input_file);

// All rows of the scenario's input, whatever its selection says: PickRows makes workloads of it.
// Any number of records of one generator begins with the same rows.
sim::Result<Workload> LoadWholeInput(const Scenario& scenario, uint64_t seed,
                                     const std::optional<std::string>& input_file);

// The workload that LoadWorkload would load, out of an input with at least as many records. Costs
// what is picked.
sim::Result<Workload> PickRows(const Scenario& scenario, const Workload& whole);

// When the row with this index is published, after the first.
sim::Duration PublishTime(uint64_t row, uint32_t rows_per_second);

sim::Duration MeasureOutOfOrderness(std::span<const InputRow> rows, uint32_t partitions);

// The weight of each rank from 1 to `keys` under Zipf's law, in integers: the same everywhere. The
// first is 2^20; none is 0.
std::vector<uint32_t> ZipfWeights(uint32_t keys, ZipfExponent exponent);

}  // namespace flinch::scenarios
