#include "scenarios/cli/exemplar.h"

#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "reports/plain_text.h"
#include "scenarios/cli/pasted.h"
#include "scenarios/cli/shrink_commands.h"
#include "scenarios/files/registry.h"
#include "scenarios/shrink/shrink.h"
#include "scenarios/stage/signature.h"

namespace flinch::scenarios {

sim::Result<ShrunkGroup> ShrinkFailure(const UnitResult& exemplar,
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

}  // namespace flinch::scenarios
