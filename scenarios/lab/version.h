// The program's version and exit codes: both are promises to whoever calls it.
#pragma once

#include <string_view>

namespace flinch::scenarios {

// Of the project in CMakeLists.txt; a test compares.
inline constexpr std::string_view kVersion = "0.1.0";

inline constexpr int kExitPassed = 0;
inline constexpr int kExitViolation = 1;
inline constexpr int kExitUsage = 2;  // the command line, a scenario, a plan, an input file
inline constexpr int kExitInconclusive = 3;
inline constexpr int kExitNondeterminism = 4;
inline constexpr int kExitInternal = 70;  // a broken invariant of flinch itself, outside of a run
inline constexpr int kExitOutput = 74;    // what was to be written could not be
inline constexpr int kExitTryAgain = 75;  // ended before it was done; the same command goes on
inline constexpr int kExitInterrupted = 130;  // the same, by Ctrl-C

}  // namespace flinch::scenarios
