#include "scenarios/cli/token_options.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

constexpr std::string_view kTokenHelp = "the token, the line it stands in, or a file";
constexpr std::string_view kJsonHelp = "print one JSON object and nothing else";

}  // namespace

void ElsewhereOptions::Define(CLI::App& verb) {
  verb.add_option("--scenario", scenario_, "where the scenario's file lies here");
  verb.add_option("--plan", plan_, "where the plan lies here");
  verb.add_option("--input", input_, "where the input lies here");
}

Elsewhere ElsewhereOptions::Finish(const CLI::App& verb) const {
  const auto given = [&verb](const char* flag, const std::string& value) {
    return verb.count(flag) == 0 ? std::nullopt : std::optional(value);
  };
  return {.scenario = given("--scenario", scenario_),
          .plan = given("--plan", plan_),
          .input = given("--input", input_)};
}

void TokenOptions::Define(CLI::App& app) {
  const auto add = [this, &app](const std::string& name, const std::string& what) {
    CLI::App* const verb = app.add_subcommand(name, what);
    if (name != "keep") {
      verb->add_flag("--json", json_, std::string(kJsonHelp));
    }
    if (name != "diff" && name != "regress") {
      verb->add_option("TOKEN", pasted_, std::string(kTokenHelp))->required();
      elsewhere_.Define(*verb);
    }
    return verb;
  };
  CLI::App* const shrink = add("shrink", "The smallest run that fails like this one.");
  shrink->add_option("--for", for_, "stop after this time, such as 30s, with the best so far");
  shrink->add_option(
      "--tape", tape_,
      "where the choices of the smallest run go, when first in first out will not do");
  explain_ = add("explain", "Why a run failed: the story from its faults to the broken promise.");
  CLI::App* const diff = add("diff", "The first event in which two runs differ.");
  diff->add_option("A", diff_arguments_.first, std::string(kTokenHelp))->required();
  diff->add_option("B", diff_arguments_.second, std::string(kTokenHelp))->required();
  diff->add_option("--report", report_, "where a page with both goes: one file, from disk");
  CLI::App* const keep = add("keep", "Writes a failure down as a regression.");
  keep->add_option("--name", name_, "of the file; made from what failed unless given");
  keep->add_option("--out", out_, "the folder it goes to; scenarios/regressions unless given");
  CLI::App* const regress = add("regress", "Runs what was kept, and says what is no longer so.");
  regress->add_option("FILE", files_, "what `flinch keep` wrote; all unless given");
  ci_options_.Define(*regress);
  shrink_ = shrink;
  diff_ = diff;
  keep_ = keep;
  regress_ = regress;
}

bool TokenOptions::parsed() const {
  return shrink_->parsed() || explain_->parsed() || diff_->parsed() || keep_->parsed() ||
         regress_->parsed();
}

sim::Result<Command> TokenOptions::Finish() const {
  const std::string text = fmt::format("{}", fmt::join(pasted_, " "));
  if (shrink_->parsed()) {
    ShrinkArguments arguments{
        .text = text, .elsewhere = elsewhere_.Finish(*shrink_), .json = json_};
    if (shrink_->count("--for") > 0) {
      const sim::Result<sim::Duration> span = text::ParseDuration(for_);
      if (!span) {
        return sim::Fail(span.error().code, "--for: " + span.error().message);
      }
      arguments.for_ns = span->count();
    }
    if (shrink_->count("--tape") > 0) {
      arguments.tape = tape_;
    }
    return Command(std::move(arguments));
  }
  if (explain_->parsed()) {
    return Command(
        ExplainArguments{.text = text, .elsewhere = elsewhere_.Finish(*explain_), .json = json_});
  }
  if (diff_->parsed()) {
    DiffArguments arguments = diff_arguments_;
    if (diff_->count("--report") > 0) {
      arguments.report = report_;
    }
    arguments.json = json_;
    return Command(std::move(arguments));
  }
  if (keep_->parsed()) {
    KeepArguments arguments{.text = text, .elsewhere = elsewhere_.Finish(*keep_)};
    if (keep_->count("--name") > 0) {
      arguments.name = name_;
    }
    if (keep_->count("--out") > 0) {
      arguments.out = out_;
    }
    return Command(std::move(arguments));
  }
  sim::Result<CiArguments> ci = ci_options_.Finish(*regress_, json_);
  return ci ? sim::Result<Command>(
                  RegressArguments{.files = files_, .json = json_, .ci = *std::move(ci)})
            : sim::Fail(ci);
}

std::string TokenOptions::MissingOf(const CLI::App& verb) const {
  if (&verb == diff_) {
    return "TOKEN of each run";
  }
  return &verb == shrink_ || &verb == explain_ || &verb == keep_ ? "TOKEN" : "";
}

std::vector<std::string> WithoutPastedCommand(std::vector<std::string> words) {
  constexpr auto kVerbs = std::to_array<std::string_view>({"shrink", "explain", "keep"});
  constexpr auto kValued = std::to_array<std::string_view>(
      {"--for", "--tape", "--name", "--out", "--scenario", "--plan", "--input"});
  if (words.empty() || std::ranges::find(kVerbs, words.front()) == kVerbs.end()) {
    return words;
  }
  const auto token =
      std::ranges::find_if(words, [](const std::string& word) { return word.contains("fl1~"); });
  if (token == words.end()) {
    return words;
  }
  // What belongs to a flag stays with it.
  std::vector<std::string> left = {words.front()};
  for (auto word = words.begin() + 1; word != token; ++word) {
    const bool is_value = std::ranges::find(kValued, *(word - 1)) != kValued.end();
    if (word->starts_with("-") || is_value) {
      left.push_back(*word);
    }
  }
  left.insert(left.end(), token, words.end());
  return left;
}

}  // namespace flinch::scenarios
