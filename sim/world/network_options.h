// What the paths between hosts are like: when they are whole, and what may be wrong with them.
//
// `LinkOptions` holds for all links of a world, always. A `LinkCondition` is a fault of one
// direction of a link; the default condition is a whole link. Several may ail a link at once
// (World::Impair), each until it ends; what they come to together, `Compose` says. A host's path to
// itself is never impaired.
//
// Two layers travel over a link, and each condition says on which it acts:
//   messages     sim::Socket: may be lost, doubled, late, overtaken, changed
//   connections  sim::Connection: ordered, nothing is lost; what happens to a link is delay, or
//                silence, because the transport below sends again until it gets through
//
// Chance: every kind of trouble draws from a choice point of its own per link ("link.loss", …), and
//         only while it is set: a fault that is off moves no draw of another.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "sim/ids.h"
#include "sim/random.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::sim {

// Every time between the two with equal probability.
struct UniformLatency {
  Duration min{0};
  Duration max{0};

  friend bool operator==(const UniformLatency&, const UniformLatency&) = default;
};

// `min`, plus a time that is exponentially distributed with this mean, in steps of mean / 65536;
// what would be above `max` is `max`. The mean is at most an hour.
struct ExponentialLatency {
  Duration min{0};
  Duration mean{0};
  Duration max{0};

  friend bool operator==(const ExponentialLatency&, const ExponentialLatency&) = default;
};

// Mostly fast, sometimes slow: a garbage collection, another route.
struct BimodalLatency {
  UniformLatency fast;
  UniformLatency slow;
  Ratio slow_share;

  friend bool operator==(const BimodalLatency&, const BimodalLatency&) = default;
};

using Latency = std::variant<UniformLatency, ExponentialLatency, BimodalLatency>;

// The most that it may come to.
Duration LongestOf(const Latency& latency);

// A whole sentence about a minimum above its maximum, a negative time, an impossible share.
Result<void> Validate(const Latency& latency);

// Both directions of the path between two hosts, and a host's path to itself.
struct LinkOptions {
  // Uniform, unless `latency` says otherwise.
  Duration latency_min = std::chrono::microseconds(200);
  Duration latency_max = std::chrono::microseconds(800);
  Duration loopback_latency = std::chrono::microseconds(10);
  // Bytes a connection holds between Send and Receive before Send blocks. The frame that reaches
  // the limit may go beyond it.
  uint32_t window_bytes = 64 * 1024;
  std::optional<Latency> latency{};
  // Of each direction of each link, shared by all that travels there; 0: no limit.
  uint64_t bytes_per_second = 0;
};

// What happens to that which is already on its way when a link is cut.
enum class InFlight : uint8_t {
  // It arrives as if nothing had happened.
  kDeliver,
  // Messages are lost. Frames of connections are sent again when the link is whole.
  kDrop,
  // Messages and frames stay where they are and go on when the link is whole.
  kHold,
};

// Who notices a bit that has changed.
enum class Corruption : uint8_t {
  // The checksum of the transport: the message is dropped at the receiver, as good as lost.
  kDetected,
  // Nobody: the receiver gets the changed payload, of a message or of a frame, never a changed
  // length or address. Only for protocols that carry checksums of their own; others may do
  // anything at all.
  kUndetected,
};

// Links carry nothing under `cut`, `clog` and, of connections, a `loss` or detected `corrupt` of 1:
// then their frames wait at the sender, in order, and leave when that ends. A connection never
// breaks because of a condition; whoever wants to know gives up after a time of his own.
struct LinkCondition {
  // Messages: lost. Connections: wait (silence). The peers observe nothing else; the other
  // direction is not touched, so that a one-way cut is one call and a symmetric one two.
  bool cut = false;

  // Messages: lost with this probability, each by itself; the sender never learns it. Connections:
  // a lost frame is sent again after 200 ms, at most five times, so it is late and so is all behind
  // it; with a loss of 1 they wait.
  Ratio loss{};

