// Text as TOML writes it.
#pragma once

#include <string>
#include <string_view>

namespace flinch::scenarios {

// In double quotes, with TOML's escapes.
std::string QuoteToml(std::string_view text);

}  // namespace flinch::scenarios
