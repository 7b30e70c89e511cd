#include "tests/support/golden.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "sim/check.h"
#include "tests/paths.h"

namespace flinch::tests {
namespace {

struct Section {
  size_t begin = 0;
  size_t size = 0;
};

std::optional<Section> Find(std::string_view document, std::string_view name) {
  const std::string opening = fmt::format("<!-- golden: {} -->\n", name);
  const std::string closing = fmt::format("<!-- end of golden: {} -->\n", name);
  const size_t opened = document.find(opening);
  if (opened == std::string_view::npos) {
    return std::nullopt;
  }
  const size_t begin = opened + opening.size();
  const size_t end = document.find(closing, begin);
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  return Section{begin, end - begin};
}

// The first line in which two texts differ.
std::string FirstDifference(std::string_view shown, std::string_view made) {
  size_t line = 1;
  while (!shown.empty() || !made.empty()) {
    const std::string_view left = shown.substr(0, shown.find('\n'));
    const std::string_view right = made.substr(0, made.find('\n'));
    if (left != right) {
      return fmt::format("line {}:\n  shown: {}\n  made:  {}", line, left, right);
    }
    shown.remove_prefix(std::min(shown.size(), left.size() + 1));
    made.remove_prefix(std::min(made.size(), right.size() + 1));
    ++line;
  }
  return "their last line ends";
}

}  // namespace

Golden GoldenFromEnvironment() {
  const char* update = std::getenv("UPDATE_GOLDEN");
  return update != nullptr && std::string_view(update) == "1" ? Golden::kUpdate : Golden::kCompare;
}

std::optional<std::string> ReadGolden(std::string_view document, std::string_view name) {
  const std::optional<Section> section = Find(document, name);
  if (!section) {
    return std::nullopt;
  }
  return std::string(document.substr(section->begin, section->size));
}

std::string WithGolden(std::string_view document, std::string_view name, std::string_view text) {
  const std::optional<Section> section = Find(document, name);
  sim::Check(section.has_value(), "the document has no section {}", name);
  std::string changed(document);
  changed.replace(section->begin, section->size, text);
  return changed;
}

testing::AssertionResult MatchesGolden(const std::string& path, std::string_view name,
                                       const std::string& text, Golden mode) {
  const std::filesystem::path file = std::filesystem::path(FLINCH_SOURCE_DIR) / path;
  std::ifstream in(file, std::ios::binary);
  const std::string document(std::istreambuf_iterator<char>(in), {});
  const std::optional<std::string> shown = ReadGolden(document, name);
  if (!shown) {
    return testing::AssertionFailure()
           << fmt::format("{} has no lines <!-- golden: {} --> and <!-- end of golden: {} -->",
                          path, name, name);
  }
  if (*shown == text) {
    return testing::AssertionSuccess();
  }
  if (mode == Golden::kUpdate) {
    std::ofstream out(file, std::ios::binary);
    out << WithGolden(document, name, text);
    return out.good() ? testing::AssertionSuccess()
                      : testing::AssertionFailure() << path << " cannot be written";
  }
  return testing::AssertionFailure() << fmt::format(
             "{} does not show what the code makes; run the test with UPDATE_GOLDEN=1 "
             "and review the diff. Section {}, {}",
             path, name, FirstDifference(*shown, text));
}

}  // namespace flinch::tests
