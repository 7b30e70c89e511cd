// Events of savepoints, and of what a user asks of a running job: the last two by whoever asks, all
// others by the JobManager.
#pragma once

#include <string_view>

#include "engine/events/event.h"
#include "engine/ids.h"

namespace flinch::engine::events {

inline constexpr std::string_view kSavepointTriggered = "savepoint.triggered";
inline constexpr std::string_view kSavepointStored = "savepoint.stored";
inline constexpr std::string_view kSavepointFailed = "savepoint.failed";
inline constexpr std::string_view kJobSubmitted = "job.submitted";
inline constexpr std::string_view kJobRefused = "job.refused";
inline constexpr std::string_view kOperationBegun = "operation.begun";
inline constexpr std::string_view kOperationEnded = "operation.ended";

struct SavepointTriggered {
  static constexpr std::string_view kKind = kSavepointTriggered;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "the checkpoint that was just triggered is a savepoint (type: savepoint, suspend, terminate)";

  CheckpointId id;
  std::string_view type;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &SavepointTriggered::id), Named("type", &SavepointTriggered::type));
  }
};

struct SavepointStored {
  static constexpr std::string_view kKind = kSavepointStored;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "the savepoint is complete and durable";

  CheckpointId id;
  std::string_view path;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &SavepointStored::id), Named("path", &SavepointStored::path));
  }
};

struct SavepointFailed {
  static constexpr std::string_view kKind = kSavepointFailed;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "a savepoint that was asked for came to nothing";

  std::string_view reason;

  static constexpr auto Fields(auto&& take) {
    return take(Named("reason", &SavepointFailed::reason));
  }
};

struct JobSubmitted {
  static constexpr std::string_view kKind = kJobSubmitted;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "the job is resumed from this snapshot: it starts anew, with these arguments of its code";

  std::string_view operation;
  std::string_view arguments;
  CheckpointId checkpoint;
  std::string_view path;

  static constexpr auto Fields(auto&& take) {
    return take(Named("operation", &JobSubmitted::operation),
                Named("arguments", &JobSubmitted::arguments),
                Named("checkpoint", &JobSubmitted::checkpoint), Named("path", &JobSubmitted::path));
  }
};

struct JobRefused {
  static constexpr std::string_view kKind = kJobRefused;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "the job cannot be resumed in this way: the reason says what to change";

  std::string_view operation;
  std::string_view reason;

  static constexpr auto Fields(auto&& take) {
    return take(Named("operation", &JobRefused::operation), Named("reason", &JobRefused::reason));
  }
};

struct OperationBegun {
  static constexpr std::string_view kKind = kOperationBegun;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "a user asks for something: savepoint, stop, …";

  std::string_view operation;
  std::string_view verb;

  static constexpr auto Fields(auto&& take) {
    return take(Named("operation", &OperationBegun::operation),
                Named("verb", &OperationBegun::verb));
  }
};

struct OperationEnded {
  static constexpr std::string_view kKind = kOperationEnded;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "and has an answer (outcome: done or failed; detail: the savepoint, or why)";

  std::string_view operation;
  std::string_view verb;
  std::string_view outcome;
  std::string_view detail;

  static constexpr auto Fields(auto&& take) {
    return take(Named("operation", &OperationEnded::operation),
                Named("verb", &OperationEnded::verb), Named("outcome", &OperationEnded::outcome),
                Named("detail", &OperationEnded::detail));
  }
};

}  // namespace flinch::engine::events
