// What a hunt consists of: units of work, numbered from 0, each one seeded run.
//
// Pure: the space and a number give the unit, whoever asks and when. So a shard, a second machine
// and a hunt that goes on after a crash agree on all work without talking to each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/lab/crash_points.h"
#include "scenarios/lab/setting.h"
#include "sim/result.h"

namespace flinch::scenarios {

// How runs are varied from seed to seed.
enum class Search : uint8_t {
  kRandom,     // faults and schedule drawn from the seed
  kPct,        // the scheduler is PCT: rare orders of few steps
  kPos,        // the scheduler is POS
  kSwarm,      // cluster, options and fault kinds drawn too, by the settings `vary.*`
  kCells,      // a fault aimed at a cell of the protocol: the setting `faults.aim`
  kPortfolio,  // the five in turn
};

std::string_view Name(Search search);  // "portfolio"
std::optional<Search> FindSearch(std::string_view name);
std::vector<std::string_view> SearchNames();

// The units k with k mod count = index. Written from 1 for people: "1/4".
struct Shard {
  uint64_t index = 0;
  uint64_t count = 1;

  bool Owns(uint64_t unit) const { return unit % count == index; }

  friend bool operator==(const Shard&, const Shard&) = default;
};

// kInvalidArgument for anything but i/n with 1 <= i <= n.
sim::Result<Shard> ParseShard(std::string_view text);
std::string Show(const Shard& shard);

// One run that crashes processes at chosen events of the fault-free run.
struct CrashUnit {
  size_t target = 0;
  std::vector<CrashPoint> points{};
  std::vector<Setting> settings{};
};

struct HuntSpace {
  size_t targets = 1;  // what is hunted: scenarios, or one scenario with each of several defects
  uint64_t first_seed = 1;
  std::optional<uint64_t> last_seed{};  // nothing: on and on
  Search search = Search::kPortfolio;
  // Of kSwarm.
  std::vector<Setting> swarm{};
  // The names of the cells that kCells aims at, by target, the most worthwhile first. None: there
  // its units are random ones.
  std::vector<std::vector<std::string>> aims{};
  // Not empty: these are the units, all with the first seed.
  std::vector<CrashUnit> crashes{};
};

struct Unit {
  uint64_t number = 0;
  size_t target = 0;
  uint64_t seed = 1;
  Search search = Search::kRandom;
  std::string strategy{};           // as sim/world/scheduling.h reads it; "" for random
  std::vector<Setting> settings{};  // behind the target's own
  std::vector<CrashPoint> crashes{};
  // Run it two times and compare: one unit of 64, never the first.
  bool twice = false;
};

// Nothing: there is no end.
std::optional<uint64_t> UnitsIn(const HuntSpace& space);

// `number` is below UnitsIn.
Unit UnitOf(const HuntSpace& space, uint64_t number);

}  // namespace flinch::scenarios
