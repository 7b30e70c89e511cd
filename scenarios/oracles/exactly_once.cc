#include "scenarios/oracles/exactly_once.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "reports/plain_text.h"
#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

namespace {

// A job that restarts for ever must not fill the memory of its judge.
constexpr size_t kDisturbancesMax = 10'000;
constexpr size_t kDisturbancesShown = 4;

struct Record {
  std::string_view key;
  std::string_view value;

  friend auto operator<=>(const Record&, const Record&) = default;
};

struct Tally {
  uint64_t expected = 0;
  std::vector<const OutputRecord*> copies;  // by log partition and offset
};

// A record that stands after one that the reference has later.
struct Misplaced {
  const OutputRecord* earlier = nullptr;
  const OutputRecord* record = nullptr;
};

struct Comparison {
  std::vector<std::pair<Record, const Tally*>> doubled;
  std::vector<std::pair<Record, const Tally*>> foreign;
  std::vector<std::pair<Record, const Tally*>> missing;
  std::vector<Misplaced> misplaced;  // the first one of each key

  size_t total() const {
    return doubled.size() + foreign.size() + missing.size() + misplaced.size();
  }
};

// Records of one key, in order.
struct KeyHistory {
  std::vector<std::string_view> expected;
  std::vector<const OutputRecord*> found;
  bool comparable = true;  // nothing doubled, nothing foreign
};

std::vector<const OutputRecord*> InLogOrder(const std::vector<OutputRecord>& output) {
  std::vector<size_t> places(output.size());
  std::iota(places.begin(), places.end(), size_t{0});
  const auto by_log = [&output](size_t place) {
    return std::tuple(output[place].log_partition, output[place].offset, place);
  };
  if (!std::ranges::is_sorted(places, {}, by_log)) {
    std::ranges::sort(places, {}, by_log);
  }
  std::vector<const OutputRecord*> records;
  records.reserve(places.size());
  for (const size_t place : places) {
    records.push_back(&output[place]);
  }
  return records;
}

// The first record that is not where a walk through the reference meets it: `found` is then no
// subsequence of `expected`, though each of its records is in there.
std::optional<Misplaced> FindMisplaced(const KeyHistory& history) {
  size_t place = 0;
  for (size_t i = 0; i < history.found.size(); ++i) {
    while (place < history.expected.size() && history.expected[place] != history.found[i]->value) {
      ++place;
    }
    if (place == history.expected.size()) {
      return Misplaced{.earlier = i == 0 ? nullptr : history.found[i - 1],
                       .record = history.found[i]};
    }
    ++place;
  }
  return std::nullopt;
}

using Tallies = std::map<Record, Tally>;
using Histories = std::map<std::string_view, KeyHistory>;

void Classify(const FinalState& state, const Tallies& tallies, Histories& histories,
              Comparison& comparison) {
  for (const auto& [record, tally] : tallies) {
    const bool surplus = tally.copies.size() > tally.expected;
    if (surplus) {
      histories[record.key].comparable = false;
      auto& list = tally.expected == 0 ? comparison.foreign : comparison.doubled;
      list.emplace_back(record, &tally);
    } else if (tally.copies.size() < tally.expected && state.job_finished) {
      comparison.missing.emplace_back(record, &tally);
    }
  }
  for (const auto& [key, history] : histories) {
    if (!history.comparable) {
      continue;
    }
    if (const auto misplaced = FindMisplaced(history)) {
      comparison.misplaced.push_back(*misplaced);
    }
  }
}

class Sentences {
 public:
  explicit Sentences(const FinalState& state) : state_(state) {}

  std::string Value(std::string_view value) const {
    return state_.show_value ? state_.show_value(value) : ShowBytes(value);
  }

  std::string Name(const Record& record) const {
    return fmt::format("The record with key {} and value {}", ShowBytes(record.key),
                       Value(record.value));
  }

  std::string Missing(const Record& record, const Tally& tally) const {
    if (tally.copies.empty()) {
      return fmt::format("{} is missing from the output.", Name(record));
    }
    return fmt::format("{} is missing from the output: it is there {} instead of {}.", Name(record),
                       Times(tally.copies.size()), Times(tally.expected));
  }

  std::string Misplacement(const Misplaced& misplaced) const {
    const OutputRecord& record = *misplaced.record;
    const std::string earlier =
        misplaced.earlier == nullptr
            ? std::string("another")
            : fmt::format("value {} at log partition {} offset {}", Value(misplaced.earlier->value),
                          misplaced.earlier->log_partition, misplaced.earlier->offset);
    return fmt::format(
        "{} is out of order: it stands at log partition {} offset {} after {}, which comes later "
        "in the "
        "reference.",
        Name({record.key, record.value}), record.log_partition, record.offset, earlier);
  }

