// The evidence of a run as a file, a "recording".
//
//   flinch-recording 1
//   {"run":{"scenario":"url_clicks","seed":"7","job":"url_clicks","oracles":[…], …}}
//   {"subject":{…}}
//   {"event":[12,11,1500000,2,"tm-1","checkpoint.snapshot",["id",3,"subtask","sink[0]"]]}
//   {"look":[12,"files",3,[…]]}
//   {"end":{…},"lines":4711}
//
// Shape:    text, a JSON object per line. An event: id, cause, nanoseconds, process by number and
//           name, kind, fields and their values in turn. A look: at which event (0: at the end), at
//           what, of which checkpoint, and what was seen. Bytes of keys and values that are no
//           ASCII stand as the characters U+0080 to U+00FF, one each. The last line says how many
//           there are.
// Promise:  a recording of version 1 can be read for ever (tests/scenarios/data). Members that a
//           reader does not know are passed over.
// Errors:   kCorruption, in one sentence: no recording at all, of a newer version, damaged at a
//           line, broken off.
#pragma once

#include <string>
#include <string_view>

#include "scenarios/evidence.h"
#include "sim/result.h"

namespace flinch::scenarios {

inline constexpr uint64_t kRecordingVersion = 1;

std::string ShowRecording(const Evidence& evidence);

// `file` names the text in complaints. Real times are not in it.
sim::Result<Evidence> ParseRecording(std::string_view file, std::string_view text);

}  // namespace flinch::scenarios
