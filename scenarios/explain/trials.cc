#include "scenarios/explain/trials.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/aim/cast.h"
#include "scenarios/explain/history.h"
#include "scenarios/lab/fault_edits.h"
#include "scenarios/shrink/shrink.h"
#include "scenarios/stage/signature.h"

namespace flinch::scenarios {

namespace {

constexpr sim::Duration kStep = std::chrono::milliseconds(10);
constexpr size_t kFaultsTried = 3;

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

// Whether a fault ends this crash: both are one.
bool IsItsRestart(const faults::Fault& fault, size_t crash) {
  const auto* const after = std::get_if<faults::AfterFault>(&fault.when);
  return std::holds_alternative<faults::Restart>(fault.what) && after != nullptr &&
         after->fault == crash;
}

class Trials {
 public:
  Trials(const RunRequest& request, const RunResult& result, const TrialOptions& options)
      : request_(request), result_(result), options_(options) {}

  std::vector<std::string> Tell() && {
    std::optional<Trial> nearest;
    const faults::FaultPlan& plan = *request_.plan;
    for (size_t index = 0, tried = 0; index < plan.faults.size() && tried < kFaultsTried; ++index) {
      if (std::holds_alternative<faults::Restart>(plan.faults[index].what)) {
        continue;  // the end of a crash, and no fault of its own
      }
      ++tried;
      std::vector<std::string> outcomes;
      for (Trial& trial : TryFault(index)) {
        outcomes.push_back(fmt::format("{} it {}", trial.change, Outcome(trial)));
        if (!nearest && trial.summary.verdict == reports::Verdict::kPassed) {
          nearest = std::move(trial);
        }
      }
      if (!outcomes.empty()) {
        outcomes.front().front() = 'W';  // "With…"
        sentences_.push_back(fmt::format("{}.", fmt::join(outcomes, "; ")));
      }
    }
    if (options_.compares) {
      Compare(nearest);
    }
    return std::move(sentences_);
  }

 private:
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
    return signature == options_.signature ? "fails like this" : "fails with " + signature;
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
      if (other != index && !IsItsRestart(plan.faults[other], index)) {
        others.push_back(other);
      }
    }
    try_plan("without " + NameOf(plan, index), KeepFaults(plan, others, result_.summary.faults));
    return trials;
  }

  void Compare(const std::optional<Trial>& nearest) {
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
    sentences_.push_back(
        fmt::format("The run {} passes; it {}.", trial.change,
                    scenarios::TellDeparture(result_.recording.events, passed.recording.events)));
  }

  const RunRequest& request_;
  const RunResult& result_;
  const TrialOptions& options_;
  std::vector<std::string> sentences_;
};

}  // namespace

std::vector<std::string> TellTrials(const RunRequest& request, const RunResult& result,
                                    const TrialOptions& options) {
  return Trials(request, result, options).Tell();
}

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
