#include "scenarios/oracles/exactly_once.h"

#include <algorithm>
#include <numeric>
#include <ranges>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "reports/plain_text.h"
#include "scenarios/lab/portable_path.h"
#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/laws.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

namespace {

// A job that restarts for ever must not fill the memory of its judge.
constexpr size_t kDisturbancesMax = 10'000;
constexpr size_t kTransactionsShown = 6;
constexpr size_t kDisturbancesShown = 4;

std::vector<const OutputRecord*> InLogOrder(std::vector<const OutputRecord*> records) {
  const auto by_log = [](const OutputRecord* record) {
    return std::tuple(record->log_partition, record->offset);
  };
  if (!std::ranges::is_sorted(records, {}, by_log)) {
    // Of one place, in the order in which they were found.
    std::vector<size_t> places(records.size());
    std::iota(places.begin(), places.end(), size_t{0});
    std::ranges::sort(places, {}, [&](size_t place) {
      return std::tuple(records[place]->log_partition, records[place]->offset, place);
    });
    std::vector<const OutputRecord*> sorted;
    sorted.reserve(records.size());
    for (const size_t place : places) {
      sorted.push_back(records[place]);
    }
    return sorted;
  }
  return records;
}

OutputView ViewOf(const FinalState& state, size_t output) {
  OutputView view{.expected = {},
                  .found = {},
                  .complete = state.job_finished,
                  .rows = state.rows,
                  .dropped = state.dropped,
                  .out_of_orderness = state.out_of_orderness};
  for (const ExpectedRecord& record : state.expected) {
    if (record.output == output) {
      view.expected.push_back(&record);
    }
  }
  for (const OutputRecord& record : state.output) {
    if (record.output == output) {
      view.found.push_back(&record);
    }
  }
  view.found = InLogOrder(std::move(view.found));
  return view;
}

// " (The law same_multiset of main.cc:47.)"; "" of one that is the library's own.
std::string ShowLaw(const JudgedOutput& output) {
  const std::string place = ShowPlace(output.where);
  return place.empty() ? "" : fmt::format(" (The law {} of {}.)", output.law.name, place);
}

class Sentences {
 public:
  explicit Sentences(const JudgedOutput& output) : output_(output) {}

  std::string Value(std::string_view value) const {
    return output_.show_value ? output_.show_value(value) : ShowBytes(value);
  }

  std::string Name(std::string_view key, std::string_view value) const {
    return fmt::format("The record with key {} and value {}", ShowBytes(key), Value(value));
  }

  std::string Lost(const OutputBreach& breach) const {
    const std::string name = Name(breach.key, breach.value);
    if (breach.copies.empty()) {
      return fmt::format("{} is missing from the output.", name);
    }
    return fmt::format("{} is missing from the output: it is there {} instead of {}.", name,
                       Times(breach.copies.size()), Times(breach.expected));
  }

  std::string Misplaced(const OutputBreach& breach) const {
    const OutputRecord& record = *breach.copies.front();
    const std::string earlier =
        breach.earlier == nullptr
            ? std::string("another")
            : fmt::format("value {} at log partition {} offset {}", Value(breach.earlier->value),
                          breach.earlier->log_partition, breach.earlier->offset);
    return fmt::format(
        "{} is out of order: it stands at log partition {} offset {} after {}, which comes later "
        "in the reference.",
        Name(record.key, record.value), record.log_partition, record.offset, earlier);
  }

 private:
  const JudgedOutput& output_;
};

std::string Totals(const std::vector<OutputBreach>& breaches) {
  const auto count = [&breaches](std::string_view kind) {
    return std::ranges::count(breaches, kind, &OutputBreach::kind);
  };
  const auto known = count("doubled") + count("foreign") + count("lost") + count("misplaced");
  const auto others = std::ssize(breaches) - known;
  return fmt::format("In all: {} doubled, {} foreign, {} missing, {} out of order{}.",
                     count("doubled"), count("foreign"), count("lost"), count("misplaced"),
                     others == 0 ? "" : fmt::format(", {} others", others));
}

}  // namespace

