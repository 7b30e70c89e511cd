// One subpartition as its consumer sees it, whether it is read while it is written
// (result_partition.h) or lies on the disk when its producer has finished (kept_results.h).
// Source: Flink's ResultSubpartitionView and BufferAvailabilityListener.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "engine/network/buffer.h"
#include "engine/network/frames.h"

namespace flinch::engine {

// Who consumes a subpartition. Neither call may suspend.
class SubpartitionReader {
 public:
  virtual ~SubpartitionReader() = default;

  // There is something to take.
  virtual void OnBuffer() = 0;
  // Nothing comes any more: the task has ended, and its partition with it; or the result is lost.
  // The view must not be used again.
  virtual void OnClosed() = 0;
};

// No call suspends. Whoever lets it go hears of nothing any more.
class SubpartitionView {
 public:
  virtual ~SubpartitionView() = default;

  virtual bool HasBuffer() const = 0;
  // Of the next buffer, which there is.
  virtual BufferKind NextKind() const = 0;
  virtual Buffer Take() = 0;

  // Of a queue that is written while it is read: its length; what of it waits for credit, where its
  // reader is to hear of that; how large its next buffers are to be.
  virtual size_t QueueLength() const { return 0; }

  virtual std::optional<uint32_t> Backlog() const { return std::nullopt; }

  virtual void SetBufferSize(uint32_t) {}

  // Its next buffer has overtaken others.
  bool HasPriority() const { return HasBuffer() && NextKind() == BufferKind::kPriorityEvent; }
};

// The subpartition for this reader; null when it is not there, or somebody else's. With `again`
// also what somebody else has: a planted defect.
using OpenSubpartition = std::function<std::unique_ptr<SubpartitionView>(
    const PartitionRequest& request, SubpartitionReader& reader, bool again)>;

}  // namespace flinch::engine
