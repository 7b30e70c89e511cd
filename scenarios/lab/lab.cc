#include "scenarios/lab/lab.h"

#include <algorithm>
#include <csignal>
#include <deque>
#include <fstream>
#include <iostream>
#include <span>
#include <string>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "faults/fault_plan_toml.h"
#include "faults/generators.h"
#include "reports/plain_text.h"
#include "reports/timeline_text.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/fault_edits.h"
#include "scenarios/lab/hunt_session.h"
#include "scenarios/lab/interrupt.h"
#include "scenarios/lab/kept_run.h"
#include "scenarios/lab/lab_words.h"
#include "scenarios/lab/program_path.h"
#include "scenarios/lab/subject_run.h"
#include "scenarios/lab/subject_shrink.h"
#include "scenarios/lab/version.h"
#include "scenarios/lab/whole_file.h"
#include "sim/text/text.h"

namespace flinch::lab {

namespace {

using scenarios::ComplainAboutInput;
using scenarios::HuntHeader;
using scenarios::ReplayToken;
using scenarios::Unit;
using text::Quote;

constexpr uint64_t kSeedsUsual = 1000;
constexpr std::string_view kTapeBegin = "flinch-tape ";

int ExitCodeOf(const Judgement& judgement) {
  switch (judgement.verdict) {
    case Verdict::kPassed:
      return scenarios::kExitPassed;
    case Verdict::kFailed:
      return scenarios::kExitViolation;
    case Verdict::kInconclusive:
      return scenarios::kExitInconclusive;
  }
  sim::Unreachable("verdict {}", static_cast<int>(judgement.verdict));
}

// One program: its subjects, and what is known of those that were asked for.
class Lab {
 public:
  Lab(std::string program, const std::vector<Subject>& subjects)
      : program_(std::move(program)), subjects_(subjects) {}

  int Dispatch(const LabWords& words);

 private:
  sim::Result<const Surveyed*> Find(const std::string& name);
  sim::Result<std::vector<const Surveyed*>> FindAll(const std::vector<std::string>& names);
  HuntHeader HeaderOf(const std::vector<const Surveyed*>& hunted, const LabWords& words,
                      const scenarios::HuntSpace& space) const;
  sim::Result<scenarios::ShrunkGroup> ShrinkFound(const scenarios::UnitResult& exemplar,
                                                  const std::function<bool()>& stop);
  sim::Result<std::pair<const Surveyed*, SubjectRun>> Pasted(
      const std::vector<std::string>& operands, ReplayToken& token);
  int Tell(const Surveyed& surveyed, const SubjectRun& run, const Judgement& judgement) const;

  int Hunt(const LabWords& words);
  int Run(const LabWords& words);
  int Replay(const LabWords& words);
  int Shrink(const LabWords& words);
  int Keep(const LabWords& words);
  int Regress(const LabWords& words);
  int List() const;

