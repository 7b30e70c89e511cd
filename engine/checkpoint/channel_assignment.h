// Who begins with what was in flight at an unaligned checkpoint: pure, at the master, from handles
// alone.
//
// All of it goes to consumers: first what the consumer of a channel had, then what its producer
// had, and both before anything new. So records of one key keep their order, also where producers
// are other ones than before; and no queue of a producer has to hold more than it may. Flink gives
// a producer's part back to producers, unless recover-output-on-downstream is set.
// Parallelism: as it was, each channel is what it was. Else a consumer of keyed records begins with
//              the channels of all old consumers that may hold some of its keys, and keeps those
//              (`filters`); another one with the channels of every n-th. Its watermarks then say
//              nothing about the new channels.
// Source:   Flink's SubtaskStateMapper (RANGE, ROUND_ROBIN) and TaskStateAssignment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/assignment.h"
#include "engine/checkpoint/state_handles.h"
#include "engine/ids.h"

namespace flinch::engine {

// An exchange as the job has it now.
struct Exchange {
  ChannelEdge edge;
  bool by_key = false;
  uint32_t producers = 1;
  uint32_t consumers = 1;
  uint32_t max_parallelism = 128;
};

// A part of a snapshot's file.
struct ChannelPart {
  std::string path;
  ChannelHandle channel;
  uint32_t gate = 0;      // of the consumer
  bool is_moved = false;  // no channel of the gate is this one
  bool filters = false;   // only keys of the consumer

  friend bool operator==(const ChannelPart&, const ChannelPart&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.path);
    visit(self.channel);
    visit(self.gate);
    visit(self.is_moved);
    visit(self.filters);
  }
};

// Returns what subtask `consumer` begins with, in this order, of the exchanges into it, by gate.
// `old` is the topology that has written `snapshots`.
std::vector<ChannelPart> AssignChannels(const std::vector<SnapshotHandle>& snapshots,
                                        const Topology& old, const std::vector<Exchange>& gates,
                                        SubtaskIndex consumer);

}  // namespace flinch::engine
