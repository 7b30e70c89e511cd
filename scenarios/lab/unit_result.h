// What came of one unit, in a form that survives: one object on one line of JSON.
//
//   {"unit":12,"scenario":"url_clicks","seed":"13","search":"pct","verdict":"passed",
//    "digest":"0123456789abcdef","events":94012,"sim_ns":10200000000,"wall_us":61000,
//    "checkpoints":15,"faults":{"crash":2},"cells":"0f01"}           (without breaks)
//
// Shape:   members that are empty or zero are left out, but for those above. Seeds and digests are
//          strings, since no JSON number holds them. Cells: bits, in hexadecimal, two digits per
//          byte, the lowest byte and in it the lowest bit first.
// Errors:  what was not written by ShowLine is kCorruption: unknown members, kinds and oracles,
//          negative counts, text that a terminal or a shell would obey.
// Promise: a line can be read by every later build.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/result.h"

namespace flinch::scenarios {

enum class UnitVerdict : uint8_t {
  kPassed,
  kInconclusive,
  kFailed,
  // These three the run could not tell itself: its process was gone.
  kCrashed,
  kHung,
  kOutOfMemory,
  kNondeterministic,
};

std::string_view Name(UnitVerdict verdict);  // "out of memory"

struct UnitResult {
  uint64_t unit = 0;
  std::string scenario{};
  uint64_t seed = 0;
  std::string search{};  // that made it; "crash" and "crash-pairs" of exhaustive ones
  UnitVerdict verdict = UnitVerdict::kPassed;
  std::string digest{};  // the first 16 digits; empty where no run came to an end
  uint64_t events = 0;
  int64_t sim_ns = 0;
  int64_t wall_us = 0;  // of the worker
  uint64_t checkpoints = 0;
  std::map<std::string, uint64_t> faults{};  // fired ones, by kind
  uint64_t faults_planned = 0;               // of a written plan
  std::vector<uint32_t> planned_fired{};     // which of them fired, sorted
  std::vector<uint32_t> cells{};             // of the protocol, sorted
  std::vector<std::string> varied{};         // fields in which the seed made the scenario another
  std::vector<std::string> blind{};          // oracles that saw nothing to judge
  bool twice = false;                        // was run two times and compared
  // Of all but passed ones: what kind of failure, and what happened.
  std::string signature{};
  std::string oracle{};
  std::string witness{};
  std::vector<std::string> story{};  // the faults, before the witness
  std::string replay{};              // the words behind the program's name that run it again

  uint64_t faults_fired() const;

  // Whether a promise was broken: by the run, or by the process that it ended.
  bool IsFailure() const {
    return verdict != UnitVerdict::kPassed && verdict != UnitVerdict::kInconclusive;
  }

  // Whether the run itself came to this. What ended at a limit of time or memory, or was killed
  // from outside, may end otherwise when it is given more, or another day.
  bool IsFinal() const;
};

// How a signature begins whose process was ended by a signal or an exit code, and the one of which
// nobody knows who sent it: the machine, when it is short of memory, or a person.
inline constexpr std::string_view kCrashedBy = "crashed: ";
inline constexpr std::string_view kKilled = "crashed: SIGKILL";

// Without a line break. Control characters and bytes that are no UTF-8 become escapes.
std::string ShowLine(const UnitResult& result);
sim::Result<UnitResult> ParseLine(std::string_view line);

// A set of cells as it stands in results; nothing for what is no such text, or of cells that there
// are not.
std::string ShowCells(const std::vector<uint32_t>& cells);
std::optional<std::vector<uint32_t>> ReadCells(std::string_view text);

// Whether these are words that a shell takes as they stand: nothing in them is a command of its
// own.
bool AreShellWords(std::string_view text);

// Whether two results of one unit are of the same run; how long it took does not count.
bool SameOutcome(const UnitResult& left, const UnitResult& right);

}  // namespace flinch::scenarios
