#include "scenarios/hunt/units.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "faults/text.h"

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

// The first is the seed as `flinch run` runs it; faults count more than schedules.
constexpr auto kPortfolio = std::to_array<Search>({
    Search::kRandom,
    Search::kSwarm,
    Search::kCells,
    Search::kPct,
    Search::kRandom,
    Search::kSwarm,
    Search::kCells,
    Search::kPos,
});

constexpr uint64_t kTwiceEvery = 64;

Setting AimAt(const HuntSpace& space, uint64_t index) {
  // In the portfolio two units of eight aim; seen by them alone, the cells come one after another.
  const uint64_t aims = space.search == Search::kPortfolio ? index / 4 : index;
  return {.key = "faults.aim", .value = space.cells[aims % space.cells.size()]};
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
    const sim::Result<uint64_t> index = faults::ParseSeed(text.substr(0, slash));
    const sim::Result<uint64_t> count = faults::ParseSeed(text.substr(slash + 1));
    if (index && count && *index >= 1 && *index <= *count) {
      return Shard{.index = *index - 1, .count = *count};
    }
  }
  return sim::Fail(sim::ErrorCode::kInvalidArgument,
                   fmt::format("{} is no shard. Write i/n with i from 1 to n, such as 1/4.",
                               faults::Quote(text)));
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
    return unit;
  }
  const uint64_t index = number / space.targets;
  unit.target = number % space.targets;
  unit.seed = space.first_seed + index;
  unit.search =
      space.search == Search::kPortfolio ? kPortfolio[index % kPortfolio.size()] : space.search;
  if (unit.search == Search::kCells &&
      (space.cells.empty() || space.unaimed.contains(unit.target))) {
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
      unit.settings.push_back(AimAt(space, index));
      break;
    case Search::kRandom:
    case Search::kPortfolio:
      break;
  }
  return unit;
}

}  // namespace flinch::scenarios
