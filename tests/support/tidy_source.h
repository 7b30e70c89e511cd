// A source file as the house rules see it: as it stands, and with comments and literals blanked.
//
// Shape: both forms have the same lines and columns, so a place found in one is a place in the
//        other. Survives: escapes, raw strings, digit separators, apostrophes in directives,
//        unfinished literals.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace flinch::tests {

struct SourceFile {
  // From the repository root, with slashes: "sim/world/world.h".
  std::string path;
  std::vector<std::string> lines;
  // `lines` with comments and the insides of string and character literals turned into spaces.
  std::vector<std::string> code;
};

SourceFile MakeSource(std::string path, std::string_view text);

// `text` with comments and the insides of literals turned into spaces; line ends stay.
std::string BlankCommentsAndLiterals(std::string_view text);

// What `#include` names, on which line (from 1), and whether it stood in quotes.
struct Include {
  std::size_t line = 0;
  std::string path;
  bool quoted = false;
};

std::vector<Include> FindIncludes(const SourceFile& file);

// A function body: the lines of its opening and closing brace, from 1.
struct FunctionBody {
  std::size_t first_line = 0;
  std::size_t last_line = 0;
};

// The functions with a body at namespace or class level, by matching braces. A lambda counts as
// part of the function it stands in.
std::vector<FunctionBody> FindFunctions(const SourceFile& file);

bool IsIdentifierChar(char c);

std::string_view Trim(std::string_view text);

}  // namespace flinch::tests
