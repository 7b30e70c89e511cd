#include "scenarios/lab/shrunk_group.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scenarios/lab/json_members.h"
#include "scenarios/lab/unit_result.h"

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
  JsonMembers members(line);
  members.Require({"shrunk", "unit", "replay", "faults", "records", "events", "witness", "story"});
  ShrunkGroup group;
  members.Get("shrunk", group.signature);
  members.Get("unit", group.unit);
  members.Get("replay", group.replay);
  members.Get("faults", group.faults);
  members.Get("records", group.records);
  members.Get("events", group.events);
  members.Get("witness", group.witness, JsonMembers::Lines::kMany);
  members.Get("story", group.story);
  members.Get("stopped", group.stopped);
  members.RejectUnknown();
  if (!AreShellWords(group.replay)) {
    members.Complain("its replay line is more than the words of one command");
  }
  if (!members.problem().empty()) {
    return sim::Fail(
        sim::ErrorCode::kCorruption,
        fmt::format("This is not the smallest run of a group: {}.", members.problem()));
  }
  return group;
}

}  // namespace flinch::scenarios
