#include <algorithm>
#include <map>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/ci_bounds.h"
#include "reports/ci_report.h"
#include "reports/foreign_text.h"

namespace flinch::reports {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kAnnotationsMax = 10;
constexpr size_t kAnnotationBytes = 4'000;
constexpr size_t kStepSummaryBytes = 1'000'000;  // of 1 MiB

// A path as a reference: what is no plain character of one is percent-encoded.
std::string Uri(std::string_view path) {
  std::string uri;
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || std::string_view("-._~/").contains(c);
    uri += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

// In messages of SARIF braces hold places to fill, and "[x](y)" is a link.
std::string SarifText(std::string_view text) {
  std::string literal;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    literal += c;
    if (c == '{' || c == '}') {
      literal += c;
    } else if (c == ']' && text.substr(at + 1).starts_with("(")) {
      literal += ' ';
    }
  }
  return literal;
}

Json Place(const CiCase& each) {
  Json place = {
      {"logicalLocations", Json::array({Json{{"name", each.suite}, {"kind", "module"}}})}};
  if (!each.file.empty()) {
    place["physicalLocation"] = {{"artifactLocation", {{"uri", Uri(each.file)}}},
                                 {"region", {{"startLine", 1}}}};
  }
  return place;
}

Json SarifResult(const CiCase& each, const CiFinding& finding, size_t rule) {
  Json result = {
      {"ruleId", each.name},
      {"ruleIndex", rule},
      {"level", "error"},
      {"message", {{"text", SarifText(TextOf(finding))}}},
      {"locations", Json::array({Place(each)})},
      {"partialFingerprints", {{"flinchSignature/v1", each.suite + ": " + finding.signature}}},
      {"occurrenceCount", std::max<uint64_t>(finding.count, 1)}};
  if (!finding.story.empty()) {
    Json steps = Json::array();
    for (const std::string& step : finding.story) {
      Json place = Place(each);
      place["message"] = {{"text", SarifText(step)}};
      steps.push_back({{"location", std::move(place)}});
    }
    result["codeFlows"] =
        Json::array({Json{{"threadFlows", Json::array({Json{{"locations", std::move(steps)}}})}}});
  }
  if (finding.replay) {
    result["properties"] = {{"replay", *finding.replay}};
  }
  return result;
}

Json SarifRule(const CiCase& each) {
  const std::string promise = each.promise.empty() ? each.name : each.promise;
  return {{"id", each.name},
          {"shortDescription", {{"text", promise}}},
          {"fullDescription", {{"text", promise}}},
          {"help", {{"text", promise + " Paste the replay line of a result to see it again."}}},
          {"defaultConfiguration", {{"level", "error"}}}};
}

// The message of a workflow command, and one of its properties.
std::string CommandText(std::string_view text, bool is_property) {
  std::string escaped;
  for (const char c : text) {
    const bool must = c == '%' || c == '\r' || c == '\n' || (is_property && (c == ':' || c == ','));
    escaped += must ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return escaped;
}

std::string Annotation(const CiCase& each, std::string_view level, const std::string& text) {
  const std::string place =
      each.file.empty() ? "" : fmt::format("file={},line=1,", CommandText(each.file, true));
  return fmt::format("::{} {}title={}::{}\n", level, place,
                     CommandText(fmt::format("{}: {}", each.suite, each.name), true),
                     CommandText(Foreign(text, kAnnotationBytes), false));
}

// Neither tags nor Markdown mean anything in it any more.
std::string Inert(std::string_view text) {
  std::string inert;
  for (const char c : EscapeMarkup(text)) {
    inert += std::string_view("\\`*_{}[]()+-.!|~$@:").contains(c)
                 ? fmt::format("&#{};", static_cast<int>(c))
                 : std::string(1, c);
  }
  return inert;
}

std::string SummaryOf(const CiCase& each) {
  const std::string_view mark = each.outcome == CiOutcome::kFailed ? "FAILED" : "undecided";
  std::string text = fmt::format("\n### {}: {}: {}\n\n", mark, Inert(each.suite), Inert(each.name));
  if (!each.why.empty()) {
    text += Inert(each.why) + "\n";
  }
  for (const CiFinding& finding : each.findings) {
    text += fmt::format("<pre>{}</pre>\n\n", EscapeMarkup(TextOf(finding)));
  }
  return text;
}

}  // namespace

std::string ShowSarif(const CiReport& given) {
  const CiReport report = Bounded(given);
  Json rules = Json::array();
  Json results = Json::array();
  std::map<std::string, size_t> known;
  for (const CiCase& each : report.cases) {
    const auto [rule, is_new] = known.try_emplace(each.name, rules.size());
    if (is_new) {
      rules.push_back(SarifRule(each));
    }
    for (const CiFinding& finding : each.findings) {
      results.push_back(SarifResult(each, finding, rule->second));
    }
  }
  Json driver = {
      {"name", "flinch"}, {"semanticVersion", report.version}, {"rules", std::move(rules)}};
  Json run = {{"tool", {{"driver", std::move(driver)}}},
              {"automationDetails", {{"id", fmt::format("flinch/{}/", report.command)}}},
              {"columnKind", "unicodeCodePoints"},
              {"results", std::move(results)}};
  const Json log = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                    {"version", "2.1.0"},
                    {"runs", Json::array({std::move(run)})}};
  return log.dump(1) + "\n";
}