  std::string program_;
  const std::vector<Subject>& subjects_;
  std::deque<Surveyed> surveyed_;  // their addresses stay
};

int Refuse(const sim::Error& error) { return scenarios::Complain(std::cerr, error); }

sim::Result<const Surveyed*> Lab::Find(const std::string& name) {
  for (const Surveyed& known : surveyed_) {
    if (known.subject->name == name) {
      return &known;
    }
  }
  const auto subject = std::ranges::find(subjects_, name, &Subject::name);
  if (subject == subjects_.end()) {
    std::vector<std::string> names;
    std::ranges::transform(subjects_, std::back_inserter(names), &Subject::name);
    return sim::Fail(
        sim::ErrorCode::kInvalidArgument,
        fmt::format("There is no subject {}; `{} list` shows them.{}", Quote(name), program_,
                    text::DidYouMean(name, std::span<const std::string>(names))));
  }
  sim::Result<Surveyed> surveyed = Survey(*subject);
  if (!surveyed) {
    return sim::Fail(surveyed);
  }
  return &surveyed_.emplace_back(*std::move(surveyed));
}

// None named: all.
sim::Result<std::vector<const Surveyed*>> Lab::FindAll(const std::vector<std::string>& names) {
  std::vector<const Surveyed*> found;
  for (const Subject& subject : subjects_) {
    if (names.empty()) {
      const sim::Result<const Surveyed*> known = Find(subject.name);
      if (!known) {
        return sim::Fail(known);
      }
      found.push_back(*known);
    }
  }
  for (const std::string& name : names) {
    const sim::Result<const Surveyed*> known = Find(name);
    if (!known) {
      return sim::Fail(known);
    }
    found.push_back(*known);
  }
  return found;
}

HuntHeader Lab::HeaderOf(const std::vector<const Surveyed*>& hunted, const LabWords& words,
                         const scenarios::HuntSpace& space) const {
  HuntHeader header{.build = ProgramBuild(),
                    .shard = words.how.shard,
                    .units = scenarios::UnitsIn(space),
                    .search = std::string(scenarios::Name(words.search))};
  std::string identity = fmt::format("{} {} {} {}", header.build, space.first_seed,
                                     space.last_seed.value_or(0), header.search);
  for (const scenarios::Setting& setting : words.settings) {
    identity += fmt::format(" {}={}", setting.key, setting.value);
  }
  for (const Surveyed* const surveyed : hunted) {
    header.scenarios.push_back(surveyed->subject->name);
    header.with_faults.push_back(surveyed->subject->name);
    identity += " " + surveyed->subject->name;
    const bool is_swarm = !surveyed->subject->draw;
    for (const std::string_view kind :
         is_swarm ? faults::DrawableKinds(surveyed->swarm) : std::vector<std::string_view>()) {
      if (std::ranges::find(header.fault_kinds, kind) == header.fault_kinds.end()) {
        header.fault_kinds.emplace_back(kind);
      }
    }
  }
  header.hunt = scenarios::HashContent({identity});
  return header;
}

sim::Result<scenarios::ShrunkGroup> Lab::ShrinkFound(const scenarios::UnitResult& exemplar,
                                                     const std::function<bool()>& stop) {
  ReplayToken token;
  const auto pasted = Pasted({exemplar.replay}, token);
  if (!pasted) {
    return sim::Fail(pasted);
  }
  const auto& [surveyed, run] = *pasted;
  const ShrunkRun shrunk = ShrinkRun(*surveyed, run, stop);
  return scenarios::ShrunkGroup{
      .signature = exemplar.signature,
      .unit = exemplar.unit,
      .replay = "replay " + scenarios::ShowToken(TokenOf(*surveyed, shrunk.run, shrunk.judgement)),
      .faults = scenarios::CountFaults(*shrunk.run.plan),
      .records = 0,
      .events = shrunk.judgement.events,
      .witness = shrunk.judgement.witness,
      .story = StoryOf(shrunk.judgement),
      .stopped = shrunk.stopped};
}

int Lab::Hunt(const LabWords& given) {
  LabWords words = given;
  if (const sim::Result<void> settled = scenarios::SettleShard(words.how, std::cerr); !settled) {
    return Refuse(settled.error());
  }
  const sim::Result<std::vector<const Surveyed*>> hunted = FindAll(words.operands);
  if (!hunted) {
    return Refuse(hunted.error());
  }
  std::vector<std::vector<KnobValue>> knobs;
  for (const Surveyed* const surveyed : *hunted) {
    sim::Result<std::vector<KnobValue>> values = ReadKnobs(*surveyed->subject, words.settings);
    if (!values) {
      return Refuse(values.error());
    }
    knobs.push_back(*std::move(values));
  }
  scenarios::HuntSpace space{.targets = hunted->size(), .search = words.search};
  space.first_seed = words.seeds ? words.seeds->first : 1;
  if (words.seeds) {
    space.last_seed = words.seeds->last;
  } else if (!words.how.for_ns) {
    space.last_seed = kSeedsUsual;
  }
  const bool is_terminal = isatty(STDERR_FILENO) == 1;
  return scenarios::PerformHunt(
      {.space = space,
       .header = HeaderOf(*hunted, words, space),
       .perform =
           [&](const Unit& unit) {
             return PerformUnit(*(*hunted)[unit.target], knobs[unit.target], unit);
           },
       .describe =
           [&](const Unit& unit) {
             return DescribeUnit(*(*hunted)[unit.target], knobs[unit.target], unit);
           },
       .shrink = [this](const auto& exemplar,
                        const auto& stop) { return ShrinkFound(exemplar, stop); }},
      words.how, program_,
      is_terminal ? scenarios::ProgressStyle::kTerminal : scenarios::ProgressStyle::kLines,
      std::cout, std::cerr);
}

int Lab::Tell(const Surveyed& surveyed, const SubjectRun& run, const Judgement& judgement) const {
  for (const std::string& line : StoryOf(judgement)) {
    fmt::print("{}\n", line);
  }
  fmt::print("{} seed {}: {}{}{}\n", surveyed.subject->name, run.seed, Name(judgement.verdict),
             judgement.signature.empty() ? "" : ", " + judgement.signature,
             judgement.witness.empty() ? "" : "\n" + judgement.witness);
  fmt::print("{} events, digest {}\n", judgement.events, sim::Show(judgement.digest));
  if (!run.play) {  // what a tape chose, no token says
    fmt::print("replay: {} replay {}\n", program_,
               scenarios::ShowToken(TokenOf(surveyed, run, judgement)));
  }
  return ExitCodeOf(judgement);
}

// The line that runs it again, and what it chose.
sim::Result<void> WriteTape(const std::string& path, const std::string& token,
                            const Judgement& judgement) {
  if (!judgement.tape) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     "The subject gives no tape: let it return JudgementOf its attempt.");
  }
  std::ofstream out(path, std::ios::binary);
  out << "# replay " << token << '\n' << sim::Show(*judgement.tape);
  out.flush();
  return out ? sim::Result<void>()
             : sim::Fail(sim::ErrorCode::kIo,
                         fmt::format("{} cannot be written.", text::QuotePath(path)));
}

