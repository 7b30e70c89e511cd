#include "reports/ci_report.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/ci_bounds.h"
#include "reports/foreign_text.h"
#include "reports/plain_text.h"

namespace flinch::reports {

namespace {

constexpr size_t kCiNameMax = 200;
constexpr size_t kCiTextMax = 2'000;
constexpr size_t kCiReplayMax = 16'000;
constexpr size_t kCiStepsMax = 20;
constexpr size_t kFindingsOfCase = 20;
constexpr size_t kFindingsOfReport = 500;

void BoundFinding(CiFinding& finding) {
  finding.signature = ForeignLine(finding.signature, kCiNameMax);
  finding.message = ForeignLine(finding.message, kCiTextMax);
  if (finding.story.size() > kCiStepsMax) {
    const size_t left_out = finding.story.size() - kCiStepsMax + 1;
    finding.story.erase(finding.story.begin(),
                        finding.story.begin() + static_cast<std::ptrdiff_t>(left_out));
    finding.story.insert(finding.story.begin(), fmt::format("… {} steps before", left_out));
  }
  for (std::string& step : finding.story) {
    step = ForeignLine(step, kCiTextMax);
  }
  if (finding.replay) {
    const std::string whole = ForeignLine(*finding.replay, kCiReplayMax);
    finding.replay = whole == *finding.replay ? std::optional(whole) : std::nullopt;
  }
}

// Attribute and text are on one line each but for what `TextOf` makes of a finding.
std::string JunitFailure(const CiFinding& finding) {
  return fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                     EscapeMarkup(finding.signature), EscapeMarkup(SentenceOf(finding)),
                     EscapeMarkup(TextOf(finding)));
}

std::string JunitCase(const CiCase& each) {
  std::string text = fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                                 EscapeMarkup(each.suite), EscapeMarkup(each.name));
  if (!each.file.empty()) {
    text += fmt::format(" file=\"{}\"", EscapeMarkup(each.file));
  }
  if (each.outcome == CiOutcome::kPassed) {
    return text + "/>\n";
  }
  text += ">\n";
  if (each.outcome == CiOutcome::kUndecided) {
    text += fmt::format("      <skipped message=\"{}\"/>\n", EscapeMarkup(each.why));
  }
  // Readers know one failure per case; the texts of the others stand behind it.
  for (size_t index = 0; index < each.findings.size(); ++index) {
    text += index == 0 ? JunitFailure(each.findings[index])
                       : fmt::format("      <system-out>{}</system-out>\n",
                                     EscapeMarkup(TextOf(each.findings[index])));
  }
  return text + "    </testcase>\n";
}

std::vector<std::string> SuitesOf(const CiReport& report) {
  std::vector<std::string> suites;
  for (const CiCase& each : report.cases) {
    if (std::ranges::find(suites, each.suite) == suites.end()) {
      suites.push_back(each.suite);
    }
  }
  return suites;
}

std::string JunitCounts(const CiReport& report) {
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"",
                     report.cases.size(), CountOf(report, CiOutcome::kFailed),
                     CountOf(report, CiOutcome::kUndecided));
}

// A number sign would begin a directive.
std::string TapName(const CiCase& each) {
  std::string name;
  for (const char c : fmt::format("{}: {}", each.suite, each.name)) {
    name += c == '#' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return name;
}

// What stands in double quotes in JSON means the same in YAML.
std::string Quoted(const std::string& text) { return nlohmann::json(text).dump(); }

std::string TapBlock(const CiCase& each) {
  std::string text = "  ---\n  findings:\n";
  for (const CiFinding& finding : each.findings) {
    text += fmt::format("    - message: {}\n      signature: {}\n      runs: {}\n",
                        Quoted(finding.message), Quoted(finding.signature), finding.count);
    if (!finding.story.empty()) {
      text += "      story:\n";
    }
    for (const std::string& step : finding.story) {
      text += fmt::format("        - {}\n", Quoted(step));
    }
    if (finding.replay) {
      text += fmt::format("      replay: {}\n", Quoted(*finding.replay));
    }
  }
  return text + "  ...\n";
}

}  // namespace

CiReport Bounded(CiReport report) {
  size_t left = kFindingsOfReport;
  for (CiCase& each : report.cases) {
    each.suite = ForeignLine(each.suite, kCiNameMax);
    each.name = ForeignLine(each.name, kCiNameMax);
    each.promise = ForeignLine(each.promise, kCiTextMax);
    each.file = ForeignLine(each.file, kCiTextMax);
    each.why = ForeignLine(each.why, kCiTextMax);
    const size_t all = each.findings.size();
    const size_t told = std::min({all, kFindingsOfCase, left});
    left -= told;
    each.findings.resize(told);
    if (told < all) {
      each.findings.push_back(
          {.signature = "left out",
           .message = fmt::format("{} more kinds of failure are left out here.", all - told),
           .count = 0});
    }
    for (CiFinding& finding : each.findings) {
      BoundFinding(finding);
    }
  }
  return report;
}

size_t CountOf(const CiReport& report, CiOutcome outcome) {
  return static_cast<size_t>(std::ranges::count(report.cases, outcome, &CiCase::outcome));
}

std::string SentenceOf(const CiFinding& finding) {
  return finding.count <= 1
             ? finding.message
             : fmt::format("{} In {} runs.", finding.message, ShowCount(finding.count));
}

std::string TextOf(const CiFinding& finding) {
  std::string text = SentenceOf(finding) + "\n";
  if (!finding.signature.empty()) {
    text += fmt::format("signature: {}\n", finding.signature);
  }
  for (const std::string& step : finding.story) {
    text += fmt::format("  {}\n", step);
  }
  if (finding.replay) {
    text += fmt::format("replay:\n{}\n", *finding.replay);
  }
  return text;
}

std::string ShowCounts(const CiReport& report) {
  const size_t undecided = CountOf(report, CiOutcome::kUndecided);
  return fmt::format("{} failed, {} passed{}", CountOf(report, CiOutcome::kFailed),
                     CountOf(report, CiOutcome::kPassed),
                     undecided == 0 ? "" : fmt::format(", {} undecided", undecided));
}

std::string ShowJunit(const CiReport& given) {
  const CiReport report = Bounded(given);
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"flinch {}\" {}>\n",
      EscapeMarkup(report.command), JunitCounts(report));
  for (const std::string& suite : SuitesOf(report)) {
    CiReport part{.command = report.command, .version = report.version};
    std::ranges::copy_if(report.cases, std::back_inserter(part.cases),
                         [&suite](const CiCase& each) { return each.suite == suite; });
    text += fmt::format("  <testsuite name=\"{}\" {}>\n", EscapeMarkup(suite), JunitCounts(part));
    for (const CiCase& each : part.cases) {
      text += JunitCase(each);
    }
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

std::string ShowTap(const CiReport& given) {
  const CiReport report = Bounded(given);
  std::string text = fmt::format("TAP version 13\n1..{}\n", report.cases.size());
  for (size_t index = 0; index < report.cases.size(); ++index) {
    const CiCase& each = report.cases[index];
    text += fmt::format("{} {} - {}{}\n", each.outcome == CiOutcome::kFailed ? "not ok" : "ok",
                        index + 1, TapName(each),
                        each.outcome == CiOutcome::kUndecided ? " # SKIP " + each.why : "");
    if (!each.findings.empty()) {
      text += TapBlock(each);
    }
  }
  return text;
}

}  // namespace flinch::reports
