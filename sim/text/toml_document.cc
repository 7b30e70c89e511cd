#include "sim/text/toml_document.h"

#include <algorithm>
#include <cerrno>
#include <expected>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <tuple>

#include <fmt/format.h>

#include "sim/check.h"
#include "sim/text/text.h"
#include "sim/text/toml_source.h"
#include "sim/text/toml_tree.h"

namespace flinch::text {

// What a document and its cursors share.
struct TomlState {
  std::string file;
  std::string text;
  TomlNode root;
  bool readable = true;
  sim::ErrorCode code = sim::ErrorCode::kInvalidArgument;
  std::vector<TomlProblem> problems;
  std::vector<TomlPart> parts;
};

namespace {

// More problems than anybody reads; the rest is counted.
constexpr size_t kProblemsMax = 100;

std::string_view Describe(TomlKind kind) {
  switch (kind) {
    case TomlKind::kTable:
      return "a table";
    case TomlKind::kArray:
      return "an array";
    case TomlKind::kString:
      return "a string";
    case TomlKind::kInteger:
      return "a whole number";
    case TomlKind::kFloat:
      return "a decimal number";
    case TomlKind::kBool:
      return "a truth value";
    case TomlKind::kDate:
      return "a date or time";
  }
  sim::Unreachable("a kind of TOML value has no name");
}

std::string ShowInText(std::string_view file, std::string_view text, const TomlProblem& problem) {
  return fmt::format("{}:{}:{}: error: {}\n{}", Printable(file), problem.place.line,
                     problem.place.column, problem.sentence, ShowSource(text, problem));
}

// What stands behind a part, where nobody wrote anything, is told at the end of the part.
std::string ShowInPart(const TomlPart& part, TomlProblem problem) {
  const auto lines = static_cast<uint32_t>(1 + std::ranges::count(part.text, '\n'));
  const uint32_t line = problem.place.line - part.line + 1;
  if (line > lines) {
    const std::string_view text = part.text;
    const std::string_view last = text.substr(text.rfind('\n') + 1);
    problem.place = {.line = lines, .column = static_cast<uint32_t>(last.size()) + 1, .width = 1};
  } else {
    problem.place.line = line;
  }
  return ShowInText(part.name, part.text, problem);
}

std::string ShowProblem(const TomlState& state, const TomlProblem& problem) {
  const auto is_behind = [&problem](const TomlPart& part) {
    return part.line <= problem.place.line;
  };
  const auto part = std::find_if(state.parts.rbegin(), state.parts.rend(), is_behind);
  if (part != state.parts.rend()) {
    return ShowInPart(*part, problem);
  }
  if (problem.place.line == 0 || !state.parts.empty()) {
    return fmt::format("{}: error: {}\n", Printable(state.file), problem.sentence);
  }
  return ShowInText(state.file, state.text, problem);
}

std::unique_ptr<TomlState> Broken(std::string file, sim::ErrorCode code, std::string sentence) {
  auto state = std::make_unique<TomlState>();
  state->file = std::move(file);
  state->code = code;
  state->readable = false;
  state->problems.push_back({.place = {}, .sentence = std::move(sentence)});
  return state;
}

std::string TooLarge() {
  return fmt::format("The file is larger than {} MiB, which no plan or scenario is.",
                     TomlDocument::kSizeMax >> 20);
}

// The whole text, or why there is none.
sim::Result<std::string> ReadText(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (path.empty() || status.type() == std::filesystem::file_type::not_found) {
    return sim::Fail(sim::ErrorCode::kNotFound,
                     "There is no such file. Check the name and the folder.");
  }
  if (status.type() == std::filesystem::file_type::none) {
    return sim::Fail(sim::ErrorCode::kIo,
                     fmt::format("The file cannot be reached: {}.", error.message()));
  }
  if (std::filesystem::is_directory(status)) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     "This is a directory. Name a TOML file in it.");
  }
  if (!std::filesystem::is_regular_file(status)) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     "This is no regular file, so a replay could not read it again. Write its "
                     "content to a file first.");
  }
  errno = 0;
  std::ifstream input(path, std::ios::binary);
  if (!input) {
    return sim::Fail(sim::ErrorCode::kIo, fmt::format("The file cannot be opened: {}.",
                                                      std::generic_category().message(errno)));
  }
  // Piece by piece, so that no more is read than any plan or scenario has.
  std::string text;
  std::string piece(size_t{64} << 10, '\0');
  while (input && text.size() <= TomlDocument::kSizeMax) {
    input.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece, 0, static_cast<size_t>(input.gcount()));
  }
  if (input.bad()) {
    return sim::Fail(sim::ErrorCode::kIo, fmt::format("The file cannot be read to its end: {}.",
                                                      std::generic_category().message(errno)));
  }
  return text;
}

