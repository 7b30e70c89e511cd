#include "scenarios/cli/group_shrinker.h"

#include <cstdint>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "reports/plain_text.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/pasted.h"
#include "scenarios/cli/shrink_commands.h"
#include "scenarios/files/registry.h"
#include "scenarios/shrink/shrink.h"
#include "scenarios/stage/signature.h"
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

sim::Result<ShrunkGroup> ShrinkExemplar(const UnitResult& exemplar,
                                        const std::function<bool()>& stop) {
  std::ostringstream ignored;
  const sim::Result<Pasted> pasted = ReadPasted(exemplar.replay);
  if (!pasted) {
    return sim::Fail(pasted);
  }
  sim::Result<PreparedRun> prepared = PreparePasted(*pasted, ignored);
  if (!prepared) {
    return sim::Fail(prepared);
  }
  const sim::Result<Scenario> base = LoadScenario(pasted->token.scenario);
  if (!base) {
    return sim::Fail(base);
  }
  const RunArguments given = ArgumentsOf(pasted->token);
  ShrinkOptions options{.input = given.input, .base = *base};
  options.stop = stop;
  const sim::Result<Shrunk> shrunk = Shrink(std::move(prepared->request), options);
  if (!shrunk) {
    return sim::Fail(shrunk);
  }
  const WrittenRun written = WriteDown(*shrunk, given, *base, "");
  const reports::RunSummary& summary = written.summary;
  const RunSize& size = shrunk->steps.back().size;
  ShrunkGroup group{.signature = exemplar.signature,
                    .unit = exemplar.unit,
                    .replay = summary.replay.substr(summary.replay.find("replay ")),
                    .faults = size.faults,
                    .records = size.records,
                    .events = size.events,
                    .stopped = shrunk->stopped};
  if (const reports::Finding* const finding = FirstFinding(summary)) {
    group.witness = finding->witness;
  }
  for (const reports::FiredFault& fault : summary.faults) {
    group.story.push_back(
        fmt::format("{}  {}  {}", reports::ShowClock(fault.at), fault.kind, fault.target));
  }
  return group;
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
            ShrinkExemplar(groups.at(text::ParseSeed(work).value()).exemplar,
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
