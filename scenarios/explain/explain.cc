#include "scenarios/explain/explain.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/events.h"
#include "reports/plain_text.h"
#include "scenarios/aim/cast.h"
#include "scenarios/explain/history.h"
#include "scenarios/lab/fault_edits.h"
#include "scenarios/model/vary.h"
#include "scenarios/oracles/job_finishes.h"
#include "scenarios/oracles/progress.h"
#include "scenarios/shrink/shrink.h"
#include "scenarios/stage/signature.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

constexpr sim::Duration kStep = std::chrono::milliseconds(10);
constexpr size_t kFaultsTold = 3;
constexpr size_t kRestoresTold = 2;
constexpr size_t kCausesTold = 6;
constexpr std::string_view kFaultPrefix = "fault.";

// A run that differs from the failing one in one thing.
struct Trial {
  std::string change;  // "without fault 0 (crash tm-2)"
  RunRequest request;
  reports::RunSummary summary{};
};

std::string NameOf(const faults::FaultPlan& plan, size_t fault) {
  const faults::Action& what = plan.faults[fault].what;
  return fmt::format("fault {} ({} {})", fault, faults::KindOf(what), faults::TargetOf(what));
}

bool IsAboutLiveness(const reports::Finding& finding) {
  return finding.oracle == JobFinishes::kName || finding.oracle == Progress::kName;
}

class Teller {
 public:
  explicit Teller(const RunRequest& request) : request_(request) {
    request_.keep = sim::Keep::kEverything;
    request_.lens = {};
    // Its faults are drawn for what the seed made of it.
    request_.scenario = Vary(std::move(request_.scenario), request_.seed);
    if (!request_.plan) {
      request_.plan = PlanOf(request_.scenario, request_.workload, request_.seed);
    }
  }

  sim::Result<Story> Tell() {
    result_ = Run(request_);
    story_.signature = SignatureOf(result_.summary);
    const reports::Finding* const finding = FirstFinding(result_.summary);
    if (finding == nullptr) {
      return sim::Fail(sim::ErrorCode::kInvalidArgument,
                       fmt::format("The run is {}; there is nothing to explain.",
                                   reports::Name(result_.summary.verdict)));
    }
    Say(fmt::format("{}: {}", finding->oracle, finding->witness));
    FindSubject(*finding);
    TellFaults();
    TellRestores();
    if (IsAboutLiveness(*finding)) {
      TellStandstill();
    } else {
      TellProtocol();
      TellRecord(*finding);
    }
    TellCauses();
    TellTrials();
    return std::move(story_);
  }

 private:
  void Say(std::string sentence) {
    if (!sentence.empty()) {
      story_.sentences.push_back(std::move(sentence));
    }
  }

  History history() const { return History(result_.recording.events); }

  // The event, the transaction and the checkpoint that the finding is about, as far as they can be
  // told.
  void FindSubject(const reports::Finding& finding) {
    const History past = history();
    if (finding.event) {
      witness_ = past.Find(*finding.event);
    }
    if (witness_ != nullptr) {
      transaction_ = witness_->Text("transaction").value_or("");
      checkpoint_ = witness_->Number("checkpoint");
      if (!checkpoint_ && witness_->kind.starts_with("checkpoint.")) {
        checkpoint_ = witness_->Number("id");
      }
    }
    if (transaction_.empty() && !checkpoint_) {
      FindTransaction(finding.witness);
    }
    if (!checkpoint_ && !transaction_.empty()) {
      checkpoint_ = past.CheckpointOf(transaction_);
    }
    if (witness_ == nullptr && !transaction_.empty()) {
      witness_ = past.CommitOf(transaction_);
    }
  }

  // Of those that the witness names, the one that went wrong; otherwise one that was lost.
  void FindTransaction(const std::string& witness) {
    const History past = history();
    for (const RecordedEvent* const begun : past.All(events::kTransactionBegun)) {
      const std::string name(begun->Text("transaction").value_or(""));
      if (!name.empty() && witness.contains("\"" + name + "\"") &&
          (transaction_.empty() || past.TellMissingStep(transaction_).empty())) {
        transaction_ = name;
      }
    }
    const std::vector<std::string> lost = past.LostTransactions();
    if (transaction_.empty() && !lost.empty()) {
      transaction_ = lost.front();
    }
  }

  void TellFaults() {
    const std::vector<reports::FiredFault>& fired = result_.summary.faults;
    if (fired.empty()) {
      Say("No fault is needed for it: none came.");
    }
    std::set<uint64_t> told;
    for (size_t index = 0; index < std::min(fired.size(), kFaultsTold); ++index) {
      Say(TellFault(fired[index], told));
    }
    if (fired.size() > kFaultsTold) {
      const size_t more = fired.size() - kFaultsTold;
      Say(fmt::format("{} more {} came; `flinch shrink` leaves those that matter.", more,
                      more == 1 ? "fault" : "faults"));
    }
  }

