// Every completed checkpoint is a consistent cut: its state is what the records before its source
// positions make it, and nothing else.
//
// Promise: when checkpoint.stored comes, let P be the positions in the checkpoint's files and N the
//          reference run's state over the records before P, by place (key and window). Each log
//          partition has one position; no position is below that of an earlier checkpoint; each
//          place in the state holds its N; a place that is not in the state has no records or was
//          due: event time, as the sources at P can have made it, has passed its end. Windows have
//          one timer each and every timer a window.
// Cost:    linear: the reference is moved from one checkpoint's positions to the next; per
//          checkpoint its own size and the places that are open. Keeps a count per place.
//          A job whose state nobody describes is its own reference: one checkpoint of the run, the
//          last that it was restored from or else the last, is compared entry by entry with what
//          the same operators in one task have where nothing fails. Two such runs.
// Silent:  where checkpoints are unaligned, or hold what goes round in an iteration, for what is in
//          flight is in no state yet; about
//          all keyed operators but the one that is described; of a job that is its own
//          reference about what depends on the order of partitions or on event time, about
//          checkpoints in which a partition has ended, and where it has several inputs; and when
//          nobody can look at the volume. About a window that is gone and was due: what it emitted
//          is judged by exactly_once. About files that cannot be read: retained_files speaks.
// Source:  Chandy and Lamport 1985, as Carbone et al. 2015 apply it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class ConsistentCut final : public Oracle {
 public:
  static constexpr std::string_view kName = "consistent_cut";
  static constexpr bool kNeedsAlignment = true;
  static constexpr bool kNeedsRest = true;
  static constexpr std::string_view kPromise =
      "The state in every completed checkpoint is what the records before its source positions "
      "make it.";

  static constexpr bool kNeedsStream = true;

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  void OnSubject(const Subject& subject) override;
  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  using PlaceIndex = PlaceTable::Index;

  struct Count {
    uint64_t records = 0;      // before the positions
    int64_t expected = 0;      // what they fold to
    uint64_t entry_round = 0;  // the last checkpoint, by number, whose state had the place
    uint64_t timer_round = 0;  // and whose timers had it
    bool is_open = false;      // in `open_`
  };

  struct Partition {
    std::vector<const SubjectRows::Row*> rows;
    uint64_t next = 0;
    std::optional<int64_t> largest;  // timestamp before `next`
  };

  // Of a job that is its own reference, the checkpoint that is judged when the run is over.
  struct Candidate {
    int64_t id = 0;
    Mark mark{};
    KeyedStateView state;
  };

  void Remember(const sim::TraceEvent& event, int64_t id, bool is_restored);
  void JudgeByItself();
  void JudgeCheckpoint(const sim::TraceEvent& event, int64_t id, const CheckpointView& view);
  // False when the positions make no sense, which has been told.
  bool MoveTo(const sim::TraceEvent& event, int64_t id, const CheckpointView& view);
  void CompareEntries(const sim::TraceEvent& event, int64_t id, const CheckpointView& view);
  void CompareTimers(const sim::TraceEvent& event, int64_t id, const CheckpointView& view);
  void TellOddTimer(const sim::TraceEvent& event, int64_t id, const CheckpointView& view);
  void FindMissing(const sim::TraceEvent& event, int64_t id);
  // The event time that the sources can have reached; nothing: the end of time.
  std::optional<int64_t> WatermarkBound() const;
  void Fold(Count& count, int64_t amount) const;
  void Tell(const sim::TraceEvent& event, int64_t id, std::string_view breach,
            std::string_view sentence);

  const Outside* outside_ = nullptr;
  std::string operator_;
  bool has_timers_ = false;
  Folding folding_ = Folding::kSum;
  int64_t modulus_ = 0;
  int64_t out_of_orderness_ = 0;
  std::vector<Partition> partitions_;
  const SubjectRows* rows_ = nullptr;
  std::vector<Count> places_;         // by number
  std::vector<PlaceIndex> open_;      // with records, not known to be due
  uint64_t round_ = 0;                // checkpoints judged so far
  const Subject* subject_ = nullptr;  // of a job that is its own reference
  std::optional<Candidate> candidate_;
  bool was_restored_ = false;  // the candidate
  std::optional<int64_t> drained_;
  Breaches breaches_;
};

}  // namespace flinch::scenarios
