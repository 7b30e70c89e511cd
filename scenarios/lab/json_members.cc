#include "scenarios/lab/json_members.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;
using text::Quote;

bool IsText(std::string_view text, JsonMembers::Lines lines) {
  while (lines == JsonMembers::Lines::kMany && text.contains('\n')) {
    const size_t end = text.find('\n');
    if (!text::IsPrintable(text.substr(0, end))) {
      return false;
    }
    text.remove_prefix(end + 1);
  }
  return text::IsPrintable(text);
}

}  // namespace

JsonMembers::JsonMembers(std::string_view line)
    : object_(std::make_unique<ordered_json>(ordered_json::parse(line, nullptr, false))) {
  if (!object_->is_object()) {
    Complain("it is no JSON object");
    *object_ = ordered_json::object();
  }
}

JsonMembers::~JsonMembers() = default;

void JsonMembers::Complain(std::string problem) {
  if (problem_.empty()) {
    problem_ = std::move(problem);
  }
}

void JsonMembers::Require(const std::vector<std::string_view>& names) {
  for (const std::string_view name : names) {
    if (const auto found = object_->find(name); found == object_->end() || found->is_null()) {
      Complain(fmt::format("it has no {}", Quote(name)));
    }
  }
}

const ordered_json* JsonMembers::Find(std::string_view name) {
  asked_.emplace_back(name);
  const auto found = object_->find(name);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

bool JsonMembers::ReadText(std::string_view name, const ordered_json& from, Lines lines,
                           std::string& value) {
  const auto* const text = from.get_ptr<const std::string*>();
  if (text == nullptr) {
    Complain(fmt::format("{} is no text", Quote(name)));
  } else if (!IsText(*text, lines)) {
    Complain(fmt::format("{} holds characters that nobody can read", Quote(name)));
  } else {
    value = *text;
    return true;
  }
  return false;
}

bool JsonMembers::ReadCount(std::string_view name, const ordered_json& from, uint64_t most,
                            uint64_t& value) {
  const auto* const number = from.get_ptr<const ordered_json::number_unsigned_t*>();
  if (number == nullptr || *number > most) {
    Complain(fmt::format("{} is no whole number from 0 to {}", Quote(name), most));
    return false;
  }
  value = *number;
  return true;
}

bool JsonMembers::ReadTexts(std::string_view name, const ordered_json& from,
                            std::vector<std::string>& value) {
  if (!from.is_array()) {
    Complain(fmt::format("{} is no list", Quote(name)));
    return false;
  }
  std::vector<std::string> texts(from.size());
  for (size_t index = 0; index < texts.size(); ++index) {
    if (!ReadText(name, from[index], Lines::kOne, texts[index])) {
      return false;
    }
  }
  value = std::move(texts);
  return true;
}

void JsonMembers::Get(std::string_view name, uint64_t& value) {
  if (const ordered_json* const found = Find(name)) {
    ReadCount(name, *found, UINT64_MAX, value);
  }
}

void JsonMembers::Get(std::string_view name, int64_t& value) {
  uint64_t number = 0;
  if (const ordered_json* const found = Find(name);
      found != nullptr && ReadCount(name, *found, INT64_MAX, number)) {
    value = static_cast<int64_t>(number);
  }
}

void JsonMembers::Get(std::string_view name, bool& value) {
  const ordered_json* const found = Find(name);
  if (found != nullptr && found->is_boolean()) {
    value = found->get<bool>();
  } else if (found != nullptr) {
    Complain(fmt::format("{} is neither true nor false", Quote(name)));
  }
}

void JsonMembers::Get(std::string_view name, std::string& value, Lines lines) {
  if (const ordered_json* const found = Find(name)) {
    ReadText(name, *found, lines, value);
  }
}

void JsonMembers::Get(std::string_view name, std::vector<std::string>& value) {
  if (const ordered_json* const found = Find(name)) {
    ReadTexts(name, *found, value);
  }
}

void JsonMembers::Get(std::string_view name, std::vector<uint32_t>& value) {
  const ordered_json* const found = Find(name);
  if (found == nullptr) {
    return;
  }
  if (!found->is_array()) {
    Complain(fmt::format("{} is no list", Quote(name)));
    return;
  }
  std::vector<uint32_t> numbers;
  for (const ordered_json& each : *found) {
    uint64_t number = 0;
    if (!ReadCount(name, each, UINT32_MAX, number)) {
      return;
    }
    numbers.push_back(static_cast<uint32_t>(number));
  }
  value = std::move(numbers);
}

void JsonMembers::Get(std::string_view name, std::map<std::string, uint64_t>& value) {
  const ordered_json* const found = Find(name);
  if (found == nullptr) {
    return;
  }
  if (!found->is_object()) {
    Complain(fmt::format("{} is no table", Quote(name)));
    return;
  }
  for (const auto& [key, number] : found->items()) {
    ReadCount(name, number, UINT64_MAX, value[key]);
  }
}

void JsonMembers::Get(std::string_view name,
                      std::map<std::string, std::vector<std::string>>& value) {
  const ordered_json* const found = Find(name);
  if (found == nullptr) {
    return;
  }
  if (!found->is_object()) {
    Complain(fmt::format("{} is no table", Quote(name)));
    return;
  }
  for (const auto& [key, texts] : found->items()) {
    ReadTexts(name, texts, value[key]);
  }
}

void JsonMembers::RejectUnknown() {
  for (const auto& [key, value] : object_->items()) {
    if (std::ranges::find(asked_, key) == asked_.end()) {
      Complain(fmt::format("{} is not known.{}", Quote(key),
                           text::DidYouMean(key, std::span<const std::string>(asked_))));
    }
  }
}

}  // namespace flinch::scenarios
