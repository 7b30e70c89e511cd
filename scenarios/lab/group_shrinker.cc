#include "scenarios/lab/group_shrinker.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "scenarios/lab/interrupt.h"
#include "sim/check.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

constexpr size_t kGroupsMax = 16;

}  // namespace

std::vector<FailureGroup> GroupsToShrink(const Tally& tally) {
  std::vector<FailureGroup> groups = tally.groups();
  std::erase_if(groups, [](const FailureGroup& group) {
    return group.smallest || group.exemplar.verdict != UnitVerdict::kFailed;
  });
  if (groups.size() > kGroupsMax) {
    groups.resize(kGroupsMax);
  }
  return groups;
}

sim::Result<void> ShrinkGroups(const std::vector<FailureGroup>& groups,
                               const GroupShrinking& shrinking) {
  size_t next = 0;
  WorkerPool::Options pool_options = shrinking.pool;
  // The last candidate may take as long as any run.
  pool_options.patience_ns += shrinking.patience_ns;
  WorkerPool pool(
      pool_options,
      [&](const std::string& work) {
        const Alarm alarm(shrinking.patience_ns);
        const sim::Result<ShrunkGroup> shrunk =
            shrinking.shrink(groups.at(text::ParseSeed(work).value()).exemplar,
                             [&alarm] { return alarm.is_over(); });
        return shrunk ? ShowShrunkLine(*shrunk) : std::string();
      },
      shrinking.clock);
  return pool.Run({.next = [&]() -> std::optional<std::string> {
                     return next < groups.size() ? std::optional(std::to_string(next++))
                                                 : std::nullopt;
                   },
                   .done =
                       [&](const std::string&, const Answer& answer) {
                         if (answer.fate != Fate::kAnswered || answer.text.empty()) {
                           return;
                         }
                         const sim::Result<ShrunkGroup> shrunk = ParseShrunkLine(answer.text);
                         sim::Check(shrunk.has_value(), "a worker answered {}", answer.text);
                         shrinking.done(*shrunk);
                       },
                   .tick = [&] { return !shrinking.interrupted(); }});
}

}  // namespace flinch::scenarios
