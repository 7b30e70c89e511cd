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

}  // namespace

// Keeps the members of the outermost object and remembers why the row is refused.
class JsonRowReader final : public nlohmann::json_sax<json> {
 public:
  sim::Result<JsonRow> Read(std::string_view text) && {
    if (!json::sax_parse(text, this)) {
      return Bad(problem_);
    }
    std::ranges::sort(row_.members_, {}, &Entry::first);
    const auto twice = std::ranges::adjacent_find(
        row_.members_,
        [](const Entry& left, const Entry& right) { return left.first == right.first; });
    if (twice != row_.members_.end()) {
      return Bad(fmt::format("has the member {} twice", Quote(twice->first)));
    }
    return std::move(row_);
  }

  bool null() override { return Other("null"); }

  bool boolean(bool value) override { return Text(value ? "true" : "false"); }

  // A whole number with a sign; "-0" is another text than "0".
  bool number_integer(number_integer_t value) override {
    return Text(value == 0 ? "-0" : fmt::format("{}", value));
  }

  bool number_unsigned(number_unsigned_t value) override { return Text(fmt::format("{}", value)); }

  // The text is the row's own but for its point, which the parser writes as the locale does.
  bool number_float(number_float_t, const string_t& text) override {
    std::string number = text;
    for (char& letter : number) {
      letter = std::string_view("0123456789+-eE").contains(letter) ? letter : '.';
    }
    return Text(std::move(number));
  }

  bool string(string_t& text) override { return Text(std::move(text)); }

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
      row_.members_.emplace_back(std::move(name), JsonRow::Value());
    }
    return true;
  }

  bool parse_error(size_t byte, const std::string& token, const json::exception& error) override {
    constexpr int kNumberOverflow = 406;
    problem_ = error.id == kNumberOverflow
                   ? fmt::format(
                         "holds the number {}, which is beyond 64 bits; write it as text, "
                         "in quotes",
                         Quote(token))
                   : fmt::format("is not valid JSON from its byte {} on", byte);
    return false;
  }

 private:
  using Entry = std::pair<std::string, JsonRow::Value>;

  bool Text(std::string text) { return Take({.text = std::move(text)}, "a single value", depth_); }

  bool Other(std::string_view what) { return Other(what, depth_); }

  bool Other(std::string_view what, size_t depth) { return Take({.other = what}, what, depth); }

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

  JsonRow row_;
  size_t depth_ = 0;
  std::string problem_;
};

sim::Result<JsonRow> JsonRow::Parse(std::string_view text) { return JsonRowReader().Read(text); }

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
  if (!found->second.other.empty()) {
    return Bad(fmt::format("has the member {}, which is {}, but must be text or a number",
                           Quote(name), found->second.other));
  }
  return found->second.text;
}

}  // namespace flinch::scenarios
