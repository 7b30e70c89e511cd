#include "sim/kernel/link_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/check.h"
#include "sim/kernel/latency_draw.h"

namespace flinch::sim {
namespace {

// A lost segment is sent again after this time, and at most this often before it gets through.
constexpr Duration kRetransmission = std::chrono::milliseconds(200);
constexpr uint32_t kRetransmissionsMax = 5;

// Of Internet Protocol and the transport, without options.
constexpr size_t kHeaderBytes = 40;

bool IsCertain(Ratio ratio) { return ratio.numerator >= ratio.denominator; }

bool IsPossible(Ratio ratio) { return ratio.numerator > 0; }

Duration Sum(Duration left, Duration right) {
  return left > Duration::max() - right ? Duration::max() : left + right;
}

uint32_t DrawRetransmissions(Ratio probability, ChoicePoint& point) {
  uint32_t times = 0;
  if (IsPossible(probability)) {
    while (times < kRetransmissionsMax && point.Chance(probability)) {
      ++times;
    }
  }
  return times;
}

}  // namespace

Duration TransmissionTime(size_t bytes, uint64_t bytes_per_second) {
  Check(bytes_per_second > 0, "a path of no bandwidth carries nothing");
  constexpr uint64_t kNanosPerSecond = 1'000'000'000;
  const uint64_t seconds = bytes / bytes_per_second;
  const uint64_t rest = bytes % bytes_per_second;
  if (seconds > static_cast<uint64_t>(INT64_MAX) / kNanosPerSecond - 1) {
    return Duration::max();
  }
  // Above 18 GB/s the product would not fit: then both are counted in larger units.
  const uint64_t unit = bytes_per_second / (UINT64_MAX / kNanosPerSecond) + 1;
  const uint64_t nanos = rest / unit * kNanosPerSecond / (bytes_per_second / unit);
  return Duration(static_cast<int64_t>(seconds * kNanosPerSecond + nanos));
}

Duration AtAnotherRate(Duration span, uint64_t old_rate, uint64_t new_rate) {
  __extension__ using Wide = unsigned __int128;
  const Wide nanos = static_cast<Wide>(span.count()) * old_rate / new_rate;
  return nanos > static_cast<Wide>(INT64_MAX) ? Duration::max()
                                              : Duration(static_cast<int64_t>(nanos));
}

LinkTable::LinkTable(const LinkOptions& options, const Choices& choices)
    : options_(options),
      choices_(choices),
      uniform_(!options.latency.has_value()),
      uniform_width_(static_cast<uint64_t>((options.latency_max - options.latency_min).count()) +
                     1) {}

void LinkTable::Introduce(Row& row, HostId from, HostId to) {
  if (row.positions.size() < rows_.size()) {
    row.positions.resize(rows_.size(), kUnknown);
  }
  if (!row.latencies) {
    row.latencies = std::make_unique<ChoiceFamily>(choices_.get().Family("link.latency", row.name));
  }
  const ChoicePoint point = row.latencies->Point(rows_.at(to.value()).name);
  row.positions[to.value()] = point.position();
  if (point.track() != nullptr) {
    row.tracks.resize(rows_.size());
    row.tracks[to.value()] = point.track();
  }
  if (options_.bytes_per_second > 0) {
    TroubleOf(from, to).active = true;
  }
}

LinkTable::Trouble& LinkTable::TroubleOf(HostId from, HostId to) {
  Row& row = rows_.at(from.value());
  row.troubles.resize(rows_.size());
  uint32_t& trouble = row.troubles.at(to.value());
  if (trouble == 0) {
    const std::string actor = fmt::format("{}/{}", row.name, rows_[to.value()].name);
    const Choices& choices = choices_;
    troubles_.push_back({.loss = choices.Point("link.loss", actor),
                         .duplicate = choices.Point("link.duplicate", actor),
                         .reorder = choices.Point("link.reorder", actor),
                         .corrupt = choices.Point("link.corrupt", actor),
                         .stall = choices.Point("link.stall", actor)});
    trouble = static_cast<uint32_t>(troubles_.size());
  }
  return troubles_[trouble - 1];
}

const LinkTable::Trouble* LinkTable::FindTrouble(HostId from, HostId to) const {
  const Row& row = rows_.at(from.value());
  const uint32_t trouble = row.troubles.size() <= to.value() ? 0 : row.troubles[to.value()];
  return trouble == 0 ? nullptr : &troubles_[trouble - 1];
}

bool LinkTable::SetTrouble(HostId from, HostId to, TroubleId number, const LinkCondition& condition,
                           SimTime now) {
  const bool whole = condition == LinkCondition{};
  if (whole && FindTrouble(from, to) == nullptr) {
    return false;
  }
  Trouble& trouble = TroubleOf(from, to);
  const auto found = std::ranges::find(trouble.ailments, number, &Ailment::number);
  if (whole && found != trouble.ailments.end()) {
    trouble.ailments.erase(found);
  } else if (found != trouble.ailments.end()) {
    found->condition = condition;
  } else if (!whole) {
    trouble.ailments.push_back({.number = number, .condition = condition});
  }
  const LinkCondition before = trouble.condition;
  Change(trouble, from, to, now);
  return trouble.condition != before;
}

void LinkTable::SetOnlyTrouble(HostId from, HostId to, TroubleId number,
                               const LinkCondition& condition, SimTime now) {
  if (FindTrouble(from, to) != nullptr) {
    std::erase_if(TroubleOf(from, to).ailments,
                  [number](const Ailment& each) { return each.number != number; });
  }
  SetTrouble(from, to, number, condition, now);
}

// What the troubles of a link come to has changed, perhaps.
void LinkTable::Change(Trouble& trouble, HostId from, HostId to, SimTime now) {
  const uint64_t old_rate = RateOf(trouble);
  std::vector<LinkCondition> conditions;
  for (const Ailment& ailment : trouble.ailments) {
    conditions.push_back(ailment.condition);
  }
  trouble.condition = Compose(conditions);
  const uint64_t new_rate = RateOf(trouble);
  if (old_rate > 0 && (new_rate == 0 || new_rate > old_rate)) {
    faster_.emplace_back(from, to);
  }
  if (new_rate == 0) {
    trouble.busy_until = SimTime{};
  } else if (new_rate != old_rate && old_rate > 0 && trouble.busy_until > now) {
    trouble.busy_until = Later(now, AtAnotherRate(trouble.busy_until - now, old_rate, new_rate));
  }
  trouble.active = trouble.condition != LinkCondition{} || options_.bytes_per_second > 0;
}

const LinkCondition& LinkTable::ConditionOf(HostId from, HostId to) const {
  static constexpr LinkCondition kWhole{};
  const Trouble* const trouble = FindTrouble(from, to);
  return trouble == nullptr ? kWhole : trouble->condition;
}

std::vector<std::pair<HostId, HostId>> LinkTable::Impaired() const {
  std::vector<std::pair<HostId, HostId>> impaired;
  for (uint32_t from = 0; from < rows_.size(); ++from) {
    for (uint32_t to = 0; to < rows_[from].troubles.size(); ++to) {
      if (ConditionOf(HostId(from), HostId(to)) != LinkCondition{}) {
        impaired.emplace_back(from, to);
      }
    }
  }
  return impaired;
}

Duration LinkTable::DrawShaped(Row& row, HostId to) {
  return DrawFrom(row, to,
                  [this](ChoicePoint& point) { return DrawLatency(*options_.latency, point); });
}

Duration LinkTable::DrawUnder(const LinkCondition& condition, Row& row, HostId to) {
  if (!condition.latency) {
    return Sum(DrawWhole(row, to), condition.delay);
  }
  const Duration latency = DrawFrom(
      row, to, [&condition](ChoicePoint& point) { return DrawLatency(*condition.latency, point); });
  return Sum(latency, condition.delay);
}

bool LinkTable::BecameFaster(HostId from, HostId to) const {
  return std::ranges::find(faster_, std::pair(from, to)) != faster_.end();
}

uint64_t LinkTable::RateOf(const Trouble& trouble) const {
  const uint64_t own = trouble.condition.bytes_per_second;
  const uint64_t all = options_.bytes_per_second;
  return own == 0 || all == 0 ? std::max(own, all) : std::min(own, all);
}

Duration LinkTable::Occupy(Trouble& trouble, size_t bytes, SimTime now) const {
  const uint64_t rate = RateOf(trouble);
  if (rate == 0) {
    return Duration(0);
  }
  trouble.busy_until =
      Later(std::max(trouble.busy_until, now), TransmissionTime(bytes + kHeaderBytes, rate));
  return trouble.busy_until - now;
}

MessageFate LinkTable::SendTroubled(Row& row, HostId to, Trouble& trouble, size_t bytes,
                                    SimTime now) {
  const LinkCondition& condition = trouble.condition;
  // Drawn in every case, so that a cut shifts no latency of what is sent after it.
  MessageFate fate{.latency = DrawUnder(condition, row, to)};
  if (condition.cut || condition.clog) {
    fate.kind = condition.cut ? MessageFate::Kind::kLost : MessageFate::Kind::kHeld;
    return fate;
  }
  const Duration wait = Occupy(trouble, bytes, now);
  fate.latency = Sum(fate.latency, wait);
  if (IsPossible(condition.loss) && trouble.loss.Chance(condition.loss)) {
    fate.kind = MessageFate::Kind::kLost;
    return fate;
  }
  if (IsPossible(condition.duplicate) && trouble.duplicate.Chance(condition.duplicate)) {
    const Latency shape = condition.latency.value_or(options_.latency.value_or(
        Latency(UniformLatency{.min = options_.latency_min, .max = options_.latency_max})));
    const Duration latency = DrawLatency(shape, trouble.duplicate);
    fate.copy = Sum(Sum(latency, condition.delay), wait);
  }
  if (IsPossible(condition.reorder) && trouble.reorder.Chance(condition.reorder)) {
    fate.reordered = trouble.reorder.Between(Duration(0), condition.reorder_delay);
    fate.latency = Sum(fate.latency, fate.reordered);
  }
  if (IsPossible(condition.corrupt) && trouble.corrupt.Chance(condition.corrupt)) {
    fate.flips = static_cast<uint32_t>(trouble.corrupt.Below(condition.corrupt_bits_max)) + 1;
  }
  return fate;
}

FrameFate LinkTable::SendFrame(HostId from, HostId to, size_t bytes, SimTime now) {
  if (from == to) {
    return {.latency = options_.loopback_latency};
  }
  Row& row = RowOf(from, to);
  Trouble* const active = ActiveTroubleOf(row, to);
  if (active == nullptr) {
    return {.latency = DrawWhole(row, to)};
  }
  Trouble& trouble = *active;
  const LinkCondition& condition = trouble.condition;
  // The transport would send again for ever.
  const bool is_detected = condition.corruption == Corruption::kDetected;
  if (condition.cut || condition.clog || IsCertain(condition.loss) ||
      (is_detected && IsCertain(condition.corrupt))) {
    return {.held = true};
  }
  FrameFate fate{.latency = DrawUnder(condition, row, to)};
  fate.latency = Sum(fate.latency, Occupy(trouble, bytes, now));
  fate.sent_again = DrawRetransmissions(condition.loss, trouble.loss);
  if (is_detected) {
    fate.sent_again += DrawRetransmissions(condition.corrupt, trouble.corrupt);
  } else if (IsPossible(condition.corrupt) && trouble.corrupt.Chance(condition.corrupt)) {
    fate.flips = static_cast<uint32_t>(trouble.corrupt.Below(condition.corrupt_bits_max)) + 1;
  }
  fate.latency = Sum(fate.latency, kRetransmission * fate.sent_again);
  if (IsPossible(condition.reorder) && trouble.reorder.Chance(condition.reorder)) {
    const Duration extra = trouble.reorder.Between(Duration(0), condition.reorder_delay);
    fate.latency = Sum(fate.latency, extra);
  }
  if (IsPossible(condition.stall) && trouble.stall.Chance(condition.stall)) {
    fate.latency = Sum(fate.latency, condition.stall_time);
  }
  if (condition.read_bytes_per_second > 0) {
    fate.reading = TransmissionTime(bytes, condition.read_bytes_per_second);
  }
  return fate;
}

Duration LinkTable::DrawAgain(HostId from, HostId to) {
  return DrawUnder(ConditionOf(from, to), RowOf(from, to), to);
}

SimTime LinkTable::LatestArrival(HostId from, HostId to, SimTime now) {
  const Trouble* const trouble = FindTrouble(from, to);
  const SimTime leaves = trouble == nullptr ? now : std::max(now, trouble->busy_until);
  const LinkCondition& condition = ConditionOf(from, to);
  const std::optional<Latency>& shape = condition.latency ? condition.latency : options_.latency;
  const Duration longest = shape ? LongestOf(*shape) : options_.latency_max;
  return Later(leaves, Sum(longest, condition.delay));
}

void LinkTable::Flip(HostId from, HostId to, uint32_t bits, std::string& payload) {
  Trouble& trouble = TroubleOf(from, to);
  std::vector<uint64_t> flipped;
  for (uint32_t i = 0; i < bits && !payload.empty(); ++i) {
    const uint64_t bit = trouble.corrupt.Below(payload.size() * 8);
    // A bit that flipped twice would be whole again.
    if (std::ranges::find(flipped, bit) == flipped.end()) {
      flipped.push_back(bit);
      payload[bit / 8] = static_cast<char>(payload[bit / 8] ^ (1 << bit % 8));
    }
  }
}

}  // namespace flinch::sim