// Whether the place is that of the value or of something in it.
bool HoldsPlace(const TomlNode& value, const TomlPlace& place) {
  return (value.place.line == place.line && value.place.column == place.column) ||
         std::ranges::any_of(value.children,
                             [&place](const TomlNode& child) { return HoldsPlace(child, place); });
}

std::string Join(std::span<const std::string> words) {
  std::string joined;
  for (const std::string& word : words) {
    joined += (joined.empty() ? "" : ", ") + word;
  }
  return joined;
}

std::optional<std::string> TextOf(const TomlNode& value) {
  if (value.kind == TomlKind::kString) {
    return value.text;
  }
  if (value.kind == TomlKind::kInteger) {
    return std::to_string(value.integer);
  }
  if (value.kind == TomlKind::kBool) {
    return value.boolean ? "true" : "false";
  }
  return std::nullopt;
}

}  // namespace

// ---- Document

TomlDocument::TomlDocument(std::unique_ptr<TomlState> state) : state_(std::move(state)) {}

TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;
TomlDocument& TomlDocument::operator=(TomlDocument&&) noexcept = default;
TomlDocument::~TomlDocument() = default;

TomlDocument TomlDocument::Load(const std::string& path) {
  sim::Result<std::string> text = ReadText(path);
  if (!text) {
    // What has no name is shown as such.
    return TomlDocument(
        Broken(path.empty() ? "\"\"" : path, text.error().code, text.error().message));
  }
  return Parse(path, std::move(*text));
}

TomlDocument TomlDocument::Parse(std::string file, std::string text) {
  if (text.size() > kSizeMax) {
    return TomlDocument(Broken(std::move(file), sim::ErrorCode::kInvalidArgument, TooLarge()));
  }
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return TomlDocument(Broken(std::move(file), sim::ErrorCode::kInvalidArgument,
                               "The file is empty. Start it with \"version = 1\"."));
  }
  auto state = std::make_unique<TomlState>();
  state->file = std::move(file);
  state->text = std::move(text);
  std::expected<TomlNode, TomlProblem> root = ParseToml(state->text);
  if (root) {
    state->root = std::move(*root);
    // What is missing at the top of the file is shown at its first line.
    state->root.place = {.line = 1, .column = 1, .width = 1};
  } else {
    state->readable = false;
    state->problems.push_back(std::move(root.error()));
  }
  return TomlDocument(std::move(state));
}

TomlDocument TomlDocument::Parse(std::string file, std::string text, std::vector<TomlPart> parts) {
  TomlDocument document = Parse(std::move(file), std::move(text));
  document.state_->parts = std::move(parts);
  return document;
}

const std::string& TomlDocument::file() const { return state_->file; }

std::string_view TomlDocument::text() const { return state_->text; }

TomlTable TomlDocument::root() { return {*state_, state_->root}; }

