#include "reports/run_summary.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/plain_text.h"

namespace flinch::reports {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kFaultsShown = 12;
constexpr size_t kMissedShown = 3;
constexpr size_t kDetailsShown = 3;
constexpr size_t kStuckShown = 24;
constexpr size_t kCausesShown = 4;
constexpr size_t kCheckpointsShown = 12;
constexpr size_t kLeadersShown = 6;
constexpr size_t kLabelWidth = 14;

// Nanoseconds as seconds, rounded half up: "12.3", "0.021".
std::string ShowSeconds(int64_t nanos, int digits) {
  int64_t unit = 1'000'000'000;
  int64_t scale = 1;
  for (int i = 0; i < digits; ++i) {
    unit /= 10;
    scale *= 10;
  }
  const int64_t units = (nanos + unit / 2) / unit;
  return fmt::format("{}.{:0{}}", units / scale, units % scale, digits);
}

std::string Line(std::string_view label, std::string_view value) {
  return fmt::format("  {:<{}}{}\n", label, kLabelWidth, value);
}

// "2 fired"; of a written plan "1 of 2 fired: plan[1] crash tm-1 never did".
std::string CountFaults(const RunSummary& summary) {
  if (summary.faults_planned == 0) {
    return summary.faults.empty() ? std::string("none fired")
                                  : fmt::format("{} fired", ShowCount(summary.faults.size()));
  }
  // One that comes at a rate fires many times.
  std::set<size_t> fired;
  for (const FiredFault& fault : summary.faults) {
    fired.insert(fault.fault);
  }
  std::string text =
      fmt::format("{} of {} fired", ShowCount(fired.size()), ShowCount(summary.faults_planned));
  const std::vector<std::string>& missed = summary.faults_missed;
  const size_t shown = std::min(missed.size(), kMissedShown);
  for (size_t i = 0; i < shown; ++i) {
    text += (i == 0 ? ": " : ", ") + OneLine(missed[i]);
  }
  if (shown < missed.size()) {
    text += fmt::format(" and {} more", ShowCount(missed.size() - shown));
  }
  return missed.empty() ? text : text + " never did";
}

std::string ShowFaults(const RunSummary& summary) {
  const std::vector<FiredFault>& faults = summary.faults;
  std::string text = Line("faults", CountFaults(summary));
  const size_t shown = std::min(faults.size(), kFaultsShown);
  size_t kind_width = 0;
  for (size_t i = 0; i < shown; ++i) {
    kind_width = std::max(kind_width, faults[i].kind.size());
  }
  for (size_t i = 0; i < shown; ++i) {
    text += Line("", fmt::format("{}  {:<{}}  {}", ShowClock(faults[i].at), faults[i].kind,
                                 kind_width, faults[i].target));
  }
  if (shown < faults.size()) {
    text += Line("", fmt::format("and {} more", ShowCount(faults.size() - shown)));
  }
  return text;
}

std::string ShowFindings(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += fmt::format("  {}{}\n", finding.oracle,
                        &finding == &findings.front() ? "" : ", seen later");
    text += Wrap(finding.witness, 4);
    const size_t shown = std::min(finding.details.size(), kDetailsShown);
    for (size_t i = 0; i < shown; ++i) {
      text += Wrap(finding.details[i], 6);
    }
    if (shown < finding.details.size()) {
      text += fmt::format("      … and more; --json tells a dozen.\n");
    }
    text += '\n';
  }
  return text;
}

// A few of many: "00:04.120  checkpoint 3: CHECKPOINT_EXPIRED", and below it who was missing.
std::string ShowCheckpointFailures(const std::vector<CheckpointFailure>& failures) {
  std::string text;
  const size_t shown = std::min(failures.size(), kCausesShown);
  for (size_t i = 0; i < shown; ++i) {
    const CheckpointFailure& failure = failures[i];
    text += Line("", OneLine(fmt::format("{}  checkpoint {}: {}", ShowClock(failure.at), failure.id,
                                         failure.reason)));
    for (const std::string& missing : failure.missing) {
      text += Wrap(OneLine(missing), 2 + kLabelWidth + 11);
    }
  }
  if (shown < failures.size()) {
    text +=
        Line("", fmt::format("and {} more; --json tells them", ShowCount(failures.size() - shown)));
  }
  return text;
}

// A sentence that goes on.
std::string_view WithoutStop(std::string_view sentence) {
  return sentence.ends_with('.') ? sentence.substr(0, sentence.size() - 1) : sentence;
}

