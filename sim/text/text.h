// How people write amounts, and what they may have meant: durations, ratios, seeds, names.
//
// Shape:    pure functions; the same text means the same in a fault plan, a scenario file and on
//           the command line.
// Units:    integers only, never floating point: "1.5s" is 1,500,000,000 nanoseconds or an error,
//           nothing between.
// Errors:   kInvalidArgument with a whole sentence that quotes the text and says how to write it.
// Survives: any bytes, of any length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/random.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::text {

// What `word` was probably meant to be: the candidate that is few typing errors away (Damerau and
// Levenshtein; upper and lower case and '-' and '_' are one, and of equally near ones the first
// counts), or the up to five of which it is the beginning, the end or a part. Empty when there is
// none, and when they are more.
std::vector<std::string> Suggest(std::string_view word,
                                 std::span<const std::string_view> candidates);
std::vector<std::string> Suggest(std::string_view word, std::span<const std::string> candidates);

// "did you mean \"x\" or \"y\"?" or nothing at all.
std::string SuggestionFor(std::string_view word, std::span<const std::string_view> candidates);
std::string SuggestionFor(std::string_view word, std::span<const std::string> candidates);

// The same as a sentence, with a blank before it: to be put behind another one.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates);
std::string DidYouMean(std::string_view word, std::span<const std::string> candidates);

// A whole or decimal number with a unit: "250ms", "2s", "1m", "3h", "100us", "5ns", "1.5s"; also as
// Flink writes it, "5 min" or "10 seconds". Not negative. What is no whole number of nanoseconds or
// does not fit 64 bits is refused.
sim::Result<sim::Duration> ParseDuration(std::string_view text);

// "50%" or "1/3"; from 0 to 1.
sim::Result<sim::Ratio> ParseRatio(std::string_view text);

// A percentage when the ratio counts in hundredths, a fraction otherwise: what ParseRatio gives
// back unchanged.
std::string ShowRatio(const sim::Ratio& ratio);

// Decimal, or hexadecimal behind 0x: all 64 bits.
sim::Result<uint64_t> ParseSeed(std::string_view text);

// Whether it is one or more decimal digits, and nothing else.
bool AllDigits(std::string_view text);

// In double quotes, for a message: control characters and bytes that are no UTF-8 become escapes,
// long text is cut.
std::string Quote(std::string_view text);

// `"a", "b" and 7 more`, or "none".
std::string QuoteSome(std::span<const std::string> words, size_t count_max);

// The same without quotes, and whole: for the names of files, which people copy.
std::string Printable(std::string_view text);

// Printable, in double quotes.
std::string QuotePath(std::string_view path);

// Whether it is its own printable form.
bool IsPrintable(std::string_view text);

// Whether the text is one of the alternatives of the pattern, which "|" separates; "*" stands for
// any run of characters, also an empty one.
bool MatchesPattern(std::string_view text, std::string_view pattern);

// The first byte that does not belong to valid UTF-8, or nothing.
std::optional<size_t> FindInvalidUtf8(std::string_view text);

}  // namespace flinch::text