 private:
  const FinalState& state_;
};

// Whether each key has exactly the expected values in the expected order, in time that is linear in
// the records. True of nearly every run; what is wrong with the others, the long way tells.
bool IsPlainlyRight(const FinalState& state, const std::vector<const OutputRecord*>& output) {
  if (state.expected.size() != output.size()) {
    return false;
  }

  struct Found {
    std::vector<const OutputRecord*> records;
    size_t next = 0;
  };

  std::unordered_map<std::string_view, Found> keys;  // asked, never walked
  for (const OutputRecord* record : output) {
    keys[record->key].records.push_back(record);
  }
  return std::ranges::all_of(state.expected, [&keys](const ExpectedRecord& record) {
    const auto found = keys.find(record.key);
    if (found == keys.end() || found->second.next == found->second.records.size()) {
      return false;
    }
    return found->second.records[found->second.next++]->value == record.value;
  });
}

std::string Totals(const Comparison& comparison) {
  return fmt::format("In all: {} doubled, {} foreign, {} missing, {} out of order.",
                     comparison.doubled.size(), comparison.foreign.size(),
                     comparison.missing.size(), comparison.misplaced.size());
}

// Adds a sentence to the breaches, and after the very first one the totals.
void Tell(Breaches& breaches, std::string sentence, const Mark& mark,
          const Comparison& comparison) {
  breaches.Add(std::move(sentence), mark);
  if (breaches.count() == 1 && comparison.total() > 1) {
    breaches.Add(Totals(comparison), mark);
  }
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

void ExactlyOnce::OnEvent(const sim::TraceEvent& event) {
  if (event.kind.starts_with("sink.")) {
    OnSink(event);
  } else if (event.kind == events::kTransactionCommitted) {
    OnCommitted(event);
  } else if (event.kind == "fault.crash") {
    OnDisturbance(event, FieldText(event, "process") + " crashed");
  } else if (event.kind == events::kJobRestored) {
    const auto checkpoint = event.Number("checkpoint").value_or(0);
    OnDisturbance(event, checkpoint == 0
                             ? std::string("the job was started from nothing")
                             : fmt::format("the job was restored from checkpoint {}", checkpoint));
  }
}

Mark ExactlyOnce::MarkOf(std::string_view breach, const std::vector<const OutputRecord*>& copies,
                         uint64_t allowed) const {
  std::vector<sim::EventId> commits;
  for (const OutputRecord* copy : copies) {
    const auto found = transactions_.find(copy->transaction);
    if (found != transactions_.end() && found->second.commit) {
      commits.push_back(*found->second.commit);
    }
  }
  std::ranges::sort(commits);
  Mark mark{.breach = breach, .role = RoleOf(copies.front()->transaction)};
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
  texts.reserve(counts.size());
  for (const auto& [transaction, count] : counts) {
    texts.push_back(ShowTransaction(transaction) + (count > 1 ? " " + Times(count) : ""));
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

std::vector<reports::Finding> ExactlyOnce::Judge(const FinalState& state) {
  const std::vector<const OutputRecord*> output = InLogOrder(state.output);
  if (IsPlainlyRight(state, output)) {
    return {};
  }
  Tallies tallies;
  Histories histories;
  for (const ExpectedRecord& record : state.expected) {
    ++tallies[{record.key, record.value}].expected;
    histories[record.key].expected.push_back(record.value);
  }
  for (const OutputRecord* record : output) {
    tallies[{record->key, record->value}].copies.push_back(record);
    histories[record->key].found.push_back(record);
  }
  Comparison comparison;
  Classify(state, tallies, histories, comparison);

  const Sentences sentences(state);
  Breaches breaches;
  for (const auto& [record, tally] : comparison.doubled) {
    Tell(breaches,
         fmt::format("{} is in the output {} instead of {}, committed by {}{}.",
                     sentences.Name(record), Times(tally->copies.size()), Times(tally->expected),
                     ShowCopies(tally->copies), ShowWhatHappenedBetween(tally->copies)),
         MarkOf("doubled", tally->copies, tally->expected), comparison);
  }
  for (const auto& [record, tally] : comparison.foreign) {
    Tell(breaches,
         fmt::format("{} is in the output but not in the reference, committed by {}.",
                     sentences.Name(record), ShowCopies(tally->copies)),
         MarkOf("foreign", tally->copies, 0), comparison);
  }
  for (const auto& [record, tally] : comparison.missing) {
    Tell(breaches, sentences.Missing(record, *tally), {.breach = "lost", .role = {}}, comparison);
  }
  for (const Misplaced& misplaced : comparison.misplaced) {
    Tell(breaches, sentences.Misplacement(misplaced), MarkOf("misplaced", {misplaced.record}, 0),
         comparison);
  }
  return breaches.ToFindings(kName);
}

}  // namespace flinch::scenarios
