#include "sim/text/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::text {
namespace {

using sim::ErrorCode;
using sim::Fail;
using sim::Result;

// Longer words are data, not typing errors, and would make the comparison slow.
constexpr size_t kWordSizeMax = 64;
constexpr size_t kQuoteSizeMax = 80;
// Shorter parts of names say nothing, and more names than this nobody compares.
constexpr size_t kPartSizeMin = 3;
constexpr size_t kSuggestionsMax = 5;

// What we write comes first; the others are what Flink reads.
struct Unit {
  std::string_view names;  // with blanks around each
  int64_t nanos;
};

constexpr auto kUnits = std::to_array<Unit>({
    {" ns nano nanos nanosecond nanoseconds ", 1},
    {" us µs micro micros microsecond microseconds ", 1'000},
    {" ms milli millis millisecond milliseconds ", 1'000'000},
    {" s sec secs second seconds ", 1'000'000'000},
    {" m min minute minutes ", 60'000'000'000},
    {" h hour hours ", 3'600'000'000'000},
    {" d day days ", 86'400'000'000'000},
});

// Null for what is none.
const Unit* FindUnit(std::string_view name) {
  const auto* const found = std::ranges::find_if(kUnits, [name](const Unit& unit) {
    return !name.contains(' ') && unit.names.contains(fmt::format(" {} ", name));
  });
  return found == kUnits.end() ? nullptr : found;
}

bool IsDigit(char letter) { return letter >= '0' && letter <= '9'; }

// Upper and lower case, '-' and '_' are one for comparison.
std::string Fold(std::string_view word) {
  std::string folded(word);
  for (char& letter : folded) {
    if (letter >= 'A' && letter <= 'Z') {
      letter = static_cast<char>(letter - 'A' + 'a');
    } else if (letter == '-') {
      letter = '_';
    }
  }
  return folded;
}

// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
size_t Distance(std::string_view left, std::string_view right) {
  const size_t width = right.size() + 1;
  std::vector<size_t> before_last(width);
  std::vector<size_t> last(width);
  std::vector<size_t> current(width);
  for (size_t column = 0; column < width; ++column) {
    last[column] = column;
  }
  for (size_t row = 1; row <= left.size(); ++row) {
    current[0] = row;
    for (size_t column = 1; column < width; ++column) {
      const size_t replaced = left[row - 1] == right[column - 1] ? 0 : 1;
      size_t best = std::min(last[column], current[column - 1]) + 1;
      best = std::min(best, last[column - 1] + replaced);
      if (row > 1 && column > 1 && left[row - 1] == right[column - 2] &&
          left[row - 2] == right[column - 1]) {
        best = std::min(best, before_last[column - 2] + 1);
      }
      current[column] = best;
    }
    std::swap(before_last, last);
    std::swap(last, current);
  }
  return last[right.size()];
}

// The nearest candidate within so many errors, if there is one.
template <typename Text>
std::optional<std::string> NearestAmong(std::string_view word, std::span<const Text> candidates,
                                        size_t errors_max) {
  const std::string folded = Fold(word);
  size_t distance_best = errors_max + 1;
  std::optional<std::string> best;
  for (const Text& candidate : candidates) {
    const std::string_view view = candidate;
    if (view.empty() || view.size() > kWordSizeMax) {
      continue;
    }
    const size_t distance = Distance(folded, Fold(view));
    // Nothing in common is no resemblance, however short the words are.
    if (distance < distance_best && distance < std::max(word.size(), view.size())) {
      distance_best = distance;
      best = std::string(view);
    }
  }
  return best;
}

// The candidates of which the word is the beginning, else the end, else some part. None when they
// are too many to tell.
template <typename Text>
std::vector<std::string> HoldingAmong(std::string_view word, std::span<const Text> candidates) {
  std::array<std::vector<std::string>, 3> found;
  if (word.size() < kPartSizeMin) {
    return {};
  }
  const std::string part = Fold(word);
  for (const Text& candidate : candidates) {
    const std::string whole = Fold(candidate);
    const size_t kind = whole.starts_with(part) ? 0 : whole.ends_with(part) ? 1 : 2;
    if (kind < 2 || whole.contains(part)) {
      found.at(kind).emplace_back(candidate);
    }
  }
  for (std::vector<std::string>& names : found) {
    if (!names.empty()) {
      return names.size() <= kSuggestionsMax ? std::move(names) : std::vector<std::string>();
    }
  }
  return {};
}

// A slip of the fingers first, then a part of a name, then more slips.
template <typename Text>
std::vector<std::string> SuggestAmong(std::string_view word, std::span<const Text> candidates) {
  if (word.empty() || word.size() > kWordSizeMax) {
    return {};
  }
  if (std::optional<std::string> near = NearestAmong(word, candidates, 1 + word.size() / 8)) {
    return {*std::move(near)};
  }
  if (std::vector<std::string> holding = HoldingAmong(word, candidates); !holding.empty()) {
    return holding;
  }
  // One error in a short word, one more for every four letters.
  std::optional<std::string> near = NearestAmong(word, candidates, 1 + word.size() / 4);
  return near ? std::vector<std::string>{*std::move(near)} : std::vector<std::string>();
}

template <typename Text>
std::string QuestionAmong(std::string_view word, std::span<const Text> candidates) {
  std::string names;
  const std::vector<std::string> suggestions = SuggestAmong(word, candidates);
  for (size_t index = 0; index < suggestions.size(); ++index) {
    const bool is_last = index + 1 == suggestions.size();
    names += (index == 0 ? "" : is_last ? " or " : ", ") + Quote(suggestions[index]);
  }
  return names.empty() ? "" : fmt::format("did you mean {}?", names);
}

template <typename Text>
std::string DidYouMeanAmong(std::string_view word, std::span<const Text> candidates) {
  std::string question = QuestionAmong(word, candidates);
  if (question.empty()) {
    return question;
  }
  question.front() = 'D';
  return " " + question;
}

template <typename Number>
std::optional<Number> ParseWhole(std::string_view digits, int base) {
  Number number = 0;
  const std::from_chars_result read =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return number;
}

std::unexpected<sim::Error> BadDuration(std::string_view text, std::string_view why) {
  return Fail(ErrorCode::kInvalidArgument, fmt::format("The duration {} {}", Quote(text), why));
}

__extension__ using Wide = __int128;

// The whole number of nanoseconds in "0.<fraction>" units, if it is one. The last digit that counts
// is no zero, and an hour is 2^13 * 5^11 * 9 nanoseconds: more than 13 digits are never whole.
std::optional<int64_t> FractionNanos(std::string_view fraction, int64_t unit) {
  while (fraction.ends_with('0')) {
    fraction.remove_suffix(1);
  }
  if (fraction.size() > 13) {
    return std::nullopt;
  }
  int64_t digits = 0;
  int64_t scale = 1;
  for (const char letter : fraction) {
    digits = digits * 10 + (letter - '0');
    scale *= 10;
  }
  const Wide scaled = static_cast<Wide>(digits) * unit;
  if (scaled % scale != 0) {
    return std::nullopt;
  }
  return static_cast<int64_t>(scaled / scale);
}

std::string Escape(unsigned char byte) { return fmt::format("\\x{:02x}", byte); }

// How long the sequence is that starts here; 0 when it is no UTF-8 (overlong forms, surrogates,
// above U+10FFFF).
size_t Utf8Length(std::string_view text, size_t at) {
  const auto byte = [text](size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index])
                               : static_cast<unsigned char>(0);
  };
  const auto continues = [&byte](size_t index) { return (byte(index) & 0xc0U) == 0x80U; };
  const unsigned char first = byte(at);
  const unsigned char second = byte(at + 1);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xc2 && first <= 0xdf) {
    return continues(at + 1) ? 2 : 0;
  }
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second >= 0xa0;
    return continues(at + 1) && continues(at + 2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && second < 0x90;
    const bool too_large = first == 0xf4 && second >= 0x90;
    const bool whole = continues(at + 1) && continues(at + 2) && continues(at + 3);
    return whole && !overlong && !too_large ? 4 : 0;
  }
  return 0;
}

// The codes of a terminal: those of one byte, and those that stand at U+0080 to U+009F.
bool IsControl(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const bool is_second = text.size() > 1 && first == 0xc2;
  return first < 0x20 || first == 0x7f || (is_second && static_cast<unsigned char>(text[1]) < 0xa0);
}

// Moves one character, or what cannot be printed as an escape, to the end of `printable`.
void TakePrintable(std::string_view& text, std::string& printable) {
  const size_t length = Utf8Length(text, 0);
  if (length == 0) {
    printable += Escape(static_cast<unsigned char>(text.front()));
    text.remove_prefix(1);
    return;
  }
  const std::string_view character = text.substr(0, length);
  if (IsControl(character)) {
    for (const char byte : character) {
      printable += Escape(static_cast<unsigned char>(byte));
    }
  } else {
    printable += character;
  }
  text.remove_prefix(length);
}

// Without alternatives. After each star the shortest run that lets the rest fit: linear in most
// texts, and at worst the product of both lengths.
bool MatchesAlternative(std::string_view text, std::string_view pattern) {
  size_t at = 0;
  size_t in_pattern = 0;
  size_t star = std::string_view::npos;
  size_t after_star = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      after_star = at;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

}  // namespace

std::vector<std::string> Suggest(std::string_view word,
                                 std::span<const std::string_view> candidates) {
  return SuggestAmong(word, candidates);
}

std::vector<std::string> Suggest(std::string_view word, std::span<const std::string> candidates) {
  return SuggestAmong(word, candidates);
}

std::string SuggestionFor(std::string_view word, std::span<const std::string_view> candidates) {
  return QuestionAmong(word, candidates);
}

std::string SuggestionFor(std::string_view word, std::span<const std::string> candidates) {
  return QuestionAmong(word, candidates);
}

std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates) {
  return DidYouMeanAmong(word, candidates);
}

