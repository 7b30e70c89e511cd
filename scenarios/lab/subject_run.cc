#include "scenarios/lab/subject_run.h"

#include <algorithm>
#include <exception>
#include <map>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "faults/fault_plan_toml.h"
#include "faults/generators.h"
#include "reports/plain_text.h"
#include "scenarios/lab/hunt_session.h"
#include "scenarios/lab/whole_file.h"
#include "scenarios/lab/worker_pool.h"
#include "sim/check.h"
#include "sim/codec.h"
#include "sim/text/text.h"

namespace flinch::lab {

namespace {

using scenarios::Setting;
using scenarios::UnitResult;
using scenarios::UnitVerdict;
using text::Quote;

// A token of a run without faults has this setting: without it they would be drawn.
constexpr std::string_view kFaultsSetting = "faults";
constexpr std::string_view kNoFaults = "none";

// What the process of a survey tells the program.
struct SurveyedEvent {
  std::string kind;
  std::vector<std::string> fields;
  uint64_t count = 0;
  std::vector<std::string> processes;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.kind);
    visit(self.fields);
    visit(self.count);
    visit(self.processes);
  }
};

struct SurveyText {
  std::string trouble;
  std::vector<std::string> processes;
  std::vector<SurveyedEvent> events;  // those that a fault may wait for, and the world's own

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.trouble);
    visit(self.processes);
    visit(self.events);
  }
};

Judgement Threw(std::string signature, std::string_view what) {
  return {.verdict = Verdict::kFailed,
          .signature = std::move(signature),
          .witness = fmt::format("The subject threw: {}", what)};
}

Judgement RunGuarded(const Subject& subject, const Attempt& attempt) {
  try {
    return subject.run(attempt);
  } catch (const sim::Violation& violation) {
    return Threw("invariant", fmt::format("{} ({})", violation.what, violation.where));
  } catch (const std::exception& error) {
    return Threw("exception", error.what());
  } catch (...) {  // the tidy test knows this one
    return Threw("exception", "something that is no std::exception.");
  }
}

Attempt AttemptOf(const Subject& subject, const SubjectRun& run, faults::FaultPlan plan,
                  sim::Keep keep) {
  Attempt attempt{
      .world = {}, .plan = std::move(plan), .heal_at = sim::SimTime(subject.faults.horizon)};
  attempt.world.seed = run.seed;
  attempt.world.scheduling = run.scheduling;
  attempt.world.keep = keep;
  attempt.world.play = run.play;
  attempt.world.records_tape = run.records_tape;
  for (const Knob& knob : subject.knobs) {
    const auto given = std::ranges::find(run.knobs, knob.name, &KnobValue::name);
    attempt.knobs.push_back(
        {.name = knob.name, .value = given == run.knobs.end() ? knob.usual : given->value});
  }
  return attempt;
}

void AddOnce(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) {
    names.push_back(name);
  }
}

SurveyText SurveyHere(const Subject& subject) {
  const Judgement calm =
      RunGuarded(subject, AttemptOf(subject, {}, faults::FaultPlan(), sim::Keep::kTrace));
  SurveyText survey;
  if (calm.verdict != Verdict::kPassed) {
    survey.trouble = calm.witness.empty() ? "it does not say why" : calm.witness;
  }
  std::map<std::string, SurveyedEvent> events;
  for (const sim::RecordedEvent& event : calm.recording.events) {
    SurveyedEvent& known = events[event.kind];
    known.kind = event.kind;
    for (const sim::RecordedEvent::OwnedField& field : event.fields) {
      AddOnce(known.fields, field.name);
    }
    AddOnce(known.processes, event.process);
  }
  for (const faults::Anchor& anchor : faults::AnchorsOf(calm.recording)) {
    events[anchor.event].count = anchor.nth_max;
    for (const std::string& process : anchor.processes) {
      AddOnce(survey.processes, process);
    }
  }
  for (auto& [kind, event] : events) {
    survey.events.push_back(std::move(event));
  }
  return survey;
}

sim::Result<SurveyText> SurveyElsewhere(const Subject& subject) {
  sim::Result<SurveyText> survey = sim::Fail(sim::ErrorCode::kUnavailable, "It was not run.");
  bool asked = false;
  scenarios::WorkerPool pool(
      {}, [&subject](const std::string&) { return sim::Encode(SurveyHere(subject)); },
      scenarios::RealNow);
  const auto next = [&asked]() -> std::optional<std::string> {
    return std::exchange(asked, true) ? std::nullopt : std::optional<std::string>("survey");
  };
  const auto done = [&survey](const std::string&, const scenarios::Answer& answer) {
    if (answer.fate == scenarios::Fate::kAnswered) {
      survey = sim::Decode<SurveyText>(answer.text);
      return;
    }
    survey = SurveyText{};
    survey->trouble = answer.fate == scenarios::Fate::kHung ? "it does not end"
                      : answer.fate == scenarios::Fate::kOutOfMemory
                          ? "it takes all memory"
                          : fmt::format("it ends the process ({})", answer.how);
  };
  const sim::Result<void> ran = pool.Run({.next = next, .done = done, .tick = [] { return true; }});
  return ran ? std::move(survey) : sim::Fail(ran);
}

}  // namespace