  // Both: added to every latency. What is on its way keeps its time.
  Duration delay{0};

  // Messages: with this probability a second, equal copy arrives, with a latency of its own (it may
  // come first). Never more than two. Connections: nothing; sequence numbers drop the copy.
  Ratio duplicate{};

  // Messages: with this probability one takes up to `reorder_delay` longer (uniform), so that later
  // ones overtake it. Connections: such a frame holds up those behind it; the order stays.
  Ratio reorder{};
  Duration reorder_delay = std::chrono::milliseconds(10);

  // Messages: with this probability 1 to `corrupt_bits_max` bits of the payload flip on the way.
  // An empty payload has no bits: its header is hit, and that is always detected. Connections: a
  // frame likewise; where it is detected it is sent again as after a loss, and with 1 they wait.
  Ratio corrupt{};
  uint32_t corrupt_bits_max = 1;
  Corruption corruption = Corruption::kDetected;

  // Connections: with this probability a frame stays on its way for `stall_time` longer, and all
  // behind it, then they arrive at once. Messages: nothing.
  Ratio stall{};
  Duration stall_time = std::chrono::seconds(1);

  // Both: instead of the world's latency.
  std::optional<Latency> latency{};

  // Both: the link carries this many bytes a second (payload and 40 bytes of headers each), one
  // after the other in the order of sending; what is sent waits for what was sent before. Nothing
  // is dropped for want of room. The slower of this and the world's holds; 0: the world's. When it
  // changes, messages on their way keep their time, and what is sent from then on waits as long as
  // those before it would take at the new bandwidth; when it grows, frames that waited are sent
  // anew.
  uint64_t bytes_per_second = 0;

  // Connections: the receiving host hands over at most this many bytes a second of each connection,
  // so that its window fills and the sender blocks. Messages: nothing. 0: no limit.
  uint64_t read_bytes_per_second = 0;

  // Both: nothing moves, neither what is sent nor what is on its way, and nothing is lost; all of
  // it goes on when the link is whole.
  bool clog = false;

  // At the moment at which this condition begins and cuts.
  InFlight in_flight = InFlight::kDeliver;

  friend bool operator==(const LinkCondition&, const LinkCondition&) = default;
};

// A whole sentence about a probability above 1, a negative time, corruption of no bits or of more
// than 1024.
Result<void> Validate(const LinkCondition& condition);

// An act that impaired links: names it, to end it.
using TroubleId = StrongId<struct TroubleTag, uint64_t>;

// What troubles of one link come to together: the worst of each. Any cut cuts, and drops what is in
// flight if one of them does; delays add up; the greatest probability, the narrowest bandwidth, the
// latency with the greatest maximum.
LinkCondition Compose(std::span<const LinkCondition> conditions);

// What is not as in a whole link: "clog loss=1/10 duplicate=1/4"; "whole" when nothing is.
std::string Show(const LinkCondition& condition);

// Who tells the peers of a process that it died.
enum class CrashStyle : uint8_t {
  // Its host lives: it ends the connections behind what was already sent, and answers that nobody
  // listens.
  kProcess,
  // Power loss: nobody. What was not yet on its way is gone, frames to it are never acknowledged,
  // requests for a connection never answered, until the process is booted again; from then on, also
  // when it has died once more, frames of the old connections are answered with a reset.
  kSilent,
};

// Which ends of connections learn that these were reset.
enum class ResetEnds : uint8_t {
  kBoth,
  // Only those at the first host. The other end is half-open: it learns it from the answer to the
  // next frame that it sends, and never while it only listens.
  kFirst,
};

// Which links of a host an act means.
enum class Direction : uint8_t { kBoth, kFrom, kTo };

// One after the other, in a drawn order, the links of hosts get a condition, and become whole in
// another order, which is drawn too: with more than one host never in the same.
struct Swizzle {
  // From the first host impaired to the last one healed; all are impaired in the middle of it.
  Duration span = std::chrono::seconds(10);
  LinkCondition condition{.clog = true};
};

}  // namespace flinch::sim
