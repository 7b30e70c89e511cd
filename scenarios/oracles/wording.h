// How oracles speak of fields, bytes and moments.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/recording/recording.h"

namespace flinch::scenarios {

// A field's number or text; "?" where the event has no such field.
std::string FieldText(const sim::TraceEvent& event, std::string_view field);

// "\"/index\"": quoted when it reads as text (UTF-8 without control characters), "0x00ff"
// otherwise; cut after 64 bytes, with the length said.
std::string ShowBytes(std::string_view bytes);

// Who, without numbers: "sink" of "sink[1]" and of "sink-0-3", "tm" of "tm-2", "jm" of "jm".
std::string RoleOf(std::string_view name);

// "1 time", "2 times".
std::string Times(uint64_t count);

// "a", "a and b", "a, b and c".
std::string Enumerate(const std::vector<std::string>& items);

// Of a job.restored: only some regions of the job start anew.
bool IsPartial(const sim::TraceEvent& restored);

// " (event #41 at 00:02.417)".
std::string Place(const sim::TraceEvent& event);

}  // namespace flinch::scenarios
