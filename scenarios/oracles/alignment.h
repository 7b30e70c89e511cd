// Barriers are aligned: a snapshot waits for the barrier of every channel, and gets each barrier
// once.
//
// Promise: within one attempt of a subtask and for one checkpoint id 1. no channel delivers the
//          barrier twice; 2. after checkpoint.aligned no channel delivers a first barrier: the
//          alignment would have missed it; 3. checkpoint.aligned comes once; 4. checkpoint.aligned
//          comes after a barrier from each channel. The event's field `channels` says how many
//          there are; where it is absent, as many as ever delivered for one id to this subtask.
// Cost:    a map operation per barrier. Keeps the last ids of each subtask (kIdsKept), nothing of
//          older attempts.
// Silent:  about 4 without the field until a first alignment was seen, and once any task has met
//          the end of its input: channels then end, and an ended channel owes no barrier. Attempts:
//          the event's field `attempt`; where it is absent, the attempt that task.started began
//          last in this process. The same subtask in another process, a zombie, is judged by
//          itself.
// Source:  Carbone et al. 2015, algorithm 1; Chandy and Lamport 1985.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class Alignment final : public Oracle {
 public:
  static constexpr std::string_view kName = "alignment";
  static constexpr std::string_view kPromise =
      "A task is aligned after one barrier from each of its channels, no fewer and none twice.";

  static constexpr bool kNeedsStream = true;
  static constexpr bool kNeedsChannels = true;
  static constexpr bool kNeedsAlignment = true;

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  static constexpr size_t kIdsKept = 16;

  struct Barriers {
    std::set<std::string> channels;
    bool aligned = false;
  };

  // One attempt of a subtask in one process.
  struct Seat {
    std::string subtask;
    sim::ProcessId process;
    int64_t attempt = 0;

    friend auto operator<=>(const Seat&, const Seat&) = default;
  };

  using ById = std::map<int64_t, Barriers>;

  // Nothing when the event lacks a field. Valid until the next call.
  Barriers* Find(const sim::TraceEvent& event);
  // Of a barrier's event.
  int64_t AttemptOf(const sim::TraceEvent& event) const;
  // "Checkpoint 3 at sink[1], attempt 2: ".
  std::string Subject(const sim::TraceEvent& event) const;
  void OnStarted(const sim::TraceEvent& event);
  void OnReceived(const sim::TraceEvent& event);
  void OnAligned(const sim::TraceEvent& event);

  std::map<Seat, ById> seats_;
  std::map<std::string, size_t> widest_;  // by subtask: the most channels of one alignment
  bool input_ended_ = false;
  Breaches breaches_;
};

}  // namespace flinch::scenarios
