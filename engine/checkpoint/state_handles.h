// Where the parts of a subtask's state lie: what tasks report, checkpoints keep and masters hand
// out again.
//
// Shape:  a subtask writes one file of blocks (checkpoint_stream.h); a handle says which block is
//         what, so that the master can give a part of a file to another subtask without reading it.
//         What an unaligned checkpoint found in flight has handles of its own (channel_state.h).
//         State that shares files with earlier checkpoints will have, too.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/ids.h"
#include "engine/serializer.h"
#include "engine/state/key_groups.h"
#include "engine/state/operator_state.h"

namespace flinch::engine {

// The keyed state of one operator, as far as it has entries: a block per key group.
struct KeyGroupsHandle {
  std::vector<std::pair<KeyGroup, uint64_t>> groups;  // with the offset of its block; groups grow

  friend bool operator==(const KeyGroupsHandle&, const KeyGroupsHandle&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.groups);
  }
};

// A list of operator state: a block per entry.
struct ListHandle {
  std::string name;
  ListMode mode = ListMode::kSplit;
  std::vector<uint64_t> entries;  // offsets of the blocks

  friend bool operator==(const ListHandle&, const ListHandle&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.mode);
    visit(self.entries);
  }
};

// What one operator of one subtask has in the subtask's file.
struct OperatorHandles {
  std::vector<ListHandle> lists;
  KeyGroupsHandle keyed;

  friend bool operator==(const OperatorHandles&, const OperatorHandles&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.lists);
    visit(self.keyed);
  }
};

// One exchange of a job, over restarts, rescaling and new versions of it: which output of an
// operator goes to which input of another.
struct ChannelEdge {
  OperatorId from;
  OutputTag tag;
  OperatorId to;
  uint32_t input = 0;

  friend auto operator<=>(const ChannelEdge&, const ChannelEdge&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.from);
    visit(self.tag);
    visit(self.to);
    visit(self.input);
  }
};

// Who had it when the checkpoint was taken.
enum class ChannelSide : uint8_t {
  kInput,   // the consumer, which had not processed it
  kOutput,  // the producer, in its queue; it comes behind what the consumer had
};

// What one subtask had of one channel: a block per buffer, in their order.
struct ChannelHandle {
  ChannelEdge edge;
  ChannelSide side = ChannelSide::kInput;
  SubtaskIndex producer;
  SubtaskIndex consumer;
  std::vector<uint64_t> buffers;  // offsets of the blocks

  friend bool operator==(const ChannelHandle&, const ChannelHandle&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.edge);
    visit(self.side);
    visit(self.producer);
    visit(self.consumer);
    visit(self.buffers);
  }
};

// A subtask's file and what is in it.
struct SnapshotHandle {
  VertexId vertex;  // of the subtask that wrote it
  SubtaskIndex subtask;
  std::string path;
  uint64_t size = 0;
  std::map<std::string, OperatorHandles> operators{};  // by operator name
  // Not among the others where this is a message: it is the last of that.
  Trailing<ChannelHandle> channels{};

  friend bool operator==(const SnapshotHandle&, const SnapshotHandle&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.vertex);
    visit(self.subtask);
    visit(self.path);
    visit(self.size);
    visit(self.operators);
  }
};

}  // namespace flinch::engine
