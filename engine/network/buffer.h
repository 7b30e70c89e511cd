// What travels in a channel between two tasks, in portions that are moved and not copied.
//
// Shape:  a buffer of records is a sequence of elements (engine/stream_element.h), none of them cut
//         in two; an event has a buffer of its own. Within a channel they keep their order.
// Memory: a buffer's bytes come from its TaskManager's pool and go back there when they are read.
//         In front is room for the header of a frame, so that nothing is copied to send it.
// Source: Flink's Buffer, its data types, and EventSerializer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/checkpoint_meta.h"
#include "engine/serializer.h"

namespace flinch::engine {

enum class BufferKind : uint8_t {
  kRecords,        // needs credit
  kEvent,          // goes without: a consumer that reads nothing still hears of it
  kPriorityEvent,  // the same, and overtakes all that is no priority event
};

// What the header of a frame takes: checked where frames are made.
inline constexpr size_t kBufferHeadroom = 14;

struct Buffer {
  BufferKind kind = BufferKind::kRecords;
  Bytes bytes;  // the headroom, then the content

  std::string_view content() const { return std::string_view(bytes).substr(kBufferHeadroom); }
};

// Memory that buffers of one TaskManager have used and will use again.
class SegmentPool {
 public:
  // As long as the headroom, with what capacity it had in its earlier use.
  Bytes Take() {
    Bytes segment;
    if (!free_.empty()) {
      segment = std::move(free_.back());
      free_.pop_back();
      free_bytes_ -= segment.capacity();
    }
    segment.assign(kBufferHeadroom, '\0');
    return segment;
  }

  void Give(Bytes segment) {
    if (free_bytes_ + segment.capacity() <= kMostFreeBytes) {
      free_bytes_ += segment.capacity();
      free_.push_back(std::move(segment));
    }
  }

  size_t free() const { return free_.size(); }

 private:
  // Enough for a buffer of each of a thousand channels.
  static constexpr size_t kMostFreeBytes = size_t{16} * 1024 * 1024;

  std::vector<Bytes> free_;
  size_t free_bytes_ = 0;  // their capacity
};

// The checkpoint's records lie before it.
struct BarrierEvent {
  CheckpointMeta meta;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.meta);
  }
};

// The producer has given the checkpoint up: its barrier does not come.
struct CancelMarkerEvent {
  CheckpointId id;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.id);
  }
};

// No records come any more, only barriers and cancel markers.
struct EndOfDataEvent {
  template <typename Self, typename Visitor>
  static void Visit(Self&, Visitor&&) {}
};

// Goes round in an iteration whose input has ended (iteration_rounds.h).
struct IterationTokenEvent {
  uint32_t round = 0;
  bool is_quiet = false;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.round);
    visit(self.is_quiet);
  }
};

using StreamEvent =
    std::variant<BarrierEvent, CancelMarkerEvent, EndOfDataEvent, IterationTokenEvent>;

// The checkpoint of the barrier that the buffer holds; nothing when it holds something else.
inline std::optional<CheckpointMeta> BarrierIn(const Buffer& buffer) {
  if (buffer.kind == BufferKind::kRecords) {
    return std::nullopt;
  }
  const sim::Result<StreamEvent> event = Decode<StreamEvent>(buffer.content());
  const auto* const barrier = event ? std::get_if<BarrierEvent>(&*event) : nullptr;
  return barrier == nullptr ? std::nullopt : std::optional(barrier->meta);
}

}  // namespace flinch::engine