int Lab::Run(const LabWords& words) {
  if (words.operands.size() != 1) {
    return ComplainAboutInput(std::cerr, "Name the one subject to run.");
  }
  const sim::Result<const Surveyed*> surveyed = Find(words.operands.front());
  if (!surveyed) {
    return Refuse(surveyed.error());
  }
  SubjectRun run{.seed = words.seed.value_or(1), .scheduling = words.scheduling};
  sim::Result<std::vector<KnobValue>> knobs = ReadKnobs(*(*surveyed)->subject, words.settings);
  if (!knobs) {
    return Refuse(knobs.error());
  }
  run.knobs = *std::move(knobs);
  if (!words.faults.empty()) {
    sim::Result<faults::FaultPlan> plan =
        faults::ParseInlineFaults(words.faults, (*surveyed)->cast);
    if (!plan) {
      return Refuse(plan.error());
    }
    run.plan = *std::move(plan);
  }
  run.records_tape = words.tape.has_value();
  const Judgement judgement =
      Perform(**surveyed, run, words.timeline ? sim::Keep::kTrace : sim::Keep::kNothing);
  if (words.timeline) {
    fmt::print("{}\n", reports::ShowTimeline(judgement.recording));
  }
  if (words.tape) {
    if (const sim::Result<void> written = WriteTape(
            *words.tape, scenarios::ShowToken(TokenOf(**surveyed, run, judgement)), judgement);
        !written) {
      return Refuse(written.error());
    }
  }
  return Tell(**surveyed, run, judgement);
}

sim::Result<std::pair<const Surveyed*, SubjectRun>> Lab::Pasted(
    const std::vector<std::string>& operands, ReplayToken& token) {
  std::string text = fmt::format("{}", fmt::join(operands, " "));
  // A token is no path, however long a path may be.
  if (operands.size() == 1 && !text.starts_with("fl1~")) {
    sim::Result<std::string> file = scenarios::ReadWholeFile(text);
    text = file ? *std::move(file) : text;
  }
  sim::Result<ReplayToken> found = scenarios::FindToken(text);
  if (!found) {
    return sim::Fail(found);
  }
  token = *std::move(found);
  const sim::Result<const Surveyed*> surveyed = Find(token.scenario);
  if (!surveyed) {
    return sim::Fail(surveyed);
  }
  sim::Result<SubjectRun> run = RunOf(**surveyed, token);
  if (!run) {
    return sim::Fail(run);
  }
  if (text.starts_with(kTapeBegin) || text.contains(fmt::format("\n{}", kTapeBegin))) {
    sim::Result<sim::Tape> tape = sim::ParseTape(text);
    if (!tape) {
      return sim::Fail(tape);
    }
    run->play = *std::move(tape);
  }
  return std::pair(*surveyed, *std::move(run));
}

