#include "scenarios/explain/explain.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
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
#include "scenarios/explain/trials.h"
#include "scenarios/explain/way.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/lab/fault_edits.h"
#include "scenarios/model/vary.h"
#include "scenarios/oracles/job_finishes.h"
#include "scenarios/oracles/progress.h"
#include "scenarios/oracles/retained_files.h"
#include "scenarios/stage/signature.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

constexpr size_t kFaultsTold = 3;
constexpr size_t kRestoresTold = 2;
constexpr size_t kFailuresTold = 3;
constexpr size_t kCausesTold = 6;
constexpr std::string_view kFaultPrefix = "fault.";
constexpr std::string_view kRestart = "restart";

bool IsAboutLiveness(const reports::Finding& finding) {
  return finding.oracle == JobFinishes::kName || finding.oracle == Progress::kName;
}

// Of these a record is right or wrong; all others concern what a protocol or the volume did.
bool IsAboutRecords(const reports::Finding& finding) {
  static constexpr auto kOracles = std::to_array<std::string_view>(
      {"exactly_once", "committed_stays", "consistent_cut", "commit_after_durable", "no_zombie",
       "no_open_transaction", "channel_counts", "restored_state"});
  return std::ranges::find(kOracles, finding.oracle) != kOracles.end();
}

// With a full stop, as a sentence of somebody else's may or may not have one.
std::string Ended(std::string text) { return text.ends_with('.') ? text : text + "."; }

// The checkpoint that a sentence names first.
std::optional<int64_t> CheckpointIn(std::string_view sentence) {
  constexpr std::string_view kWord = "heckpoint ";
  const size_t at = sentence.find(kWord);
  int64_t id = 0;
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const char* const begin = sentence.data() + at + kWord.size();
  return std::from_chars(begin, sentence.data() + sentence.size(), id).ec == std::errc()
             ? std::optional(id)
             : std::nullopt;
}

class Teller {
 public:
  Teller(const RunRequest& request, const ExplainOptions& options)
      : request_(request), options_(options) {
    request_.keep = sim::Keep::kEverything;
    request_.lens = {};
    // Its faults are drawn for what the seed made of it.
    request_.scenario = Vary(std::move(request_.scenario), request_.seed);
    if (!request_.plan) {
      request_.plan = PlanOf(request_.scenario, request_.workload, request_.seed);
    }
  }

  Story Tell() && {
    result_ = Run(request_);
    story_.verdict = result_.summary.verdict;
    story_.signature = SignatureOf(result_.summary);
    if (const reports::Finding* const finding = FirstFinding(result_.summary)) {
      TellFailure(*finding);
    } else {
      TellUnbroken();
    }
    return std::move(story_);
  }

 private:
  void Say(std::string sentence) {
    if (!sentence.empty()) {
      story_.sentences.push_back(std::move(sentence));
    }
  }

  History history() const { return History(result_.recording.events); }

  void TellFailure(const reports::Finding& finding) {
    Say(fmt::format("{}: {}", finding.oracle, finding.witness));
    FindSubject(finding);
    TellFaults();
    TellRestores();
    if (IsAboutLiveness(finding)) {
      TellStandstill();
    } else {
      TellProtocol(finding);
    }
    if (IsAboutRecords(finding)) {
      TellRecord(finding);
    }
    TellCauses();
    if (!options_.compares) {
      return;
    }
    for (std::string& sentence : TellTrials(
             request_, result_, {.signature = story_.signature, .compares = options_.compares})) {
      Say(std::move(sentence));
    }
  }

  // What a run that does not fail went through.
  void TellUnbroken() {
    const reports::RunSummary& summary = result_.summary;
    Say(summary.verdict == reports::Verdict::kPassed
            ? fmt::format("Nothing is broken: {} oracles looked.", summary.judged.size())
            : fmt::format("The run is inconclusive: {}", summary.reason));
    for (const std::string& sentence : result_.promise.excuses()) {
      if (!summary.reason.contains(sentence)) {
        Say("Not promised: " + sentence);
      }
    }
    TellFaults();
    for (const size_t index : Unfired()) {
      Say(fmt::format(
          "Fault {} never came{}", index,
          result_.why_not.at(index).empty() ? "." : ": " + Ended(result_.why_not.at(index))));
    }
    TellCheckpointFailures();
    TellRestarts();
    Say(summary.job_end);
    if (summary.job_end.empty()) {
      TellEnd();
    }
  }

