// The links between hosts: what becomes of each message and frame that is sent over one.
//
// Shape: one link per direction and pair of hosts, contiguous per sending host, small until a
//        condition is first set on it; then it gets its troubles' choice points, and keeps them, so
//        that its draws go on where they stopped. Knows nothing of sockets and connections.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
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

  void SetCondition(HostId from, HostId to, const LinkCondition& condition);
  const LinkCondition& ConditionOf(HostId from, HostId to) const;
  // Every link whose condition is not the default, ordered by its hosts.
  std::vector<std::pair<HostId, HostId>> Impaired() const;

  // Hosts that exist. Both draw.
  MessageFate SendMessage(HostId from, HostId to, size_t bytes, SimTime now) {
    if (from == to) {
      return {.latency = options_.loopback_latency};
    }
    Link& link = LinkBetween(from, to);
    if (link.troubled) {
      return SendTroubled(link, bytes, now);
    }
    return {.latency = DrawWhole(link)};
  }

  FrameFate SendFrame(HostId from, HostId to, size_t bytes, SimTime now);

  // Of something that was held and goes on now.
  Duration DrawAgain(HostId from, HostId to);

  // When all that was ever sent over a link that was always whole has arrived.
  SimTime LatestArrival(HostId from, HostId to, SimTime now);

  // Flips that many different bits of a payload.
  void Flip(HostId from, HostId to, uint32_t bits, std::string& payload);

 private:
  struct Link {
    ChoicePoint latency{Random(0), nullptr};
    uint32_t trouble = 0;   // index + 1; 0: none yet
    bool known = false;     // `latency` is this link's
    bool troubled = false;  // something but a plain latency may happen
  };

  struct Trouble {
    LinkCondition condition{};
    ChoicePoint loss;
    ChoicePoint duplicate;
    ChoicePoint reorder;
    ChoicePoint corrupt;
    ChoicePoint stall;
    SimTime busy_until{};
  };

  struct alignas(64) Row {
    std::string_view name;
    std::vector<Link> links{};                // by the receiving host; empty, or all of them
    std::optional<ChoiceFamily> latencies{};  // from the first link on
  };

  Link& LinkBetween(HostId from, HostId to) {
    Row& row = rows_.at(from.value());
    if (row.links.size() <= to.value()) {
      row.links.resize(rows_.size());
    }
    Link& link = row.links[to.value()];
    if (!link.known) {
      Introduce(link, from, to);
    }
    return link;
  }

  Duration DrawWhole(Link& link) {
    return uniform_ ? options_.latency_min +
                          Duration(static_cast<int64_t>(link.latency.Below(uniform_width_)))
                    : DrawShaped(link);
  }

  void Introduce(Link& link, HostId from, HostId to);
  Trouble& TroubleOf(Link& link, HostId from, HostId to);
  Duration DrawShaped(Link& link);
  MessageFate SendTroubled(Link& link, size_t bytes, SimTime now);
  Duration DrawUnder(const LinkCondition& condition, Link& link);
  // Until the last bit has left, behind what was sent before.
  Duration Occupy(Trouble& trouble, size_t bytes, SimTime now) const;

  LinkOptions options_;
  std::reference_wrapper<const Choices> choices_;
  bool uniform_;
  uint64_t uniform_width_;
  std::vector<Row> rows_;
  std::deque<Trouble> troubles_;
};

// How long this many bytes take; for ever at most.
Duration TransmissionTime(size_t bytes, uint64_t bytes_per_second);

}  // namespace flinch::sim
