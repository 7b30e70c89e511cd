// What was sent before a barrier is received before it: no channel loses or doubles a record.
//
// Promise: when checkpoint.completed comes, for each subtask that sent its barrier
//          (checkpoint.barrier_sent) the records it had sent equal the sum of those that its
//          consumers had received from it when that barrier arrived (checkpoint.barrier_received,
//          by `from`), and of those that an unaligned checkpoint holds instead
//          (checkpoint.channel_persisted). All count from the start of the attempt.
// Cost:    a map operation per barrier. Keeps two numbers per subtask and unfinished checkpoint,
//          of the last checkpoints (kIdsKept).
// Silent:  about records behind the last completed barrier, about their contents and order
//          (exactly_once judges each key's), and about checkpoints that do not complete.
// Source:  Flink's exactly-once channels: a network stack that is FIFO and loses nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class ChannelCounts final : public Oracle {
 public:
  static constexpr std::string_view kName = "channel_counts";
  static constexpr std::string_view kPromise =
      "Between two tasks no record is lost or doubled: what was sent before a barrier is received "
      "before it.";

  static constexpr bool kNeedsStream = true;
  static constexpr bool kNeedsChannels = true;

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  static constexpr size_t kIdsKept = 16;

  struct Flow {
    int64_t sent = -1;  // nobody said
    int64_t received = 0;
  };

  using ByProducer = std::map<std::string, Flow>;

  void OnCompleted(const sim::TraceEvent& event, int64_t id);

  std::map<int64_t, ByProducer> flows_;
  Breaches breaches_;
};

}  // namespace flinch::scenarios
