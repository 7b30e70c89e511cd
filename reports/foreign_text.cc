#include "reports/foreign_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace flinch::reports {

namespace {

constexpr std::string_view kCut = "…";

struct Character {
  uint32_t code = 0;
  size_t size = 0;  // 0: these bytes are no UTF-8
};

// The first one of a text that is not empty. Overlong forms, surrogates and what lies behind the
// last code point are none.
Character FirstOf(std::string_view text) {
  struct Form {
    uint32_t mask;
    uint32_t lead;
    uint32_t least;  // code point of this length
  };

  constexpr auto kForms = std::to_array<Form>(
      {{0x7f, 0x00, 0}, {0x1f, 0xc0, 0x80}, {0x0f, 0xe0, 0x800}, {0x07, 0xf0, 0x10000}});
  const auto byte_at = [text](size_t at) {
    return static_cast<uint32_t>(static_cast<unsigned char>(text[at]));
  };
  for (size_t size = 1; size <= kForms.size(); ++size) {
    const Form& form = kForms[size - 1];
    if ((byte_at(0) & ~form.mask) != form.lead) {
      continue;
    }
    uint32_t code = byte_at(0) & form.mask;
    for (size_t at = 1; at < size; ++at) {
      if (at >= text.size() || (byte_at(at) & 0xc0) != 0x80) {
        return {};
      }
      code = code << 6 | (byte_at(at) & 0x3f);
    }
    const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    return code < form.least || code > 0x10ffff || is_surrogate ? Character()
                                                                : Character{code, size};
  }
  return {};
}

// Turns, hides or breaks what stands around it, or is no character at all.
bool IsTricky(uint32_t code) {
  struct Range {
    uint32_t first;
    uint32_t last;
  };

  constexpr auto kTricky = std::to_array<Range>({{0x00, 0x1f},
                                                 {0x7f, 0x9f},
                                                 {0xad, 0xad},
                                                 {0x61c, 0x61c},
                                                 {0x200b, 0x200f},
                                                 {0x2028, 0x202e},
                                                 {0x2060, 0x206f},
                                                 {0xfeff, 0xfeff},
                                                 {0xfff9, 0xfffb},
                                                 {0xfdd0, 0xfdef},
                                                 {0xe0000, 0xe0fff}});
  return (code & 0xfffe) == 0xfffe || std::ranges::any_of(kTricky, [code](const Range& range) {
           return code >= range.first && code <= range.last;
         });
}

std::string ShowCharacter(std::string_view bytes, const Character& character, bool keeps_breaks) {
  if (character.size == 0) {
    return fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes.front()));
  }
  if (character.code == '\n') {
    return keeps_breaks ? "\n" : "\\n";
  }
  if (!IsTricky(character.code)) {
    return std::string(bytes.substr(0, character.size));
  }
  return character.code < 0x80 ? fmt::format("\\x{:02x}", character.code)
                               : fmt::format("\\u{{{:x}}}", character.code);
}

std::string MakeFit(std::string_view text, size_t bytes_max, bool keeps_breaks) {
  std::string fit;
  size_t cut = 0;  // as much as leaves room for the mark
  while (!text.empty()) {
    const Character character = FirstOf(text);
    fit += ShowCharacter(text, character, keeps_breaks);
    text.remove_prefix(std::max<size_t>(character.size, 1));
    if (fit.size() > bytes_max) {
      return fit.substr(0, cut).append(kCut);
    }
    cut = fit.size() + kCut.size() <= bytes_max ? fit.size() : cut;
  }
  return fit;
}

}  // namespace

std::string Foreign(std::string_view text, size_t bytes_max) {
  return MakeFit(text, bytes_max, true);
}

std::string ForeignLine(std::string_view text, size_t bytes_max) {
  return MakeFit(text, bytes_max, false);
}

std::string EscapeMarkup(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char each : text) {
    switch (each) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += each;
    }
  }
  return escaped;
}

}  // namespace flinch::reports
