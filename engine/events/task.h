// Events of a task, by its TaskManager, and of the operators in it.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/events/event.h"
#include "engine/ids.h"

namespace flinch::engine::events {

inline constexpr std::string_view kTaskRestoring = "task.restoring";
inline constexpr std::string_view kTaskStarted = "task.started";
inline constexpr std::string_view kTaskEndOfInput = "task.end_of_input";
inline constexpr std::string_view kTaskFinished = "task.finished";
inline constexpr std::string_view kTaskFailed = "task.failed";
inline constexpr std::string_view kTaskCanceled = "task.canceled";
inline constexpr std::string_view kFirstRecord = "task.first_record";
inline constexpr std::string_view kInputSorted = "task.input_sorted";
inline constexpr std::string_view kResultKept = "result.kept";
inline constexpr std::string_view kResultLost = "result.lost";
inline constexpr std::string_view kWindowLateRecord = "window.late_record";

struct TaskRestoring {
  static constexpr std::string_view kKind = kTaskRestoring;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the task begins to restore its state";

  std::string_view subtask;
  AttemptNumber attempt;
  CheckpointId checkpoint;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &TaskRestoring::subtask),
                Named("attempt", &TaskRestoring::attempt),
                Named("checkpoint", &TaskRestoring::checkpoint));
  }
};

struct TaskStarted {
  static constexpr std::string_view kKind = kTaskStarted;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat =
      "state is restored, so many entries of keyed state; the task runs";

  std::string_view subtask;
  AttemptNumber attempt;
  CheckpointId checkpoint;
  uint64_t entries = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &TaskStarted::subtask), Named("attempt", &TaskStarted::attempt),
                Named("checkpoint", &TaskStarted::checkpoint),
                Named("entries", &TaskStarted::entries));
  }
};

struct TaskEndOfInput {
  static constexpr std::string_view kKind = kTaskEndOfInput;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the task has seen all of its input";

  std::string_view subtask;
  AttemptNumber attempt;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &TaskEndOfInput::subtask),
                Named("attempt", &TaskEndOfInput::attempt));
  }
};

struct TaskFinished {
  static constexpr std::string_view kKind = kTaskFinished;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the final checkpoint is complete, the task is done";

  std::string_view subtask;
  AttemptNumber attempt;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &TaskFinished::subtask), Named("attempt", &TaskFinished::attempt));
  }
};

struct TaskFailed {
  static constexpr std::string_view kKind = kTaskFailed;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the task failed";

  std::string_view subtask;
  AttemptNumber attempt;
  std::string_view reason;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &TaskFailed::subtask), Named("attempt", &TaskFailed::attempt),
                Named("reason", &TaskFailed::reason));
  }
};

struct TaskCanceled {
  static constexpr std::string_view kKind = kTaskCanceled;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the task was cancelled";

  std::string_view subtask;
  AttemptNumber attempt;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &TaskCanceled::subtask), Named("attempt", &TaskCanceled::attempt));
  }
};

struct FirstRecord {
  static constexpr std::string_view kKind = kFirstRecord;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the task processed its first record";

  std::string_view subtask;
  AttemptNumber attempt;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &FirstRecord::subtask), Named("attempt", &FirstRecord::attempt));
  }
};

struct InputSorted {
  static constexpr std::string_view kKind = kInputSorted;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat =
      "a batch task has all of its keyed input, and has sorted so many parts of it on its disk";

  std::string_view subtask;
  AttemptNumber attempt;
  uint64_t records = 0;
  uint64_t runs = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &InputSorted::subtask), Named("attempt", &InputSorted::attempt),
                Named("records", &InputSorted::records), Named("runs", &InputSorted::runs));
  }
};

struct ResultKept {
  static constexpr std::string_view kKind = kResultKept;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat =
      "the result of a batch task is whole on the disk of its TaskManager";

  std::string_view subtask;
  AttemptNumber attempt;
  uint64_t bytes = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &ResultKept::subtask), Named("attempt", &ResultKept::attempt),
                Named("bytes", &ResultKept::bytes));
  }
};

struct ResultLost {
  static constexpr std::string_view kKind = kResultLost;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat =
      "the JobManager has learned that the result of a batch task is gone; is_needed: its producer "
      "runs anew";

  std::string_view subtask;
  AttemptNumber attempt;
  bool is_needed = false;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &ResultLost::subtask), Named("attempt", &ResultLost::attempt),
                Named("is_needed", &ResultLost::is_needed));
  }
};

struct WindowLateRecord {
  static constexpr std::string_view kKind = kWindowLateRecord;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "a record came after its window had fired";

  std::string_view subtask;
  int64_t timestamp = 0;
  int64_t watermark = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &WindowLateRecord::subtask),
                Named("timestamp", &WindowLateRecord::timestamp),
                Named("watermark", &WindowLateRecord::watermark));
  }
};

}  // namespace flinch::engine::events