int Lab::Replay(const LabWords& words) {
  ReplayToken token;
  const auto pasted = Pasted(words.operands, token);
  if (!pasted) {
    return Refuse(pasted.error());
  }
  const auto& [surveyed, run] = *pasted;
  const Judgement judgement =
      Perform(*surveyed, run, words.timeline ? sim::Keep::kTrace : sim::Keep::kNothing);
  if (words.timeline) {
    fmt::print("{}\n", reports::ShowTimeline(judgement.recording));
  }
  const int exit_code = Tell(*surveyed, run, judgement);
  if (run.play) {
    fmt::print("{}\n", sim::Show(judgement.tape_report));
  }
  if (sim::Show(judgement.digest).starts_with(token.digest) &&
      token.verdict == Name(judgement.verdict)) {
    fmt::print("The run is identical to the recorded one.\n");
    return exit_code;
  }
  fmt::print("The run is not the recorded one, which {}: {}.\n", token.verdict,
             token.build_id == ProgramBuild()
                 ? "nothing else has changed, so it is not deterministic"
                 : "the program has changed");
  return token.build_id == ProgramBuild() ? scenarios::kExitNondeterminism : exit_code;
}

int Lab::Shrink(const LabWords& words) {
  ReplayToken token;
  const auto pasted = Pasted(words.operands, token);
  if (!pasted) {
    return Refuse(pasted.error());
  }
  const auto& [surveyed, run] = *pasted;
  std::optional<scenarios::Alarm> alarm;
  if (words.how.for_ns) {
    alarm.emplace(*words.how.for_ns);
  }
  const scenarios::InterruptWatch interrupt;
  const ShrunkRun shrunk = ShrinkRun(
      *surveyed, run, [&] { return interrupt.signal() != 0 || (alarm && alarm->is_over()); });
  if (shrunk.judgement.verdict != Verdict::kFailed) {
    return ComplainAboutInput(std::cerr, "The run does not fail, so there is nothing to shrink.");
  }
  fmt::print("{}: {} faults of {}, {} runs tried\n",
             shrunk.stopped ? "the smallest so far" : "the smallest",
             scenarios::CountFaults(*shrunk.run.plan),
             scenarios::CountFaults(PlanOf(*surveyed, run)), shrunk.runs);
  for (const faults::Fault& fault : shrunk.run.plan->faults) {
    fmt::print("  --fault '{}'\n", faults::ShowInline(fault));
  }
  for (const KnobValue& knob : shrunk.run.knobs) {
    fmt::print("  --set {}={}\n", knob.name, knob.value);
  }
  Tell(*surveyed, shrunk.run, shrunk.judgement);
  return interrupt.signal() == 0 ? scenarios::kExitPassed
                                 : scenarios::ExitCodeOfSignal(interrupt.signal());
}

int Lab::Keep(const LabWords& words) {
  ReplayToken token;
  const auto pasted = Pasted(words.operands, token);
  if (!pasted) {
    return Refuse(pasted.error());
  }
  const auto& [surveyed, run] = *pasted;
  const Judgement judgement = Perform(*surveyed, run);
  if (judgement.verdict != Verdict::kFailed) {
    return ComplainAboutInput(std::cerr, "The run does not fail, so there is nothing to keep.");
  }
  const sim::Result<std::string> path = KeepRun(
      words.how.out.value_or(std::string(kKeptFolder)),
      words.name.value_or(fmt::format("{}-{}", surveyed->subject->name, judgement.signature)),
      {.signature = judgement.signature,
       .witness = judgement.witness,
       .token = scenarios::ShowToken(TokenOf(*surveyed, run, judgement)),
       .tape = run.play ? sim::Show(*run.play) : ""});
  if (!path) {
    return Refuse(path.error());
  }
  fmt::print("kept in {}; `{} regress` runs it again\n", *path, program_);
  return scenarios::kExitPassed;
}

