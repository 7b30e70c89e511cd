#include "scenarios/lab/program_path.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "scenarios/lab/portable_path.h"

namespace flinch::scenarios {

namespace {

bool NeedsNoQuotes(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._/-+,:@%").contains(c);
}

}  // namespace

std::string ProgramWord(const std::string& started_as) {
  const char* const script = std::getenv("FLINCH_PROGRAM");
  const std::string program = script != nullptr && *script != '\0' ? script : started_as;
  if (program.empty()) {
    return "flinch";
  }
  if (!program.contains('/')) {
    return ShellWord(program);
  }
  const std::optional<std::string> path = PathFromHere(program);
  if (!path) {
    return ShellWord(std::filesystem::path(program).filename().string());
  }
  return ShellWord(path->starts_with("..") ? *path : "./" + *path);
}

std::string ProgramFolder() {
  const char* const script = std::getenv("FLINCH_PROGRAM");
  return script == nullptr ? "" : std::filesystem::path(script).parent_path().string();
}

std::string ShellWord(std::string_view text) {
  if (!text.empty() && std::ranges::all_of(text, NeedsNoQuotes)) {
    return std::string(text);
  }
  std::string word = "'";
  for (const char c : text) {
    word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return word + "'";
}

}  // namespace flinch::scenarios