  std::string TellFault(const reports::FiredFault& fired, std::set<uint64_t>& told) const {
    const History past = history();
    const auto act = std::ranges::find_if(past.events(), [&](const RecordedEvent& event) {
      return event.kind.starts_with(kFaultPrefix) && event.time == fired.at &&
             !told.contains(event.id.value());
    });
    const std::string name = fmt::format("Fault {} ({} {})", fired.fault, fired.kind, fired.target);
    if (act == past.events().end()) {
      return fmt::format("{} came at {}.", name, reports::ShowClock(fired.at));
    }
    told.insert(act->id.value());
    const auto* const waited =
        std::get_if<faults::AtEvent>(&request_.plan->faults.at(fired.fault).when);
    // The last one of what it waited for.
    const RecordedEvent* anchor = nullptr;
    for (const RecordedEvent& event : past.events()) {
      if (waited != nullptr && event.id < act->id && event.kind == waited->kind) {
        anchor = &event;
      }
    }
    return fmt::format("{} came at {}{}.", name, At(*act),
                       anchor == nullptr
                           ? ""
                           : fmt::format(", at {}, #{}", Describe(*anchor), anchor->id.value()));
  }

  void TellRestores() {
    const History past = history();
    const std::vector<const RecordedEvent*> starts = past.All(events::kJobRestored);
    for (size_t index = 1; index < starts.size(); ++index) {
      const int64_t checkpoint = starts[index]->Number("checkpoint").value_or(0);
      restored_from_ = checkpoint;
      if (index <= kRestoresTold) {
        Say(checkpoint == 0
                ? fmt::format("The job was started again from nothing at {}.", At(*starts[index]))
                : fmt::format("The job was restored from checkpoint {} at {}.", checkpoint,
                              At(*starts[index])));
      }
    }
  }

  void TellProtocol() {
    const History past = history();
    if (!checkpoint_) {
      checkpoint_ = restored_from_;
    }
    if (checkpoint_) {
      Say(past.TellCheckpoint(*checkpoint_));
    }
    if (witness_ != nullptr) {
      Say(past.TellEarlyNotification(*witness_));
    }
    if (!transaction_.empty()) {
      Say(past.TellMissingStep(transaction_));
    }
  }

  // Nothing wrong was done; something right was not.
  void TellStandstill() {
    for (std::string& sentence : history().TellStandstill()) {
      Say(std::move(sentence));
    }
    const std::string& stuck = result_.summary.stuck;
    if (!stuck.empty()) {
      const std::string head = stuck.substr(0, stuck.find('\n'));
      Say(fmt::format("Who waits: {}{}", head, head.ends_with("…") ? "" : "."));
    }
  }

  // What somebody who reads the output sees of it.
  void TellRecord(const reports::Finding& told) {
    const std::vector<reports::Finding>& findings = result_.summary.findings;
    const auto seen = std::ranges::find(findings, "exactly_once", &reports::Finding::oracle);
    if (seen != findings.end() && &*seen != &told) {
      Say("In the output: " + seen->witness);
      return;
    }
    const auto record = std::ranges::find(result_.output, transaction_, &OutputRecord::transaction);
    if (!transaction_.empty() && record != result_.output.end()) {
      Say(fmt::format(
          "Transaction \"{}\" made visible: {} record{}, the first with key \"{}\".", transaction_,
          std::ranges::count(result_.output, transaction_, &OutputRecord::transaction),
          std::ranges::count(result_.output, transaction_, &OutputRecord::transaction) == 1 ? ""
                                                                                            : "s",
          reports::OneLine(record->key)));
    } else if (transaction_.empty() && restored_from_) {
      Say(
          fmt::format("Every transaction of a stored checkpoint was committed: what is wrong with "
                      "the record went wrong in the tasks, around checkpoint {} and the restore "
                      "from it.",
                      *restored_from_));
    }
  }

  void TellCauses() {
    if (witness_ == nullptr) {
      return;
    }
    std::vector<std::string> steps;
    for (const RecordedEvent* const event : history().CausesOf(*witness_, kCausesTold)) {
      steps.push_back(
          fmt::format("{} of {} (#{})", event->kind, event->process, event->id.value()));
    }
    if (steps.size() > 1) {
      Say(fmt::format("What led there: {}.", fmt::join(steps, " -> ")));
    }
  }

  // ---- What is tried out

