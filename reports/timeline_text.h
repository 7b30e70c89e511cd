// A run as text, one line per event: the form for people, for golden files, and for `diff`.
//
//     #41    00:02.417301  jm    checkpoint.triggered      id=3
//   ! #44    00:02.418840  tm-2  fault.crash               process=tm-2  <- #43
//
// Columns: a mark ("!" before what the experimenter did to the run), the number of the event,
// minutes and seconds, process, kind, fields, and the cause. Kernel steps ("sim.*") are left out;
// an event that such a step caused points to the nearest event in the timeline that led to the
// step. A cause that is in the timeline nowhere is not shown, so a recording of Keep::kTrace shows
// fewer causes than one of Keep::kEverything.
//
// The widths of the columns follow the events that are shown. Pure: the same recording gives the
// same bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "sim/recording/recording.h"

namespace flinch::reports {

struct TimelineOptions {
  // After so many lines a last one says how many events follow. Nothing: all are shown.
  std::optional<size_t> lines_max;
};

// "" for a recording without events to show.
std::string ShowTimeline(const sim::Recording& recording, const TimelineOptions& options = {});

}  // namespace flinch::reports
