#include "scenarios/model/row_selection.h"

#include <charconv>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

constexpr std::string_view kAll = "all";
constexpr std::string_view kNone = "none";

std::optional<uint64_t> Number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_read = error == std::errc() && end == text.data() + text.size() && number > 0;
  return is_read ? std::optional(number) : std::nullopt;
}

}  // namespace

RowSelection RowSelection::Of(std::span<const uint64_t> numbers) {
  return OfRanges(NumberRanges::Of(numbers));
}

RowSelection RowSelection::OfRanges(NumberRanges numbers) {
  RowSelection rows;
  rows.numbers_ = std::move(numbers);
  return rows;
}

sim::Result<RowSelection> RowSelection::Parse(std::string_view text) {
  RowSelection rows;
  if (text == kAll) {
    return rows;
  }
  rows.numbers_.emplace();
  if (text == kNone) {
    return rows;
  }
  std::string_view rest = text;
  bool more = true;
  while (more) {
    const size_t comma = rest.find(',');
    more = comma != std::string_view::npos;
    const std::string_view item = rest.substr(0, comma);
    rest.remove_prefix(more ? comma + 1 : rest.size());
    const size_t dash = item.find('-');
    const std::optional<uint64_t> first = Number(item.substr(0, dash));
    const std::optional<uint64_t> last =
        dash == std::string_view::npos ? first : Number(item.substr(dash + 1));
    if (!first || !last || !rows.numbers_->Append({.first = *first, .last = *last})) {
      return sim::Fail(sim::ErrorCode::kInvalidArgument,
                       fmt::format("is {}, but must be \"all\", \"none\" or numbers of rows that "
                                   "ascend from 1, such as \"1-5,9\".",
                                   text::Quote(text)));
    }
  }
  return rows;
}

uint64_t RowSelection::last() const { return numbers_ ? numbers_->last() : 0; }

bool RowSelection::Keeps(uint64_t number) const { return !numbers_ || numbers_->Has(number); }

std::string Show(const RowSelection& rows) {
  if (!rows.numbers_) {
    return std::string(kAll);
  }
  std::string text;
  for (const NumberRanges::Range& range : rows.numbers_->ranges()) {
    text += fmt::format("{}{}", text.empty() ? "" : ",", range.first);
    text += range.last == range.first ? "" : fmt::format("-{}", range.last);
  }
  return text.empty() ? std::string(kNone) : text;
}

}  // namespace flinch::scenarios
