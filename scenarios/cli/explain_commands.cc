#include "scenarios/cli/explain_commands.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/plain_text.h"
#include "scenarios/cli/pasted.h"
#include "scenarios/explain/explain.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/fault_edits.h"
#include "scenarios/lab/version.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;

constexpr size_t kFaultsClear = 3;

}  // namespace

int ExplainCommand(const ExplainArguments& arguments, const std::string& program, std::ostream& out,
                   std::ostream& err) {
  const sim::Result<Pasted> pasted = ReadPasted(arguments.text, arguments.elsewhere);
  if (!pasted) {
    return ComplainAboutInput(err, pasted.error().message);
  }
  const sim::Result<PreparedRun> prepared = PreparePasted(*pasted, err);
  if (!prepared) {
    return ComplainAboutInput(err, prepared.error().message);
  }
  const Story story = Explain(prepared->request);
  if (arguments.json) {
    const ordered_json object = {{"scenario", prepared->request.scenario.name},
                                 {"seed", fmt::format("{}", prepared->request.seed)},
                                 {"verdict", reports::Name(story.verdict)},
                                 {"signature", story.signature},
                                 {"sentences", story.sentences}};
    out << object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) << '\n';
    return kExitPassed;
  }
  out << fmt::format("{}  seed {}  {}\n\n", prepared->request.scenario.name, prepared->request.seed,
                     story.verdict == reports::Verdict::kFailed
                         ? story.signature
                         : std::string(reports::Name(story.verdict)));
  for (const std::string& sentence : story.sentences) {
    out << reports::Wrap(sentence, 2);
  }
  if (story.verdict != reports::Verdict::kFailed) {
    return kExitPassed;  // there is nothing to keep
  }
  const bool is_clear = !prepared->request.plan
                            ? prepared->request.scenario.faults.source != FaultSource::kSwarm
                            : CountFaults(*prepared->request.plan) <= kFaultsClear;
  out << fmt::format("\n{}:\n{} {} {}\n", is_clear ? "keep" : "shrink", program,
                     is_clear ? "keep" : "shrink", ShowToken(pasted->token));
  return kExitPassed;
}

}  // namespace flinch::scenarios
