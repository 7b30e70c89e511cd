#include "scenarios/cli/expedition.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "faults/fault_plan.h"
#include "scenarios/aim/cast.h"
#include "scenarios/aim/cells.h"
#include "scenarios/cli/build_identity.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/lab/portable_path.h"
#include "scenarios/lab/token.h"
#include "scenarios/model/vary.h"
#include "sim/check.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

constexpr uint64_t kDefaultLastSeed = 1'000;
constexpr uint64_t kExhaustSeed = 7;

std::string NameOf(Exhaust exhaust) {
  switch (exhaust) {
    case Exhaust::kNothing:
      return "";
    case Exhaust::kCrash:
      return "exhaust crash";
    case Exhaust::kCrashPairs:
      return "exhaust crash-pairs";
  }
  sim::Unreachable("an exhaustive mode without a name");
}

bool Searches(const HuntArguments& arguments, Search search) {
  return arguments.exhaust == Exhaust::kNothing &&
         (arguments.search == search || arguments.search == Search::kPortfolio);
}

sim::Result<void> AddCrashes(const HuntArguments& arguments, const std::vector<HuntTarget>& targets,
                             const std::function<bool()>& stop, HuntSpace& space) {
  const sim::Result<std::vector<CrashTrace>> traces =
      TraceCrashPoints(targets, space.first_seed, stop);
  if (!traces) {
    return sim::Fail(traces);
  }
  for (size_t target = 0; target < targets.size(); ++target) {
    const auto& [own, settings] = (*traces)[target];
    if (arguments.exhaust == Exhaust::kCrash) {
      for (const CrashPoint& point : own) {
        space.crashes.push_back({.target = target, .points = {point}, .settings = settings});
      }
      continue;
    }
    for (std::vector<CrashPoint>& pair :
         DrawCrashPairs(own, arguments.pairs.value_or(own.size()), space.first_seed)) {
      space.crashes.push_back({.target = target, .points = std::move(pair), .settings = settings});
    }
  }
  if (space.crashes.empty()) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("There is nothing to try: the fault-free run of seed {} has too "
                                 "few events at which a process could be crashed.",
                                 space.first_seed));
  }
  return {};
}

std::string HashOfHunt(const HuntArguments& arguments, const HuntSpace& space,
                       const std::vector<HuntTarget>& targets) {
  std::vector<std::string> parts = {
      BuildIdentity(),
      std::to_string(space.first_seed),
      space.last_seed ? std::to_string(*space.last_seed) : "",
      std::string(Name(space.search)),
      NameOf(arguments.exhaust),
      std::to_string(space.crashes.size()),
      sim::Show(arguments.run.scheduling),
  };
  for (const HuntTarget& target : targets) {
    parts.push_back(target.run.scenario);
    parts.push_back(target.content_hash);
    parts.push_back(fmt::format("{}", fmt::join(target.aims, " ")));
    parts.insert(parts.end(), target.run.defects.begin(), target.run.defects.end());
  }
  return HashContent({parts.begin(), parts.end()});
}

// Two scenarios of one name are told apart by their files.
void TellApart(std::vector<HuntTarget>& targets) {
  std::map<std::string, size_t> names;
  for (const HuntTarget& target : targets) {
    ++names[target.label];
  }
  for (HuntTarget& target : targets) {
    if (names[target.label] > 1) {
      target.label += fmt::format(" ({})", text::Printable(PortablePath(target.run.scenario)));
    }
  }
}

// Each once: the same scenario under two names, or named twice, would count its seeds twice.
sim::Result<std::vector<HuntTarget>> LoadTargets(const HuntArguments& arguments) {
  std::vector<HuntTarget> targets;
  std::set<std::string> known;
  for (const std::string& scenario : arguments.scenarios) {
    RunArguments run = arguments.run;
    run.scenario = scenario;
    run.seed = arguments.seeds ? arguments.seeds->first : 1;
    sim::Result<HuntTarget> target = LoadTarget(run);
    if (!target) {
      return sim::Fail(target);
    }
    if (known.insert(ShowToml(target->scenario)).second) {
      targets.push_back(*std::move(target));
    }
  }
  TellApart(targets);
  return targets;
}

// The kinds of faults that units of the target may suffer.
std::set<std::string> KindsOf(const HuntArguments& arguments, const HuntTarget& target) {
  std::set<std::string> kinds;
  if (arguments.exhaust != Exhaust::kNothing) {
    kinds.emplace("crash");
  } else if (target.plan) {
    for (const faults::Fault& fault : target.plan->faults) {
      kinds.emplace(faults::KindOf(fault.what));
    }
  } else {
    const Aims aims = Searches(arguments, Search::kCells) ? Aims::kAtCells : Aims::kNowhere;
    const std::vector<std::string> drawn = DrawableFaults(target.settled, aims);
    kinds.insert(drawn.begin(), drawn.end());
  }
  return kinds;
}