  std::vector<size_t> Unfired() const {
    std::vector<size_t> unfired;
    for (size_t index = 0; index < result_.why_not.size(); ++index) {
      const std::vector<reports::FiredFault>& fired = result_.summary.faults;
      const bool has_fired =
          std::ranges::find(fired, index, &reports::FiredFault::fault) != fired.end();
      if (!has_fired && unfired.size() < kFaultsTold) {
        unfired.push_back(index);
      }
    }
    return unfired;
  }

  void TellCheckpointFailures() {
    const std::vector<reports::CheckpointFailure>& failures = result_.summary.checkpoint_failures;
    for (size_t index = 0; index < std::min(failures.size(), kFailuresTold); ++index) {
      const reports::CheckpointFailure& failure = failures[index];
      Say(fmt::format("Checkpoint {} failed at {} ({}){}{}.", failure.id,
                      reports::ShowClock(failure.at), failure.reason,
                      failure.missing.empty() ? "" : ": ", fmt::join(failure.missing, "; ")));
    }
    if (failures.size() > kFailuresTold) {
      Say(fmt::format("{} more checkpoints failed.", failures.size() - kFailuresTold));
    }
  }

  void TellRestarts() {
    const std::vector<reports::Restart>& restarts = result_.summary.restart_causes;
    for (size_t index = 0; index < std::min(restarts.size(), kFailuresTold); ++index) {
      const reports::Restart& restart = restarts[index];
      Say(fmt::format("The job was restarted {}, for at {}: {}",
                      restart.checkpoint == 0
                          ? std::string("from nothing")
                          : fmt::format("from checkpoint {}", restart.checkpoint),
                      reports::ShowClock(restart.at),
                      Ended(restart.cause.empty() ? "no cause was told" : restart.cause)));
    }
    if (restarts.size() > kFailuresTold) {
      Say(fmt::format("It was restarted {} more times.", restarts.size() - kFailuresTold));
    }
  }

