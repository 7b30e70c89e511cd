// What a run's judges are told before it starts, and what they may look at while it runs.
//
// Plain values: no oracle knows how a checkpoint is encoded or what a world is. Times are event
// time in nanoseconds.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/place_table.h"
#include "sim/time.h"

namespace flinch::scenarios {

// What a place holds of the amounts that came to it, in whatever order.
enum class Folding : uint8_t {
  kSum,
  kMax,
  kOnce,  // that any came: 1
};

// The input as the state sees it: what each row adds to which places. Rows of one partition stand
// by offset.
class SubjectRows {
 public:
  // An amount that comes to a place.
  struct Addition {
    PlaceTable::Index place = 0;
    int64_t amount = 1;
  };

  struct Row {
    uint32_t partition = 0;
    int64_t timestamp = 0;
    size_t additions_begin = 0;  // in `additions`
    size_t additions_end = 0;
  };

  void AddRow(uint32_t partition, int64_t timestamp) {
    rows_.push_back({.partition = partition,
                     .timestamp = timestamp,
                     .additions_begin = additions_.size(),
                     .additions_end = additions_.size()});
  }

  // Of the last row. `last` is the last nanosecond of event time at which more can come to the
  // place; from then on the state may be gone.
  void Add(std::string_view key, int64_t slot, int64_t amount = 1,
           int64_t last = std::numeric_limits<int64_t>::max()) {
    const PlaceTable::Index place = places_.Intern(key, slot);
    if (place == lasts_.size()) {
      lasts_.push_back(last);
    }
    additions_.push_back({.place = place, .amount = amount});
    rows_.back().additions_end = additions_.size();
  }

  const std::vector<Row>& rows() const { return rows_; }

  std::span<const Addition> AdditionsOf(const Row& row) const {
    return std::span(additions_)
        .subspan(row.additions_begin, row.additions_end - row.additions_begin);
  }

  const PlaceTable& places() const { return places_; }

  int64_t LastOf(PlaceTable::Index place) const { return lasts_.at(place); }

 private:
  std::vector<Row> rows_;
  std::vector<Addition> additions_;
  PlaceTable places_;
  std::vector<int64_t> lasts_;  // by place
};

// A checkpoint as it lies on the shared volume.
struct CheckpointView {
  struct Position {
    uint32_t partition = 0;
    uint64_t next = 0;  // the offset of the next record to emit

    friend auto operator<=>(const Position&, const Position&) = default;
  };

  struct Entry {
    StatePlace place;
    int64_t count = 0;
  };

  // What is wrong with its files, in whole sentences: gone, damaged, of another size. When there is
  // anything, the rest is not to be relied upon.
  std::vector<std::string> troubles;
  std::vector<Position> positions;  // as often as they are there
  std::vector<Entry> entries;
  std::vector<StatePlace> timers;  // of event time
};

// The keyed state in a checkpoint of a job whose state nobody describes: every entry as it lies
// there, timers included.
struct KeyedStateView {
  struct Place {
    std::string operator_name;
    std::string state;
    std::string key;  // as the job encodes it
    std::string space;

    friend auto operator<=>(const Place&, const Place&) = default;
  };

  std::map<uint32_t, uint64_t> positions;  // of the only source, by partition
  std::map<Place, std::string> entries;
};

// How the same operators are run once more, in one task and where nothing fails, over the rows
// before a checkpoint's positions, one partition after the other: upwards and without event time
// going on, or downwards and with it. What is the same in both depends on neither.
enum class CalmRun : uint8_t { kUpWithoutTime, kDownWithTime };

// The shared volume, seen from outside: costs no simulated time and changes nothing.
class Outside {
 public:
  virtual ~Outside() = default;

  // Those the store points to, oldest first.
  virtual std::vector<int64_t> Retained() const = 0;
  virtual CheckpointView ReadCheckpoint(int64_t id) const = 0;

  // Nothing where it cannot be read, or has several sources.
  virtual std::optional<KeyedStateView> ReadKeyedState(int64_t) const { return std::nullopt; }

  // The checkpoint's files only: what is wrong with them.
  virtual std::vector<std::string> CheckFiles(int64_t id) const = 0;
  // Ids of all checkpoints of which any file lies there.
  virtual std::vector<int64_t> WithFiles() const = 0;

  // Files that checkpoints share and none in the store holds: which checkpoint brought them.
  virtual std::map<std::string, int64_t> SharedByNobody() const { return {}; }
};

struct Subject {
  const Outside* outside = nullptr;  // null: nobody can look
  // Of a job whose state somebody describes: its keyed operator ("window"; of several, the first),
  // whether that keeps a timer per place, how amounts become one, and what each row adds. Empty:
  // nobody knows what the state should be.
  std::string state_operator;
  bool has_timers = false;
  Folding folding = Folding::kSum;
  int64_t modulus = 0;  // of sums; 0: none
  SubjectRows rows{};
  // Of a job whose state nobody describes: what its keyed state is by itself. Null: nobody can say;
  // nothing: it came to no such checkpoint.
  std::function<std::optional<KeyedStateView>(const std::map<uint32_t, uint64_t>& positions,
                                              CalmRun run)>
      calm{};
  std::vector<uint64_t> rows_of_partition{};
  int64_t out_of_orderness = 0;  // of the source's watermarks
  // Times of the rows that come further behind than that: who counts them, nobody can say.
  std::set<int64_t> late{};
  // From when on nothing breaks any more; and then the longest time without a completed checkpoint
  // that time-outs explain.
  std::optional<sim::SimTime> healed;
  sim::Duration patience{0};
  // After which a TaskManager that hears nothing of its JobManager stops its tasks: how long an old
  // attempt may live on. Nothing: nobody knows.
  std::optional<sim::Duration> heartbeat_timeout{};
  // Tasks of a batch job begin when their input is there, and may end at once.
  bool is_batch = false;
  // The log begins with what another run has left.
  bool has_past = false;
};

}  // namespace flinch::scenarios
