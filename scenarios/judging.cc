#include "scenarios/judging.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "scenarios/budget.h"
#include "scenarios/jobs.h"
#include "scenarios/oracles/catalogue.h"
#include "scenarios/signature.h"

namespace flinch::scenarios {

namespace {

// The views of a kept event.
class Shown {
 public:
  explicit Shown(const SeenEvent& seen) {
    const sim::RecordedEvent& kept = seen.event;
    for (const sim::RecordedEvent::OwnedField& field : kept.fields) {
      if (const auto* const number = std::get_if<int64_t>(&field.value)) {
        fields_.emplace_back(field.name, *number);
      } else {
        fields_.emplace_back(field.name, std::string_view(std::get<std::string>(field.value)));
      }
    }
    event_ = {.id = kept.id,
              .cause = kept.cause,
              .time = kept.time,
              .process = seen.process,
              .process_name = kept.process,
              .kind = kept.kind,
              .fields = fields_};
  }

  const sim::TraceEvent& event() const { return event_; }

 private:
  std::vector<sim::Field> fields_;
  sim::TraceEvent event_;
};

class Court {
 public:
  Court(const Evidence& evidence, std::vector<std::unique_ptr<Oracle>> oracles)
      : evidence_(evidence), outside_(evidence.looks), state_(evidence.state) {
    if (const RegisteredJob* const job = FindJob(evidence.job)) {
      state_.show_value = job->show_value;
    }
    Subject subject = evidence.subject;
    subject.outside = &outside_;
    for (std::unique_ptr<Oracle>& oracle : oracles) {
      oracle->OnSubject(subject);
      seats_.push_back({.oracle = std::move(oracle)});
    }
  }

  JudgedAgain Hold() {
    for (const SeenEvent& seen : evidence_.events) {
      const Shown shown(seen);
      outside_.MoveTo(seen.event.id);
      for (Seat& seat : seats_) {
        seat.oracle->OnEvent(shown.event());
        NoteBlindness(seat);
      }
    }
    outside_.MoveTo({});
    JudgedAgain judged{.summary = evidence_.summary};
    judged.summary.findings = evidence_.found;
    judged.summary.judged.clear();
    for (Seat& seat : seats_) {
      Ask(seat, judged);
    }
    return judged;
  }

 private:
  struct Seat {
    std::unique_ptr<Oracle> oracle;
    bool is_blind = false;
  };

  void NoteBlindness(Seat& seat) { seat.is_blind = outside_.TakeMissed() || seat.is_blind; }

  void Ask(Seat& seat, JudgedAgain& judged) {
    std::vector<reports::Finding> findings = seat.oracle->Judge(state_);
    NoteBlindness(seat);
    const std::string name(seat.oracle->name());
    if (seat.is_blind) {
      judged.not_judged.push_back(
          {.oracle = name,
           .why = "It could not look at the shared volume where no judge of the run did."});
      return;
    }
    judged.summary.judged.push_back({.oracle = name, .events = seat.oracle->seen()});
    for (reports::Finding& finding : findings) {
      judged.summary.findings.push_back(std::move(finding));
    }
  }

  const Evidence& evidence_;
  RecordedOutside outside_;
  FinalState state_;
  std::vector<Seat> seats_;
};

}  // namespace

void Conclude(std::optional<std::string> excuse, reports::RunSummary& summary) {
  summary.verdict =
      summary.findings.empty() ? reports::Verdict::kPassed : reports::Verdict::kFailed;
  summary.reason.clear();
  if (!summary.findings.empty() && excuse) {
    summary.verdict = reports::Verdict::kInconclusive;
    summary.reason = *std::move(excuse);
    summary.findings.clear();
  }
  summary.signature = SignatureOf(summary);
}

sim::Result<JudgedAgain> JudgeAgain(const Evidence& evidence,
                                    std::span<const std::string> oracles) {
  // Those of the run may have other names by now.
  std::vector<std::string> names(oracles.begin(), oracles.end());
  std::vector<NotJudged> gone;
  if (oracles.empty()) {
    for (const std::string& name : evidence.oracles) {
      if (FindOracle(name) != nullptr) {
        names.push_back(name);
      } else {
        gone.push_back({.oracle = name, .why = "This flinch has no oracle of that name."});
      }
    }
  }
  // No names would mean all.
  const bool is_nobody_left = names.empty() && !gone.empty();
  sim::Result<std::vector<std::unique_ptr<Oracle>>> made = MakeOracles(names);
  if (!made) {
    return sim::Fail(made);
  }
  if (is_nobody_left) {
    made->clear();
  }
  JudgedAgain judged = Court(evidence, *std::move(made)).Hold();
  judged.not_judged.insert(judged.not_judged.begin(), gone.begin(), gone.end());
  Conclude(ExcuseFor(judged.summary.findings, evidence.excuses), judged.summary);
  if (judged.summary.verdict == reports::Verdict::kPassed && !judged.not_judged.empty()) {
    judged.summary.verdict = reports::Verdict::kInconclusive;
    judged.summary.reason = fmt::format("{} did not judge: {}", judged.not_judged.front().oracle,
                                        judged.not_judged.front().why);
  }
  return judged;
}

}  // namespace flinch::scenarios