sim::Result<void> TomlDocument::Finish() const {
  if (state_->problems.empty()) {
    return {};
  }
  // By place; of several problems of one place, in the order in which they were found.
  std::vector<std::tuple<uint32_t, uint32_t, size_t>> ordered;
  for (size_t index = 0; index < state_->problems.size(); ++index) {
    const TomlPlace& place = state_->problems[index].place;
    ordered.emplace_back(place.line, place.column, index);
  }
  std::ranges::sort(ordered);
  std::string message;
  for (size_t rank = 0; rank < std::min(ordered.size(), kProblemsMax); ++rank) {
    message += ShowProblem(*state_, state_->problems[std::get<size_t>(ordered[rank])]);
  }
  if (ordered.size() > kProblemsMax) {
    message += fmt::format("{}: error: {} more problems are not shown.\n", Printable(state_->file),
                           ordered.size() - kProblemsMax);
  }
  message.pop_back();  // the last line's end belongs to who prints it
  return sim::Fail(state_->code, std::move(message));
}

// ---- Reads

bool TomlTable::Has(std::string_view key) { return Ask(key) != nullptr; }

bool TomlTable::HasTable(std::string_view key) const {
  const TomlNode* const value = node_->Find(key);
  return value != nullptr && value->kind == TomlKind::kTable;
}

bool TomlTable::HasPath(std::string_view path) const {
  for (const TomlNode* node = node_;;) {
    if (node->Find(path) != nullptr) {
      return true;
    }
    const size_t dot = path.find('.');
    node = dot == std::string_view::npos ? nullptr : node->Find(path.substr(0, dot));
    if (node == nullptr || node->kind != TomlKind::kTable) {
      return false;
    }
    path.remove_prefix(dot + 1);
  }
}

std::vector<std::string> TomlTable::Keys() const {
  std::vector<std::string> keys;
  keys.reserve(node_->children.size());
  for (const TomlNode& child : node_->children) {
    keys.push_back(child.key);
  }
  return keys;
}

std::optional<std::string> TomlTable::String(std::string_view key) {
  const TomlNode* const value = Ask(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind != TomlKind::kString) {
    ReportType(*value, key, "a string", SuggestString(state_->text, *value));
    return std::nullopt;
  }
  return value->text;
}

std::optional<std::string> TomlTable::OneOf(std::string_view key,
                                            std::span<const std::string_view> words) {
  std::optional<std::string> word = String(key);
  if (word && std::ranges::find(words, *word) == words.end()) {
    const std::vector<std::string> all(words.begin(), words.end());
    Complain(key,
             fmt::format("{} is {}, which is none of: {}.", Quote(key), Quote(*word), Join(all)),
             SuggestionFor(*word, words));
    return std::nullopt;
  }
  return word;
}

std::optional<int64_t> TomlTable::Integer(std::string_view key, int64_t min, int64_t max) {
  sim::Check(min <= max, "the bounds of {} are {} and {}", key, min, max);
  const TomlNode* const value = Ask(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind != TomlKind::kInteger) {
    ReportType(*value, key, "a whole number", SuggestInteger(state_->text, *value));
    return std::nullopt;
  }
  if (value->integer < min || value->integer > max) {
    const std::string range = min == max         ? fmt::format("{}", min)
                              : max == INT64_MAX ? fmt::format("at least {}", min)
                                                 : fmt::format("from {} to {}", min, max);
    Report(value->place,
           fmt::format("{} is {}, but must be {}.", Quote(key), value->integer, range),
           fmt::format("write {}", value->integer < min ? min : max));
    return std::nullopt;
  }
  return value->integer;
}

std::optional<bool> TomlTable::Bool(std::string_view key) {
  const TomlNode* const value = Ask(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind != TomlKind::kBool) {
    const bool is_spelt =
        value->kind == TomlKind::kString && (value->text == "true" || value->text == "false");
    ReportType(*value, key, "true or false",
               is_spelt ? fmt::format("write {} without quotes", value->text) : "");
    return std::nullopt;
  }
  return value->boolean;
}

std::optional<sim::Duration> TomlTable::DurationValue(std::string_view key) {
  const TomlNode* const value = Ask(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind != TomlKind::kString) {
    const bool is_bare = value->kind == TomlKind::kInteger && value->integer >= 0;
    ReportType(
        *value, key, "a duration with a unit",
        is_bare ? fmt::format("write \"{0}ms\" or \"{0}s\"", value->integer) : "such as \"250ms\"");
    return std::nullopt;
  }
  const sim::Result<sim::Duration> duration = ParseDuration(value->text);
  if (!duration) {
    Report(value->place, duration.error().message, "");
    return std::nullopt;
  }
  return *duration;
}

