#include "engine/checkpoint/channel_assignment.h"

#include <algorithm>
#include <tuple>

#include "sim/check.h"

namespace flinch::engine {
namespace {

const OperatorTopology& OldOf(const Topology& old, OperatorId id) {
  const auto found =
      std::ranges::find_if(old, [id](const auto& each) { return OperatorIdOf(each.first) == id; });
  sim::Check(found != old.end(),
             "a channel ends at operator {:016x}, which the old job did not have", id.value());
  return found->second;
}

// The exchange then and now.
struct Move {
  const OperatorTopology& producers;
  const OperatorTopology& consumers;
  const Exchange& now;

  bool IsRescaled() const { return consumers.parallelism != now.consumers; }

  bool IsMoved() const { return IsRescaled() || producers.parallelism != now.producers; }

  // Whether the new consumer begins with what an old one had.
  bool Concerns(SubtaskIndex before, SubtaskIndex consumer) const {
    if (!IsRescaled()) {
      return before == consumer;
    }
    if (!now.by_key) {
      return before.value() % now.consumers == consumer.value();
    }
    if (consumers.max_parallelism != now.max_parallelism) {
      return true;  // its keys may have been anywhere
    }
    const KeyGroupRange mine = RangeOf(consumer, now.max_parallelism, now.consumers);
    const KeyGroupRange theirs = RangeOf(before, now.max_parallelism, consumers.parallelism);
    return mine.first <= theirs.last && theirs.first <= mine.last;
  }
};

void AddParts(const SnapshotHandle& snapshot, const Move& move, uint32_t gate,
              SubtaskIndex consumer, std::vector<ChannelPart>& parts) {
  for (const ChannelHandle& channel : snapshot.channels) {
    if (channel.edge == move.now.edge && move.Concerns(channel.consumer, consumer)) {
      parts.push_back({.path = snapshot.path,
                       .channel = channel,
                       .gate = gate,
                       .is_moved = move.IsMoved(),
                       .filters = move.IsRescaled() && move.now.by_key});
    }
  }
}

}  // namespace

std::vector<ChannelPart> AssignChannels(const std::vector<SnapshotHandle>& snapshots,
                                        const Topology& old, const std::vector<Exchange>& gates,
                                        SubtaskIndex consumer) {
  std::vector<ChannelPart> parts;
  for (uint32_t gate = 0; gate < gates.size(); ++gate) {
    const ChannelEdge& edge = gates[gate].edge;
    // Of exchanges that nothing tells apart the first has it all.
    const bool is_repeated =
        std::any_of(gates.begin(), gates.begin() + gate,
                    [&edge](const Exchange& each) { return each.edge == edge; });
    const bool is_used = std::ranges::any_of(snapshots, [&edge](const SnapshotHandle& snapshot) {
      return std::ranges::find(snapshot.channels, edge, &ChannelHandle::edge) !=
             snapshot.channels.end();
    });
    if (is_repeated || !is_used) {
      continue;
    }
    const Move move{
        .producers = OldOf(old, edge.from), .consumers = OldOf(old, edge.to), .now = gates[gate]};
    for (const SnapshotHandle& snapshot : snapshots) {
      AddParts(snapshot, move, gate, consumer, parts);
    }
  }
  const auto order = [](const ChannelPart& part) {
    return std::tuple(part.gate, part.channel.producer, part.channel.consumer, part.channel.side);
  };
  std::ranges::sort(parts, {}, order);
  return parts;
}

}  // namespace flinch::engine
