// The JSON schemas (draft 7) of the files that people write, for editors: what may stand where,
// with what `flinch check` would say of its form, and a note to read in place.
//
// Promise: what `flinch check` takes, the schema takes. The other way round it knows forms and
//          ranges, not whether a process exists or two fields go together.
#pragma once

#include <string>

namespace flinch::scenarios {

std::string ScenarioSchema();
std::string PlanSchema();

}  // namespace flinch::scenarios