std::optional<sim::Ratio> TomlTable::Ratio(std::string_view key) {
  const TomlNode* const value = Ask(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind != TomlKind::kString) {
    ReportType(*value, key, "a ratio in quotes", "such as \"50%\" or \"1/3\"");
    return std::nullopt;
  }
  const sim::Result<sim::Ratio> ratio = ParseRatio(value->text);
  if (!ratio) {
    Report(value->place, ratio.error().message, "");
    return std::nullopt;
  }
  return *ratio;
}

std::optional<uint64_t> TomlTable::Seed(std::string_view key) {
  const TomlNode* const value = Ask(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind != TomlKind::kString) {
    const bool is_bare = value->kind == TomlKind::kInteger && value->integer >= 0;
    ReportType(*value, key, "a seed in quotes",
               is_bare ? fmt::format("write \"{}\"; a seed has 64 bits, a number of TOML only 63",
                                     value->integer)
                       : "such as \"7\" or \"0x1f\"");
    return std::nullopt;
  }
  const sim::Result<uint64_t> seed = ParseSeed(value->text);
  if (!seed) {
    Report(value->place, seed.error().message, "");
    return std::nullopt;
  }
  return *seed;
}

std::optional<TomlTable> TomlTable::Table(std::string_view key) {
  TomlNode* const value = Ask(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind != TomlKind::kTable) {
    ReportType(*value, key, "a table", fmt::format("such as {} = {{ ... }}", key));
    return std::nullopt;
  }
  return TomlTable(*state_, *value);
}

std::vector<TomlTable> TomlTable::Tables(std::string_view key) {
  std::vector<TomlTable> tables;
  TomlNode* const value = Ask(key);
  if (value == nullptr) {
    return tables;
  }
  if (value->kind != TomlKind::kArray) {
    ReportType(*value, key, "an array of tables", fmt::format("write [[{}]]", key));
    return tables;
  }
  for (TomlNode& item : value->children) {
    if (item.kind == TomlKind::kTable) {
      tables.push_back(TomlTable(*state_, item));
    } else {
      ReportType(item, key, "an array of tables", "");
    }
  }
  return tables;
}

std::vector<std::string> TomlTable::Strings(std::string_view key, size_t count_min,
                                            size_t count_max) {
  std::vector<std::string> strings;
  const TomlNode* const value = Ask(key);
  if (value == nullptr) {
    return strings;
  }
  if (value->kind != TomlKind::kArray) {
    const std::optional<std::string> text = TextOf(*value);
    ReportType(*value, key, "an array of strings",
               text ? fmt::format("write [{}]", Quote(*text)) : "");
    return strings;
  }
  const size_t count = value->children.size();
  if (count < count_min || count > count_max) {
    const std::string range = count_min == count_max ? fmt::format("exactly {}", count_min)
                              : count < count_min    ? fmt::format("at least {}", count_min)
                                                     : fmt::format("at most {}", count_max);
    Report(value->place,
           fmt::format("{} has {} {}, but needs {}.", Quote(key), count,
                       count == 1 ? "entry" : "entries", range),
           "");
    return strings;
  }
  for (const TomlNode& item : value->children) {
    if (item.kind == TomlKind::kString) {
      strings.push_back(item.text);
    } else {
      ReportType(item, key, "an array of strings", "");
    }
  }
  return strings;
}

std::vector<std::pair<std::string, std::string>> TomlTable::Fields(std::string_view key) {
  std::vector<std::pair<std::string, std::string>> fields;
  const TomlNode* const value = Ask(key);
  if (value == nullptr) {
    return fields;
  }
  if (value->kind != TomlKind::kTable) {
    ReportType(*value, key, "a table of names and values",
               fmt::format("such as {} = {{ id = 3 }}", key));
    return fields;
  }
  for (const TomlNode& child : value->children) {
    if (std::optional<std::string> text = TextOf(child)) {
      fields.emplace_back(child.key, std::move(*text));
    } else {
      ReportType(child, child.key, "a string or a whole number", "");
    }
  }
  return fields;
}