std::string ShowGitlab(const CiReport& given) {
  const CiReport report = Bounded(given);
  Json issues = Json::array();
  std::map<std::string, size_t> times;
  for (const CiCase& each : report.cases) {
    for (const CiFinding& finding : each.findings) {
      const std::string mark = fmt::format("{}: {}: {}", each.suite, each.name, finding.signature);
      const size_t time = ++times[mark];
      issues.push_back(
          {{"type", "issue"},
           {"check_name", each.name},
           {"description", SentenceOf(finding)},
           {"content", {{"body", TextOf(finding)}}},
           {"categories", Json::array({"Bug Risk"})},
           {"severity", "critical"},
           {"fingerprint", time == 1 ? mark : fmt::format("{} #{}", mark, time)},
           {"location",
            {{"path", each.file.empty() ? each.suite : each.file}, {"lines", {{"begin", 1}}}}}});
    }
  }
  return issues.dump(1) + "\n";
}

std::string ShowAnnotations(const CiReport& given) {
  const CiReport report = Bounded(given);
  std::vector<std::string> all;
  for (const CiCase& each : report.cases) {
    for (const CiFinding& finding : each.findings) {
      all.push_back(Annotation(each, "error", TextOf(finding)));
    }
  }
  for (const CiCase& each : report.cases) {
    if (each.outcome == CiOutcome::kUndecided) {
      all.push_back(Annotation(each, "warning", each.why));
    }
  }
  std::string text;
  const size_t shown = all.size() <= kAnnotationsMax ? all.size() : kAnnotationsMax - 1;
  for (size_t index = 0; index < shown; ++index) {
    text += all[index];
  }
  if (shown < all.size()) {
    text += fmt::format("::notice title=flinch {}::and {} more; the step summary tells them\n",
                        CommandText(report.command, true), all.size() - shown);
  }
  return text;
}

std::string ShowStepSummary(const CiReport& given) {
  const CiReport report = Bounded(given);
  std::string text = fmt::format("## flinch {}: {}\n", Inert(report.command), ShowCounts(report));
  size_t told = 0;
  size_t all = 0;
  for (const CiOutcome outcome : {CiOutcome::kFailed, CiOutcome::kUndecided}) {
    for (const CiCase& each : report.cases) {
      if (each.outcome != outcome) {
        continue;
      }
      ++all;
      const std::string part = SummaryOf(each);
      if (told + 1 == all && text.size() + part.size() < kStepSummaryBytes) {
        text += part;
        ++told;
      }
    }
  }
  if (told < all) {
    text += fmt::format("\nand {} more\n", all - told);
  }
  return text;
}

}  // namespace flinch::reports
