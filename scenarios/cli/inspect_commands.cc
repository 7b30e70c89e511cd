#include "scenarios/cli/inspect_commands.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/defects.h"
#include "engine/events.h"
#include "faults/fault_plan.h"
#include "faults/fault_plan_toml.h"
#include "reports/plain_text.h"
#include "scenarios/aim/cast.h"
#include "scenarios/aim/cells.h"
#include "scenarios/cli/contracts.h"
#include "scenarios/files/registry.h"
#include "scenarios/files/scenario_toml.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/lab/version.h"
#include "scenarios/model/scenario_fields.h"
#include "scenarios/oracles/catalogue.h"
#include "scenarios/stage/promise.h"
#include "sim/text/text.h"
#include "sim/text/toml_document.h"

namespace flinch::scenarios {

namespace {

struct Entry {
  std::string name;
  std::string text;
};

std::vector<Entry> AllCells() {
  std::vector<Entry> entries;
  for (uint32_t cell = 0; cell < CellCount(); ++cell) {
    entries.push_back(
        {CellName(cell), fmt::format("--set faults.aim={} aims at it", CellName(cell))});
  }
  return entries;
}

std::vector<Entry> EntriesOf(Catalogue what) {
  std::vector<Entry> entries;
  switch (what) {
    case Catalogue::kScenarios:
      for (const std::string_view name : LibraryNames()) {
        entries.push_back({std::string(name), FindLibraryScenario(name)->why});
      }
      break;
    case Catalogue::kJobs:
      for (const JobCase* const job : JobCases()) {
        entries.push_back({job->name, job->what});
      }
      break;
    case Catalogue::kFaults:
      for (const faults::FaultInfo& fault : faults::kFaultCatalogue) {
        entries.push_back({std::string(fault.kind),
                           fmt::format("{} [{}]; observed: {}; after it: {}; do = {}", fault.what,
                                       fault.layer, fault.observed, fault.after, fault.example)});
      }
      break;
    case Catalogue::kEvents:
      for (const std::span<const engine::events::EventInfo> all :
           {engine::events::All(), WorldEvents()}) {
        for (const engine::events::EventInfo& event : all) {
          entries.push_back(
              {std::string(event.kind), fmt::format("{} ({})", event.what, event.fields)});
        }
      }
      break;
    case Catalogue::kCells:
      for (const std::string& address : CellAddresses()) {
        entries.push_back({address, fmt::format("when = {{ cell = \"{}\" }}", address)});
      }
      break;
    case Catalogue::kOracles:
      for (const OracleInfo& oracle : OracleCatalogue()) {
        entries.push_back({std::string(oracle.name), std::string(oracle.promise)});
      }
      break;
    case Catalogue::kDefects:
      for (const engine::DefectInfo& defect : engine::kDefects) {
        entries.push_back(
            {std::string(defect.name), fmt::format("{} Breaks: {}", defect.what, defect.breaks)});
      }
      break;
    case Catalogue::kContracts:
      for (const ContractInfo& contract : kContracts) {
        entries.push_back(
            {fmt::format("{}.{}", contract.suite, contract.method), std::string(contract.what)});
      }
      break;
  }
  return entries;
}

sim::Result<std::string> CheckFile(const std::string& path) {
  text::TomlDocument document = text::TomlDocument::Load(path);
  if (KindOfFile(document) != FileKind::kPlan) {
    const sim::Result<Scenario> scenario = ReadScenario(path);
    if (!scenario) {
      return sim::Fail(scenario);
    }
    const bool has_plan = scenario->faults.source == FaultSource::kPlan;
    std::string text = fmt::format("scenario {}, no problems", scenario->name);
    for (const std::string& sentence :
         PromiseOf(*scenario, has_plan ? scenario->faults.plan : faults::FaultPlan()).excuses()) {
      text += (text.ends_with('.') ? " Not promised: " : ". Not promised: ") + sentence;
    }
    return text;
  }
  const sim::Result<faults::FaultPlan> plan = faults::ReadFaultPlan(path, CastOfAnyScenario());
  if (!plan) {
    return sim::Fail(plan);
  }
  return fmt::format("fault plan with {} fault{}, no problems", plan->faults.size(),
                     plan->faults.size() == 1 ? "" : "s");
}

// The text beside the name, or below it where that would leave it too little room.
std::string ShowEntry(const Entry& entry, size_t width, size_t columns) {
  constexpr size_t kRoomMin = 36;
  constexpr size_t kIndent = 4;
  if (columns == 0) {
    return fmt::format("{:<{}}  {}\n", entry.name, width, entry.text);
  }
  if (width + 2 + kRoomMin <= columns) {
    return reports::Wrap(fmt::format("{:<{}}  {}", entry.name, width, entry.text), 0,
                         {.columns = columns, .hanging = width + 2});
  }
  return fmt::format("{}\n{}", entry.name,
                     reports::Wrap(entry.text, kIndent, {.columns = columns, .hanging = 0}));
}

}  // namespace

int ListCommand(const ListArguments& arguments, size_t columns, std::ostream& out) {
  const std::vector<Entry> entries = arguments.all ? AllCells() : EntriesOf(arguments.what);
  if (arguments.json) {
    nlohmann::ordered_json array = nlohmann::ordered_json::array();
    for (const Entry& entry : entries) {
      array.push_back({{"name", entry.name}, {"text", entry.text}});
    }
    out << array.dump() << '\n';
    return kExitPassed;
  }
  size_t width = 0;
  for (const Entry& entry : entries) {
    width = std::max(width, entry.name.size());
  }
  for (const Entry& entry : entries) {
    out << (arguments.names_only ? fmt::format("{}\n", entry.name)
                                 : ShowEntry(entry, width, columns));
  }
  return kExitPassed;
}

int CheckCommand(const CheckArguments& arguments, std::ostream& out, std::ostream& err) {
  int exit_code = kExitPassed;
  for (const std::string& path : arguments.files) {
    const sim::Result<std::string> checked = CheckFile(path);
    if (checked) {
      out << fmt::format("{}: {}\n", text::Printable(path), *checked);
    } else {
      err << checked.error().message << '\n';
      exit_code = kExitUsage;
    }
  }
  return exit_code;
}

}  // namespace flinch::scenarios