  // What became of the job once nothing broke any more.
  void TellEnd() {
    const History past = history();
    const sim::SimTime healed(request_.scenario.limits.heal_after);
    size_t stored = 0;
    for (const RecordedEvent* const event : past.All(events::kCheckpointStored)) {
      stored += event->time >= healed ? 1U : 0U;
    }
    const std::vector<const RecordedEvent*> changes = past.All(events::kJobStatus);
    if (changes.empty() || changes.back()->Text("to") != "FINISHED") {
      TellStandstill();
    } else if (changes.back()->time < healed || result_.summary.faults.empty()) {
      Say(fmt::format("The job finished at {}.", At(*changes.back())));
    } else {
      Say(
          fmt::format("All was healed at {}; after that {} checkpoint{} stored, and the job "
                      "finished at {}.",
                      reports::ShowClock(healed), stored, stored == 1 ? " was" : "s were",
                      At(*changes.back())));
    }
  }

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
    const bool is_told =
        transaction_.empty() ? checkpoint_.has_value() : !TellWrongStep(past, transaction_).empty();
    if (!is_told && IsAboutRecords(finding)) {
      FindTransaction(finding);
    }
    if (!transaction_.empty() && past.CheckpointOf(transaction_)) {
      checkpoint_ = past.CheckpointOf(transaction_);
    }
    if (!checkpoint_ && transaction_.empty()) {
      checkpoint_ = CheckpointIn(finding.witness);
    }
    if (witness_ == nullptr && !transaction_.empty()) {
      witness_ = past.CommitOf(transaction_);
    }
  }

  // Of those that the witness names, the one that went wrong; otherwise the one in which what is
  // lost was written.
  void FindTransaction(const reports::Finding& finding) {
    const History past = history();
    for (const RecordedEvent* const begun : past.All(events::kTransactionBegun)) {
      const std::string name(begun->Text("transaction").value_or(""));
      if (!name.empty() && finding.witness.contains("\"" + name + "\"")) {
        Prefer(past, name);
      }
    }
    if (finding.breach != "lost") {
      return;
    }
    const JobCase* const job = JobOf(request_.scenario);
    for (const OutputRecord& record : result_.uncommitted) {
      const auto show = job == nullptr ? nullptr : job->outputs.at(record.output).show_value;
      const std::string value = show ? show(record.value) : record.value;
      const bool is_it =
          finding.witness.contains("\"" + record.key + "\"") && finding.witness.contains(value);
      if (is_it) {
        Prefer(past, record.transaction);
      }
    }
  }

  // The first that is known, or the first on whose way a step was wrong.
  void Prefer(const History& past, const std::string& transaction) {
    const bool is_guilty = !TellWrongStep(past, transaction).empty();
    if (transaction_.empty() || (is_guilty && TellWrongStep(past, transaction_).empty())) {
      transaction_ = transaction;
    }
  }

  // A crash and its restart are one.
  void TellFaults() {
    std::vector<reports::FiredFault> fired = result_.summary.faults;
    std::erase_if(fired, [](const reports::FiredFault& fault) { return fault.kind == kRestart; });
    if (fired.empty()) {
      Say(story_.verdict == reports::Verdict::kFailed ? "No fault is needed for it: none came."
                                                      : "No fault came.");
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
    const RecordedEvent* restart = nullptr;
    for (const RecordedEvent& event : past.events()) {
      const bool is_its = fired.kind == "crash" && event.kind == "fault.restart" &&
                          event.Text("process") == fired.target && event.id > act->id;
      restart = restart == nullptr && is_its ? &event : restart;
    }
    return fmt::format(
        "{} came at {}{}{}.", name, At(*act),
        anchor == nullptr ? "" : fmt::format(", at {}, #{}", Describe(*anchor), anchor->id.value()),
        restart == nullptr ? "" : "; it was restarted at " + At(*restart));
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

  void TellProtocol(const reports::Finding& finding) {
    const History past = history();
    if (!transaction_.empty()) {
      const std::string wrong = TellWrongStep(past, transaction_);
      Say(TellWay(past, transaction_));
      Say(wrong);
      if (wrong.empty() && finding.oracle == "exactly_once" && finding.breach != "lost") {
        Say(fmt::format(
            "That is as it should be: the record was wrong when it reached the sink{}.",
            restored_from_ ? fmt::format(", around the restore from checkpoint {}", *restored_from_)
                           : ""));
      }
      return;
    }
    if (!checkpoint_ && IsAboutRecords(finding)) {
      checkpoint_ = restored_from_;
    }
    if (checkpoint_) {
      Say(past.TellCheckpoint(*checkpoint_));
    }
    if (checkpoint_ && finding.oracle == RetainedFiles::kName) {
      for (std::string& sentence : TellFiles(past, *checkpoint_)) {
        Say(std::move(sentence));
      }
      if (finding.breach == "leaked") {
        Say("No record is concerned: what is wrong lies on the shared volume.");
      }
    }
    if (witness_ != nullptr) {
      Say(past.TellEarlyNotification(*witness_));
      Say(finding.breach == "lives_on" ? TellOutlived(past, *witness_) : "");
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
      const auto count =
          std::ranges::count(result_.output, transaction_, &OutputRecord::transaction);
      Say(fmt::format("Transaction \"{}\" made visible: {} record{}, the first with key \"{}\".",
                      transaction_, count, count == 1 ? "" : "s", reports::OneLine(record->key)));
    } else if (transaction_.empty() && told.breach == "lost" &&
               history().LostTransactions().empty()) {
      Say(fmt::format("It is in no transaction, committed or not: it was lost before the sinks{}.",
                      restored_from_
                          ? fmt::format(", around the restore from checkpoint {}", *restored_from_)
                          : ""));
    }
  }

  void TellCauses() {
    if (witness_ == nullptr || !transaction_.empty()) {
      return;  // its way has been told
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

  RunRequest request_;
  ExplainOptions options_;
  RunResult result_;
  Story story_;
  const RecordedEvent* witness_ = nullptr;
  std::string transaction_;
  std::optional<int64_t> checkpoint_;
  std::optional<int64_t> restored_from_;
};

}  // namespace

Story Explain(const RunRequest& request, const ExplainOptions& options) {
  return Teller(request, options).Tell();
}

}  // namespace flinch::scenarios
