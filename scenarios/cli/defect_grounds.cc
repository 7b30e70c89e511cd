#include "scenarios/cli/defect_grounds.h"

#include <fmt/format.h>

#include "scenarios/cli/expedition.h"
#include "scenarios/files/scenario_toml.h"
#include "sim/check.h"

namespace flinch::scenarios {

std::string Show(const DefectGround& ground) {
  std::string shown(ground.scenario);
  for (const std::string_view setting : ground.settings) {
    shown += setting.empty() ? "" : fmt::format(" --set {}", setting);
  }
  return shown;
}

sim::Result<HuntTarget> TargetOn(const DefectGround& ground, const engine::DefectInfo* defect) {
  RunArguments run{.scenario = std::string(ground.scenario)};
  for (const std::string_view text : ground.settings) {
    if (!text.empty()) {
      const sim::Result<Setting> setting = ParseSetting(text);
      sim::Check(setting.has_value(), "{} is no setting", text);
      run.settings.push_back(*setting);
    }
  }
  if (defect != nullptr) {
    run.defects.emplace_back(defect->name);
  }
  return LoadTarget(run);
}

Unit UnitOn(const HuntTarget& target, Search search, uint64_t first_seed, uint64_t index) {
  const HuntSpace space{
      .first_seed = first_seed, .search = search, .swarm = SwarmSettings(), .aims = {target.aims}};
  Unit unit = UnitOf(space, index);
  unit.twice = false;
  return unit;
}

}  // namespace flinch::scenarios
