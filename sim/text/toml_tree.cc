#include "sim/text/toml_tree.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "sim/check.h"
#include "sim/text/text.h"

namespace flinch::text {
namespace {

// The place of a byte of the text.
TomlPlace PlaceOf(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const size_t line_start =
      before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const auto lines = std::ranges::count(before, '\n');
  const auto columns = std::ranges::count_if(before.substr(line_start), [](char letter) {
    return (static_cast<unsigned char>(letter) & 0xc0U) != 0x80U;
  });
  return {.line = static_cast<uint32_t>(lines) + 1, .column = static_cast<uint32_t>(columns) + 1};
}

// Behind the string that opens at `at`, or at the end of the text when it never closes.
size_t SkipString(std::string_view text, size_t at) {
  const char quote = text[at];
  const std::string_view triple =
      quote == '"' ? std::string_view("\"\"\"") : std::string_view("'''");
  const bool is_long = text.substr(at).starts_with(triple);
  const std::string_view closing = is_long ? triple : triple.substr(0, 1);
  at += closing.size();
  while (at < text.size()) {
    if (text[at] == '\\' && quote == '"') {
      at += 2;
    } else if (text.substr(at).starts_with(closing)) {
      return at + closing.size();
    } else if (text[at] == '\n' && !is_long) {
      return at;
    } else {
      at += 1;
    }
  }
  return text.size();
}

// The parser recurses over the parts of a dotted key without a limit: such keys must not reach it.
std::optional<size_t> FindDeepKey(std::string_view text) {
  size_t dots = 0;
  size_t at = 0;
  while (at < text.size()) {
    const char letter = text[at];
    if (letter == '"' || letter == '\'') {
      at = SkipString(text, at);
      continue;
    }
    if (letter == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (letter == '.') {
      dots += 1;
    } else if (std::string_view("=,[]{}\n").contains(letter)) {
      dots = 0;
    }
    if (dots > kTomlDepthMax) {
      return at;
    }
    at += 1;
  }
  return std::nullopt;
}

TomlPlace PlaceOf(const toml::source_region& region) {
  const bool is_one_line =
      region.begin.line == region.end.line && region.end.column > region.begin.column;
  // Too wide stands for "to the end of the line".
  return {.line = region.begin.line,
          .column = region.begin.column,
          .width = is_one_line ? region.end.column - region.begin.column
                               : (region.end.line > region.begin.line ? UINT32_MAX : 1)};
}

std::expected<TomlNode, TomlProblem> Convert(const toml::node& node, size_t depth);

// Appends `value`, under `key`, to the children of `parent`; the problem if there is one.
std::optional<TomlProblem> Adopt(TomlNode& parent, const toml::key* key, const toml::node& value,
                                 size_t depth) {
  std::expected<TomlNode, TomlProblem> child = Convert(value, depth + 1);
  if (!child) {
    return std::move(child.error());
  }
  if (key != nullptr) {
    child->key = std::string(key->str());
    child->key_place = PlaceOf(key->source());
  }
  parent.children.push_back(std::move(*child));
  return std::nullopt;
}

std::optional<TomlProblem> AdoptAll(TomlNode& parent, const toml::node& node, size_t depth) {
  if (const toml::array* const array = node.as_array()) {
    for (const toml::node& item : *array) {
      if (std::optional<TomlProblem> problem = Adopt(parent, nullptr, item, depth)) {
        return problem;
      }
    }
    return std::nullopt;
  }
  for (const auto& [key, value] : *node.as_table()) {
    if (std::optional<TomlProblem> problem = Adopt(parent, &key, value, depth)) {
      return problem;
    }
  }
  // The parser sorts by name; people read from top to bottom.
  std::ranges::sort(parent.children, {}, [](const TomlNode& child) {
    return std::pair(child.key_place.line, child.key_place.column);
  });
  return std::nullopt;
}

TomlKind KindOf(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return TomlKind::kTable;
    case toml::node_type::array:
      return TomlKind::kArray;
    case toml::node_type::string:
      return TomlKind::kString;
    case toml::node_type::integer:
      return TomlKind::kInteger;
    case toml::node_type::floating_point:
      return TomlKind::kFloat;
    case toml::node_type::boolean:
      return TomlKind::kBool;
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return TomlKind::kDate;
    case toml::node_type::none:
      break;
  }
  sim::Unreachable("a node of a TOML file has no type");
}

std::expected<TomlNode, TomlProblem> Convert(const toml::node& node, size_t depth) {
  TomlNode converted{.kind = KindOf(node), .place = PlaceOf(node.source())};
  if (depth > kTomlDepthMax) {
    return std::unexpected(TomlProblem{
        .place = converted.place,
        .sentence =
            fmt::format("Tables and arrays nest deeper than {} levels here.", kTomlDepthMax)});
  }
  if (const auto* const text = node.as_string()) {
    converted.text = text->get();
  } else if (const auto* const integer = node.as_integer()) {
    converted.integer = integer->get();
  } else if (const auto* const boolean = node.as_boolean()) {
    converted.boolean = boolean->get();
  } else if (converted.kind == TomlKind::kTable || converted.kind == TomlKind::kArray) {
    if (std::optional<TomlProblem> problem = AdoptAll(converted, node, depth)) {
      return std::unexpected(std::move(*problem));
    }
  }
  return converted;
}

TomlProblem SyntaxProblem(const toml::parse_error& error) {
  const std::string_view description = error.description();
  std::string_view suggestion;
  if (description.contains("could not determine value type")) {
    suggestion = "text stands in quotes, truth is true or false";
  } else if (description.contains("not representable in 64 bits")) {
    suggestion = "numbers have 63 bits; seeds and larger numbers are written as strings";
  }
  return {.place = PlaceOf(error.source()),
          .sentence = fmt::format("This is no valid TOML. {}.", Printable(description)),
          .suggestion = std::string(suggestion)};
}

}  // namespace

const TomlNode* TomlNode::Find(std::string_view name) const {
  sim::Check(kind == TomlKind::kTable, "the key {} was looked up in what is no table", name);
  const auto found = std::ranges::find(children, name, &TomlNode::key);
  return found == children.end() ? nullptr : &*found;
}

std::expected<TomlNode, TomlProblem> ParseToml(std::string_view text) {
  if (const std::optional<size_t> bad = FindInvalidUtf8(text)) {
    return std::unexpected(TomlProblem{
        .place = PlaceOf(text, *bad),
        .sentence = fmt::format("The byte 0x{:02x} is no UTF-8; a TOML file is UTF-8 throughout.",
                                static_cast<unsigned char>(text[*bad])),
        .suggestion = "save the file as UTF-8"});
  }
  if (const std::optional<size_t> deep = FindDeepKey(text)) {
    return std::unexpected(
        TomlProblem{.place = PlaceOf(text, *deep),
                    .sentence = fmt::format("This key has more than {} parts.", kTomlDepthMax)});
  }
  try {
    const toml::table table = toml::parse(text, std::string_view());
    return Convert(table, 0);
  } catch (const toml::parse_error& error) {
    return std::unexpected(SyntaxProblem(error));
  }
}

}  // namespace flinch::text
