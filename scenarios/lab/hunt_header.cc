#include "scenarios/lab/hunt_header.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "faults/fault_plan.h"
#include "scenarios/lab/json_members.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;

constexpr uint64_t kHeaderVersion = 1;

std::unexpected<sim::Error> Unreadable(std::string_view what) {
  return sim::Fail(sim::ErrorCode::kInvalidArgument,
                   fmt::format("The first line is not that of a hunt's results: {}.", what));
}

}  // namespace

std::string ShowHeader(const HuntHeader& header) {
  ordered_json object = {{"flinch_hunt", kHeaderVersion},
                         {"hunt", header.hunt},
                         {"build", header.build},
                         {"shard", Show(header.shard)},
                         {"units", nullptr},
                         {"scenarios", header.scenarios},
                         {"with_faults", header.with_faults},
                         {"search", header.search},
                         {"cells_total", header.cells_total},
                         {"cells", ShowCells(header.cells)},
                         {"fault_kinds", header.fault_kinds},
                         {"faults_undrawn", header.faults_undrawn},
                         {"dimensions", header.dimensions}};
  if (!header.plans.empty()) {
    object["plans"] = header.plans;
  }
  if (header.units) {
    object["units"] = *header.units;
  }
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

namespace {

bool IsOneOf(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// What the types of the members do not say.
void CheckMembers(const HuntHeader& header, JsonMembers& members) {
  for (const std::string& id : {header.hunt, header.build}) {
    if (id.size() != 8 || id.find_first_not_of("0123456789abcdef") != std::string::npos) {
      members.Complain("it does not say which hunt it is of");
    }
  }
  if (header.cells_total != header.cells.size()) {
    members.Complain("it counts other cells than it names");
  }
  for (const std::vector<std::string>* const kinds :
       {&header.fault_kinds, &header.faults_undrawn}) {
    for (const std::string& kind : *kinds) {
      if (std::ranges::find(faults::kFaultCatalogue, kind, &faults::FaultInfo::kind) ==
          faults::kFaultCatalogue.end()) {
        members.Complain(fmt::format("there is no fault {}", text::Quote(kind)));
      }
    }
  }
  for (const std::string& name : header.with_faults) {
    if (!IsOneOf(header.scenarios, name)) {
      members.Complain(fmt::format("{} is none of its scenarios", text::Quote(name)));
    }
  }
  for (const auto& [name, faults] : header.plans) {
    if (!IsOneOf(header.scenarios, name)) {
      members.Complain(fmt::format("{} is none of its scenarios", text::Quote(name)));
    }
  }
}

}  // namespace

sim::Result<HuntHeader> ParseHeader(std::string_view line) {
  JsonMembers members(line);
  uint64_t version = 0;
  members.Get("flinch_hunt", version);
  if (members.problem().empty() && version > kHeaderVersion) {
    return Unreadable("it is of another version");
  }
  members.Require({"flinch_hunt", "hunt", "build", "shard", "scenarios", "with_faults", "search",
                   "cells_total"});
  if (version != kHeaderVersion) {
    members.Complain("it is of another version");
  }
  HuntHeader header;
  std::string shard_text;
  std::string cells_text;
  members.Get("hunt", header.hunt);
  members.Get("build", header.build);
  members.Get("shard", shard_text);
  uint64_t units = UINT64_MAX;  // which is no end, too
  members.Get("units", units);
  header.units = units == UINT64_MAX ? std::nullopt : std::optional(units);
  members.Get("scenarios", header.scenarios);
  members.Get("with_faults", header.with_faults);
  members.Get("search", header.search);
  members.Get("cells_total", header.cells_total);
  members.Get("cells", cells_text);
  members.Get("fault_kinds", header.fault_kinds);
  members.Get("faults_undrawn", header.faults_undrawn);
  members.Get("dimensions", header.dimensions);
  members.Get("plans", header.plans);
  members.RejectUnknown();
  const sim::Result<Shard> shard = ParseShard(shard_text);
  std::optional<std::vector<uint32_t>> cells = ReadCells(cells_text);
  if (!shard) {
    members.Complain("it names no shard");
  } else if (!cells) {
    members.Complain("its cells are none of the protocol");
  } else {
    header.shard = *shard;
    header.cells = *std::move(cells);
    CheckMembers(header, members);
  }
  if (!members.problem().empty()) {
    return Unreadable(members.problem());
  }
  return header;
}

sim::Result<void> CheckBelongs(const HuntHeader& header, const UnitResult& result) {
  const auto fail = [](std::string sentence) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument, std::move(sentence));
  };
  if (header.units && result.unit >= *header.units) {
    return fail(fmt::format("There is a result of unit {}, but the hunt has {} units, from 0 on.",
                            result.unit, *header.units));
  }
  if (!header.shard.Owns(result.unit)) {
    return fail(fmt::format("There is a result of unit {}, which is none of shard {}.", result.unit,
                            Show(header.shard)));
  }
  if (!IsOneOf(header.scenarios, result.scenario)) {
    return fail(fmt::format("There is a result of the scenario {}, which the hunt has not.",
                            text::Quote(result.scenario)));
  }
  return {};
}

std::string ResultsFileName(const Shard& shard) {
  return fmt::format("shard-{}-of-{}.jsonl", shard.index + 1, shard.count);
}

}  // namespace flinch::scenarios
