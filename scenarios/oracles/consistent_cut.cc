#include "scenarios/oracles/consistent_cut.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

namespace {

std::string Show(const StatePlace& place) {
  return place.slot == 0
             ? fmt::format("key {}", ShowBytes(place.key))
             : fmt::format("key {} in the window from {} ns", ShowBytes(place.key), place.slot);
}

}  // namespace

void ConsistentCut::OnSubject(const Subject& subject) {
  outside_ = subject.outside;
  operator_ = subject.state_operator;
  subject_ = subject.calm ? &subject : nullptr;
  has_timers_ = subject.has_timers;
  folding_ = subject.folding;
  modulus_ = subject.modulus;
  out_of_orderness_ = subject.out_of_orderness;
  rows_ = &subject.rows;
  places_.resize(rows_->places().size());
  for (const SubjectRows::Row& row : rows_->rows()) {
    if (row.partition >= partitions_.size()) {
      partitions_.resize(row.partition + size_t{1});
    }
    partitions_[row.partition].rows.push_back(&row);
  }
}

std::vector<std::string_view> ConsistentCut::wants() const {
  return {events::kCheckpointStored, events::kJobRestored, events::kSavepointTriggered};
}

void ConsistentCut::OnEvent(const sim::TraceEvent& event) {
  if (outside_ == nullptr) {
    return;
  }
  if (event.kind == events::kSavepointTriggered && event.Text("type") == "terminate") {
    drained_ = event.Number("id").value_or(0);  // all event time is over in it
  }
  if (subject_ != nullptr && event.kind == events::kJobRestored) {
    Remember(event, event.Number("checkpoint").value_or(0), true);
  }
  if (event.kind != events::kCheckpointStored || event.Number("id") == drained_) {
    return;
  }
  if (subject_ != nullptr) {
    Remember(event, event.Number("id").value_or(0), false);
  }
  if (operator_.empty()) {
    return;
  }
  const auto id = event.Number("id");
  if (!id.has_value()) {
    return;
  }
  const CheckpointView view = outside_->ReadCheckpoint(*id);
  if (view.troubles.empty()) {
    JudgeCheckpoint(event, *id, view);
  }
}

void ConsistentCut::JudgeCheckpoint(const sim::TraceEvent& event, int64_t id,
                                    const CheckpointView& view) {
  See();
  ++round_;
  if (!MoveTo(event, id, view)) {
    return;
  }
  CompareEntries(event, id, view);
  FindMissing(event, id);
  if (has_timers_) {
    CompareTimers(event, id, view);
  }
}

void ConsistentCut::Fold(Count& count, int64_t amount) const {
  const bool is_first = count.records++ == 0;
  switch (folding_) {
    case Folding::kSum:
      count.expected += amount;
      if (modulus_ != 0) {
        count.expected %= modulus_;
      }
      return;
    case Folding::kMax:
      count.expected = is_first ? amount : std::max(count.expected, amount);
      return;
    case Folding::kOnce:
      count.expected = 1;
      return;
  }
}

bool ConsistentCut::MoveTo(const sim::TraceEvent& event, int64_t id, const CheckpointView& view) {
  std::vector<bool> has_position(partitions_.size(), false);
  bool sensible = true;
  for (const auto& [number, next] : view.positions) {
    if (number >= partitions_.size()) {
      continue;  // an empty partition
    }
    Partition& partition = partitions_[number];
    if (has_position[number]) {
      Tell(event, id, "two_owners",
           fmt::format("two source subtasks hold a position of log partition {}", number));
      sensible = false;
    } else if (next < partition.next) {
      Tell(event, id, "position_back",
           fmt::format("log partition {} stands at offset {}, but at {} in an earlier checkpoint",
                       number, next, partition.next));
      sensible = false;
    } else if (next > partition.rows.size()) {
      Tell(event, id, "position_beyond",
           fmt::format("log partition {} stands at offset {}, but has {} records", number, next,
                       partition.rows.size()));
      sensible = false;
    }
    has_position[number] = true;
    for (; sensible && partition.next < next; ++partition.next) {
      const SubjectRows::Row& row = *partition.rows[partition.next];
      partition.largest = std::max(partition.largest.value_or(row.timestamp), row.timestamp);
      for (const auto& [place, amount] : rows_->AdditionsOf(row)) {
        Count& count = places_[place];
        Fold(count, amount);
        if (!std::exchange(count.is_open, true)) {
          open_.push_back(place);
        }
      }
    }
  }
  for (size_t number = 0; number < partitions_.size() && sensible; ++number) {
    if (!has_position[number] && partitions_[number].next > 0) {
      Tell(event, id, "no_owner",
           fmt::format("no source subtask holds a position of log partition {}", number));
      sensible = false;
    }
  }
  return sensible;
}

std::optional<int64_t> ConsistentCut::WatermarkBound() const {
  if (drained_) {
    return std::nullopt;  // windows fire before they are due, also where the drain came to nothing
  }
  std::optional<int64_t> smallest;
  for (const Partition& partition : partitions_) {
    if (partition.next == partition.rows.size()) {
      continue;  // it may have ended
    }
    if (!partition.largest) {
      return std::numeric_limits<int64_t>::min();
    }
    smallest = std::min(smallest.value_or(*partition.largest), *partition.largest);
  }
  return smallest ? std::optional(*smallest - out_of_orderness_ - 1) : std::nullopt;
}