std::string DidYouMean(std::string_view word, std::span<const std::string> candidates) {
  return DidYouMeanAmong(word, candidates);
}

Result<sim::Duration> ParseDuration(std::string_view text) {
  static constexpr std::string_view kHow =
      "Write a number and one of ns, us, ms, s, m, h, such as \"250ms\".";
  const size_t number_size = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view number = text.substr(0, number_size);
  // "5 min", as Flink writes it.
  const size_t unit_at = std::min(text.find_first_not_of(' ', number_size), text.size());
  const std::string_view unit_name = text.substr(unit_at);
  const size_t point = std::min(number.find('.'), number.size());
  const std::string_view whole_digits = number.substr(0, point);
  const std::string_view fraction =
      point < number.size() ? number.substr(point + 1) : std::string_view("0");
  if (text.starts_with('-')) {
    return BadDuration(text, "is negative; a span of time is not.");
  }
  if (!AllDigits(whole_digits) || !AllDigits(fraction)) {
    return BadDuration(text, fmt::format("does not start with a number. {}", kHow));
  }
  if (unit_name.empty()) {
    const std::string_view example = number.size() > 20 ? std::string_view("250") : number;
    return BadDuration(text, fmt::format("has no unit. Write \"{0}ms\" or \"{0}s\".", example));
  }
  const Unit* const unit = FindUnit(unit_name);
  if (unit == nullptr) {
    return BadDuration(text, fmt::format("has an unknown unit {}. {}", Quote(unit_name), kHow));
  }
  const std::optional<int64_t> whole = ParseWhole<int64_t>(whole_digits, 10);
  const std::optional<int64_t> part = FractionNanos(fraction, unit->nanos);
  if (!part) {
    return BadDuration(text,
                       "is not a whole number of nanoseconds. Use fewer digits behind the point.");
  }
  if (!whole || *whole > (std::numeric_limits<int64_t>::max() - *part) / unit->nanos) {
    return BadDuration(text, "is too long. Simulated time ends after 292 years.");
  }
  return sim::Duration(*whole * unit->nanos + *part);
}

