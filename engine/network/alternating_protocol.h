// What a task does about barriers that may overtake records, as a table; alternating_core.h is its
// owner.
//
// An aligned barrier comes behind the records that were sent before it, an overtaking one before
// those that wait. "Missing" are the channels that have neither delivered the barrier nor ended.
// Source: Flink's AlternatingWaitingForFirstBarrier, AlternatingCollectingBarriers and their
//         unaligned kin.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/transition_table.h"

namespace flinch::engine {

enum class AlternatingPhase : uint8_t {
  kIdle,
  kAnnounced,  // the first barrier lies behind records in some channel
  kAligning,   // some channels have delivered, and are blocked
  kUnaligned,  // the checkpoint is taken; what channels bring before their barriers belongs to it
};

enum class AlternatingInput : uint8_t {
  kNewBarrier,    // aligned, of a newer checkpoint; other channels are missing
  kOnlyBarrier,   // aligned, of a newer checkpoint, and no other channel is missing
  kBarrier,       // aligned, of the checkpoint in progress; others are missing
  kLastBarrier,   // aligned, of the checkpoint in progress, and nobody else is missing
  kNewOvertaker,  // the same four of a barrier that overtakes, or for which time has run out
  kOnlyOvertaker,
  kOvertaker,
  kLastOvertaker,
  kNewAnnounced,  // of a newer checkpoint
  kAnnounced,     // of the checkpoint in progress
  kTimedOut,      // the checkpoint in progress may be aligned no longer
  kEnd,           // a channel has ended; it was not the last that was missing
  kLastEnd,       // the channel that has ended was the last that was missing
  kGivenUp,       // the checkpoint in progress or a newer one will not be taken
  kStale,         // of what is over, or of a channel that has ended
};

// Whatever is new gives up what is in progress before.
enum class AlternatingAction : uint8_t {
  kIgnore,
  kWait,      // start the clock
  kStart,     // start the clock; block the channel, count it
  kCount,     // block the channel, count it
  kSnapshot,  // take the checkpoint, unblock all
  kBegin,     // take the checkpoint, with what channels bring from now on; count the channel
  kTake,      // take the checkpoint, with what waits before its only barrier
  kSwitch,    // let barriers overtake, then as kBegin; unblock all
  kOvertake,  // let barriers overtake
  kPass,      // count the channel, which goes on
  kFinish,    // the last part of the checkpoint is there
  kEnd,       // count one channel less
  kGiveUp,    // unblock all; those downstream need not wait either
};

constexpr std::string_view Name(AlternatingPhase phase) {
  constexpr std::array<std::string_view, 4> kNames = {"idle", "announced", "aligning", "unaligned"};
  return kNames.at(static_cast<size_t>(phase));
}

constexpr std::string_view Name(AlternatingInput input) {
  constexpr std::array<std::string_view, 15> kNames = {
      "new barrier",    "only barrier", "barrier",        "last barrier",  "new overtaker",
      "only overtaker", "overtaker",    "last overtaker", "new announced", "announced",
      "timed out",      "end",          "last end",       "given up",      "stale"};
  return kNames.at(static_cast<size_t>(input));
}

constexpr std::string_view Name(AlternatingAction action) {
  constexpr std::array<std::string_view, 13> kNames = {
      "ignore", "wait",     "start", "count",  "snapshot", "begin",  "take",
      "switch", "overtake", "pass",  "finish", "end",      "give up"};
  return kNames.at(static_cast<size_t>(action));
}

namespace detail {

constexpr auto AlternatingRows() {
  using P = AlternatingPhase;
  using I = AlternatingInput;
  using A = AlternatingAction;
  return std::to_array<Transition<P, I, A>>({
      {P::kIdle, I::kNewBarrier, P::kAligning, A::kStart},
      {P::kIdle, I::kOnlyBarrier, P::kIdle, A::kSnapshot},
      {P::kIdle, I::kNewOvertaker, P::kUnaligned, A::kBegin},
      {P::kIdle, I::kOnlyOvertaker, P::kIdle, A::kTake},
      {P::kIdle, I::kNewAnnounced, P::kAnnounced, A::kWait},
      {P::kIdle, I::kTimedOut, P::kIdle, A::kIgnore},
      {P::kIdle, I::kEnd, P::kIdle, A::kEnd},
      {P::kIdle, I::kGivenUp, P::kIdle, A::kGiveUp},
      {P::kIdle, I::kStale, P::kIdle, A::kIgnore},

      {P::kAnnounced, I::kNewBarrier, P::kAligning, A::kStart},
      {P::kAnnounced, I::kOnlyBarrier, P::kIdle, A::kSnapshot},
      {P::kAnnounced, I::kBarrier, P::kAligning, A::kCount},
      {P::kAnnounced, I::kLastBarrier, P::kIdle, A::kSnapshot},
      {P::kAnnounced, I::kNewOvertaker, P::kUnaligned, A::kBegin},
      {P::kAnnounced, I::kOnlyOvertaker, P::kIdle, A::kTake},
      {P::kAnnounced, I::kOvertaker, P::kUnaligned, A::kSwitch},
      {P::kAnnounced, I::kLastOvertaker, P::kIdle, A::kTake},
      {P::kAnnounced, I::kNewAnnounced, P::kAnnounced, A::kWait},
      {P::kAnnounced, I::kAnnounced, P::kAnnounced, A::kIgnore},
      // Of those that overtake now the first is there next.
      {P::kAnnounced, I::kTimedOut, P::kAnnounced, A::kOvertake},
      {P::kAnnounced, I::kEnd, P::kAnnounced, A::kEnd},
      // Nobody is left who could deliver it.
      {P::kAnnounced, I::kLastEnd, P::kIdle, A::kGiveUp},
      {P::kAnnounced, I::kGivenUp, P::kIdle, A::kGiveUp},
      {P::kAnnounced, I::kStale, P::kAnnounced, A::kIgnore},

      {P::kAligning, I::kNewBarrier, P::kAligning, A::kStart},
      {P::kAligning, I::kOnlyBarrier, P::kIdle, A::kSnapshot},
      {P::kAligning, I::kBarrier, P::kAligning, A::kCount},
      {P::kAligning, I::kLastBarrier, P::kIdle, A::kSnapshot},
      {P::kAligning, I::kNewOvertaker, P::kUnaligned, A::kBegin},
      {P::kAligning, I::kOnlyOvertaker, P::kIdle, A::kTake},
      {P::kAligning, I::kOvertaker, P::kUnaligned, A::kSwitch},
      {P::kAligning, I::kLastOvertaker, P::kIdle, A::kTake},
      {P::kAligning, I::kNewAnnounced, P::kAnnounced, A::kWait},
      {P::kAligning, I::kAnnounced, P::kAligning, A::kIgnore},
      {P::kAligning, I::kTimedOut, P::kUnaligned, A::kSwitch},
      {P::kAligning, I::kEnd, P::kAligning, A::kEnd},
      {P::kAligning, I::kLastEnd, P::kIdle, A::kSnapshot},
      {P::kAligning, I::kGivenUp, P::kIdle, A::kGiveUp},
      {P::kAligning, I::kStale, P::kAligning, A::kIgnore},

      {P::kUnaligned, I::kNewBarrier, P::kAligning, A::kStart},
      {P::kUnaligned, I::kOnlyBarrier, P::kIdle, A::kSnapshot},
      {P::kUnaligned, I::kBarrier, P::kUnaligned, A::kPass},
      {P::kUnaligned, I::kLastBarrier, P::kIdle, A::kFinish},
      {P::kUnaligned, I::kNewOvertaker, P::kUnaligned, A::kBegin},
      {P::kUnaligned, I::kOnlyOvertaker, P::kIdle, A::kTake},
      {P::kUnaligned, I::kOvertaker, P::kUnaligned, A::kPass},
      {P::kUnaligned, I::kLastOvertaker, P::kIdle, A::kFinish},
      {P::kUnaligned, I::kNewAnnounced, P::kAnnounced, A::kWait},
      {P::kUnaligned, I::kAnnounced, P::kUnaligned, A::kOvertake},
      {P::kUnaligned, I::kTimedOut, P::kUnaligned, A::kIgnore},
      {P::kUnaligned, I::kEnd, P::kUnaligned, A::kEnd},
      {P::kUnaligned, I::kLastEnd, P::kIdle, A::kFinish},
      {P::kUnaligned, I::kGivenUp, P::kIdle, A::kGiveUp},
      {P::kUnaligned, I::kStale, P::kUnaligned, A::kIgnore},
  });
}

}  // namespace detail

inline constexpr auto kAlternatingTransitions = detail::AlternatingRows();
static_assert(IsDeterministic(kAlternatingTransitions));
static_assert(EveryPhaseReachable(kAlternatingTransitions));

}  // namespace flinch::engine
