#include "scenarios/lab/units.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

constexpr auto kSearchNames = std::to_array<std::pair<Search, std::string_view>>({
    {Search::kRandom, "random"},
    {Search::kPct, "pct"},
    {Search::kPos, "pos"},
    {Search::kSwarm, "swarm"},
    {Search::kCells, "cells"},
    {Search::kPortfolio, "portfolio"},
});

// The first is the seed as it is run alone; faults count more than schedules.
constexpr auto kPortfolio = std::to_array<Search>({
    Search::kRandom,
    Search::kCells,
    Search::kSwarm,
    Search::kCells,
    Search::kPct,
    Search::kSwarm,
    Search::kCells,
    Search::kPos,
    Search::kCells,
    Search::kSwarm,
});

constexpr uint64_t kTwiceEvery = 64;

// Targets begin at so many different cells, in the rarer half of them.
constexpr size_t kTargetsApart = 4;

const std::vector<std::string>& AimsOf(const HuntSpace& space, size_t target) {
  static const std::vector<std::string> kNone;
  return target < space.aims.size() ? space.aims[target] : kNone;
}

// How many of a target's units before the index aim, all targets having the same searches.
uint64_t AimsBefore(const HuntSpace& space, uint64_t index) {
  if (space.search != Search::kPortfolio) {
    return index;
  }
  const auto in = [](size_t units) {
    return static_cast<uint64_t>(
        std::ranges::count(kPortfolio.begin(), kPortfolio.begin() + units, Search::kCells));
  };
  return index / kPortfolio.size() * in(kPortfolio.size()) + in(index % kPortfolio.size());
}

// Seen by these units alone, a target's cells come one after another. Several targets begin at
// different ones: together they see more in a short time.
Setting AimAt(const HuntSpace& space, size_t target, uint64_t index) {
  const std::vector<std::string>& cells = AimsOf(space, target);
  const uint64_t begin = target % kTargetsApart * (cells.size() / (2 * kTargetsApart));
  return {.key = "faults.aim", .value = cells[(begin + AimsBefore(space, index)) % cells.size()]};
}

}  // namespace

std::string_view Name(Search search) {
  return std::ranges::find(kSearchNames, search, &std::pair<Search, std::string_view>::first)
      ->second;
}

std::optional<Search> FindSearch(std::string_view name) {
  const auto found =
      std::ranges::find(kSearchNames, name, &std::pair<Search, std::string_view>::second);
  return found == kSearchNames.end() ? std::nullopt : std::optional(found->first);
}

std::vector<std::string_view> SearchNames() {
  std::vector<std::string_view> names;
  for (const auto& [search, name] : kSearchNames) {
    names.push_back(name);
  }
  return names;
}

sim::Result<Shard> ParseShard(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const sim::Result<uint64_t> index = text::ParseSeed(text.substr(0, slash));
    const sim::Result<uint64_t> count = text::ParseSeed(text.substr(slash + 1));
    if (index && count && *index >= 1 && *index <= *count) {
      return Shard{.index = *index - 1, .count = *count};
    }
  }
  return sim::Fail(
      sim::ErrorCode::kInvalidArgument,
      fmt::format("{} is no shard. Write i/n with i from 1 to n, such as 1/4.", text::Quote(text)));
}

std::string Show(const Shard& shard) { return fmt::format("{}/{}", shard.index + 1, shard.count); }

std::optional<uint64_t> UnitsIn(const HuntSpace& space) {
  if (!space.crashes.empty()) {
    return space.crashes.size();
  }
  // More than a number can count have no end either: nobody will get there.
  if (!space.last_seed || *space.last_seed - space.first_seed >= UINT64_MAX / space.targets) {
    return std::nullopt;
  }
  return (*space.last_seed - space.first_seed + 1) * space.targets;
}

Unit UnitOf(const HuntSpace& space, uint64_t number) {
  Unit unit{.number = number, .twice = number % kTwiceEvery == kTwiceEvery - 1};
  if (!space.crashes.empty()) {
    const CrashUnit& crash = space.crashes[number];
    unit.target = crash.target;
    unit.seed = space.first_seed;
    unit.crashes = crash.points;
    unit.settings = crash.settings;
    return unit;
  }
  const uint64_t index = number / space.targets;
  unit.target = number % space.targets;
  unit.seed = space.first_seed + index;
  unit.search =
      space.search == Search::kPortfolio ? kPortfolio[index % kPortfolio.size()] : space.search;
  if (unit.search == Search::kCells && AimsOf(space, unit.target).empty()) {
    unit.search = Search::kRandom;
  } else if (unit.search == Search::kSwarm && space.swarm.empty()) {
    unit.search = Search::kRandom;
  }
  switch (unit.search) {
    case Search::kPct:
      unit.strategy = "pct:3";
      break;
    case Search::kPos:
      unit.strategy = "pos";
      break;
    case Search::kSwarm:
      unit.settings = space.swarm;
      break;
    case Search::kCells:
      unit.settings.push_back(AimAt(space, unit.target, index));
      break;
    case Search::kRandom:
    case Search::kPortfolio:
      break;
  }
  return unit;
}

}  // namespace flinch::scenarios