std::string TomlTable::RequiredString(std::string_view key) {
  return Require(key) ? String(key).value_or("") : std::string();
}

std::string TomlTable::RequiredOneOf(std::string_view key,
                                     std::span<const std::string_view> words) {
  return Require(key) ? OneOf(key, words).value_or("") : std::string();
}

int64_t TomlTable::RequiredInteger(std::string_view key, int64_t min, int64_t max) {
  return Require(key) ? Integer(key, min, max).value_or(min) : min;
}

sim::Duration TomlTable::RequiredDuration(std::string_view key) {
  return Require(key) ? DurationValue(key).value_or(sim::Duration(0)) : sim::Duration(0);
}

std::optional<TomlTable> TomlTable::RequiredTable(std::string_view key) {
  return Require(key) ? Table(key) : std::nullopt;
}

// ---- Problems

void TomlTable::Complain(std::string_view key, std::string sentence, std::string suggestion) {
  const TomlNode* const value = Ask(key);
  Report(value == nullptr ? node_->place : value->place, std::move(sentence),
         std::move(suggestion));
}

void TomlTable::ComplainItem(std::string_view key, size_t index, std::string sentence,
                             std::string suggestion) {
  const TomlNode* const value = Ask(key);
  const bool is_item = value != nullptr && index < value->children.size();
  Report(is_item ? value->children[index].place : node_->place, std::move(sentence),
         std::move(suggestion));
}

void TomlTable::ComplainHere(std::string sentence, std::string suggestion) {
  Report(node_->place, std::move(sentence), std::move(suggestion));
}

bool TomlTable::IsTold(std::string_view key) const {
  const TomlNode* const value = node_->Find(key);
  return value != nullptr && std::ranges::any_of(state_->problems, [value](const auto& problem) {
           return HoldsPlace(*value, problem.place);
         });
}

size_t TomlTable::problem_count() const { return state_->problems.size(); }

void TomlTable::RejectUnknown() {
  for (const TomlNode& child : node_->children) {
    if (std::ranges::find(node_->asked, child.key) != node_->asked.end()) {
      continue;
    }
    const std::string near = SuggestionFor(child.key, std::span<const std::string>(node_->asked));
    Report(child.key_place, fmt::format("The key {} is unknown here.", Quote(child.key)),
           near.empty() ? fmt::format("known here: {}",
                                      node_->asked.empty() ? "nothing" : Join(node_->asked))
                        : near);
  }
}

TomlNode* TomlTable::Ask(std::string_view key) {
  if (std::ranges::find(node_->asked, key) == node_->asked.end()) {
    node_->asked.emplace_back(key);
  }
  const auto found = std::ranges::find(node_->children, key, &TomlNode::key);
  return found == node_->children.end() ? nullptr : &*found;
}

bool TomlTable::Require(std::string_view key) {
  if (Ask(key) != nullptr) {
    return true;
  }
  Report(node_->place, fmt::format("The key {} is missing in this table.", Quote(key)),
         fmt::format("add {} = ...", key));
  return false;
}

void TomlTable::Report(const TomlPlace& place, std::string sentence, std::string suggestion) {
  // What is missing in a file that could not be read says nothing about the file.
  if (state_->readable) {
    state_->problems.push_back(
        {.place = place, .sentence = std::move(sentence), .suggestion = std::move(suggestion)});
  }
}

void TomlTable::ReportType(const TomlNode& value, std::string_view key, std::string_view wanted,
                           std::string suggestion) {
  Report(value.place,
         fmt::format("{} must be {}, but here is {}.", Quote(key), wanted, Describe(value.kind)),
         std::move(suggestion));
}

}  // namespace flinch::text
