#include "scenarios/hunt/shrunk_group.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;

}  // namespace

bool IsShrunkLine(std::string_view line) { return line.starts_with(R"({"shrunk":)"); }

std::string ShowShrunkLine(const ShrunkGroup& group) {
  ordered_json object = {{"shrunk", group.signature}, {"unit", group.unit},
                         {"replay", group.replay},    {"faults", group.faults},
                         {"records", group.records},  {"events", group.events},
                         {"witness", group.witness},  {"story", group.story}};
  if (group.stopped) {
    object["stopped"] = true;
  }
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

sim::Result<ShrunkGroup> ParseShrunkLine(std::string_view line) {
  try {
    const ordered_json object = ordered_json::parse(line);
    ShrunkGroup group;
    object.at("shrunk").get_to(group.signature);
    object.at("unit").get_to(group.unit);
    object.at("replay").get_to(group.replay);
    object.at("faults").get_to(group.faults);
    object.at("records").get_to(group.records);
    object.at("events").get_to(group.events);
    object.at("witness").get_to(group.witness);
    object.at("story").get_to(group.story);
    group.stopped = object.value("stopped", false);
    return group;
  } catch (const ordered_json::exception& error) {
    return sim::Fail(sim::ErrorCode::kCorruption,
                     fmt::format("This is not the smallest run of a group: {}.", error.what()));
  }
}

}  // namespace flinch::scenarios
