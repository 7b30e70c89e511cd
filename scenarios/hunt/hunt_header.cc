#include "scenarios/hunt/hunt_header.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scenarios/hunt/unit_result.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;

constexpr int64_t kVersion = 1;

std::unexpected<sim::Error> Unreadable(std::string_view what) {
  return sim::Fail(sim::ErrorCode::kInvalidArgument,
                   fmt::format("The first line is not that of a hunt's results: {}.", what));
}

}  // namespace

std::string ShowHeader(const HuntHeader& header) {
  ordered_json object = {{"flinch_hunt", kVersion},
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
                         {"faults_undrawn", header.faults_undrawn}};
  if (!header.plans.empty()) {
    object["plans"] = header.plans;
  }
  if (header.units) {
    object["units"] = *header.units;
  }
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

sim::Result<HuntHeader> ParseHeader(std::string_view line) {
  try {
    const ordered_json object = ordered_json::parse(line);
    if (object.at("flinch_hunt").get<int64_t>() != kVersion) {
      return Unreadable("it is of another version");
    }
    HuntHeader header;
    object.at("hunt").get_to(header.hunt);
    object.at("build").get_to(header.build);
    const sim::Result<Shard> shard = ParseShard(object.at("shard").get<std::string>());
    if (!shard) {
      return Unreadable("it names no shard");
    }
    header.shard = *shard;
    if (!object.at("units").is_null()) {
      header.units = object.at("units").get<uint64_t>();
    }
    object.at("scenarios").get_to(header.scenarios);
    object.at("with_faults").get_to(header.with_faults);
    object.at("search").get_to(header.search);
    object.at("cells_total").get_to(header.cells_total);
    header.cells = ReadCells(object.value("cells", ""));
    header.fault_kinds = object.value("fault_kinds", header.fault_kinds);
    header.faults_undrawn = object.value("faults_undrawn", header.faults_undrawn);
    header.plans = object.value("plans", header.plans);
    return header;
  } catch (const ordered_json::exception&) {
    return Unreadable("it does not say which hunt it is of");
  }
}

std::string ResultsFileName(const Shard& shard) {
  return fmt::format("shard-{}-of-{}.jsonl", shard.index + 1, shard.count);
}

}  // namespace flinch::scenarios
