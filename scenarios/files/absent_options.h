// Options that Flink has and flinch does not have yet: whoever knows Flink shall hear just that,
// and not that the name might be misspelt.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace flinch::scenarios {

// By Flink's names, sorted. Whatever engine/config.h learns is taken away here: a test compares.
std::span<const std::string_view> AbsentOptions();

// A sentence, or "" for what is no such option. Flink's older names are told with the newer ones.
std::string TellAbsentOption(std::string_view name);

}  // namespace flinch::scenarios
