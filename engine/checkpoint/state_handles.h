// Where the parts of a subtask's state lie: what tasks report, checkpoints keep and masters hand
// out again.
//
// Shape:  a subtask writes one file of blocks (checkpoint_stream.h); a handle says which block is
//         what, so that the master can give a part of a file to another subtask without reading it.
//         Instead of a file a handle may have the bytes themselves.
//         What an unaligned checkpoint found in flight has handles of its own (channel_state.h).
//         Tables of a database are files of their own, shared with other checkpoints.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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

// A table of a database on the shared volume. It never changes; several checkpoints may hold it.
struct SharedFile {
  std::string name;  // within its database
  std::string path;
  uint64_t size = 0;
  uint32_t checksum = 0;

  friend bool operator==(const SharedFile&, const SharedFile&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.path);
    visit(self.size);
    visit(self.checksum);
  }
};

// The keyed state of one operator as the files of its database (incremental checkpoints).
struct DatabaseHandle {
  KeyGroup first;  // of the groups that it holds
  KeyGroup last;
  uint64_t content = 0;           // the block that says the rest: engine/state/leveldb_states.h
  std::vector<SharedFile> files;  // by name
  // Whether who is restored from it may go on sharing them: not when they are somebody else's.
  bool is_reusable = true;

  KeyGroupRange range() const { return {.first = first, .last = last}; }

  friend bool operator==(const DatabaseHandle&, const DatabaseHandle&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.first);
    visit(self.last);
    visit(self.content);
    visit(self.files);
    visit(self.is_reusable);
  }
};

// What one operator of one subtask has in the subtask's file.
struct OperatorHandles {
  std::vector<ListHandle> lists;
  KeyGroupsHandle keyed;
  std::optional<DatabaseHandle> database{};

  bool has_keyed_state() const { return !keyed.groups.empty() || database.has_value(); }

  friend bool operator==(const OperatorHandles&, const OperatorHandles&) = default;
};

}  // namespace flinch::engine

namespace flinch::sim {

// Without a database it is what it was before there were any: one is told of in the number of
// lists.
template <>
struct Serializer<engine::OperatorHandles> {
  static constexpr uint32_t kHasDatabase = uint32_t{1} << 31;

  static void Write(Encoder& out, const engine::OperatorHandles& handles) {
    const auto lists = static_cast<uint32_t>(handles.lists.size());
    sim::Write(out, lists | (handles.database ? kHasDatabase : 0));
    for (const engine::ListHandle& list : handles.lists) {
      sim::Write(out, list);
    }
    sim::Write(out, handles.keyed);
    if (handles.database) {
      sim::Write(out, *handles.database);
    }
  }

  static void Read(Decoder& in, engine::OperatorHandles& handles) {
    uint32_t head = 0;
    sim::Read(in, head);
    handles = {};
    for (uint32_t i = 0; i < (head & ~kHasDatabase) && in.good(); ++i) {
      sim::Read(in, handles.lists.emplace_back());
    }
    sim::Read(in, handles.keyed);
    if ((head & kHasDatabase) != 0) {
      sim::Read(in, handles.database.emplace());
    }
  }
};

}  // namespace flinch::sim

namespace flinch::engine {

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
  // The bytes themselves, of a file that is none: it bears its path as a name.
  std::optional<Bytes> content{};
  std::map<std::string, OperatorHandles> operators{};  // by operator name
  // Not among the others where this is a message: it is the last of that.
  Trailing<ChannelHandle> channels{};

  friend bool operator==(const SnapshotHandle&, const SnapshotHandle&) = default;
};

}  // namespace flinch::engine

namespace flinch::sim {

// Of a file it is what it was before there were others: bytes are told of in the size.
template <>
struct Serializer<engine::SnapshotHandle> {
  static constexpr uint64_t kHasContent = uint64_t{1} << 63;

  static void Write(Encoder& out, const engine::SnapshotHandle& handle) {
    sim::Write(out, handle.vertex);
    sim::Write(out, handle.subtask);
    sim::Write(out, handle.path);
    sim::Write(out, handle.size | (handle.content ? kHasContent : 0));
    if (handle.content) {
      sim::Write(out, *handle.content);
    }
    sim::Write(out, handle.operators);
  }

  static void Read(Decoder& in, engine::SnapshotHandle& handle) {
    handle = {};
    sim::Read(in, handle.vertex);
    sim::Read(in, handle.subtask);
    sim::Read(in, handle.path);
    sim::Read(in, handle.size);
    if ((handle.size & kHasContent) != 0) {
      handle.size &= ~kHasContent;
      sim::Read(in, handle.content.emplace());
    }
    sim::Read(in, handle.operators);
  }
};

}  // namespace flinch::sim