Result<sim::Ratio> ParseRatio(std::string_view text) {
  const auto bad = [text](std::string_view why) {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("The ratio {} {}", Quote(text), why));
  };
  static constexpr std::string_view kHow =
      "Write whole per cent such as \"50%\", or a fraction such as \"1/3\".";
  const bool is_percent = text.ends_with('%');
  const size_t slash = text.find('/');
  const std::string_view above =
      is_percent ? text.substr(0, text.size() - 1) : text.substr(0, slash);
  const std::string_view below = is_percent || slash == std::string_view::npos
                                     ? std::string_view("100")
                                     : text.substr(slash + 1);
  if ((!is_percent && slash == std::string_view::npos) || !AllDigits(above) || !AllDigits(below)) {
    return bad(fmt::format("is not understood. {}", kHow));
  }
  const std::optional<uint32_t> numerator = ParseWhole<uint32_t>(above, 10);
  const std::optional<uint32_t> denominator = ParseWhole<uint32_t>(below, 10);
  if (!numerator || !denominator) {
    return bad("has a number that is too large. Both fit 32 bits.");
  }
  if (*denominator == 0) {
    return bad("divides by zero. The number below is at least 1.");
  }
  if (*numerator > *denominator) {
    return bad(fmt::format("is more than one. {}", kHow));
  }
  return sim::Ratio{.numerator = *numerator, .denominator = *denominator};
}

