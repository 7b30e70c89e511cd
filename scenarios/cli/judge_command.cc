#include "scenarios/cli/judge_command.h"

#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/plain_text.h"
#include "reports/run_summary.h"
#include "scenarios/cli/complaint.h"
#include "scenarios/cli/run_commands.h"
#include "scenarios/evidence_file.h"
#include "scenarios/input_file.h"
#include "scenarios/judging.h"
#include "scenarios/signature.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;
using reports::ShowCount;

sim::Result<Evidence> ReadRecording(const std::string& file) {
  const sim::Result<std::string> text = ReadWholeFile(file);
  return text ? ParseRecording(file, *text) : sim::Fail(text);
}

std::string ShowJson(const JudgedAgain& judged, const reports::RunSummary& recorded) {
  ordered_json object = ordered_json::parse(reports::ShowJson(judged.summary));
  object["judged"] = ordered_json::array();
  for (const reports::Judged& one : judged.summary.judged) {
    object["judged"].push_back({{"oracle", one.oracle}, {"events", one.events}});
  }
  object["not_judged"] = ordered_json::array();
  for (const NotJudged& one : judged.not_judged) {
    object["not_judged"].push_back({{"oracle", one.oracle}, {"why", one.why}});
  }
  object["recorded_verdict"] = reports::Name(recorded.verdict);
  object["recorded_signature"] = recorded.signature;
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string ShowWhoJudged(const JudgedAgain& judged, const Evidence& evidence) {
  const size_t count = judged.summary.judged.size();
  std::string text = fmt::format("Judged again by {} oracle{} from {} events.\n", count,
                                 count == 1 ? "" : "s", ShowCount(evidence.events.size()));
  for (const NotJudged& one : judged.not_judged) {
    text += fmt::format("Not by {}: {}\n", one.oracle, one.why);
  }
  const reports::RunSummary& recorded = evidence.summary;
  if (recorded.verdict != judged.summary.verdict ||
      !MeansSignature(recorded.signature, judged.summary.signature)) {
    text +=
        fmt::format("The judges of the run itself said: {}{}{}.\n", reports::Name(recorded.verdict),
                    recorded.signature.empty() ? "" : ", ", recorded.signature);
  }
  return text;
}

}  // namespace

int JudgeCommand(const JudgeArguments& arguments, std::ostream& out, std::ostream& err) {
  const sim::Result<Evidence> evidence = ReadRecording(arguments.file);
  if (!evidence) {
    return ComplainAboutInput(err, evidence.error().message);
  }
  const auto begin = std::chrono::steady_clock::now();
  sim::Result<JudgedAgain> judged = JudgeAgain(*evidence, arguments.oracles);
  if (!judged) {
    return ComplainAboutInput(err, judged.error().message);
  }
  judged->summary.wall_ns =
      std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count();
  if (arguments.json) {
    out << ShowJson(*judged, evidence->summary);
  } else {
    out << reports::ShowText(judged->summary) << ShowWhoJudged(*judged, *evidence);
  }
  return ExitCodeOf(judged->summary.verdict);
}

}  // namespace flinch::scenarios
