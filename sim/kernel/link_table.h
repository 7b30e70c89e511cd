// The links between hosts: what becomes of each message and frame that is sent over one.
//
// Shape: one link per direction and pair of hosts, contiguous per sending host: eight bytes, for
//        500 hosts have a quarter of a million and a processor's cache has not much more, until a
//        condition is first set on it; then it gets its troubles' choice points, and keeps them,
//        so that its draws go on where they stopped. Knows nothing of sockets and connections.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/ids.h"
#include "sim/kernel/choices.h"
#include "sim/world/network_options.h"

namespace flinch::sim {

struct MessageFate {
  enum class Kind : uint8_t { kArrives, kLost, kHeld };

  Kind kind = Kind::kArrives;
  Duration latency{0};
  std::optional<Duration> copy{};  // the latency of a second one
  Duration reordered{0};           // how much of the latency is reordering
  uint32_t flips = 0;              // bits to flip
};

struct FrameFate {
  bool held = false;
  Duration latency{0};
  uint32_t sent_again = 0;
  uint32_t flips = 0;   // bits to flip, if it has any
  Duration reading{0};  // how long the receiver takes to hand it over, behind the one before it
};

class LinkTable {
 public:
  LinkTable(const LinkOptions& options, const Choices& choices);

  void Reserve(size_t hosts) { rows_.reserve(hosts); }

  // `name` outlives the table.
  void AddHost(std::string_view name) { rows_.push_back({.name = name}); }

  size_t hosts() const { return rows_.size(); }

  std::string_view NameOf(HostId host) const { return rows_.at(host.value()).name; }

  // What ails the link from now on under this number; nothing, where the condition is that of a
  // whole link. Says whether that changes what all its troubles come to. A link that gets another
  // bandwidth takes what waits for it along: what is sent from now on waits as long as that takes
  // at the new one.
  bool SetTrouble(HostId from, HostId to, TroubleId number, const LinkCondition& condition,
                  SimTime now);
  // Ends all troubles of the link but this one.
  void SetOnlyTrouble(HostId from, HostId to, TroubleId number, const LinkCondition& condition,
                      SimTime now);
  // Whether its bandwidth has grown since Settle was last called.
  bool BecameFaster(HostId from, HostId to) const;

  void Settle() { faster_.clear(); }

  // What all its troubles come to.
  const LinkCondition& ConditionOf(HostId from, HostId to) const;
  // Every link whose condition is not the default, ordered by its hosts.
  std::vector<std::pair<HostId, HostId>> Impaired() const;

  // Hosts that exist. Both draw.
  MessageFate SendMessage(HostId from, HostId to, size_t bytes, SimTime now) {
    if (from == to) {
      return {.latency = options_.loopback_latency};
    }
    Row& row = RowOf(from, to);
    if (Trouble* const trouble = ActiveTroubleOf(row, to)) {
      return SendTroubled(row, to, *trouble, bytes, now);
    }
    return {.latency = DrawWhole(row, to)};
  }

  FrameFate SendFrame(HostId from, HostId to, size_t bytes, SimTime now);

  // Of something that was held and goes on now.
  Duration DrawAgain(HostId from, HostId to);

  // When all that was ever sent has arrived, by chance of the latency alone.
  SimTime LatestArrival(HostId from, HostId to, SimTime now);

  // Flips that many different bits of a payload.
  void Flip(HostId from, HostId to, uint32_t bits, std::string& payload);

 private:
  // What ails a link, by number.
  struct Ailment {
    TroubleId number;
    LinkCondition condition;
  };

  struct Trouble {
    LinkCondition condition{};  // what they come to
    std::vector<Ailment> ailments{};
    bool active = false;  // something but a plain latency may happen
    ChoicePoint loss;
    ChoicePoint duplicate;
    ChoicePoint reorder;
    ChoicePoint corrupt;
    ChoicePoint stall;
    SimTime busy_until{};
  };

  // All by the receiving host: empty, or of every host.
  struct alignas(64) Row {
    std::string_view name;
    // Where the draws of latencies stand; kUnknown before the first.
    std::vector<uint64_t> positions{};
    std::vector<uint32_t> troubles{};           // index + 1; 0: none yet
    std::vector<TapeDeck::Track*> tracks{};     // where a tape is recorded or played
    std::unique_ptr<ChoiceFamily> latencies{};  // from the first link on
  };

  // A stream that ever stood just here (one draw of 2^64) would begin anew.
  static constexpr uint64_t kUnknown = 0;

  // The row of a link that is known.
  Row& RowOf(HostId from, HostId to) {
    Row& row = rows_.at(from.value());
    if (row.positions.size() <= to.value() || row.positions[to.value()] == kUnknown) {
      Introduce(row, from, to);
    }
    return row;
  }

  // Null while only latencies are drawn.
  Trouble* ActiveTroubleOf(Row& row, HostId to) {
    if (row.troubles.size() <= to.value() || row.troubles[to.value()] == 0) [[likely]] {
      return nullptr;
    }
    Trouble& trouble = troubles_[row.troubles[to.value()] - 1];
    return trouble.active ? &trouble : nullptr;
  }

  // What `draw` takes from the link's choice point of latencies.
  template <typename Draw>
  Duration DrawFrom(Row& row, HostId to, const Draw& draw) {
    TapeDeck::Track* const track = row.tracks.empty() ? nullptr : row.tracks[to.value()];
    ChoicePoint point = ChoicePoint::At(row.positions[to.value()], track);
    const Duration drawn = draw(point);
    row.positions[to.value()] = point.position();
    return drawn;
  }

  Duration DrawWhole(Row& row, HostId to) {
    return uniform_ ? DrawFrom(row, to,
                               [this](ChoicePoint& point) {
                                 return options_.latency_min +
                                        Duration(static_cast<int64_t>(point.Below(uniform_width_)));
                               })
                    : DrawShaped(row, to);
  }

  void Introduce(Row& row, HostId from, HostId to);
  // The link's; made now if it has none yet.
  Trouble& TroubleOf(HostId from, HostId to);
  void Change(Trouble& trouble, HostId from, HostId to, SimTime now);
  // Null while there is none.
  const Trouble* FindTrouble(HostId from, HostId to) const;
  Duration DrawShaped(Row& row, HostId to);
  MessageFate SendTroubled(Row& row, HostId to, Trouble& trouble, size_t bytes, SimTime now);
  Duration DrawUnder(const LinkCondition& condition, Row& row, HostId to);
  // Bytes a second; 0: no limit.
  uint64_t RateOf(const Trouble& trouble) const;
  // Until the last bit has left, behind what was sent before.
  Duration Occupy(Trouble& trouble, size_t bytes, SimTime now) const;

  LinkOptions options_;
  std::reference_wrapper<const Choices> choices_;
  bool uniform_;
  uint64_t uniform_width_;
  std::vector<Row> rows_;
  std::deque<Trouble> troubles_;
  std::vector<std::pair<HostId, HostId>> faster_;
};

// How long what takes that long at one rate takes at another; neither is 0. For ever at most.
Duration AtAnotherRate(Duration span, uint64_t old_rate, uint64_t new_rate);

// How long this many bytes take; for ever at most.
Duration TransmissionTime(size_t bytes, uint64_t bytes_per_second);

}  // namespace flinch::sim
