// When a job of the adaptive scheduler starts, and with how many subtasks.
//
// Shape:    a table, and two pure functions; SchedulerCore feeds the one and asks the others.
// Sizes:    subtasks of one index share a slot, so a vertex runs with as many as there are slots,
//           but not with more than it wants: the parallelism of the code, or in reactive mode as
//           many as its key groups can be divided among.
// Restarts: always of the whole job, as each may bring another size.
// Source:   Flink's AdaptiveScheduler (WaitingForResources, CreatingExecutionGraph, Executing,
//           StateTransitionManager), SlotSharingSlotAllocator.determineParallelism. What Flink's
//           Restarting, Canceling, Failing and Finished are, the job's status says.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/config.h"
#include "engine/graph/job_graph.h"
#include "engine/transition_table.h"

namespace flinch::engine {

enum class AdaptivePhase : uint8_t {
  kIdle,                 // nothing is to start: the job has not begun, restarts, or ends
  kWaitingForResources,  // there is not one slot
  kStabilizing,          // there are slots, and more may come
  kCreating,             // a number for the attempt is drawn
  kExecuting,
};

enum class AdaptiveInput : uint8_t {
  kWanted,  // the job is to start, or to start anew
  // What slots there are is not enough, is enough, is all that the job can use.
  kInsufficient,
  kSufficient,
  kDesired,
  kStabilized,
  kWaitOver,
  kCreated,
  kNotCreated,  // the slots have gone meanwhile
  kGrown,       // with the slots there are it would be larger, by as much as is worth a restart
  kOver,        // it fails, or is cancelled
};

enum class AdaptiveAction : uint8_t {
  kNone,
  kIgnore,
  kWait,  // for slots; not for ever
  kStabilize,
  kCreate,
  kGiveUp,
  kRescale,
};

std::string_view Name(AdaptivePhase phase);
std::string_view Name(AdaptiveInput input);
std::string_view Name(AdaptiveAction action);

inline constexpr auto kAdaptiveTransitions = [] {
  using Phase = AdaptivePhase;
  using Input = AdaptiveInput;
  using Action = AdaptiveAction;
  return std::to_array<Transition<Phase, Input, Action>>({
      {Phase::kIdle, Input::kWanted, Phase::kWaitingForResources, Action::kWait},
      {Phase::kIdle, Input::kOver, Phase::kIdle, Action::kIgnore},
      {Phase::kIdle, Input::kInsufficient, Phase::kIdle, Action::kIgnore},
      {Phase::kIdle, Input::kSufficient, Phase::kIdle, Action::kIgnore},
      {Phase::kIdle, Input::kDesired, Phase::kIdle, Action::kIgnore},
      // Timers are not stopped: they may run down when nobody waits any more.
      {Phase::kIdle, Input::kStabilized, Phase::kIdle, Action::kIgnore},
      {Phase::kIdle, Input::kWaitOver, Phase::kIdle, Action::kIgnore},
      {Phase::kWaitingForResources, Input::kInsufficient, Phase::kWaitingForResources,
       Action::kIgnore},
      {Phase::kWaitingForResources, Input::kSufficient, Phase::kStabilizing, Action::kStabilize},
      {Phase::kWaitingForResources, Input::kDesired, Phase::kCreating, Action::kCreate},
      {Phase::kWaitingForResources, Input::kStabilized, Phase::kWaitingForResources,
       Action::kIgnore},
      {Phase::kWaitingForResources, Input::kWaitOver, Phase::kIdle, Action::kGiveUp},
      {Phase::kWaitingForResources, Input::kOver, Phase::kIdle, Action::kNone},
      {Phase::kStabilizing, Input::kInsufficient, Phase::kWaitingForResources, Action::kNone},
      {Phase::kStabilizing, Input::kSufficient, Phase::kStabilizing, Action::kIgnore},
      {Phase::kStabilizing, Input::kDesired, Phase::kCreating, Action::kCreate},
      {Phase::kStabilizing, Input::kStabilized, Phase::kCreating, Action::kCreate},
      {Phase::kStabilizing, Input::kWaitOver, Phase::kCreating, Action::kCreate},
      {Phase::kStabilizing, Input::kOver, Phase::kIdle, Action::kNone},
      {Phase::kCreating, Input::kInsufficient, Phase::kCreating, Action::kIgnore},
      {Phase::kCreating, Input::kSufficient, Phase::kCreating, Action::kIgnore},
      {Phase::kCreating, Input::kDesired, Phase::kCreating, Action::kIgnore},
      {Phase::kCreating, Input::kStabilized, Phase::kCreating, Action::kIgnore},
      {Phase::kCreating, Input::kWaitOver, Phase::kCreating, Action::kIgnore},
      {Phase::kCreating, Input::kCreated, Phase::kExecuting, Action::kNone},
      {Phase::kCreating, Input::kNotCreated, Phase::kWaitingForResources, Action::kWait},
      {Phase::kCreating, Input::kOver, Phase::kIdle, Action::kNone},
      // Slots that go are told of by the failure of what ran in them.
      {Phase::kExecuting, Input::kInsufficient, Phase::kExecuting, Action::kIgnore},
      {Phase::kExecuting, Input::kSufficient, Phase::kExecuting, Action::kIgnore},
      {Phase::kExecuting, Input::kDesired, Phase::kExecuting, Action::kIgnore},
      {Phase::kExecuting, Input::kStabilized, Phase::kExecuting, Action::kIgnore},
      {Phase::kExecuting, Input::kWaitOver, Phase::kExecuting, Action::kIgnore},
      {Phase::kExecuting, Input::kGrown, Phase::kIdle, Action::kRescale},
      {Phase::kExecuting, Input::kOver, Phase::kIdle, Action::kNone},
  });
}();
static_assert(IsDeterministic(kAdaptiveTransitions) && EveryPhaseReachable(kAdaptiveTransitions));

// The job as it runs in so many slots, at least one. The size of `graph` is what the code says.
JobGraph FitToSlots(JobGraph graph, uint32_t slots, SchedulerMode mode);

// What Flink compares to see whether a rescale is worth its restart: the subtasks of all vertices.
uint32_t CumulativeParallelism(const JobGraph& graph);

}  // namespace flinch::engine
