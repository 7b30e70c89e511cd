#include "scenarios/model/field_text.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/model/timestamp.h"
#include "sim/text/text.h"
#include "sim/text/toml_document.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;
using text::Quote;

std::string RangeOf(const FieldInfo& field) {
  return field.max == INT64_MAX ? fmt::format("of at least {}", field.min)
                                : fmt::format("from {} to {}", field.min, field.max);
}

sim::Result<uint64_t> ParseNumber(const FieldInfo& field, std::string_view text,
                                  uint64_t type_max) {
  const uint64_t max = std::min(static_cast<uint64_t>(field.max), type_max);
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const std::from_chars_result read = std::from_chars(text.data(), end, number);
  const bool is_number = read.ec == std::errc() && read.ptr == end;
  if (!is_number || number < static_cast<uint64_t>(field.min) || number > max) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("is {}, but must be a whole number {}.", Quote(text), RangeOf(field)));
  }
  return number;
}

constexpr std::string_view kValue = "value";

text::TomlDocument AsToml(std::string_view text) {
  return text::TomlDocument::Parse("--set", fmt::format("{} = {}\n", kValue, text));
}

}  // namespace

std::string Unquote(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) {
    return std::string(text);
  }
  text::TomlDocument document = AsToml(text);
  text::TomlTable root = document.root();
  std::optional<std::string> read = root.String(kValue);
  root.RejectUnknown();
  return read && document.Finish() ? *std::move(read) : std::string(text);
}

sim::Result<ZipfExponent> ParseZipf(std::string_view text) {
  const size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals = text.substr(std::min(point + 1, text.size()));
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_decimal = !whole.empty() && whole.size() <= 3 && decimals.size() <= 2 &&
                          (point == text.size() || !decimals.empty()) &&
                          std::ranges::all_of(whole, is_digit) &&
                          std::ranges::all_of(decimals, is_digit);
  if (!is_decimal) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("is {}, but must be a number with at most two decimal places, such as "
                            "\"1.1\".",
                            Quote(text)));
  }
  uint32_t hundredths = 0;
  for (const char digit : whole) {
    hundredths = hundredths * 10 + static_cast<uint32_t>(digit - '0');
  }
  for (size_t place = 0; place < 2; ++place) {
    const char digit = place < decimals.size() ? decimals[place] : '0';
    hundredths = hundredths * 10 + static_cast<uint32_t>(digit - '0');
  }
  return ZipfExponent{hundredths};
}

std::string ShowZipf(ZipfExponent exponent) {
  const uint32_t whole = exponent.hundredths / 100;
  const uint32_t rest = exponent.hundredths % 100;
  if (rest == 0) {
    return fmt::format("{}", whole);
  }
  return rest % 10 == 0 ? fmt::format("{}.{}", whole, rest / 10)
                        : fmt::format("{}.{:02}", whole, rest);
}

sim::Result<void> ParseField(const FieldInfo&, std::string_view text, std::string& value) {
  if (text::FindInvalidUtf8(text)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("is {}, which is not UTF-8.", Quote(text)));
  }
  value = text;
  return {};
}

sim::Result<void> ParseField(const FieldInfo&, std::string_view text, bool& value) {
  if (text != "true" && text != "false") {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("is {}, but must be true or false.", Quote(text)));
  }
  value = text == "true";
  return {};
}

sim::Result<void> ParseField(const FieldInfo& field, std::string_view text, uint32_t& value) {
  const sim::Result<uint64_t> number = ParseNumber(field, text, UINT32_MAX);
  if (!number) {
    return Fail(number);
  }
  value = static_cast<uint32_t>(*number);
  return {};
}

sim::Result<void> ParseField(const FieldInfo& field, std::string_view text, uint64_t& value) {
  const sim::Result<uint64_t> number = ParseNumber(field, text, INT64_MAX);
  if (!number) {
    return Fail(number);
  }
  value = *number;
  return {};
}

sim::Result<void> ParseField(const FieldInfo& field, std::string_view text, sim::Duration& value) {
  const sim::Result<sim::Duration> span = text::ParseDuration(text);
  if (!span) {
    return Fail(ErrorCode::kInvalidArgument, "cannot be read: " + span.error().message);
  }
  if (span->count() < field.min || span->count() > field.max) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("is {}, but must be a duration from {} to {}.", Quote(text),
                    sim::Show(sim::Duration(field.min)), sim::Show(sim::Duration(field.max))));
  }
  value = *span;
  return {};
}

