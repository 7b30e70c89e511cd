// One thing that a run has other than usual, as it is typed: --set key=value.
#pragma once

#include <string>
#include <string_view>

#include "sim/result.h"

namespace flinch::scenarios {

// "key=value" in its parts.
struct Setting {
  std::string key;
  std::string value;
};

sim::Result<Setting> ParseSetting(std::string_view text);

}  // namespace flinch::scenarios
