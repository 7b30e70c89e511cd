// A TOML text as a tree in which every key and every value knows its place. The only door to
// toml++.
//
// Shape:    children stand in the order of the file. People meet this tree through
//           sim/text/toml_document.h.
// Units:    lines and columns count from 1; a column is one Unicode code point.
// Errors:   the first syntax error, as a problem with its place. The parser cannot go on behind
//           one.
// Survives: any bytes: no UTF-8, nesting without end, keys of a million parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace flinch::text {

// Where something stands. Line 0: the file as a whole. What goes on in the next line ends at the
// line's end.
struct TomlPlace {
  uint32_t line = 0;
  uint32_t column = 1;
  uint32_t width = 1;
};

struct TomlProblem {
  TomlPlace place{};
  std::string sentence;
  std::string suggestion{};  // printed beside the caret; may be empty
};

enum class TomlKind : uint8_t { kTable, kArray, kString, kInteger, kFloat, kBool, kDate };

struct TomlNode {
  std::string key{};  // empty for the root and for items of arrays
  TomlPlace key_place{};
  TomlKind kind = TomlKind::kTable;
  TomlPlace place{};
  std::string text{};  // of a string
  int64_t integer = 0;
  bool boolean = false;
  std::vector<TomlNode> children{};  // of a table or an array
  std::vector<std::string> asked{};  // keys that a reader of this table knows

  const TomlNode* Find(std::string_view name) const;
};

inline constexpr size_t kTomlDepthMax = 64;

std::expected<TomlNode, TomlProblem> ParseToml(std::string_view text);

}  // namespace flinch::text
