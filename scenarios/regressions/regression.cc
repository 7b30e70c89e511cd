#include "scenarios/regressions/regression.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "faults/fault_plan_toml.h"
#include "scenarios/model/field_text.h"
#include "scenarios/stage/signature.h"
#include "sim/text/toml_document.h"

namespace flinch::scenarios {

namespace {

using reports::Verdict;
using text::TomlDocument;
using text::TomlTable;

constexpr auto kVerdicts = std::to_array<std::string_view>({"passed", "failed"});

constexpr size_t kDigestSize = 16;

void ReadExpectation(TomlTable& root, Expectation& expect) {
  std::optional<TomlTable> table = root.RequiredTable("expect");
  if (!table) {
    return;
  }
  expect.verdict =
      table->RequiredOneOf("verdict", kVerdicts) == "failed" ? Verdict::kFailed : Verdict::kPassed;
  expect.signature = table->RequiredString("signature");
  expect.fired = static_cast<uint64_t>(table->RequiredInteger("fired", 0, INT64_MAX));
  expect.digest = table->RequiredString("digest");
  if (expect.digest.size() != kDigestSize ||
      expect.digest.find_first_not_of("0123456789abcdef") != std::string::npos) {
    table->Complain("digest", "A digest is 16 hexadecimal digits, as a run prints them first.");
  }
  expect.build = table->String("build").value_or("");
  table->RejectUnknown();
}

// The tracks, each a line.
std::optional<sim::Tape> ReadTape(TomlTable& root, uint64_t seed) {
  if (!root.Has("tape")) {
    return std::nullopt;
  }
  std::string text = sim::Show(sim::Tape{.seed = seed, .tracks = {}});
  for (const std::string& track : root.Strings("tape")) {
    text += track + "\n";
  }
  sim::Result<sim::Tape> tape = sim::ParseTape(text);
  if (!tape) {
    root.Complain("tape", tape.error().message);
    return std::nullopt;
  }
  return *std::move(tape);
}

std::string ShowTape(const sim::Tape& tape) {
  std::string text = "tape = [\n";
  const std::string lines = sim::Show(tape);
  // The first line says that it is a tape.
  for (size_t begin = lines.find('\n') + 1; begin < lines.size();) {
    const size_t end = lines.find('\n', begin);
    text += fmt::format("  {},\n", QuoteToml(lines.substr(begin, end - begin)));
    begin = end + 1;
  }
  return text + "]\n";
}

sim::Result<Regression> Decode(TomlDocument document) {
  Regression regression;
  TomlTable root = document.root();
  root.RequiredInteger("version", kRegressionVersion, kRegressionVersion);
  regression.scenario = root.String("scenario").value_or("");
  regression.seed = root.Seed("seed").value_or(1);
  regression.strategy = root.String("strategy").value_or("");
  regression.defects = root.Strings("defects");
  const std::vector<std::string> settings = root.Strings("set");
  for (size_t index = 0; index < settings.size(); ++index) {
    sim::Result<Setting> setting = ParseSetting(settings[index]);
    if (setting) {
      regression.settings.push_back(*std::move(setting));
    } else {
      root.ComplainItem("set", index, setting.error().message);
    }
  }
  regression.tape = ReadTape(root, regression.seed);
  regression.plan = faults::DecodeFaultPlan(root).plan;
  ReadExpectation(root, regression.expect);
  root.RejectUnknown();
  if (const sim::Result<void> read = document.Finish(); !read) {
    return sim::Fail(read);
  }
  return regression;
}

// What moves a digest moves what comes at a time, and nobody can tell whether it still comes at the
// moment that mattered.
bool ComesAtTimes(const faults::FaultPlan& plan) {
  return std::ranges::any_of(plan.faults, [](const faults::Fault& fault) {
    return std::holds_alternative<faults::AtTime>(fault.when);
  });
}

std::string WhatCame(const reports::RunSummary& summary) {
  const std::string signature = SignatureOf(summary);
  return signature.empty() ? std::string(reports::Name(summary.verdict))
                           : fmt::format("failed with {}", signature);
}

std::optional<std::string> WhyStale(const Regression& regression,
                                    const reports::RunSummary& summary) {
  if (summary.verdict == Verdict::kInconclusive) {
    return "the run is inconclusive now: " + summary.reason;
  }
  if (summary.faults.size() < regression.expect.fired) {
    return fmt::format("the run is another one, and {} of its faults came instead of {}",
                       summary.faults.size(), regression.expect.fired);
  }
  if (regression.expect.verdict == Verdict::kPassed && ComesAtTimes(regression.plan)) {
    return "the run is another one, and its faults come at times: whether they still strike the "
           "moment that mattered nobody knows. If this is the run of the mend, write its digest "
           "into [expect]";
  }
  return std::nullopt;
}

}  // namespace

sim::Result<Regression> ReadRegression(const std::string& file) {
  return Decode(TomlDocument::Load(file));
}

sim::Result<Regression> ParseRegression(std::string file, std::string text) {
  return Decode(TomlDocument::Parse(std::move(file), std::move(text)));
}

std::string ShowToml(const Regression& regression, std::string_view comment) {
  std::string text(comment);
  text += fmt::format("version = {}\n", kRegressionVersion);
  if (!regression.scenario.empty()) {
    text += fmt::format("scenario = {}\n", QuoteToml(regression.scenario));
  }
  text += fmt::format("seed = \"{}\"\n", regression.seed);
  if (!regression.strategy.empty()) {
    text += fmt::format("strategy = {}\n", QuoteToml(regression.strategy));
  }
  if (!regression.defects.empty()) {
    text += fmt::format("defects = {}\n", ShowField(regression.defects));
  }
  if (!regression.settings.empty()) {
    text += "set = [\n";
    for (const Setting& setting : regression.settings) {
      text += fmt::format("  {},\n", QuoteToml(setting.key + "=" + setting.value));
    }
    text += "]\n";
  }
  if (regression.tape) {
    text += ShowTape(*regression.tape);
  }
  if (!regression.plan.faults.empty()) {
    const std::string plan = faults::ShowToml(regression.plan);
    text += "\n" + plan.substr(plan.find("[[fault]]"));
  }
  const Expectation& expect = regression.expect;
  return text + fmt::format(
                    "\n[expect]\nverdict = \"{}\"\nsignature = {}\nfired = {}\ndigest = \"{}\"\n"
                    "build = \"{}\"\n",
                    reports::Name(expect.verdict), QuoteToml(expect.signature), expect.fired,
                    expect.digest, expect.build);
}

std::string_view Name(Standing standing) {
  constexpr auto kNames = std::to_array<std::string_view>({"as kept", "moved", "stale", "BROKEN"});
  return kNames.at(static_cast<size_t>(standing));
}

Review Judge(const Regression& regression, const reports::RunSummary& summary) {
  const Expectation& expect = regression.expect;
  const bool is_same = sim::Show(summary.digest).starts_with(expect.digest);
  const bool is_right = expect.verdict == Verdict::kPassed
                            ? summary.verdict == Verdict::kPassed
                            : summary.verdict == Verdict::kFailed &&
                                  MeansSignature(expect.signature, SignatureOf(summary));
  const std::string came = WhatCame(summary);
  if (is_right && is_same) {
    return {.standing = Standing::kAsKept, .sentence = came};
  }
  const std::string moved = fmt::format("digest {} instead of {}",
                                        sim::Show(summary.digest).substr(0, 16), expect.digest);
  const std::optional<std::string> stale = is_same ? std::nullopt : WhyStale(regression, summary);
  // That a planted defect is found again, with its signature, needs no other proof.
  const bool is_found = is_right && expect.verdict == Verdict::kFailed;
  const bool is_failure = summary.verdict == Verdict::kFailed;
  if (is_found || (is_right && !stale)) {
    return {.standing = Standing::kMoved, .sentence = fmt::format("{}; {}", came, moved)};
  }
  // A failure that should have gone is one, however it came about.
  if (stale && !(is_failure && expect.verdict == Verdict::kPassed)) {
    return {.standing = Standing::kStale,
            .sentence = fmt::format("{}: {}; {}", came, *stale, moved)};
  }
  return {.standing = Standing::kBroken,
          .sentence =
              fmt::format("{}, but must be {}{}", came, reports::Name(expect.verdict),
                          expect.verdict == Verdict::kFailed ? " with " + expect.signature : "")};
}

}  // namespace flinch::scenarios