  Trial Try(std::string change, RunRequest request) const {
    request.keep = sim::Keep::kNothing;
    request.scenario.limits.events =
        std::min(request.scenario.limits.events, result_.summary.events * 2 + 1000);
    Trial trial{.change = std::move(change), .request = std::move(request)};
    trial.summary = Run(trial.request).summary;
    return trial;
  }

  std::string Outcome(const Trial& trial) const {
    if (trial.summary.verdict != reports::Verdict::kFailed) {
      return trial.summary.verdict == reports::Verdict::kPassed ? "passes" : "is inconclusive";
    }
    const std::string signature = SignatureOf(trial.summary);
    return signature == story_.signature ? "fails like this" : "fails with " + signature;
  }

  std::vector<Trial> TryFault(size_t index) const {
    const faults::FaultPlan& plan = *request_.plan;
    std::vector<Trial> trials;
    const auto try_plan = [&](const std::string& change, faults::FaultPlan other) {
      if (faults::CheckAgainst(other, CastOf(request_.scenario)).empty()) {
        RunRequest request = request_;
        request.plan = std::move(other);
        trials.push_back(Try(change, std::move(request)));
      }
    };
    for (const auto& [move, word] :
         {std::pair(Move::kEarlier, "a step earlier"), std::pair(Move::kLater, "a step later")}) {
      if (const std::optional<faults::Fault> moved = MoveFault(plan.faults[index], move)) {
        faults::FaultPlan other = plan;
        other.faults[index] = *moved;
        try_plan(fmt::format("with {} {}", NameOf(plan, index), word), std::move(other));
      }
    }
    std::vector<uint64_t> others;
    for (uint64_t other = 0; other < plan.faults.size(); ++other) {
      if (other != index) {
        others.push_back(other);
      }
    }
    try_plan("without " + NameOf(plan, index), KeepFaults(plan, others, result_.summary.faults));
    return trials;
  }

  void TellTrials() {
    std::optional<Trial> nearest;
    const size_t count = std::min(request_.plan->faults.size(), kFaultsTold);
    for (size_t index = 0; index < count; ++index) {
      std::vector<std::string> outcomes;
      for (Trial& trial : TryFault(index)) {
        outcomes.push_back(fmt::format("{} it {}", trial.change, Outcome(trial)));
        if (!nearest && trial.summary.verdict == reports::Verdict::kPassed) {
          nearest = std::move(trial);
        }
      }
      if (!outcomes.empty()) {
        outcomes.front().front() = 'W';  // "With…"
        Say(fmt::format("{}.", fmt::join(outcomes, "; ")));
      }
    }
    if (nearest) {
      TellDeparture(*nearest);
    }
    if (!request_.defects.empty()) {
      RunRequest right = request_;
      right.defects = {};
      const Trial trial =
          Try(fmt::format("without {}", fmt::join(NamesOf(request_.defects), " and ")), right);
      if (trial.summary.verdict == reports::Verdict::kPassed) {
        TellDeparture(trial);
      }
    }
  }

  // The first thing that somebody could see.
  void TellDeparture(const Trial& trial) {
    RunRequest request = trial.request;
    request.keep = sim::Keep::kTrace;
    const RunResult passed = Run(request);
    Say(fmt::format("The run {} passes; it {}.", trial.change,
                    scenarios::TellDeparture(result_.recording.events, passed.recording.events)));
  }

  RunRequest request_;
  RunResult result_;
  Story story_;
  const RecordedEvent* witness_ = nullptr;
  std::string transaction_;
  std::optional<int64_t> checkpoint_;
  std::optional<int64_t> restored_from_;
};

}  // namespace

sim::Result<Story> Explain(const RunRequest& request) { return Teller(request).Tell(); }

std::optional<faults::Fault> MoveFault(faults::Fault fault, Move move) {
  const bool earlier = move == Move::kEarlier;
  const auto shift = [earlier](sim::Duration& span) {
    if (earlier && span < kStep) {
      return false;
    }
    span += earlier ? -kStep : kStep;
    return true;
  };
  bool moved = false;
  if (auto* const at = std::get_if<faults::AtTime>(&fault.when)) {
    sim::Duration span = at->time - sim::kEpoch;
    moved = shift(span);
    at->time = sim::kEpoch + span;
  } else if (auto* const event = std::get_if<faults::AtEvent>(&fault.when)) {
    moved = !earlier || event->nth > 1;
    event->nth += !moved ? 0 : earlier ? uint64_t{0} - 1 : 1;
  } else if (auto* const after = std::get_if<faults::AfterFault>(&fault.when)) {
    moved = shift(after->delay);
  }
  return moved ? std::optional(fault) : std::nullopt;
}

}  // namespace flinch::scenarios
