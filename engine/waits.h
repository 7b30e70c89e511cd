// How a task's fiber is called, and what it says it waits for: for whoever asks a world where the
// time went (sim::World::FiberTimes) or who waits for what (sim::World::Explain).
#pragma once

#include <string_view>

namespace flinch::engine {

// Before the name of the subtask: "task source[0]".
inline constexpr std::string_view kTaskFiber = "task ";

// Idle, in Flink's words: there is nothing to work on,
inline constexpr std::string_view kWaitForInput = "input";
// and, after the end of all input, only one checkpoint to come.
inline constexpr std::string_view kWaitForFinalCheckpoint = "the final checkpoint";
// Back-pressured: whoever reads the output is slower.
inline constexpr std::string_view kWaitForRoom = "room in an output";

}  // namespace flinch::engine
