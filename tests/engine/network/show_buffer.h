// Buffers as text, and numbers to fill them with.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "engine/network/result_partition.h"

namespace flinch::engine {

struct ShowRecords final : Output {
  sim::Result<void> Emit(const StreamRecord& record) override {
    text += std::to_string(*static_cast<const int64_t*>(record.value)) + "@" +
            std::to_string(record.timestamp.nanos()) + " ";
    return {};
  }

  sim::Result<void> EmitWatermark(EventTime) override { return {}; }

  std::string text;
};

inline std::string ShowEvent(std::string_view content) {
  const sim::Result<StreamEvent> event = Decode<StreamEvent>(content);
  if (!event) {
    return event.error().message;
  }
  if (const auto* barrier = std::get_if<BarrierEvent>(&*event)) {
    return "barrier " + std::to_string(barrier->meta.id.value());
  }
  if (const auto* marker = std::get_if<CancelMarkerEvent>(&*event)) {
    return "cancel " + std::to_string(marker->id.value());
  }
  return "end";
}

// Records and watermarks "1@10 w20 ", events "barrier 3".
inline std::string ShowBuffer(const Buffer& buffer) {
  if (buffer.kind == BufferKind::kEvent) {
    return ShowEvent(buffer.content());
  }
  Decoder in(buffer.content());
  ShowRecords out;
  while (in.good() && in.remaining() > 0) {
    ElementKind kind{};
    EventTime time;
    Read(in, kind);
    Read(in, time);
    if (kind == ElementKind::kWatermark) {
      out.text += "w" + std::to_string(time.nanos()) + " ";
    } else {
      EXPECT_EQ(kind, ElementKind::kRecord);
      EXPECT_TRUE(TypeOf<int64_t>().read(in, {.timestamp = time}, out));
    }
  }
  EXPECT_TRUE(in.good());
  return out.text;
}

inline void EmitNumber(ResultPartition& partition, uint32_t subpartition, int64_t number) {
  ASSERT_TRUE(partition.EmitRecord(subpartition, TypeOf<int64_t>(),
                                   {.value = &number, .timestamp = EventTime(number * 10)}));
}

}  // namespace flinch::engine
