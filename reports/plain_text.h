// Pieces of text that every report writes the same way. ASCII in, ASCII out; bytes above 127 pass
// as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/time.h"

namespace flinch::reports {

enum class ClockDigits : uint8_t {
  kMillis,  // 00:02.417
  kMicros,  // 00:02.417301
};

// Minutes and seconds since the start of the world, cut off and not rounded: an event is never
// shown later than it was. Minutes grow past 59, there are no hours: "90:00.000".
std::string ShowClock(sim::SimTime time, ClockDigits digits = ClockDigits::kMillis);

// Commas between thousands from five digits on: "2000", "48,211".
std::string ShowCount(uint64_t count);

// Line breaks, tabs and other control characters as escapes ("\n", "\x1b"), a backslash doubled:
// the text stays on its line, cannot steer a terminal, and can be read back.
std::string OneLine(std::string_view text);

struct WrapOptions {
  size_t columns = 100;
  size_t hanging = 2;
};

// Breaks at blanks so that no line is longer than these columns, if its words allow; the first line
// starts with `indent` blanks, the others with `hanging` more. Ends with a line break.
std::string Wrap(std::string_view text, size_t indent, const WrapOptions& options = {});

}  // namespace flinch::reports
