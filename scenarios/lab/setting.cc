#include "scenarios/lab/setting.h"

#include <fmt/format.h>

#include "sim/text/text.h"

namespace flinch::scenarios {

sim::Result<Setting> ParseSetting(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("{} is no setting; write key=value, such as workload.records=500.",
                                 text::Quote(text)));
  }
  return Setting{.key = std::string(text.substr(0, equals)),
                 .value = std::string(text.substr(equals + 1))};
}

}  // namespace flinch::scenarios
