// What a command came to, in the formats that a CI reads by itself.
//
// Shape:   one case per promise, not per seed: services follow a case by its name over time, so a
//          name is made of scenario and promise alone. A case that fails holds one finding per kind
//          of failure (scenarios/stage/signature.h), with how to see it again.
// Bounds:  a text of a user is at most 2,000 bytes, a finding has at most 20 of them, a case at
//          most 20 findings, a report at most 500; what is left out is said. So no file reaches
//          30 MB, and the step summary stays below 1 MiB.
// Escapes: reports/foreign_text.h, and then what the format asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flinch::reports {

enum class CiOutcome : uint8_t { kPassed, kFailed, kUndecided };

// One kind of failure.
struct CiFinding {
  std::string signature;                // the same for all failures of this kind
  std::string message;                  // what is broken, in a sentence
  std::vector<std::string> story{};     // how it came to that, step by step
  uint64_t count = 1;                   // how many runs failed so
  std::optional<std::string> replay{};  // the line to paste
};

struct CiCase {
  std::string suite;      // "url_clicks"
  std::string name;       // "exactly_once"
  std::string promise{};  // what must hold, in a sentence
  std::string file{};     // what the case is written in, below the repository; "" none
  CiOutcome outcome = CiOutcome::kPassed;
  std::string why{};                  // of one that decides nothing
  std::vector<CiFinding> findings{};  // of one that failed
};

struct CiReport {
  std::string command;  // "hunt"
  std::string version;  // of flinch
  std::vector<CiCase> cases{};
};

// "1 failed, 12 passed, 1 undecided".
std::string ShowCounts(const CiReport& report);

// JUnit's XML, as Jenkins, GitLab and GitHub's actions read it: a suite per scenario.
std::string ShowJunit(const CiReport& report);

// TAP 13, with a block of YAML behind what failed: perl's `prove` knows no later one.
std::string ShowTap(const CiReport& report);

// SARIF 2.1.0: a rule per promise, a result per finding, the signature as its fingerprint.
std::string ShowSarif(const CiReport& report);

// GitLab's code quality report, for the merge request: an array of findings.
std::string ShowGitlab(const CiReport& report);

// GitHub's workflow commands: at most ten lines, the last one tells how many there are besides.
std::string ShowAnnotations(const CiReport& report);

// What GitHub shows beside a step: Markdown, below 1 MiB.
std::string ShowStepSummary(const CiReport& report);

}  // namespace flinch::reports
