// Points in event time as text: parsing by a format the user names, and ISO 8601 for output.
//
// Formats are written as for strptime, always with the same meaning: no locale, no time zone of the
// machine, UTC unless the text itself says otherwise.
//   %Y year of four digits   %m month   %d day   %b month as Jan … Dec
//   %H hour   %M minute   %S second (no leap second)
//   %f one to nine digits of a fraction of the number before it, whose sign it shares; behind a
//      point, ".%f", it may be missing together with that
//   %z Z, +hhmm, +hh:mm or the same with a minus
//   %s seconds since 1970   %Q milliseconds since 1970   %% a percent sign
// A blank stands for one or more blanks; everything else for itself. What a format leaves out is
// that of 1970-01-01 00:00:00.
// Errors: kInvalidArgument with a whole sentence, also for times outside the years 1900 to 2149.
#pragma once

#include <string>
#include <string_view>

#include "engine/ids.h"
#include "sim/result.h"

namespace flinch::scenarios {

// The input's event times lie between these, so that the distance of any two, and a window around
// any of them, fits 64 bits of nanoseconds.
inline constexpr engine::EventTime kFirstTime{-2'208'988'800'000'000'000};  // 1900-01-01
inline constexpr engine::EventTime kLastTime{5'680'281'599'999'999'999};    // the end of 2149

sim::Result<void> CheckTimestampFormat(std::string_view format);

// `format` has passed CheckTimestampFormat.
sim::Result<engine::EventTime> ParseTimestamp(std::string_view text, std::string_view format);

// "2025-06-24T14:00:00Z", with as many groups of three digits of a fraction as it needs.
std::string ShowUtc(engine::EventTime time);

// What ShowUtc wrote.
sim::Result<engine::EventTime> ParseUtc(std::string_view text);

}  // namespace flinch::scenarios
