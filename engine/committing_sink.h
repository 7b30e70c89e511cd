// The base of sinks of your own that write exactly once, whatever fails.
//
//   struct FileSink final : CommittingSink<Click> {
//     Result<void> Commit(Environment& env, const std::string& name,
//                         const std::vector<Click>& clicks) final {
//       const Result<bool> put = env.shared().PutIfAbsent("/out/" + name, Encode(clicks));
//       return put ? Result<void>() : Fail(put);
//     }
//   };
//
// Shape:    records wait in the task until a snapshot, then as part of its state, and are handed to
//           Commit when the checkpoint is complete: one call per checkpoint that brought any.
// Contract: Commit is called again, with the same name and the same records, when nobody knows
//           whether it was done: after a restart, or after it failed. So it must let a name count
//           once: a file that is created only if it is absent, a row with a unique key.
// State:    "pending": what is not committed, by checkpoint.
// Survives: late, doubled and lost notifications (a later one implies the earlier ones), and an
//           aborted checkpoint, whose records the next complete one commits.
// Errors:   one of Commit fails the task; the next attempt commits again.
// Source:   Flink's TwoPhaseCommitSinkFunction, for systems without transactions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/serializer.h"
#include "engine/stream_operator.h"
#include "sim/environment.h"
#include "sim/result.h"

namespace flinch::engine {

template <typename T>
class CommittingSink : public StreamOperator {
 public:
  using In = T;

  // Makes the records visible under the name, or does nothing when they are. May suspend.
  virtual sim::Result<void> Commit(sim::Environment& environment, const std::string& name,
                                   const std::vector<T>& records) = 0;

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) final {
    runtime_ = &runtime;
    if (restored == nullptr) {
      return {};
    }
    for (const sim::Bytes& bytes : restored->at(kPending)) {
      sim::Result<Pending> pending = Decode<Pending>(bytes);
      if (!pending) {
        return sim::Fail(pending);
      }
      pending_ = *std::move(pending);
    }
    // The checkpoint that this attempt starts from is complete, and all that it holds with it.
    return pending_.empty() ? sim::Result<void>()
                            : NotifyCheckpointComplete(CheckpointId(pending_.rbegin()->first));
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) final {
    arrived_.push_back(*static_cast<const T*>(record.value));
    return {};
  }

  // Nobody is behind a sink.
  sim::Result<void> ProcessWatermark(EventTime) final { return {}; }

  sim::Result<OperatorState> Snapshot(const CheckpointMeta& checkpoint) final {
    if (!arrived_.empty()) {
      pending_[checkpoint.id.value()] = std::exchange(arrived_, {});
    }
    return OperatorState{{kPending, {Encode(pending_)}}};
  }

  sim::Result<void> NotifyCheckpointComplete(CheckpointId complete) final {
    while (!pending_.empty() && pending_.begin()->first <= complete.value()) {
      // A snapshot may come while it suspends.
      const std::pair<uint64_t, std::vector<T>> next = *pending_.begin();
      const std::string name = fmt::format("{}-{}-{:08}", runtime_->subtask().name,
                                           runtime_->subtask().index.value(), next.first);
      if (const sim::Result<void> committed = Commit(runtime_->environment(), name, next.second);
          !committed) {
        return committed;
      }
      pending_.erase(next.first);
    }
    return {};
  }

 private:
  using Pending = std::map<uint64_t, std::vector<T>>;

  static constexpr const char* kPending = "pending";

  OperatorRuntime* runtime_ = nullptr;
  std::vector<T> arrived_;  // since the last snapshot
  Pending pending_;         // by checkpoint
};

}  // namespace flinch::engine
