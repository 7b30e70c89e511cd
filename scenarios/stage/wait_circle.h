// Tasks that wait for one another, so that none of them will ever go on.
//
// Intuition: back-pressure is a wait for room, alignment a wait for input. A task that waits for
//            room goes on when all of its full outputs have been read from; one that waits for
//            input when any channel brings some that is not blocked. Whoever waits for nobody but
//            tasks that wait likewise waits for ever: a credit that was lost, feedback with a
//            bound, a barrier that cannot come.
// Shape:     from what a world says of its fibers (sim::World::Explain) and tasks of themselves
//            (engine/waits.h). Of a run that is over: bytes on their way are not looked at.
// Source:    Knapp, "Deadlock detection in distributed databases", 1987 (the AND-OR model).
#pragma once

#include <string>
#include <vector>

#include "sim/world/stuck_report.h"

namespace flinch::scenarios {

struct WaitLink {
  std::string task;
  bool for_room = false;  // else for input
  std::string on;         // the next link's task

  friend bool operator==(const WaitLink&, const WaitLink&) = default;
};

// One circle; empty when every task may go on.
std::vector<WaitLink> FindWaitCircle(const sim::StuckReport& report);

// "map[0] waits for room in its output to sink[1], which waits for input from map[0]"
std::string Show(const std::vector<WaitLink>& circle);

// A line of it, or nothing.
std::string ShowWaitCircle(const sim::StuckReport& report);

}  // namespace flinch::scenarios