void ExactlyOnce::OnSink(const sim::TraceEvent& event) {
  const auto name = event.Text("transaction");
  const auto checkpoint = event.Number("checkpoint");
  if (!name.has_value() || !checkpoint.has_value()) {
    return;
  }
  Transaction& transaction = transactions_[std::string(*name)];
  if (!transaction.committed.has_value() || transaction.checkpoint == 0) {
    transaction.checkpoint = *checkpoint;
  }
  if (event.kind == events::kSinkCommitted && !transaction.committed.has_value()) {
    transaction.committed = event.time;
    transaction.commit = event.id;
  }
}

void ExactlyOnce::OnCommitted(const sim::TraceEvent& event) {
  See();
  const auto name = event.Text("transaction");
  if (!name.has_value()) {
    return;
  }
  Transaction& transaction = transactions_[std::string(*name)];
  if (!transaction.committed.has_value()) {
    transaction.committed = event.time;
    transaction.commit = event.id;
  }
}

void ExactlyOnce::OnDisturbance(const sim::TraceEvent& event, std::string what) {
  if (disturbances_.size() < kDisturbancesMax) {
    disturbances_.push_back({.time = event.time, .what = std::move(what)});
  }
}

std::vector<std::string_view> ExactlyOnce::wants() const {
  return {"sink.",
          events::kTransactionCommitted,
          "fault.crash",
          events::kJobRestored,
          events::kJobSubmitted,
          events::kJobParallelism};
}

void ExactlyOnce::OnEvent(const sim::TraceEvent& event) {
  if (event.kind.starts_with("sink.")) {
    OnSink(event);
  } else if (event.kind == events::kTransactionCommitted) {
    OnCommitted(event);
  } else if (event.kind == "fault.crash") {
    OnDisturbance(event, FieldText(event, "process") + " crashed");
  } else if (event.kind == events::kJobSubmitted || event.kind == events::kJobParallelism) {
    is_rescaled_ = true;
  } else if (event.kind == events::kJobRestored) {
    const auto checkpoint = event.Number("checkpoint").value_or(0);
    OnDisturbance(event, checkpoint == 0
                             ? std::string("the job was started from nothing")
                             : fmt::format("the job was restored from checkpoint {}", checkpoint));
  }
}

Mark ExactlyOnce::MarkOf(const OutputBreach& breach) const {
  if (breach.copies.empty() || breach.kind == "lost") {
    return {.breach = breach.kind, .role = {}};
  }
  std::vector<sim::EventId> commits;
  for (const OutputRecord* copy : breach.copies) {
    const auto found = transactions_.find(copy->transaction);
    if (found != transactions_.end() && found->second.commit) {
      commits.push_back(*found->second.commit);
    }
  }
  std::ranges::sort(commits);
  Mark mark{.breach = breach.kind, .role = RoleOf(breach.copies.front()->transaction)};
  // The first copy beyond those that should be there.
  const uint64_t allowed = breach.kind == "doubled" ? breach.expected : 0;
  if (allowed < commits.size()) {
    mark.event = commits[allowed];
  }
  return mark;
}

std::optional<sim::SimTime> ExactlyOnce::CommitTime(const OutputRecord& record) const {
  const auto found = transactions_.find(record.transaction);
  return found == transactions_.end() ? std::nullopt : found->second.committed;
}

std::string ExactlyOnce::ShowTransaction(const std::string& transaction) const {
  const auto found = transactions_.find(transaction);
  if (found == transactions_.end()) {
    return fmt::format("\"{}\"", transaction);
  }
  const auto& [checkpoint, committed, commit] = found->second;
  std::vector<std::string> known;
  if (checkpoint != 0) {
    known.push_back(fmt::format("checkpoint {}", checkpoint));
  }
  if (committed.has_value()) {
    known.push_back("at " + reports::ShowClock(*committed));
  }
  return known.empty() ? fmt::format("\"{}\"", transaction)
                       : fmt::format("\"{}\" ({})", transaction, fmt::join(known, ", "));
}

