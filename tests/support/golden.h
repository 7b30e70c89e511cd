// Text that a document shows and the code can make: the two are compared, and on request the
// document is rewritten.
//
// The text stands between `<!-- golden: NAME -->` and `<!-- end of golden: NAME -->`, each a line
// of its own. With UPDATE_GOLDEN=1 in the environment a difference is written into the document;
// the diff is then what a person reviews.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace flinch::tests {

enum class Golden { kCompare, kUpdate };

// What UPDATE_GOLDEN asks for.
Golden GoldenFromEnvironment();

// The section of a document; nothing when it has no such section.
std::optional<std::string> ReadGolden(std::string_view document, std::string_view name);

// The document with another text in that section, which it must have.
std::string WithGolden(std::string_view document, std::string_view name, std::string_view text);

// `path` from the repository's root. Says what to do when they differ.
testing::AssertionResult MatchesGolden(const std::string& path, std::string_view name,
                                       const std::string& text,
                                       Golden mode = GoldenFromEnvironment());

}  // namespace flinch::tests
