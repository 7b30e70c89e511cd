#include "sim/text/toml_source.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "sim/text/text.h"

namespace flinch::text {
namespace {

// Longer source lines are shown around the caret.
constexpr size_t kExcerptMax = 100;
constexpr size_t kExcerptBefore = 60;

std::string_view LineOf(std::string_view text, uint32_t line) {
  for (uint32_t skipped = 1; skipped < line; ++skipped) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return {};
    }
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find_first_of("\r\n"));
}

// The line as one printable character per code point, so that columns are places on a screen.
std::vector<std::string> Characters(std::string_view line) {
  static constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  std::vector<std::string> characters;
  for (const char letter : line) {
    const auto byte = static_cast<unsigned char>(letter);
    if ((byte & 0xc0U) == 0x80U && !characters.empty()) {
      characters.back() += letter;
    } else {
      characters.emplace_back(1, byte < 0x20 || byte == 0x7f ? ' ' : letter);
    }
  }
  for (std::string& character : characters) {
    if (!IsPrintable(character)) {
      character = "?";
    }
  }
  return characters;
}

// What stands in the file where this value does, of one line.
std::string SourceOf(std::string_view text, const TomlNode& value) {
  std::string source;
  const std::vector<std::string> characters = Characters(LineOf(text, value.place.line));
  const size_t begin = std::min<size_t>(value.place.column - 1, characters.size());
  const size_t end = begin + std::min<size_t>(value.place.width, characters.size() - begin);
  for (size_t index = begin; index < end; ++index) {
    source += characters[index];
  }
  return source;
}

// The whole number that "1e3" or "1000.0" is, or nothing.
std::string WholeNumber(std::string_view decimal) {
  constexpr size_t kDigitsMax = 15;
  const size_t exponent = decimal.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    const std::string_view digits = decimal.substr(0, exponent);
    const std::string_view zeroes = decimal.substr(exponent + 1);
    const size_t count =
        AllDigits(zeroes) && zeroes.size() <= 2 ? std::stoul(std::string(zeroes)) : kDigitsMax;
    return AllDigits(digits) && digits.size() + count <= kDigitsMax
               ? std::string(digits) + std::string(count, '0')
               : "";
  }
  const std::string_view digits = decimal.substr(0, decimal.find('.'));
  const bool is_whole =
      decimal.find_first_not_of('0', std::min(digits.size() + 1, decimal.size())) ==
      std::string_view::npos;
  return is_whole && AllDigits(digits) ? std::string(digits) : "";
}

}  // namespace

std::string ShowSource(std::string_view text, const TomlProblem& problem) {
  const std::vector<std::string> characters = Characters(LineOf(text, problem.place.line));
  // A place behind the end of the line is where something is missing.
  const size_t column = std::min<size_t>(problem.place.column - 1, characters.size());
  const size_t begin =
      characters.size() > kExcerptMax && column > kExcerptBefore ? column - kExcerptBefore : 0;
  const size_t end = std::min(characters.size(), begin + kExcerptMax);
  std::string excerpt = begin > 0 ? "..." : "";
  const size_t indent = excerpt.size() + column - begin;
  for (size_t index = begin; index < end; ++index) {
    excerpt += characters[index];
  }
  excerpt += end < characters.size() ? "..." : "";
  const size_t width =
      std::clamp<size_t>(problem.place.width, 1, std::max<size_t>(end - column, 1));
  const std::string number = fmt::format("{:>4}", problem.place.line);
  return fmt::format("{} | {}\n{:{}} | {:{}}^{:~<{}}{}{}\n", number, excerpt, "", number.size(), "",
                     indent, "", width - 1, problem.suggestion.empty() ? "" : " ",
                     problem.suggestion);
}

std::string SuggestInteger(std::string_view text, const TomlNode& value) {
  constexpr size_t kDigitsMax = 18;
  if (value.kind == TomlKind::kFloat) {
    const std::string number = WholeNumber(SourceOf(text, value));
    return number.empty() ? "" : fmt::format("write {}", number);
  }
  const bool is_number =
      value.kind == TomlKind::kString && value.text.size() <= kDigitsMax && AllDigits(value.text);
  return is_number ? fmt::format("write {} without quotes", value.text) : std::string();
}

std::string SuggestString(std::string_view text, const TomlNode& value) {
  std::string shown;
  if (value.kind == TomlKind::kFloat || value.kind == TomlKind::kDate) {
    shown = SourceOf(text, value);
  } else if (value.kind == TomlKind::kInteger) {
    shown = std::to_string(value.integer);
  } else if (value.kind == TomlKind::kBool) {
    shown = value.boolean ? "true" : "false";
  }
  return shown.empty() ? shown : fmt::format("write {}", Quote(shown));
}

}  // namespace flinch::text