sim::Result<Surveyed> Survey(const Subject& subject) {
  sim::Result<SurveyText> survey = SurveyElsewhere(subject);
  if (!survey) {
    return sim::Fail(survey);
  }
  if (!survey->trouble.empty()) {
    return sim::Fail(
        sim::ErrorCode::kInvalidArgument,
        fmt::format("{} does not pass even without faults: {}", subject.name, survey->trouble));
  }
  Surveyed surveyed{.subject = &subject, .cast = {}, .swarm = subject.faults};
  surveyed.cast.scope = "in this subject";
  surveyed.cast.healed = sim::SimTime(subject.faults.horizon);
  surveyed.cast.processes = survey->processes;
  for (const faults::CrashTarget& target : subject.faults.crash_targets) {
    AddOnce(surveyed.cast.processes, target.process);
  }
  for (const std::string& host : subject.faults.hosts) {
    AddOnce(surveyed.cast.processes, host);
  }
  for (const SurveyedEvent& event : survey->events) {
    surveyed.cast.events.emplace(event.kind, event.fields);
    if (subject.faults.anchors.empty() && event.count > 0) {
      surveyed.swarm.anchors.push_back(
          {.event = event.kind, .nth_max = event.count, .processes = event.processes});
    }
  }
  // A restart and a crash happen in every world, but not in one without faults.
  surveyed.cast.events.emplace("fault.crash", std::vector<std::string>{"process"});
  if (const sim::Result<void> valid = surveyed.swarm.Validate(); !valid && !subject.draw) {
    return sim::Fail(valid.error().code, fmt::format("The faults of {} cannot be drawn: {}",
                                                     subject.name, valid.error().message));
  }
  return surveyed;
}

sim::Result<std::vector<KnobValue>> ReadKnobs(const Subject& subject,
                                              const std::vector<Setting>& settings) {
  std::vector<KnobValue> values;
  for (const Setting& setting : settings) {
    const auto knob = std::ranges::find(subject.knobs, setting.key, &Knob::name);
    if (knob == subject.knobs.end()) {
      std::vector<std::string> names;
      std::ranges::transform(subject.knobs, std::back_inserter(names), &Knob::name);
      return sim::Fail(
          sim::ErrorCode::kInvalidArgument,
          fmt::format("{} has no knob {}.{}", subject.name, Quote(setting.key),
                      text::DidYouMean(setting.key, std::span<const std::string>(names))));
    }
    const sim::Result<uint64_t> value = text::ParseSeed(setting.value);
    if (!value || *value < knob->least) {
      return sim::Fail(sim::ErrorCode::kInvalidArgument,
                       fmt::format("The knob {} is {}, but must be a whole number from {} on.",
                                   knob->name, Quote(setting.value), knob->least));
    }
    values.push_back({.name = setting.key, .value = *value});
  }
  return values;
}

faults::FaultPlan PlanOf(const Surveyed& surveyed, const SubjectRun& run) {
  if (run.plan) {
    return *run.plan;
  }
  const sim::Random random = sim::Random(run.seed).Split("faults");
  return surveyed.subject->draw ? surveyed.subject->draw(random)
                                : faults::DrawPlan(surveyed.swarm, random);
}

Judgement Perform(const Surveyed& surveyed, const SubjectRun& run, sim::Keep keep) {
  return RunGuarded(*surveyed.subject,
                    AttemptOf(*surveyed.subject, run, PlanOf(surveyed, run), keep));
}

const std::string& ProgramBuild() {
  static const std::string kBuild = [] {
    const sim::Result<std::string> program = scenarios::ReadWholeFile("/proc/self/exe");
    return scenarios::HashContent({program ? *program : std::string()});
  }();
  return kBuild;
}

