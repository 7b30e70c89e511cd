// Text that somebody else wrote (names, keys, reasons), made fit for a format of somebody else's:
// bounded, valid UTF-8, and nothing in it that its reader would obey or not see.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace flinch::reports {

// As it can be read anywhere: control characters but line breaks, bytes that are no UTF-8,
// characters that turn or hide text (right-to-left marks, zero-width ones) and those that XML
// forbids become escapes such as "\x1b" and "\u{202e}". Cut behind a whole character, with "…",
// where it is longer than `bytes_max`.
std::string Foreign(std::string_view text, size_t bytes_max);

// The same on one line: line breaks become "\n", too.
std::string ForeignLine(std::string_view text, size_t bytes_max);

// For text and quoted attributes of XML and HTML: & < > " ' as entities.
std::string EscapeMarkup(std::string_view text);

}  // namespace flinch::reports