std::string ExactlyOnce::ShowCopies(const std::vector<const OutputRecord*>& copies) const {
  std::vector<std::pair<std::string, uint64_t>> counts;  // in the order of the first copies
  for (const OutputRecord* copy : copies) {
    const auto found =
        std::ranges::find(counts, copy->transaction, &std::pair<std::string, uint64_t>::first);
    if (found == counts.end()) {
      counts.emplace_back(copy->transaction, 1);
    } else {
      ++found->second;
    }
  }
  std::vector<std::string> texts;
  for (const auto& [transaction, count] : counts | std::views::take(kTransactionsShown)) {
    texts.push_back(ShowTransaction(transaction) + (count > 1 ? " " + Times(count) : ""));
  }
  if (counts.size() > texts.size()) {
    texts.push_back(fmt::format("{} more", counts.size() - texts.size()));
  }
  return Enumerate(texts);
}

std::string ExactlyOnce::ShowWhatHappenedBetween(
    const std::vector<const OutputRecord*>& copies) const {
  std::vector<sim::SimTime> commits;
  for (const OutputRecord* copy : copies) {
    if (const auto time = CommitTime(*copy)) {
      commits.push_back(*time);
    }
  }
  if (commits.size() < 2) {
    return "";
  }
  const auto [first, last] = std::ranges::minmax(commits);
  std::vector<std::string> texts;
  size_t between = 0;
  for (const Disturbance& disturbance : disturbances_) {
    if (disturbance.time < first || disturbance.time > last) {
      continue;
    }
    ++between;
    if (texts.size() < kDisturbancesShown) {
      texts.push_back(
          fmt::format("{} at {}", disturbance.what, reports::ShowClock(disturbance.time)));
    }
  }
  if (texts.empty()) {
    return "; nothing crashed in between";
  }
  if (between > texts.size()) {
    texts.push_back(fmt::format("{} more crashes or restarts", between - texts.size()));
  }
  return "; in between " + Enumerate(texts);
}

std::string ExactlyOnce::SentenceFor(const OutputBreach& breach, const JudgedOutput& output) const {
  const Sentences sentences(output);
  if (!breach.sentence.empty()) {
    return breach.sentence;
  }
  if (breach.kind == "lost") {
    return sentences.Lost(breach);
  }
  if (breach.kind == "misplaced") {
    return sentences.Misplaced(breach);
  }
  const std::string name = sentences.Name(breach.key, breach.value);
  if (breach.kind == "foreign") {
    return fmt::format("{} is in the output but not in the reference, committed by {}.", name,
                       ShowCopies(breach.copies));
  }
  return fmt::format("{} is in the output {} instead of {}, committed by {}{}.", name,
                     Times(breach.copies.size()), Times(breach.expected), ShowCopies(breach.copies),
                     ShowWhatHappenedBetween(breach.copies));
}

// Under another parallelism a key's results go to another partition of the log, so that only the
// order of commits tells which came first.
void ExactlyOnce::SortByCommit(std::vector<const OutputRecord*>& found) const {
  const auto place = [this](const OutputRecord* record) {
    const auto known = transactions_.find(record->transaction);
    const bool is_known = known != transactions_.end() && known->second.commit;
    return std::tuple(is_known ? known->second.commit->value() : 0, record->log_partition,
                      record->offset);
  };
  std::ranges::sort(found, {}, place);
}

std::vector<reports::Finding> ExactlyOnce::Judge(const FinalState& state) {
  Breaches breaches;
  for (size_t index = 0; index < state.outputs.size(); ++index) {
    const JudgedOutput& output = state.outputs[index];
    OutputView view = ViewOf(state, index);
    if (is_rescaled_) {
      SortByCommit(view.found);
    }
    if (seen() == 0 && !view.found.empty()) {
      See();  // of an output that no transaction of the log committed
    }
    std::vector<OutputBreach> found = output.law.judge(view);
    if (has_past_) {
      std::erase_if(found, [](const OutputBreach& each) { return each.kind == "misplaced"; });
    }
    const std::string where =
        state.outputs.size() > 1 ? fmt::format("Of the output {}: ", output.name) : "";
    for (const OutputBreach& breach : found) {
      const std::string law = &breach == &found.front() ? ShowLaw(output) : "";
      breaches.Add(where + SentenceFor(breach, output) + law, MarkOf(breach));
      if (&breach == &found.front() && found.size() > 1) {
        breaches.Add(where + Totals(found), MarkOf(breach));
      }
    }
  }
  return breaches.ToFindings(kName);
}

}  // namespace flinch::scenarios
