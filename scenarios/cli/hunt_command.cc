#include "scenarios/cli/hunt_command.h"

#include <optional>
#include <utility>

#include "reports/hunt_page.h"
#include "scenarios/aim/cells.h"
#include "scenarios/cli/ci_output.h"
#include "scenarios/cli/exemplar.h"
#include "scenarios/cli/expedition.h"
#include "scenarios/cli/hunt_page.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/hunt_session.h"
#include "scenarios/lab/interrupt.h"
#include "scenarios/lab/results_file.h"

namespace flinch::scenarios {

namespace {

// In the time that the hunt has.
sim::Result<Expedition> PrepareTimedHunt(const HuntArguments& arguments) {
  std::optional<Alarm> alarm;
  if (arguments.how.for_ns) {
    alarm.emplace(*arguments.how.for_ns);
  }
  return PrepareHunt(arguments, [&alarm] { return alarm && alarm->is_over(); });
}

// The page is made of what is stored.
sim::Result<std::optional<OutputFile>> OpenPage(const HuntArguments& arguments, bool is_stored) {
  if (!arguments.report) {
    return std::optional<OutputFile>();
  }
  if (!is_stored) {
    return sim::Fail(sim::ErrorCode::kIo,
                     "--report is made of the results, which cannot be kept here; name a folder "
                     "for them with --out DIR.");
  }
  sim::Result<OutputFile> page = OutputFile::Open(*arguments.report, {});
  return page ? sim::Result<std::optional<OutputFile>>(std::optional(*std::move(page)))
              : sim::Fail(page);
}

sim::Result<void> WritePage(const HuntReport& report, const std::optional<OutputFile>& page) {
  if (!page) {
    return {};
  }
  const sim::Result<StoredResults> stored = ReadResults(report.stored);
  return stored ? page->Write(reports::ShowHuntPage(HuntPageOf(report, stored->results)))
                : sim::Fail(stored);
}

}  // namespace

int HuntCommand(const HuntArguments& given, const std::string& program, ProgressStyle style,
                std::ostream& out, std::ostream& err) {
  HuntArguments arguments = given;
  if (const sim::Result<void> told = SettleShard(arguments.how, err); !told) {
    return ComplainAboutInput(err, told.error().message);
  }
  const sim::Result<Expedition> prepared = PrepareTimedHunt(arguments);
  if (!prepared) {
    return prepared.error().code == sim::ErrorCode::kUnavailable
               ? Complain(err, prepared.error())
               : ComplainAboutInput(err, prepared.error().message);
  }
  const Expedition& expedition = *prepared;
  sim::Result<CiOutput> ci = CiOutput::Open(arguments.run.ci, {}, out, err);
  if (!ci) {
    return Complain(err, ci.error());
  }
  std::optional<OutputFile> page;
  const auto begin = [&](bool is_stored) -> sim::Result<void> {
    sim::Result<std::optional<OutputFile>> opened = OpenPage(arguments, is_stored);
    if (!opened) {
      return sim::Fail(opened);
    }
    page = *std::move(opened);
    return {};
  };
  const auto finish = [&](const HuntReport& report) -> sim::Result<void> {
    const sim::Result<void> written = WritePage(report, page);
    return written ? ci->Finish(CiReportOf(report, expedition.runner.targets())) : written;
  };
  return PerformHunt(
      {.space = expedition.space,
       .header = expedition.header,
       .perform = [&expedition](const Unit& unit) { return expedition.runner.Perform(unit); },
       .describe = [&expedition](const Unit& unit) { return expedition.runner.Describe(unit); },
       .shrink = ShrinkFailure,
       .unstruck = NeverStruck,
       .begin = begin,
       .finish = finish},
      arguments.how, program, style, ci->text(), err);
}

int MergeCommand(const MergeArguments& arguments, const std::string& program, std::ostream& out,
                 std::ostream& err) {
  return MergeHunts(arguments, NeverStruck, program, out, err);
}

}  // namespace flinch::scenarios
