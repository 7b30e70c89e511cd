// The house rules that no tool knows, as functions from text to findings.
//
// Each takes what it judges as an argument and reads no file itself, so that a planted violation
// can prove that it sees. The tables at the top of tidy_rules.cc are the rules; tests/tidy_test.cc
// feeds them the repository.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/tidy_source.h"

namespace flinch::tests {

struct Finding {
  std::string path;
  // From 1; 0 when the finding is about the file as a whole.
  std::size_t line = 0;
  std::string what;
  std::string instead;
};

// "path:line: what; instead".
std::string Show(const Finding& finding);

// Which folder may include which, and which third party lives where.
std::vector<Finding> CheckIncludes(const SourceFile& file);

// What would let the surroundings reach a decision, or hides who owns what. `twin` is the text of
// the header of a .cc file, where its members are declared; empty when there is none.
std::vector<Finding> CheckBans(const SourceFile& file, const SourceFile& twin);

// Words that mark unfinished work, in comments too.
std::vector<Finding> CheckNothingUnfinished(const SourceFile& file);

// Lines of a file, columns of a line, lines of a function.
std::vector<Finding> CheckLimits(const SourceFile& file);

// A header says what it is for and can be included twice.
std::vector<Finding> CheckHeader(const SourceFile& file);

// Every test stands where its subject stands. `paths` are all files, from the repository root.
std::vector<Finding> CheckTestsMirrorTheTree(std::span<const std::string> paths);

// Every room with sources has a README.md.
std::vector<Finding> CheckDoorSigns(std::span<const std::string> paths);

}  // namespace flinch::tests
