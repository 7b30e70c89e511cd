// One run as one page of HTML: opened from disk, it asks nobody for anything.
//
// Shape:   a space-time diagram (a lane per process, what a crash, a pause or a cut link covers as
//          bands, messages as arrows, checkpoints as spans), the checkpoints in Flink's columns,
//          findings with the events that led there, faults, the line to paste.
// Bounds:  below 5 MB, however long the run: the page says how many events and messages it leaves
//          out, and from where on. What a user wrote is data, and is only ever shown as text.
// Shape of the recording: Keep::kEverything, else there are no messages.
#pragma once

#include <string>
#include <vector>

#include "reports/checkpoint_row.h"
#include "reports/run_summary.h"
#include "reports/task_time.h"
#include "sim/recording/recording.h"

namespace flinch::reports {

// From when to when a process was not there, did nothing, or was hard to reach.
struct Outage {
  std::string process;
  std::string what;  // "crashed", "paused", "clog"
  sim::SimTime begin;
  sim::SimTime end;
};

// Read off what the experimenter did ("fault.*"), in the order in which they began.
std::vector<Outage> OutagesOf(const sim::Recording& recording);

std::string ShowRunPage(const RunSummary& summary, const sim::Recording& recording,
                        const std::vector<CheckpointRow>& checkpoints,
                        const std::vector<TaskTime>& times = {});

}  // namespace flinch::reports