std::string ShowRestarts(const std::vector<Restart>& restarts) {
  std::string text;
  const size_t shown = std::min(restarts.size(), kCausesShown);
  for (size_t i = 0; i < shown; ++i) {
    const Restart& restart = restarts[i];
    std::string from = restart.checkpoint == 0
                           ? std::string("from nothing")
                           : fmt::format("from checkpoint {}", restart.checkpoint);
    if (restart.subtasks > 0) {
      from = fmt::format("{} {} {}", restart.subtasks,
                         restart.subtasks == 1 ? "subtask" : "subtasks", from);
    }
    const std::string line =
        restart.cause.empty()
            ? from
            : fmt::format("{}  {}; {}", ShowClock(restart.at), WithoutStop(restart.cause), from);
    text += Wrap(OneLine(line), 2 + kLabelWidth);
  }
  if (shown < restarts.size()) {
    text +=
        Line("", fmt::format("and {} more; --json tells them", ShowCount(restarts.size() - shown)));
  }
  return text;
}

// The failed ones first have a place, each with the one behind it; then what came last. In order.
std::vector<CheckpointRow> ChooseCheckpoints(const std::vector<CheckpointRow>& rows) {
  std::set<size_t> chosen;
  const auto choose = [&](size_t index) {
    if (index < rows.size() && chosen.size() < kCheckpointsShown) {
      chosen.insert(index);
    }
  };
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].aborted) {
      choose(i);
      choose(i + 1);
    }
  }
  for (size_t i = rows.size(); i > 0; --i) {
    choose(i - 1);
  }
  std::vector<CheckpointRow> few;
  for (const size_t index : chosen) {
    few.push_back(rows[index]);
  }
  return few;
}

// Not because the job was started anew, or a newer one was complete.
bool FailedByItself(const CheckpointRow& row) {
  return row.aborted && row.reason != "JOB_FAILOVER" && row.reason != "CHECKPOINT_SUBSUMED";
}

std::string ShowCheckpointTable(const RunSummary& summary) {
  if (std::ranges::none_of(summary.checkpoints, FailedByItself) &&
      !TellsDurations(summary.checkpoints)) {
    return {};
  }
  const std::vector<CheckpointRow> few = ChooseCheckpoints(summary.checkpoints);
  std::string text = "\n" + ShowCheckpoints(few);
  if (few.size() < summary.checkpoints.size()) {
    text += fmt::format("  and {} more; --checkpoints tells them\n",
                        ShowCount(summary.checkpoints.size() - few.size()));
  }
  return text;
}

std::string ShowLeaders(const std::vector<Leader>& leaders) {
  std::string text;
  const size_t shown = std::min(leaders.size(), kLeadersShown);
  for (size_t i = 0; i < shown; ++i) {
    const Leader& leader = leaders[i];
    const std::string line = fmt::format(
        "term {}: {} from {}{}", leader.term, leader.process, ShowClock(leader.from),
        leader.until ? fmt::format(" to {}: {}", ShowClock(*leader.until), leader.end) : "");
    text += i == 0 ? Line("leaders", OneLine(line)) : Line("", OneLine(line));
  }
  if (shown < leaders.size()) {
    text +=
        Line("", fmt::format("and {} more; --json tells them", ShowCount(leaders.size() - shown)));
  }
  return text;
}

std::string ShowNumbers(const RunSummary& summary) {
  std::string records =
      fmt::format("{} in, {} out", ShowCount(summary.records_in), ShowCount(summary.records_out));
  if (summary.rows_skipped > 0) {
    records += fmt::format(", {} malformed {} skipped", ShowCount(summary.rows_skipped),
                           summary.rows_skipped == 1 ? "row" : "rows");
  }
  std::string text = Line("records", records);
  if (!summary.expected.empty()) {
    text += Line("expected", summary.expected);
  }
  for (const std::string& sentence : summary.late) {
    text += Wrap(OneLine(sentence), 2);
  }
  text += Line("checkpoints",
               fmt::format("{} completed, {} failed", ShowCount(summary.checkpoints_completed),
                           ShowCount(summary.checkpoints_failed)));
  text += ShowCheckpointFailures(summary.checkpoint_failures);
  if (TellsDurations(summary.checkpoints)) {
    text += Line("durations", ShowDurations(summary.checkpoints));
  }
  text += Line("restarts", ShowCount(summary.restarts));
  text += ShowRestarts(summary.restart_causes);
  text += ShowLeaders(summary.leaders);
  if (!summary.job_end.empty()) {
    text += Wrap(summary.job_end, 2);
  }
  text += ShowFaults(summary);
  text += Line("time",
               fmt::format("{} s simulated in {} s", ShowSeconds(sim::Nanos(summary.sim_time), 1),
                           ShowSeconds(summary.wall_ns, 3)));
  text += Line("events", ShowCount(summary.events));
  text += Line("digest", sim::Show(summary.digest));
  return text;
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string ShowStuck(const RunSummary& summary) {
  std::string text = "  stuck\n";
  const std::vector<std::string> lines = Lines(summary.stuck);
  const size_t shown = std::min(lines.size(), kStuckShown);
  for (size_t i = 0; i < shown; ++i) {
    text += fmt::format("    {}\n", OneLine(lines[i]));
  }
  if (shown < lines.size()) {
    text += fmt::format("    … and {} more lines; --json tells them.\n",
                        ShowCount(lines.size() - shown));
  }
  return text + "\n";
}

Json ToJson(const Finding& finding) {
  Json object{
      {"oracle", finding.oracle}, {"witness", finding.witness}, {"details", finding.details}};
  if (!finding.breach.empty()) {
    object["breach"] = finding.breach;
  }
  if (!finding.role.empty()) {
    object["role"] = finding.role;
  }
  if (finding.event) {
    object["event"] = finding.event->value();
  }
  return object;
}

}  // namespace

