// What the commands take that start from the token of a run, from a kept one or a recorded one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/cli/ci_arguments.h"

namespace flinch::scenarios {

// Where the files of a token are on this machine, when they are not where it says. Its hash of
// their contents is the judge.
struct Elsewhere {
  std::optional<std::string> scenario{};
  std::optional<std::string> plan{};
  std::optional<std::string> input{};
};

// `text` holds a token somewhere, or names a file that does.
struct ShrinkArguments {
  std::string text{};
  Elsewhere elsewhere{};
  std::optional<int64_t> for_ns{};  // real time; then the best so far is told
  // Where the choices of the smallest run go, if it needs any that are not the default.
  std::optional<std::string> tape{};
  bool json = false;
};

struct ExplainArguments {
  std::string text{};
  Elsewhere elsewhere{};
  bool json = false;
};

struct DiffArguments {
  std::string first{};
  std::string second{};
  bool json = false;
  std::optional<std::string> report{};  // a page of HTML
};

struct KeepArguments {
  std::string text{};
  Elsewhere elsewhere{};
  std::optional<std::string> name{};  // of the file, without its folder
  std::optional<std::string> out{};   // the folder; nothing: scenarios/regressions
};

struct RegressArguments {
  std::vector<std::string> files{};  // none: all of scenarios/regressions
  bool json = false;
  CiArguments ci{};
};

}  // namespace flinch::scenarios