// The cells that those faults can hit in the target's job, as large as it may become.
std::set<uint32_t> CellsOf(const HuntArguments& arguments, const HuntTarget& target,
                           const std::set<std::string>& kinds) {
  std::set<std::string_view> families;
  for (const faults::FaultInfo& info : faults::kFaultCatalogue) {
    if (kinds.contains(std::string(info.kind))) {
      families.insert(info.family);
    }
  }
  Scenario widest = target.settled;
  if (widest.vary.cluster || Searches(arguments, Search::kSwarm)) {
    widest.job.parallelism = std::max(widest.job.parallelism, VariedParallelismMax(widest));
  }
  std::set<uint32_t> cells;
  for (const uint32_t cell : ReachableCells(BuildGraph(widest))) {
    if (families.contains(CellAt(cell).fault)) {
      cells.insert(cell);
    }
  }
  return cells;
}

void FillHeader(const HuntArguments& arguments, const std::vector<HuntTarget>& targets,
                HuntHeader& header) {
  std::set<std::string> kinds;
  std::set<uint32_t> cells;
  bool draws = false;
  for (const HuntTarget& target : targets) {
    const std::string& name = target.label;
    header.scenarios.push_back(name);
    if (target.has_faults || arguments.exhaust != Exhaust::kNothing) {
      header.with_faults.push_back(name);
    }
    if (arguments.exhaust == Exhaust::kNothing) {
      draws = draws || !target.aims.empty();
      for (std::string& dimension : Dimensions(target.settled)) {
        if (std::ranges::find(header.dimensions, dimension) == header.dimensions.end()) {
          header.dimensions.push_back(std::move(dimension));
        }
      }
      const size_t planned = target.plan ? target.plan->faults.size() : 0;
      for (size_t fault = 0; fault < planned; ++fault) {
        header.plans[name].push_back(NameOfFault(*target.plan, fault));
      }
    }
    const std::set<std::string> own = KindsOf(arguments, target);
    kinds.insert(own.begin(), own.end());
    cells.merge(CellsOf(arguments, target, own));
  }
  for (const faults::FaultInfo& info : faults::kFaultCatalogue) {
    const std::string kind(info.kind);
    if (kinds.contains(kind)) {
      header.fault_kinds.push_back(kind);
    } else if (draws) {
      header.faults_undrawn.push_back(kind);
    }
  }
  header.cells = {cells.begin(), cells.end()};
  header.cells_total = cells.size();
}

}  // namespace

sim::Result<Expedition> PrepareHunt(const HuntArguments& arguments,
                                    const std::function<bool()>& stop) {
  sim::Result<std::vector<HuntTarget>> targets = LoadTargets(arguments);
  if (!targets) {
    return sim::Fail(targets);
  }
  HuntSpace space{.targets = targets->size(), .search = arguments.search, .swarm = SwarmSettings()};
  for (const HuntTarget& target : *targets) {
    space.aims.push_back(target.aims);
  }
  if (arguments.search == Search::kCells && arguments.exhaust == Exhaust::kNothing &&
      std::ranges::all_of(*targets, [](const HuntTarget& each) { return each.aims.empty(); })) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     "--search cells aims faults that are drawn, and here none are: leave --plan, "
                     "--fault and faults.source alone, or search otherwise.");
  }
  HuntHeader header{.build = BuildIdentity(),
                    .shard = arguments.how.shard,
                    .search = std::string(Name(arguments.search))};
  FillHeader(arguments, *targets, header);
  if (arguments.exhaust != Exhaust::kNothing) {
    space.first_seed = arguments.seeds ? arguments.seeds->first : kExhaustSeed;
    if (const sim::Result<void> added = AddCrashes(arguments, *targets, stop, space); !added) {
      return sim::Fail(added);
    }
    header.search = fmt::format("{} of seed {}", NameOf(arguments.exhaust), space.first_seed);
  } else {
    space.first_seed = arguments.seeds ? arguments.seeds->first : 1;
    if (arguments.seeds) {
      space.last_seed = arguments.seeds->last;
    } else if (!arguments.how.for_ns) {
      space.last_seed = kDefaultLastSeed;
    }
  }
  header.hunt = HashOfHunt(arguments, space, *targets);
  header.units = UnitsIn(space);
  return Expedition{.runner = SeedRunner(*std::move(targets)),
                    .space = std::move(space),
                    .header = std::move(header)};
}

std::vector<Setting> SwarmSettings() {
  return {{.key = "vary.cluster", .value = "true"},
          {.key = "vary.options", .value = "true"},
          {.key = "vary.knobs", .value = "true"},
          {.key = "vary.healing", .value = "true"}};
}

}  // namespace flinch::scenarios