sim::Result<void> ParseField(const FieldInfo& field, std::string_view text,
                             std::optional<sim::Duration>& value) {
  if (text == kAutomatic) {
    value.reset();
    return {};
  }
  sim::Duration span{0};
  if (const sim::Result<void> parsed = ParseField(field, text, span); !parsed) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} Or write {}.", parsed.error().message, Quote(kAutomatic)));
  }
  value = span;
  return {};
}

sim::Result<void> ParseField(const FieldInfo& field, std::string_view text, ZipfExponent& value) {
  const sim::Result<ZipfExponent> exponent = ParseZipf(text);
  if (!exponent) {
    return Fail(exponent);
  }
  if (exponent->hundredths > static_cast<uint64_t>(field.max)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("is {}, but must be at most {}.", Quote(text),
                            ShowZipf({static_cast<uint32_t>(field.max)})));
  }
  value = *exponent;
  return {};
}

sim::Result<void> ParseField(const FieldInfo& field, std::string_view text,
                             engine::Hundredths& value) {
  ZipfExponent decimal;
  if (sim::Result<void> parsed = ParseField(field, text, decimal); !parsed) {
    return parsed;
  }
  value = {.value = decimal.hundredths};
  return {};
}

sim::Result<void> ParseField(const FieldInfo&, std::string_view text, engine::EventTime& value) {
  const sim::Result<engine::EventTime> time = ParseUtc(text);
  if (!time) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("is {}, but must be a time such as \"2026-01-01T00:00:00Z\".", Quote(text)));
  }
  value = *time;
  return {};
}

sim::Result<void> ParseField(const FieldInfo&, std::string_view text, RowSelection& value) {
  sim::Result<RowSelection> rows = RowSelection::Parse(text);
  if (!rows) {
    return Fail(rows);
  }
  value = *std::move(rows);
  return {};
}

sim::Result<void> ParseField(const FieldInfo& field, std::string_view text,
                             std::vector<std::string>& value) {
  std::vector<std::string> items;
  if (text.starts_with('[')) {
    text::TomlDocument document = AsToml(text);
    text::TomlTable root = document.root();
    items = root.Strings(kValue);
    root.RejectUnknown();
    if (!document.Finish()) {
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("is {}, but must be a list such as [\"a\", \"b\"], or a,b.", Quote(text)));
    }
    value = std::move(items);
    return {};
  }
  while (!text.empty()) {
    const size_t end = std::min(text.find(','), text.size());
    std::string item;
    const sim::Result<void> parsed = ParseField(field, text.substr(0, end), item);
    if (!parsed) {
      return parsed;
    }
    items.push_back(std::move(item));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  value = std::move(items);
  return {};
}

sim::Result<size_t> ParseWord(std::string_view text, std::span<const std::string_view> words) {
  const auto found = std::ranges::find(words, text);
  if (found == words.end()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("is {}, which is none of: {}.{}", Quote(text), fmt::join(words, ", "),
                            text::DidYouMean(text, words)));
  }
  return static_cast<size_t>(found - words.begin());
}

std::string ShowField(const std::string& value) { return QuoteToml(value); }

std::string ShowField(bool value) { return value ? "true" : "false"; }

std::string ShowField(uint32_t value) { return fmt::format("{}", value); }

std::string ShowField(uint64_t value) { return fmt::format("{}", value); }

std::string ShowField(sim::Duration value) { return QuoteToml(sim::Show(value)); }

std::string ShowField(const std::optional<sim::Duration>& value) {
  return value ? ShowField(*value) : QuoteToml(kAutomatic);
}

std::string ShowField(ZipfExponent value) { return QuoteToml(ShowZipf(value)); }

std::string ShowField(engine::Hundredths value) {
  return ShowField(ZipfExponent{.hundredths = value.value});
}

std::string ShowField(engine::EventTime value) { return QuoteToml(ShowUtc(value)); }

std::string ShowField(const RowSelection& value) { return QuoteToml(Show(value)); }

std::string ShowField(const std::vector<std::string>& value) {
  std::string items;
  for (const std::string& item : value) {
    items += (items.empty() ? "" : ", ") + QuoteToml(item);
  }
  return "[" + items + "]";
}

}  // namespace flinch::scenarios
