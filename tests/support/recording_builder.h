// Hand-made histories: a recording told event by event, to be read by reports and shown to oracles.
//
//   RecordingBuilder history;
//   history.At(100ms).By("jm").Tell("checkpoint.triggered", {{"id", 1}});
//   history.At(110ms).By("tm-1").Tell("checkpoint.acknowledged", {{"id", 1}, {"subtask",
//   "sink[0]"}}); history.ShowTo(oracle);
//
// Time and process hold until they are changed. Events are numbered from 1.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "sim/ids.h"
#include "sim/recording/recording.h"
#include "sim/time.h"
#include "sim/trace.h"

namespace flinch::tests {

class RecordingBuilder {
 public:
  // Since the start of the world; never before the event told last.
  RecordingBuilder& At(sim::Duration time);
  RecordingBuilder& By(std::string_view process);
  // Of the next event only.
  RecordingBuilder& CausedBy(sim::EventId cause);

  sim::EventId Tell(std::string_view kind, std::initializer_list<sim::Field> fields = {});

  const sim::Recording& recording() const { return recording_; }

  // Every event, as it would have seen them in the run.
  void ShowTo(sim::TraceObserver& observer) const;

 private:
  sim::SimTime now_;
  std::string process_ = "world";
  sim::EventId cause_;
  sim::Recording recording_;
};

}  // namespace flinch::tests
