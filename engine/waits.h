// How a task's fiber is called, and what it says it waits for: for whoever asks a world where the
// time went (sim::World::FiberTimes) or who waits for what (sim::World::Explain).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flinch::engine {

// Before the name of the subtask: "task source[0]".
inline constexpr std::string_view kTaskFiber = "task ";

// Idle, in Flink's words: there is nothing to work on,
inline constexpr std::string_view kWaitForInput = "input";
// and, after the end of all input, only one checkpoint to come.
inline constexpr std::string_view kWaitForFinalCheckpoint = "the final checkpoint";
// Back-pressured: whoever reads the output is slower.
inline constexpr std::string_view kWaitForRoom = "room in an output";

// One channel between two tasks: a subpartition of what one emits on an edge.
struct ChannelPlace {
  uint32_t edge = 0;
  uint32_t subpartition = 0;

  friend auto operator<=>(const ChannelPlace&, const ChannelPlace&) = default;
};

// What a task that waits says besides (sim::WaitDetail).
struct TaskWait {
  struct Input {
    ChannelPlace place;
    bool is_blocked = false;  // by an alignment
    std::string producer;     // the subtask

    friend bool operator==(const Input&, const Input&) = default;
  };

  std::vector<ChannelPlace> full;  // outputs without room
  std::vector<Input> inputs;       // that have not ended

  friend bool operator==(const TaskWait&, const TaskWait&) = default;
};

// "full 3/1; reads 2/0 source[0]; blocks 2/1 source[1]"
std::string Show(const TaskWait& wait);
// The inverse; nothing of another text.
std::optional<TaskWait> ParseTaskWait(std::string_view text);

}  // namespace flinch::engine