std::string_view Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPassed:
      return "passed";
    case Verdict::kInconclusive:
      return "inconclusive";
    case Verdict::kFailed:
      return "failed";
  }
  return "unknown";
}

std::string ShowText(const RunSummary& summary, ReplayLine replay, CheckpointTable table) {
  std::string text = fmt::format("{}  seed {}  {}\n", OneLine(summary.scenario), summary.seed,
                                 Name(summary.verdict));
  if (!summary.why.empty()) {
    text += fmt::format("  {}\n", OneLine(summary.why));
  }
  text += '\n';
  if (!summary.reason.empty()) {
    text += fmt::format("  {}\n\n", summary.reason);
  }
  text += ShowFindings(summary.findings);
  // Who has a reason needs no page of fibers.
  if (!summary.stuck.empty() && summary.verdict == Verdict::kFailed) {
    text += ShowStuck(summary);
  }
  text += ShowNumbers(summary);
  text += table == CheckpointTable::kAllWithSubtasks
              ? "\n" + ShowCheckpointDetails(summary.checkpoints)
              : ShowCheckpointTable(summary);
  if (replay == ReplayLine::kAlways || summary.verdict != Verdict::kPassed) {
    text += fmt::format("\nreplay:\n{}\n", summary.replay);
  }
  return text;
}

namespace {

void AddCourse(const RunSummary& summary, Json& object) {
  for (const CheckpointFailure& failure : summary.checkpoint_failures) {
    object["checkpoint_failures"].push_back(Json{{"id", failure.id},
                                                 {"at_ns", sim::Nanos(failure.at)},
                                                 {"reason", failure.reason},
                                                 {"missing", failure.missing}});
  }
  for (const Restart& restart : summary.restart_causes) {
    object["restart_causes"].push_back(Json{{"at_ns", sim::Nanos(restart.at)},
                                            {"cause", restart.cause},
                                            {"checkpoint", restart.checkpoint}});
    if (restart.subtasks > 0) {
      object["restart_causes"].back()["subtasks"] = restart.subtasks;
    }
  }
  for (const Leader& leader : summary.leaders) {
    Json told{
        {"term", leader.term}, {"process", leader.process}, {"from_ns", sim::Nanos(leader.from)}};
    if (leader.until) {
      told["until_ns"] = sim::Nanos(*leader.until);
      told["end"] = leader.end;
    }
    object["leaders"].push_back(std::move(told));
  }
  if (!summary.job_end.empty()) {
    object["job_end"] = summary.job_end;
  }
}

}  // namespace

std::string ShowJson(const RunSummary& summary) {
  Json faults = Json::array();
  for (const FiredFault& fault : summary.faults) {
    faults.push_back(
        Json{{"kind", fault.kind}, {"target", fault.target}, {"at_ns", sim::Nanos(fault.at)}});
  }
  Json object{
      {"scenario", summary.scenario},
      {"seed", std::to_string(summary.seed)},
      {"verdict", Name(summary.verdict)},
      {"digest", sim::Show(summary.digest)},
      {"events", summary.events},
      {"records_in", summary.records_in},
      {"records_out", summary.records_out},
      {"rows_skipped", summary.rows_skipped},
      {"checkpoints_completed", summary.checkpoints_completed},
      {"checkpoints_failed", summary.checkpoints_failed},
      {"restarts", summary.restarts},
      {"faults", std::move(faults)},
      {"sim_ns", sim::Nanos(summary.sim_time)},
      {"wall_ns", summary.wall_ns},
      {"replay", summary.replay},
  };
  if (!summary.expected.empty()) {
    object["expected"] = summary.expected;
  }
  if (!summary.late.empty()) {
    object["late"] = summary.late;
  }
  AddCourse(summary, object);
  if (summary.faults_planned > 0) {
    object["faults_planned"] = summary.faults_planned;
    object["faults_missed"] = summary.faults_missed;
  }
  if (!summary.reason.empty()) {
    object["reason"] = summary.reason;
  }
  if (!summary.stuck.empty()) {
    object["stuck"] = Lines(summary.stuck);
  }
  if (!summary.findings.empty()) {
    const Finding& first = summary.findings.front();
    object["signature"] = summary.signature;
    object["oracle"] = first.oracle;
    object["witness"] = first.witness;
    object["details"] = first.details;
    Json findings = Json::array();
    for (const Finding& finding : summary.findings) {
      findings.push_back(ToJson(finding));
    }
    object["findings"] = std::move(findings);
  }
  // Keys and values of records may be any bytes: replace what is no UTF-8 instead of throwing.
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace flinch::reports
