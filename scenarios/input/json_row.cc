#include "scenarios/input/json_row.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using nlohmann::json;
using text::Quote;

constexpr size_t kMembersShown = 10;

std::unexpected<sim::Error> Bad(std::string what) {
  return sim::Fail(sim::ErrorCode::kInvalidArgument, std::move(what));
}

// Stands before a bare word that was made a text. A text that begins with it of its own gets it
// twice.
constexpr char kMark = '\x7F';

bool IsBareWordByte(char c) {
  return c != '"' && c != '{' && c != '}' && c != '[' && c != ']' && c != ',' && c != ':' &&
         c != ' ' && c != '\t' && c != '\n' && c != '\r';
}

// The grammar of JSON's numbers.
bool IsNumber(std::string_view text) {
  const auto take = [&text](auto accepts) {
    size_t count = 0;
    while (count < text.size() && accepts(text[count])) {
      ++count;
    }
    text.remove_prefix(count);
    return count;
  };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  text.remove_prefix(text.starts_with('-') ? 1 : 0);
  const bool starts_with_zero = text.starts_with('0');
  const size_t digits = take(is_digit);
  if (digits == 0 || (starts_with_zero && digits > 1)) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (take(is_digit) == 0) {
      return false;
    }
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    text.remove_prefix(text.starts_with('-') || text.starts_with('+') ? 1 : 0);
    if (take(is_digit) == 0) {
      return false;
    }
  }
  return text.empty();
}

}  // namespace

// A row whose bare words (numbers, truths, and what is no JSON) are texts with a mark in front: the
// parser then makes no machine's number of them, and refuses none that nobody asks for.
class JsonBareWords {
 public:
  explicit JsonBareWords(std::string_view row) {
    for (size_t at = 0; at < row.size();) {
      if (row[at] == '"') {
        at = CopyString(row, at);
      } else if (IsBareWordByte(row[at])) {
        at = QuoteWord(row, at);
      } else {
        text_ += row[at++];
      }
    }
  }

  const std::string& text() const { return text_; }

  // Returns where in the row a byte of the text, counted from 1, comes from.
  size_t PlaceInRow(size_t byte) const {
    const auto before = std::ranges::upper_bound(added_, byte) - added_.begin();
    return byte - static_cast<size_t>(before);
  }

 private:
  size_t CopyString(std::string_view row, size_t at) {
    const size_t begin = at++;
    while (at < row.size() && row[at] != '"') {
      at += row[at] == '\\' ? size_t{2} : size_t{1};
    }
    at = std::min(at + 1, row.size());
    const std::string_view text = row.substr(begin, at - begin);
    text_ += text.front();
    const std::string_view content = text.substr(1);
    if (content.starts_with(kMark) || content.starts_with("\\u007f") ||
        content.starts_with("\\u007F")) {
      Add(kMark);
    }
    text_ += content;
    return at;
  }

  size_t QuoteWord(std::string_view row, size_t at) {
    const size_t begin = at;
    while (at < row.size() && IsBareWordByte(row[at]) && row[at] != '\\') {
      ++at;
    }
    const size_t next = row.find_first_not_of(" \t\r\n", at);
    const bool is_name = next != std::string_view::npos && row[next] == ':';
    if (at == begin || is_name) {
      at += at == begin ? 1 : 0;
      text_ += row.substr(begin, at - begin);  // the parser refuses it
      return at;
    }
    Add('"');
    Add(kMark);
    text_ += row.substr(begin, at - begin);
    Add('"');
    return at;
  }

  void Add(char c) {
    text_ += c;
    added_.push_back(text_.size());
  }

  std::string text_;
  std::vector<size_t> added_;  // places in `text_`, from 1
};

// Keeps the members of the outermost object and remembers why the row is refused.
class JsonRowReader final : public nlohmann::json_sax<json> {
 public:
  sim::Result<JsonRow> Read(std::string_view text) && {
    const JsonBareWords words(text);
    words_ = &words;
    if (!json::sax_parse(words.text(), this)) {
      return Bad(problem_);
    }
    std::ranges::sort(row_.members_, {}, &Entry::first);
    return std::move(row_);
  }