void ConsistentCut::CompareEntries(const sim::TraceEvent& event, int64_t id,
                                   const CheckpointView& view) {
  for (const auto& [name, count] : view.entries) {
    const std::optional<PlaceIndex> found = rows_->places().Find(name.key, name.slot);
    const Count known = found ? places_[*found] : Count{};
    const int64_t expected = known.expected;
    if (found) {
      places_[*found].entry_round = round_;
    }
    if (known.records == 0) {
      Tell(event, id, "foreign",
           fmt::format("{} is in the state with {}, though no record before the source positions "
                       "has it",
                       Show(name), count));
    } else if (count != expected) {
      Tell(event, id, count < expected ? "lost" : "doubled",
           known.records == static_cast<uint64_t>(expected)
               ? fmt::format("the state counts {} for {}, but {} records before the source "
                             "positions have it",
                             count, Show(name), expected)
               : fmt::format("the state holds {} for {}, but the {} records before the source "
                             "positions make it {}",
                             count, Show(name), known.records, expected));
    }
  }
}

void ConsistentCut::FindMissing(const sim::TraceEvent& event, int64_t id) {
  const std::optional<int64_t> bound = WatermarkBound();
  std::erase_if(open_, [&](PlaceIndex place) {
    Count& count = places_[place];
    const bool is_due = !bound || rows_->LastOf(place) <= *bound;
    if (!is_due && count.entry_round != round_) {
      Tell(event, id, "lost",
           fmt::format("{} is not in the state, though {} records before the source positions have "
                       "it and it is not due",
                       Show(rows_->places().at(place)), count.records));
    }
    count.is_open = !is_due;
    return is_due;
  });
}

// As many timers as entries, and each at the place of another entry: then they are the same.
void ConsistentCut::CompareTimers(const sim::TraceEvent& event, int64_t id,
                                  const CheckpointView& view) {
  bool is_odd = view.timers.size() != view.entries.size();
  for (const StatePlace& timer : view.timers) {
    const std::optional<PlaceIndex> found = rows_->places().Find(timer.key, timer.slot);
    is_odd = is_odd || !found || places_[*found].entry_round != round_ ||
             std::exchange(places_[*found].timer_round, round_) == round_;
  }
  if (is_odd) {
    TellOddTimer(event, id, view);
  }
}

void ConsistentCut::TellOddTimer(const sim::TraceEvent& event, int64_t id,
                                 const CheckpointView& view) {
  std::vector<StatePlace> timers = view.timers;
  std::vector<StatePlace> entries;
  entries.reserve(view.entries.size());
  for (const CheckpointView::Entry& entry : view.entries) {
    entries.push_back(entry.place);
  }
  std::ranges::sort(timers);
  std::ranges::sort(entries);
  std::vector<StatePlace> odd;
  std::ranges::set_symmetric_difference(timers, entries, std::back_inserter(odd));
  if (odd.empty()) {
    return;  // both hold a place that is foreign, which has been told
  }
  const bool has_timer = std::ranges::binary_search(timers, odd.front());
  Tell(event, id, "timer",
       fmt::format("{} has {}", Show(odd.front()),
                   has_timer ? "a timer and no contents, or two timers" : "contents and no timer"));
}

void ConsistentCut::Tell(const sim::TraceEvent& event, int64_t id, std::string_view breach,
                         std::string_view sentence) {
  const bool of_source =
      breach.starts_with("position") || breach.ends_with("owner") || breach.ends_with("owners");
  breaches_.Add(
      fmt::format("Checkpoint {} is no consistent cut: {}{}.", id, sentence, Place(event)),
      MarkAt(event, breach, of_source ? std::string_view("source") : operator_));
}

void ConsistentCut::Remember(const sim::TraceEvent& event, int64_t id, bool is_restored) {
  if (id == 0 || (was_restored_ && !is_restored)) {
    return;
  }
  std::optional<KeyedStateView> view = outside_->ReadKeyedState(id);
  if (!view) {
    return;
  }
  uint64_t records = 0;
  for (const auto& [partition, next] : view->positions) {
    const std::vector<uint64_t>& rows = subject_->rows_of_partition;
    if (partition < rows.size() && rows[partition] > 0 && next >= rows[partition]) {
      return;  // it may have ended, and then event time is not bounded by its records
    }
    records += next;
  }
  if (records > 0) {
    candidate_ = {.id = id, .mark = MarkAt(event, "", ""), .state = *std::move(view)};
    was_restored_ = is_restored;
  }
}

void ConsistentCut::JudgeByItself() {
  if (!candidate_) {
    return;
  }
  const auto one = subject_->calm(candidate_->state.positions, CalmRun::kUpWithoutTime);
  const auto other = subject_->calm(candidate_->state.positions, CalmRun::kDownWithTime);
  if (!one || !other) {
    return;
  }
  See();
  for (const auto& [place, value] : one->entries) {
    const auto same = other->entries.find(place);
    if (same == other->entries.end() || same->second != value) {
      continue;  // the order of partitions, or event time, decides
    }
    const auto found = candidate_->state.entries.find(place);
    if (found != candidate_->state.entries.end() && found->second == value) {
      continue;
    }
    const bool is_lost = found == candidate_->state.entries.end();
    Mark mark = candidate_->mark;
    mark.breach = is_lost ? "lost" : "other";
    mark.role = place.operator_name;
    breaches_.Add(
        fmt::format("Checkpoint {} is no consistent cut: the state {} of {} {} for key {}, but the "
                    "records before the source positions make it {} where nothing fails.",
                    candidate_->id, place.state, place.operator_name,
                    is_lost ? "holds nothing" : "holds " + ShowBytes(found->second),
                    ShowBytes(place.key), ShowBytes(value)),
        mark);
  }
}

std::vector<reports::Finding> ConsistentCut::Judge(const FinalState& /*state*/) {
  if (subject_ != nullptr) {
    JudgeByItself();
  }
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
