// What two TaskManagers say to each other on the connection that their channels share.
//
// Shape:  a consumer asks for subpartitions and grants credit; the producer answers, and sends
//         buffers. A channel is numbered by the consumer, anew for each connection.
// Credit: the producer sends as many buffers of records as the consumer has granted, so that one
//         channel that is not read never keeps the others waiting. Events need no credit. Where
//         buffers float the producer says what waits, and the consumer grants what it can spare.
// Damage: a frame begins with a checksum of all behind it. Who gets one that is not whole ends the
//         connection, and with it all channels on it; nothing of it is delivered.
// Source: Flink's NettyMessage and its credit-based flow control.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <variant>

#include "engine/checksum.h"
#include "engine/ids.h"
#include "engine/network/buffer.h"
#include "engine/serializer.h"

namespace flinch::engine {

// Which subpartition of whose output is wanted.
struct PartitionRequest {
  ExecutionAttemptId producer;
  uint32_t edge = 0;
  uint32_t subpartition = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.producer);
    visit(self.edge);
    visit(self.subpartition);
  }
};

// ---- From the consumer --------------------------------------------------------------------------

struct RequestFrame {
  uint32_t channel = 0;
  PartitionRequest request;
  uint32_t credit = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.channel);
    visit(self.request);
    visit(self.credit);
  }
};

struct CreditFrame {
  uint32_t channel = 0;
  uint32_t credit = 0;  // more

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.channel);
    visit(self.credit);
  }
};

// Buffers shall hold no more from now on.
struct BufferSizeFrame {
  uint32_t channel = 0;
  uint32_t bytes = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.channel);
    visit(self.bytes);
  }
};

// Nothing is wanted of it any more.
struct ReleaseFrame {
  uint32_t channel = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.channel);
  }
};

using ConsumerFrame = std::variant<RequestFrame, CreditFrame, ReleaseFrame, BufferSizeFrame>;

// ---- From the producer --------------------------------------------------------------------------

// The subpartition is the channel's.
struct ServedFrame {
  uint32_t channel = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.channel);
  }
};

// It is not there, or somebody else's. It may come yet.
struct NotFoundFrame {
  uint32_t channel = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.channel);
  }
};

// The producer has ended.
struct ClosedFrame {
  uint32_t channel = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.channel);
  }
};

// A buffer; its content follows.
struct BufferFrame {
  uint32_t channel = 0;
  uint32_t sequence = 0;  // of the channel's buffers: 0, 1, …
  BufferKind kind = BufferKind::kRecords;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.channel);
    visit(self.sequence);
    visit(self.kind);
  }
};

// So many buffers of records wait for credit: told where buffers float, whenever it is another
// number than before.
struct BacklogFrame {
  uint32_t channel = 0;
  uint32_t buffers = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.channel);
    visit(self.buffers);
  }
};

using ProducerFrame =
    std::variant<ServedFrame, NotFoundFrame, ClosedFrame, BufferFrame, BacklogFrame>;

// ---- Damage -------------------------------------------------------------------------------------

// What the checksum takes in front of a frame.
inline constexpr size_t kSealBytes = 4;

// Writes the checksum of what is behind it into the first bytes.
inline void Seal(Bytes& frame) {
  Encoder seal;
  Write(seal, Checksum(std::string_view(frame).substr(kSealBytes)));
  std::ranges::copy(seal.bytes(), frame.begin());
}

// Whether that is still its checksum. Of anything.
inline bool IsWhole(std::string_view frame) {
  const sim::Result<uint32_t> seal = Decode<uint32_t>(frame.substr(0, kSealBytes));
  return seal && *seal == Checksum(frame.substr(std::min(kSealBytes, frame.size())));
}

template <typename Frame>
Bytes EncodeFrame(const Frame& frame) {
  Encoder out;
  Write(out, uint32_t{0});
  Write(out, frame);
  Bytes bytes = out.Take();
  Seal(bytes);
  return bytes;
}

}  // namespace flinch::engine