  // Bare words come as marked texts.
  bool null() override { return Other("null"); }

  bool boolean(bool value) override { return Text(value ? "true" : "false"); }

  bool number_integer(number_integer_t value) override { return Text(fmt::format("{}", value)); }

  bool number_unsigned(number_unsigned_t value) override { return Text(fmt::format("{}", value)); }

  bool number_float(number_float_t, const string_t& text) override { return Text(text); }

  bool string(string_t& text) override {
    if (!text.starts_with(kMark)) {
      return Text(std::move(text));
    }
    text.erase(0, 1);
    if (text.starts_with(kMark)) {
      return Text(std::move(text));
    }
    return IsNumber(text) || text == "true" || text == "false" ? Text(std::move(text))
                                                               : Other(std::move(text));
  }

  bool binary(binary_t&) override { return Other("binary"); }

  bool start_object(size_t) override {
    ++depth_;
    return depth_ == 1 || Other("an object", depth_ - 1);
  }

  bool end_object() override {
    --depth_;
    return true;
  }

  bool start_array(size_t) override {
    ++depth_;
    return Other("an array", depth_ - 1);
  }

  bool end_array() override {
    --depth_;
    return true;
  }

  bool key(string_t& name) override {
    if (depth_ == 1) {
      name.erase(0, name.starts_with(kMark) ? 1 : 0);
      row_.members_.emplace_back(std::move(name), JsonRow::Value());
    }
    return true;
  }

  bool parse_error(size_t byte, const std::string& /*token*/,
                   const json::exception& /*error*/) override {
    problem_ = fmt::format("is not valid JSON from its byte {} on", words_->PlaceInRow(byte));
    return false;
  }

 private:
  using Entry = std::pair<std::string, JsonRow::Value>;

  bool Text(std::string text) { return Take({.text = std::move(text)}, "a single value", depth_); }

  bool Other(std::string what) { return Other(std::move(what), depth_); }

  bool Other(std::string what, size_t depth) {
    return Take({.text = {}, .other = what}, what, depth);
  }

  // A value that stands at this depth: 0 is the row itself.
  bool Take(JsonRow::Value value, std::string_view what, size_t depth) {
    if (depth == 0) {
      problem_ = fmt::format("is {}, but must be an object", what);
      return false;
    }
    if (depth == 1) {
      row_.members_.back().second = std::move(value);
    }
    return true;
  }

  const JsonBareWords* words_ = nullptr;
  JsonRow row_;
  size_t depth_ = 0;
  std::string problem_;
};

sim::Result<JsonRow> JsonRow::Parse(std::string_view text) { return JsonRowReader().Read(text); }

sim::Result<std::optional<std::string>> JsonRow::OptionalMember(std::string_view name) const {
  const auto found = std::ranges::find(members_, name, &std::pair<std::string, Value>::first);
  if (found == members_.end() || found->second.other == "null") {
    return std::nullopt;
  }
  sim::Result<std::string> member = Member(name);
  return member ? sim::Result<std::optional<std::string>>(*std::move(member)) : sim::Fail(member);
}

sim::Result<std::string> JsonRow::Member(std::string_view name) const {
  const auto found = std::ranges::lower_bound(
      members_, name, {}, [](const auto& member) { return std::string_view(member.first); });
  if (found == members_.end() || found->first != name) {
    std::vector<std::string> names;
    for (const auto& [known, value] : members_) {
      names.push_back(known);
    }
    return Bad(fmt::format("has no member {}; it has {}", Quote(name),
                           text::QuoteSome(names, kMembersShown)));
  }
  if (found + 1 != members_.end() && (found + 1)->first == name) {
    return Bad(fmt::format("has the member {} twice", Quote(name)));
  }
  if (!found->second.other.empty()) {
    return Bad(fmt::format("has the member {}, which is {}, but must be text or a number",
                           Quote(name), found->second.other));
  }
  return found->second.text;
}

}  // namespace flinch::scenarios