scenarios::ReplayToken TokenOf(const Surveyed& surveyed, const SubjectRun& run,
                               const Judgement& judgement) {
  scenarios::ReplayToken token{.scenario = surveyed.subject->name, .seed = run.seed};
  if (run.scheduling != sim::Scheduling{}) {
    token.strategy = sim::Show(run.scheduling);
  }
  for (const KnobValue& knob : run.knobs) {
    token.settings.push_back({.key = knob.name, .value = std::to_string(knob.value)});
  }
  const faults::FaultPlan plan = PlanOf(surveyed, run);
  if (run.plan && plan.faults.empty()) {
    token.settings.push_back({.key = std::string(kFaultsSetting), .value = std::string(kNoFaults)});
  } else if (run.plan) {
    std::ranges::transform(plan.faults, std::back_inserter(token.faults), faults::ShowInline);
  }
  token.content_hash = scenarios::HashContent({token.scenario, faults::ShowToml(plan)});
  token.build_id = ProgramBuild();
  token.digest = sim::Show(judgement.digest).substr(0, 16);
  token.verdict = Name(judgement.verdict);
  return token;
}

sim::Result<SubjectRun> RunOf(const Surveyed& surveyed, const scenarios::ReplayToken& token) {
  SubjectRun run{.seed = token.seed};
  if (!token.strategy.empty()) {
    run.scheduling = sim::ParseScheduling(token.strategy).value_or(sim::Scheduling{});
  }
  std::vector<Setting> knobs = token.settings;
  if (std::erase_if(knobs, [](const Setting& setting) { return setting.key == kFaultsSetting; }) >
      0) {
    run.plan.emplace();
  }
  sim::Result<std::vector<KnobValue>> values = ReadKnobs(*surveyed.subject, knobs);
  if (!values) {
    return sim::Fail(values);
  }
  run.knobs = *std::move(values);
  if (!token.faults.empty()) {
    sim::Result<faults::FaultPlan> plan = faults::ParseInlineFaults(token.faults, surveyed.cast);
    if (!plan) {
      return sim::Fail(plan);
    }
    run.plan = *std::move(plan);
  }
  return run;
}

std::vector<std::string> StoryOf(const Judgement& judgement) {
  std::vector<std::string> story;
  for (const faults::FiredFault& fault : judgement.fired) {
    story.push_back(
        fmt::format("{}  {}  {}", reports::ShowClock(fault.at), fault.kind, fault.target));
  }
  return story;
}

namespace {

SubjectRun RunOf(const std::vector<KnobValue>& knobs, const scenarios::Unit& unit) {
  SubjectRun run{.seed = unit.seed, .knobs = knobs};
  if (!unit.strategy.empty()) {
    run.scheduling = sim::ParseScheduling(unit.strategy).value_or(sim::Scheduling{});
  }
  return run;
}

}  // namespace

UnitResult DescribeUnit(const Surveyed& surveyed, const std::vector<KnobValue>& knobs,
                        const scenarios::Unit& unit) {
  std::string words = fmt::format("run {} --seed {}", surveyed.subject->name, unit.seed);
  if (!unit.strategy.empty()) {
    words += fmt::format(" --strategy {}", unit.strategy);
  }
  for (const KnobValue& knob : knobs) {
    words += fmt::format(" --set {}={}", knob.name, knob.value);
  }
  return {.unit = unit.number,
          .scenario = surveyed.subject->name,
          .seed = unit.seed,
          .search = std::string(scenarios::Name(unit.search)),
          .twice = unit.twice,
          .replay = std::move(words)};
}

UnitResult PerformUnit(const Surveyed& surveyed, const std::vector<KnobValue>& knobs,
                       const scenarios::Unit& unit) {
  UnitResult result = DescribeUnit(surveyed, knobs, unit);
  const SubjectRun run = RunOf(knobs, unit);
  const Judgement judgement = Perform(surveyed, run);
  result.digest = sim::Show(judgement.digest).substr(0, 16);
  result.events = judgement.events;
  result.sim_ns = (judgement.end - sim::kEpoch).count();
  for (const faults::FiredFault& fault : judgement.fired) {
    ++result.faults[fault.kind];
  }
  if (unit.twice && Perform(surveyed, run).digest != judgement.digest) {
    result.verdict = UnitVerdict::kNondeterministic;
    result.signature = "nondeterminism";
    result.witness = "Two runs of this attempt have different digests.";
    return result;
  }
  result.verdict = judgement.verdict == Verdict::kPassed   ? UnitVerdict::kPassed
                   : judgement.verdict == Verdict::kFailed ? UnitVerdict::kFailed
                                                           : UnitVerdict::kInconclusive;
  result.witness = judgement.witness;
  if (judgement.verdict == Verdict::kFailed) {
    result.signature = judgement.signature;
    result.story = StoryOf(judgement);
  }
  result.replay = judgement.verdict == Verdict::kPassed
                      ? ""
                      : "replay " + scenarios::ShowToken(TokenOf(surveyed, run, judgement));
  return result;
}

}  // namespace flinch::lab
