// What two TaskManagers say to each other on the connection that their channels share.
//
// Shape:  a consumer asks for subpartitions and grants credit; the producer answers, and sends
//         buffers. A channel is numbered by the consumer, anew for each connection.
// Credit: the producer sends as many buffers of records as the consumer has granted, so that one
//         channel that is not read never keeps the others waiting. Events need no credit.
// Source: Flink's NettyMessage and its credit-based flow control.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

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

// Nothing is wanted of it any more.
struct ReleaseFrame {
  uint32_t channel = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.channel);
  }
};

using ConsumerFrame = std::variant<RequestFrame, CreditFrame, ReleaseFrame>;

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

using ProducerFrame = std::variant<ServedFrame, NotFoundFrame, ClosedFrame, BufferFrame>;

}  // namespace flinch::engine
