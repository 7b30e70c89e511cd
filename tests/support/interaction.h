// Golden interaction tests: what is done to a pure core, and what comes of it, as text in a file.
//
//   # a comment
//   start 300ms
//   ----
//   start timer interval 300ms
//
// Lines above the dashes are commands, those below, up to a blank line, what they bring. With
// UPDATE_GOLDEN=1 what they bring is written into the file; the diff is then what a person reviews.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/golden.h"

namespace flinch::tests {

// What a command brings, in whole lines; empty: nothing.
using Interpreter = std::function<std::string(std::string_view command)>;

// `path` from the repository's root.
testing::AssertionResult MatchesInteraction(const std::string& path, const Interpreter& interpret,
                                            Golden mode = GoldenFromEnvironment());

// The files of a folder (from the repository's root) that end in ".txt", in their order.
std::vector<std::string> InteractionsIn(const std::string& folder);

// The name of such a file without its folder and its ending: the name of its test.
std::string InteractionName(const testing::TestParamInfo<std::string>& path);

// The words of a command.
std::vector<std::string> WordsOf(std::string_view command);

}  // namespace flinch::tests