std::string ShowRatio(const sim::Ratio& ratio) {
  return ratio.denominator == 100 ? fmt::format("{}%", ratio.numerator)
                                  : fmt::format("{}/{}", ratio.numerator, ratio.denominator);
}

Result<uint64_t> ParseSeed(std::string_view text) {
  const bool is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  const std::optional<uint64_t> seed =
      is_hexadecimal ? ParseWhole<uint64_t>(text.substr(2), 16) : ParseWhole<uint64_t>(text, 10);
  if (!seed) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The seed {} is not a whole number of 64 bits. Write it in decimal "
                            "such as \"7\", or in "
                            "hexadecimal such as \"0x1f\".",
                            Quote(text)));
  }
  return *seed;
}

bool AllDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, IsDigit);
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty() && quoted.size() < kQuoteSizeMax) {
    TakePrintable(text, quoted);
  }
  return quoted + (text.empty() ? "\"" : "...\"");
}

std::string QuoteSome(std::span<const std::string> words, size_t count_max) {
  std::string quoted;
  for (const std::string& word : words.first(std::min(words.size(), count_max))) {
    quoted += (quoted.empty() ? "" : ", ") + Quote(word);
  }
  if (words.size() > count_max) {
    quoted += fmt::format(" and {} more", words.size() - count_max);
  }
  return quoted.empty() ? "none" : quoted;
}

std::string Printable(std::string_view text) {
  std::string printable;
  while (!text.empty()) {
    TakePrintable(text, printable);
  }
  return printable;
}

std::string QuotePath(std::string_view path) { return fmt::format("\"{}\"", Printable(path)); }

bool IsPrintable(std::string_view text) {
  // Nearly all is, and there may be very much of it.
  const bool is_plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  return is_plain || Printable(text) == text;
}

bool MatchesPattern(std::string_view text, std::string_view pattern) {
  for (;;) {
    const size_t bar = std::min(pattern.find('|'), pattern.size());
    if (MatchesAlternative(text, pattern.substr(0, bar))) {
      return true;
    }
    if (bar == pattern.size()) {
      return false;
    }
    pattern.remove_prefix(bar + 1);
  }
}

std::optional<size_t> FindInvalidUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = Utf8Length(text, at);
    if (length == 0) {
      return at;
    }
    at += length;
  }
  return std::nullopt;
}

}  // namespace flinch::text
