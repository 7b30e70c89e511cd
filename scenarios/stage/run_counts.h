// What a run's summary counts of its events.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "engine/events.h"
#include "scenarios/stage/story_client.h"
#include "sim/recording/recording.h"

namespace flinch::scenarios {

// What came otherwise than the story says.
struct StoryBreach {
  std::string sentence;
  sim::EventId event;
  size_t step = 0;  // of the story
  // Of the last resumption.
  int64_t checkpoint = 0;
  std::string arguments{};
};

// Counts what the summary tells, and which transactions ended by their time-out.
class RunCounts final : public sim::TraceObserver {
 public:
  void OnEvent(const sim::TraceEvent& event) override {
    if (event.kind == engine::events::kCheckpointStored) {
      ++completed;
    } else if (event.kind == engine::events::kCheckpointAborted) {
      ++failed;
    } else if (event.kind == engine::events::kJobRestored) {
      ++attempts;
    } else if (event.kind == engine::events::kJobSubmitted) {
      ++resumptions;
      resumed_from_ = event.Number("checkpoint").value_or(0);
      arguments_ = event.Text("arguments").value_or("");
    } else if (event.kind == engine::events::kSavepointTriggered) {
      if (event.Text("type") == "terminate") {
        draining = event.Number("id").value_or(0);
      }
    } else if (event.kind == engine::events::kSavepointStored) {
      drained = event.Number("id") == draining ? draining : drained;
    } else if (event.kind == kStoryOver) {
      story_over = true;
    } else if (event.kind == kStoryBroken) {
      story_breaches.push_back({.sentence = std::string(event.Text("sentence").value_or("")),
                                .event = event.id,
                                .step = static_cast<size_t>(event.Number("step").value_or(0)),
                                .checkpoint = resumed_from_,
                                .arguments = arguments_});
    } else if (event.kind == engine::events::kJobStatus) {
      job_status = event.Text("to").value_or("");
      has_told_status_ = true;
    } else if (event.kind == engine::events::kOperationBegun) {
      // A client that died asks again.
      if (event.Text("operation") != operation_) {
        operation_ = event.Text("operation").value_or("");
        has_told_status_ = false;
      }
    } else if (event.kind == engine::events::kOperationEnded) {
      // The client may hear that the job is taken over before the job tells of itself.
      const bool is_resumed = event.Text("verb") == "resume" && event.Text("outcome") == "done";
      if (is_resumed && !has_told_status_) {
        job_status.clear();
      }
    } else if (event.kind == engine::events::kTransactionAborted &&
               event.Text("reason") == "timeout") {
      expired.emplace(event.Text("transaction").value_or(""));
    } else if (event.kind == engine::events::kWindowLateRecord) {
      dropped.insert(event.Number("timestamp").value_or(0));
    }
  }

  // Not only until its story goes on.
  bool job_finished() const { return story_over && job_status == "FINISHED"; }

  bool job_ended() const {
    return job_finished() || job_status == "FAILED" || (story_over && job_status == "CANCELED");
  }

  uint64_t completed = 0;
  uint64_t failed = 0;
  uint64_t attempts = 0;
  uint64_t resumptions = 0;
  int64_t draining = 0;    // the last savepoint that was to drain the job
  int64_t drained = 0;     // and the last that did
  bool story_over = true;  // false at first of a scenario with a story
  std::vector<StoryBreach> story_breaches;
  std::string job_status;
  std::set<std::string> expired;
  std::set<int64_t> dropped;  // times of rows that came too late for their windows

 private:
  int64_t resumed_from_ = 0;      // the last time
  std::string arguments_;         // of the code, then
  std::string operation_;         // the last that was begun
  bool has_told_status_ = false;  // the job, since then
};

}  // namespace flinch::scenarios
