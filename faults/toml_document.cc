#include "faults/toml_document.h"

#include <algorithm>
#include <cerrno>
#include <expected>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <tuple>

#include <fmt/format.h>

#include "faults/text.h"
#include "faults/toml_tree.h"
#include "sim/check.h"

namespace flinch::faults {

// What a document and its cursors share.
struct TomlState {
  std::string file;
  std::string text;
  TomlNode root;
  bool readable = true;
  sim::ErrorCode code = sim::ErrorCode::kInvalidArgument;
  std::vector<TomlProblem> problems;
};

namespace {

// More problems than anybody reads; the rest is counted.
constexpr size_t kProblemsMax = 100;
// Longer source lines are shown around the caret.
constexpr size_t kExcerptMax = 100;
constexpr size_t kExcerptBefore = 60;

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
    if (FindInvalidUtf8(character)) {
      character = "?";
    }
  }
  return characters;
}

// The source line and the line below it, with the caret.
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

std::string ShowProblem(const TomlState& state, const TomlProblem& problem) {
  if (problem.place.line == 0) {
    return fmt::format("{}: error: {}\n", state.file, problem.sentence);
  }
  return fmt::format("{}:{}:{}: error: {}\n{}", state.file, problem.place.line,
                     problem.place.column, problem.sentence, ShowSource(state.text, problem));
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
  if (!std::filesystem::exists(status)) {
    return sim::Fail(sim::ErrorCode::kNotFound,
                     "There is no such file. Check the name and the folder.");
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
    return sim::Fail(sim::ErrorCode::kIo, "The file cannot be read to its end.");
  }
  return text;
}

// "write 3 without quotes" and the like; empty when nothing is obvious.
std::string SuggestInteger(const TomlNode& value) {
  const bool is_number =
      value.kind == TomlKind::kString && !value.text.empty() && value.text.size() < 19 &&
      std::ranges::all_of(value.text, [](char letter) { return letter >= '0' && letter <= '9'; });
  return is_number ? fmt::format("write {} without quotes", value.text) : std::string();
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
    return TomlDocument(Broken(path, text.error().code, text.error().message));
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
    message += fmt::format("{}: error: {} more problems are not shown.\n", state_->file,
                           ordered.size() - kProblemsMax);
  }
  message.pop_back();  // the last line's end belongs to who prints it
  return sim::Fail(state_->code, std::move(message));
}

// ---- Reads

bool TomlTable::Has(std::string_view key) { return Ask(key) != nullptr; }

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
    const std::optional<std::string> text = TextOf(*value);
    ReportType(*value, key, "a string", text ? fmt::format("write {}", Quote(*text)) : "");
    return std::nullopt;
  }
  return value->text;
}

std::optional<std::string> TomlTable::OneOf(std::string_view key,
                                            std::span<const std::string_view> words) {
  std::optional<std::string> word = String(key);
  if (word && std::ranges::find(words, *word) == words.end()) {
    const std::vector<std::string> all(words.begin(), words.end());
    const std::optional<std::string> near = Suggest(*word, words);
    Complain(key,
             fmt::format("{} is {}, which is none of: {}.", Quote(key), Quote(*word), Join(all)),
             near ? fmt::format("did you mean {}?", Quote(*near)) : "");
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
    ReportType(*value, key, "a whole number", SuggestInteger(*value));
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
    Report(value->place, fmt::format("{} has {} entries, but needs {}.", Quote(key), count, range),
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

size_t TomlTable::problem_count() const { return state_->problems.size(); }

void TomlTable::RejectUnknown() {
  for (const TomlNode& child : node_->children) {
    if (std::ranges::find(node_->asked, child.key) != node_->asked.end()) {
      continue;
    }
    const std::optional<std::string> near = Suggest(child.key, node_->asked);
    Report(child.key_place, fmt::format("The key {} is unknown here.", Quote(child.key)),
           near ? fmt::format("did you mean {}?", Quote(*near))
                : fmt::format("known here: {}",
                              node_->asked.empty() ? "nothing" : Join(node_->asked)));
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

}  // namespace flinch::faults