int Lab::Regress(const LabWords& words) {
  const sim::Result<std::vector<std::string>> files =
      words.operands.empty() ? KeptIn(std::string(kKeptFolder)) : words.operands;
  if (!files) {
    return Refuse(files.error());
  }
  int exit_code = scenarios::kExitPassed;
  for (const std::string& file : *files) {
    const sim::Result<KeptRun> kept = ReadKept(file);
    if (!kept) {
      return Refuse(kept.error());
    }
    ReplayToken token;
    const auto pasted = Pasted({fmt::format("{}\n{}", kept->token, kept->tape)}, token);
    if (!pasted) {
      return ComplainAboutInput(std::cerr, fmt::format("{}: {}", file, pasted.error().message));
    }
    const Judgement judgement = Perform(*pasted->first, pasted->second);
    const bool is_same = judgement.signature == kept->signature;
    fmt::print("{}  {}\n", file,
               judgement.verdict != Verdict::kFailed ? std::string(Name(judgement.verdict))
               : is_same                             ? "fails as it did: " + judgement.witness
                                                     : "fails otherwise: " + judgement.witness);
    if (judgement.verdict == Verdict::kFailed) {
      exit_code = scenarios::kExitViolation;
    }
  }
  return exit_code;
}

int Lab::List() const {
  for (const Subject& subject : subjects_) {
    fmt::print("{:<16}  {}\n", subject.name, subject.what);
    for (const Knob& knob : subject.knobs) {
      fmt::print("{:<16}    --set {}={}, at least {}\n", "", knob.name, knob.usual, knob.least);
    }
  }
  return scenarios::kExitPassed;
}

int Lab::Dispatch(const LabWords& words) {
  struct Command {
    std::string_view verb;
    int (Lab::*perform)(const LabWords& words);
  };

  static constexpr auto kCommands = std::to_array<Command>({{"hunt", &Lab::Hunt},
                                                            {"run", &Lab::Run},
                                                            {"replay", &Lab::Replay},
                                                            {"shrink", &Lab::Shrink},
                                                            {"keep", &Lab::Keep},
                                                            {"regress", &Lab::Regress}});
  for (const Command& command : kCommands) {
    if (command.verb == words.verb) {
      return (this->*command.perform)(words);
    }
  }
  if (words.verb == "merge") {
    return scenarios::MergeHunts(
        {.places = words.operands, .strict = words.how.strict, .json = words.how.json}, nullptr,
        program_, std::cout, std::cerr);
  }
  return List();
}

// What is wrong with the subjects, or "".
std::string WhatIsWrong(const std::vector<Subject>& subjects) {
  std::vector<std::string_view> names;
  for (const Subject& subject : subjects) {
    const bool is_plain = !subject.name.empty() && std::ranges::all_of(subject.name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    if (!is_plain) {
      return fmt::format("A subject is called {}; use small letters, digits, _ and -.",
                         Quote(subject.name));
    }
    if (std::ranges::find(names, subject.name) != names.end()) {
      return fmt::format("There are two subjects called {}.", Quote(subject.name));
    }
    if (!subject.run) {
      return fmt::format("The subject {} has nothing that runs it.", Quote(subject.name));
    }
    names.push_back(subject.name);
  }
  return names.empty() ? "This program has no subject." : "";
}

}  // namespace

int Main(int argc, char** argv, const std::vector<Subject>& subjects) {
  // A file that may not grow is a write that fails, and is told as such.
  std::signal(SIGXFSZ, SIG_IGN);
  const std::string program = scenarios::ProgramWord(argc > 0 ? argv[0] : "");
  const std::vector<std::string> given(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (const std::string wrong = WhatIsWrong(subjects); !wrong.empty()) {
    return ComplainAboutInput(std::cerr, wrong);
  }
  const sim::Result<LabWords> words = ReadLabWords(given);
  if (!words) {
    return ComplainAboutInput(std::cerr, words.error().message);
  }
  if (words->help) {
    fmt::print("{}", LabUsage(program));
    return scenarios::kExitPassed;
  }
  return Lab(program, subjects).Dispatch(*words);
}

}  // namespace flinch::lab
