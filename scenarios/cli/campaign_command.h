// The command `campaign emit`: a hunt on many machines as a script for who runs jobs there.
//
// Flinch has no scheduler of its own: a shard is told by the surroundings
// (scenarios/lab/shard_variables.h), results are files, and `merge` names what is missing.
#pragma once

#include <ostream>
#include <string>

#include "scenarios/cli/text_arguments.h"

namespace flinch::scenarios {

// `program` is how this one was called, as a word of a shell.
std::string ShowCampaign(const CampaignArguments& arguments, const std::string& program);

int CampaignCommand(const CampaignArguments& arguments, const std::string& program,
                    std::ostream& out);

}  // namespace flinch::scenarios
