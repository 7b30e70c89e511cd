#include "scenarios/oracles/wording.h"

#include <fmt/format.h>

#include "reports/plain_text.h"

namespace flinch::scenarios {

namespace {

constexpr size_t kBytesShown = 64;

// Bytes of the UTF-8 sequence at `place`, 0 when there is none. Refuses overlong forms and
// surrogates only as far as the first byte tells: good enough to decide whether people can read it.
size_t SequenceLength(std::string_view bytes, size_t place) {
  const auto first = static_cast<unsigned char>(bytes[place]);
  size_t length = 0;
  if (first >= 0x20 && first < 0x7f) {
    length = 1;
  } else if (first >= 0xc2 && first < 0xe0) {
    length = 2;
  } else if (first >= 0xe0 && first < 0xf0) {
    length = 3;
  } else if (first >= 0xf0 && first < 0xf5) {
    length = 4;
  }
  if (place + length > bytes.size()) {
    return 0;
  }
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(bytes[place + i]) & 0xc0U) != 0x80U) {
      return 0;
    }
  }
  return length;
}

}  // namespace

std::string FieldText(const sim::TraceEvent& event, std::string_view field) {
  if (const auto text = event.Text(field)) {
    return std::string(*text);
  }
  if (const auto number = event.Number(field)) {
    return std::to_string(*number);
  }
  return "?";
}

std::string ShowBytes(std::string_view bytes) {
  size_t place = 0;
  while (place < bytes.size() && place < kBytesShown) {
    const size_t length = SequenceLength(bytes, place);
    if (length == 0) {
      break;
    }
    place += length;
  }
  const bool readable = place >= bytes.size() || place >= kBytesShown;
  const std::string_view start = bytes.substr(0, readable ? place : kBytesShown);
  std::string text;
  if (readable) {
    text = fmt::format("\"{}\"", start);
  } else {
    text = "0x";
    for (const char each : start) {
      text += fmt::format("{:02x}", static_cast<unsigned char>(each));
    }
  }
  if (start.size() < bytes.size()) {
    text += fmt::format("… ({} bytes)", bytes.size());
  }
  return text;
}

std::string RoleOf(std::string_view name) {
  size_t end = 0;
  while (end < name.size() && name[end] != '[') {
    const bool numbered =
        name[end] == '-' && end + 1 < name.size() && name[end + 1] >= '0' && name[end + 1] <= '9';
    if (numbered) {
      break;
    }
    ++end;
  }
  return std::string(name.substr(0, end));
}

std::string Times(uint64_t count) { return count == 1 ? "1 time" : fmt::format("{} times", count); }

std::string Enumerate(const std::vector<std::string>& items) {
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) {
      text += i + 1 == items.size() ? " and " : ", ";
    }
    text += items[i];
  }
  return text;
}

bool IsPartial(const sim::TraceEvent& restored) { return restored.Number("all") == 0; }

std::string Place(const sim::TraceEvent& event) {
  return fmt::format(" (event #{} at {})", event.id.value(), reports::ShowClock(event.time));
}

}  // namespace flinch::scenarios
