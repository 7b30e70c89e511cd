// Malformed inputs from well-formed ones: the same for the same seed.
//
// Intuition: what breaks a reader lies near what it accepts. So a sample is taken apart and put
// together again: bytes and pieces lost, doubled, moved, swapped with another sample's; numbers
// that are negative, too great, or no numbers; characters that mean something to somebody.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/random.h"

namespace flinch::tests {

class Mutator {
 public:
  Mutator(const std::vector<std::string>& samples, sim::Random random)
      : samples_(samples), random_(random) {}

  std::string Next() {
    std::string text = Sample();
    for (uint64_t left = 1 + random_.Below(6); left > 0; --left) {
      Change(text);
    }
    return text.substr(0, kSizeMax);
  }

 private:
  static constexpr size_t kSizeMax = 20'000;

  const std::string& Sample() { return samples_[random_.Below(samples_.size())]; }

  size_t Place(const std::string& text) { return random_.Below(text.size() + 1); }

  std::string Piece(const std::string& text) {
    // One draw per statement: the order in an expression is the compiler's.
    const size_t at = Place(text);
    const uint64_t most = random_.Below(2) == 0 ? 8 : 200;
    return text.substr(at, random_.Below(most));
  }

  std::string Word() {
    static constexpr auto kWords = std::to_array<std::string_view>({"0",
                                                                    "-1",
                                                                    "18446744073709551615",
                                                                    "18446744073709551616",
                                                                    "-9223372036854775808",
                                                                    "1e999",
                                                                    "nan",
                                                                    "0x",
                                                                    "1.5",
                                                                    "99999999999999999999999",
                                                                    "\"",
                                                                    "'",
                                                                    "{",
                                                                    "}",
                                                                    "[",
                                                                    "]",
                                                                    "=",
                                                                    ",",
                                                                    "~",
                                                                    ":",
                                                                    "%",
                                                                    "%00",
                                                                    "%zz",
                                                                    "\n",
                                                                    "\r\n",
                                                                    "\t",
                                                                    "\x1b[2J",
                                                                    "\xff\xfe",
                                                                    "\xc3",
                                                                    "\xe2\x80\xae",
                                                                    "null",
                                                                    "true",
                                                                    "[[fault]]",
                                                                    "[expect]",
                                                                    "fl1~",
                                                                    "~c",
                                                                    "..",
                                                                    "/dev/zero",
                                                                    "#",
                                                                    "\\u0000",
                                                                    "1ns",
                                                                    "-5s",
                                                                    "9223372036854775807ns",
                                                                    "every = \"1ns\"",
                                                                    "1-5,3",
                                                                    "\\",
                                                                    "0{99999999999}",
                                                                    ";",
                                                                    "|",
                                                                    "1979-05-27T07:32:00Z"});
    return std::string(kWords[random_.Below(kWords.size())]);
  }

  void Change(std::string& text) {
    const size_t at = Place(text);
    switch (random_.Below(9)) {
      case 0:  // lost
        text.erase(at, 1 + random_.Below(4));
        break;
      case 1:
        text.erase(at, random_.Below(text.size() + 1));
        break;
      case 2:  // another byte
        if (at < text.size()) {
          text[at] = static_cast<char>(random_.Below(256));
        }
        break;
      case 3:
        text.insert(at, Word());
        break;
      case 4:  // doubled, or of another sample
      {
        const std::string from = random_.Below(2) == 0 ? text : Sample();
        text.insert(at, Piece(from));
        break;
      }
      case 5: {
        const uint64_t count = random_.Below(300);
        text.insert(at, count, static_cast<char>(random_.Below(256)));
        break;
      }
      case 6:
        ReplaceNumber(text, at);
        break;
      case 7: {
        const std::string from = Sample();
        text = text.substr(0, at) + Piece(from);
        break;
      }
      default:
        if (at < text.size()) {
          std::swap(text[at], text[random_.Below(text.size())]);
        }
    }
  }

  void ReplaceNumber(std::string& text, size_t from) {
    constexpr std::string_view kDigits = "0123456789";
    const size_t begin = text.find_first_of(kDigits, from);
    if (begin != std::string::npos) {
      const size_t end = std::min(text.find_first_not_of(kDigits, begin), text.size());
      text.replace(begin, end - begin, Word());
    }
  }

  const std::vector<std::string>& samples_;
  sim::Random random_;
};

}  // namespace flinch::tests
