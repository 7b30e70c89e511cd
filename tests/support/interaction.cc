#include "tests/support/interaction.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <fmt/format.h>

#include "tests/paths.h"

namespace flinch::tests {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool IsCommand(std::string_view line) { return !line.empty() && line.front() != '#'; }

// The document with what its commands bring now.
std::string Play(const std::string& document, const Interpreter& interpret) {
  std::istringstream in(document);
  std::string made;
  std::string brought;
  for (std::string line; std::getline(in, line);) {
    if (line != "----") {
      made += line + "\n";
      brought += IsCommand(line) ? interpret(line) : "";
      continue;
    }
    made += "----\n" + std::exchange(brought, {}) + "\n";
    while (std::getline(in, line) && !line.empty()) {
    }
  }
  return made;
}

std::string FirstDifference(const std::string& shown, const std::string& made) {
  std::istringstream left(shown);
  std::istringstream right(made);
  std::string expected;
  std::string actual;
  for (size_t number = 1;; ++number) {
    const bool more = static_cast<bool>(std::getline(left, expected));
    const bool more_made = static_cast<bool>(std::getline(right, actual));
    if (!more && !more_made) {
      return "their last line ends";
    }
    if (!more || !more_made || expected != actual) {
      return fmt::format("line {}:\n  shown: {}\n  made:  {}", number,
                         more ? expected : "(the end)", more_made ? actual : "(the end)");
    }
  }
}

}  // namespace

testing::AssertionResult MatchesInteraction(const std::string& path, const Interpreter& interpret,
                                            Golden mode) {
  const std::string file = fmt::format("{}/{}", FLINCH_SOURCE_DIR, path);
  const std::string shown = ReadAll(file);
  if (shown.empty()) {
    return testing::AssertionFailure() << path << " is not there, or is empty";
  }
  const std::string made = Play(shown, interpret);
  if (made == shown) {
    return testing::AssertionSuccess();
  }
  if (mode == Golden::kUpdate) {
    std::ofstream(file) << made;
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << path << " differs in " << FirstDifference(shown, made)
                                     << "\nUPDATE_GOLDEN=1 writes it anew; review the diff";
}

std::vector<std::string> InteractionsIn(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(fmt::format("{}/{}", FLINCH_SOURCE_DIR, folder))) {
    if (entry.path().extension() == ".txt") {
      paths.push_back(folder + "/" + entry.path().filename().string());
    }
  }
  std::ranges::sort(paths);
  return paths;
}

std::string InteractionName(const testing::TestParamInfo<std::string>& path) {
  return std::filesystem::path(path.param).stem().string();
}

std::vector<std::string> WordsOf(std::string_view command) {
  std::istringstream in{std::string(command)};
  return {std::istream_iterator<std::string>(in), std::istream_iterator<std::string>()};
}

}  // namespace flinch::tests
