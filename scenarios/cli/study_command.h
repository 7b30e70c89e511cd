// `flinch study`: what becomes of a scenario when an option changes, over many seeds: CSV and SVG.
#pragma once

#include <ostream>

#include "scenarios/cli/command_line.h"

namespace flinch::scenarios {

// Writes DIR/runs.csv (a row per run), DIR/summary.csv (a row per point) and a picture per measure.
// kExitPassed when all of them are there, whatever came of the runs; 130 or 75 when it was
// interrupted, and then nothing is written.
int StudyCommand(const StudyArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace flinch::scenarios
