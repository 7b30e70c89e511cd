#include "tests/support/folder_graph.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace flinch::tests {

namespace {

// The words of a cell, without the backticks and commas.
std::set<std::string> WordsOf(std::string cell) {
  std::ranges::replace_if(cell, [](char c) { return c == '`' || c == ','; }, ' ');
  std::istringstream words(cell);
  std::set<std::string> found;
  for (std::string word; words >> word;) {
    if (word != "-") {
      found.insert(word);
    }
  }
  return found;
}

// "| a | b | c |" in its cells; nothing where the line is no row, or rules the head off.
std::optional<std::vector<std::string>> CellsOf(std::string_view line) {
  if (!line.starts_with('|') || line.starts_with("|--")) {
    return std::nullopt;
  }
  std::vector<std::string> cells;
  size_t from = 1;
  for (size_t to = line.find('|', from); to != std::string_view::npos; to = line.find('|', from)) {
    cells.emplace_back(Trim(line.substr(from, to - from)));
    from = to + 1;
  }
  return cells;
}

// "engine/state/a.h" is held as "state/", "engine/ids.h" as "ids".
std::string PlaceOf(std::string_view path, std::string_view room) {
  const std::string_view inside = path.substr(room.size() + 1);
  const size_t slash = inside.find('/');
  return std::string(slash == std::string_view::npos ? inside.substr(0, inside.rfind('.'))
                                                     : inside.substr(0, slash + 1));
}

const RoomPart* PartOf(std::string_view path, std::span<const RoomPart> parts,
                       std::string_view room) {
  const auto found = std::ranges::find_if(parts, [place = PlaceOf(path, room)](const auto& part) {
    return part.holds.contains(place);
  });
  return found == parts.end() ? nullptr : &*found;
}

bool IsWithin(std::string_view path, std::string_view room) {
  return path.starts_with(fmt::format("{}/", room));
}

}  // namespace

std::vector<RoomPart> ReadParts(std::string_view page, std::string_view room) {
  std::vector<RoomPart> parts;
  const std::string mark = fmt::format("<!-- parts of {} -->\n", room);
  const size_t begin = page.find(mark);
  if (begin == std::string_view::npos) {
    return parts;
  }
  std::istringstream lines{std::string(page.substr(begin + mark.size()))};
  bool is_head = true;
  for (std::string line; std::getline(lines, line) && line.starts_with('|');) {
    const auto cells = CellsOf(line);
    if (cells && cells->size() == 3 && !std::exchange(is_head, false)) {
      parts.push_back({cells->at(0), WordsOf(cells->at(1)), WordsOf(cells->at(2))});
    }
  }
  return parts;
}

std::vector<Finding> CheckParts(std::span<const RoomPart> parts, std::string_view room) {
  std::vector<Finding> findings;
  std::set<std::string> above;
  std::set<std::string> held;
  const auto find = [&](const RoomPart& part, std::string what) {
    findings.push_back({.path = "ARCHITECTURE.md",
                        .what = fmt::format("part {} of {} {}", part.name, room, what),
                        .instead = "each part stands on parts that are drawn above it"});
  };
  for (const RoomPart& part : parts) {
    for (const std::string& base : part.stands_on) {
      if (!above.contains(base)) {
        find(part, fmt::format("stands on {}, which is not above it", base));
      }
    }
    for (const std::string& place : part.holds) {
      if (!held.insert(place).second) {
        find(part, fmt::format("holds {}, which another part holds", place));
      }
    }
    if (!above.insert(part.name).second) {
      find(part, "is drawn twice");
    }
  }
  return findings;
}

std::vector<Finding> CheckIncludesWithin(const SourceFile& file, std::span<const RoomPart> parts,
                                         std::string_view room) {
  std::vector<Finding> findings;
  if (!IsWithin(file.path, room)) {
    return findings;
  }
  const RoomPart* const own = PartOf(file.path, parts, room);
  if (own == nullptr) {
    return {{.path = file.path,
             .what = fmt::format("{} is in no part of {}", PlaceOf(file.path, room), room),
             .instead = "draw it in ARCHITECTURE.md"}};
  }
  for (const Include& include : FindIncludes(file)) {
    if (!IsWithin(include.path, room)) {
      continue;
    }
    const RoomPart* const other = PartOf(include.path, parts, room);
    if (other != own && (other == nullptr || !own->stands_on.contains(other->name))) {
      findings.push_back({.path = file.path,
                          .line = include.line,
                          .what = fmt::format("\"{}\" from part {}", include.path, own->name),
                          .instead = fmt::format("it stands on {} only (ARCHITECTURE.md)",
                                                 fmt::join(own->stands_on, " "))});
    }
  }
  return findings;
}

}  // namespace flinch::tests
