// The messages of a recording, and what led to what: shared by the page of a run and its exports.
//
// Shape: read off the steps of the kernel, so the recording is one of Keep::kEverything. Frames of
//        connections are messages, too. What was lost on the way is none.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/recording/recording.h"

namespace flinch::reports {

struct Message {
  sim::EventId sent;
  sim::EventId arrived;
  sim::SimTime sent_at;
  sim::SimTime arrived_at;
  std::string from;  // processes
  std::string to;
  // The traced event that led to it being sent, and the first that it led to; 0: none.
  sim::EventId cause;
  sim::EventId effect;
};

struct Passage {
  std::vector<Message> messages;  // as they arrived
  // Of each traced event that has one: the traced event that led to it, over kernel steps.
  std::map<uint64_t, uint64_t> causes;
};

Passage PassageOf(const sim::Recording& recording);

// What a process traced, or the world did: no step of the kernel.
bool IsTold(const sim::RecordedEvent& event);

// The processes that told anything, the world first, the others in the order of their names.
std::vector<std::string> LanesOf(const sim::Recording& recording);

}  // namespace flinch::reports
