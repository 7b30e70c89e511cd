// A hunt as a command: what was asked, performed in workers, stored, shrunk, told, and judged by an
// exit code. And the results of several shards as one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "scenarios/lab/group_shrinker.h"
#include "scenarios/lab/hunt.h"
#include "scenarios/lab/hunt_header.h"
#include "scenarios/lab/hunt_progress.h"
#include "scenarios/lab/hunt_text.h"
#include "scenarios/lab/units.h"
#include "sim/result.h"

namespace flinch::scenarios {

// How it is performed, whatever is hunted.
struct HuntSettings {
  std::optional<int64_t> for_ns{};  // real time
  std::optional<uint32_t> jobs{};   // nothing: as many as there are processors
  Shard shard{};
  bool shard_given = false;          // else FLINCH_SHARD may tell
  bool shard_auto = false;           // other variables, too: scenarios/lab/shard_variables.h
  std::optional<std::string> out{};  // the folder of the results
  int64_t seed_timeout_ns = 60'000'000'000;
  uint64_t seed_memory = 2ULL << 30;  // bytes of addresses; 0: no limit
  bool fresh = false;                 // do again what is done
  bool strict = false;
  bool no_shrink = false;                  // leave failures as they were found
  std::optional<uint64_t> max_failures{};  // of one signature, after which no unit is begun
  bool exit_zero_on_findings = false;
  bool json = false;
};

// What of these cells, of which those were hit, nothing has struck. Null: there are no cells.
using NameUnstruck = std::function<std::vector<std::string>(const std::vector<uint32_t>& cells,
                                                            const std::set<uint32_t>& hit)>;

struct Hunt {
  HuntSpace space;
  HuntHeader header;
  std::function<UnitResult(const Unit&)> perform;   // in a worker
  std::function<UnitResult(const Unit&)> describe;  // here, of one that ended its worker
  ShrinkExemplar shrink;
  NameUnstruck unstruck{};
  // Before the first unit; `is_stored`: results are kept. An error ends the hunt.
  std::function<sim::Result<void>(bool is_stored)> begin{};
  // When all is told: what else is to be written. An error is complained of.
  std::function<sim::Result<void>(const HuntReport& report)> finish{};
};

// Which shard this is, where the command line leaves it to the surroundings. Says by what.
sim::Result<void> SettleShard(HuntSettings& settings, std::ostream& err);

// Gives the exit code. Results go to `out`, progress and complaints to `err`.
int PerformHunt(const Hunt& hunt, const HuntSettings& settings, const std::string& program,
                ProgressStyle style, std::ostream& out, std::ostream& err);

struct MergeSettings {
  std::vector<std::string> places{};  // folders of results, or files
  bool strict = false;
  bool json = false;
};

int MergeHunts(const MergeSettings& settings, const NameUnstruck& unstruck,
               const std::string& program, std::ostream& out, std::ostream& err);

// As many workers as this process may use processors.
uint32_t WorkersByDefault();

// Real time in nanoseconds, for measuring.
int64_t RealNow();

}  // namespace flinch::scenarios
