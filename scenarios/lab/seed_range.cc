#include "scenarios/lab/seed_range.h"

#include <fmt/format.h>

#include "scenarios/lab/complaint.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

sim::Result<SeedRange> ParseSeeds(std::string_view text) {
  const size_t dots = text.find("..");
  const sim::Result<uint64_t> first = text::ParseSeed(text.substr(0, dots));
  const sim::Result<uint64_t> last =
      dots == std::string_view::npos ? first : text::ParseSeed(text.substr(dots + 2));
  if (!first || !last) {
    return Usage(fmt::format("{} Write one seed, or A..B such as 1..200.",
                             first ? last.error().message : first.error().message));
  }
  if (*last < *first) {
    return Usage(
        fmt::format("{} ends before it begins. Write {}..{}.", text::Quote(text), *last, *first));
  }
  return SeedRange{.first = *first, .last = *last};
}

}  // namespace flinch::scenarios
