#include "sim/recording/recording.h"

#include <algorithm>

#include <fmt/format.h>

namespace flinch::sim {

std::string Show(const Digest& digest) {
  return fmt::format("{:016x}{:016x}", digest.high, digest.low);
}

std::optional<int64_t> TraceEvent::Number(std::string_view field) const {
  for (const Field& each : fields) {
    if (each.name == field) {
      const auto* number = std::get_if<int64_t>(&each.value);
      return number == nullptr ? std::nullopt : std::optional(*number);
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> TraceEvent::Text(std::string_view field) const {
  for (const Field& each : fields) {
    if (each.name == field) {
      const auto* text = std::get_if<std::string_view>(&each.value);
      return text == nullptr ? std::nullopt : std::optional(*text);
    }
  }
  return std::nullopt;
}

std::optional<int64_t> RecordedEvent::Number(std::string_view field) const {
  for (const OwnedField& each : fields) {
    if (each.name == field) {
      const auto* number = std::get_if<int64_t>(&each.value);
      return number == nullptr ? std::nullopt : std::optional(*number);
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> RecordedEvent::Text(std::string_view field) const {
  for (const OwnedField& each : fields) {
    if (each.name == field) {
      const auto* text = std::get_if<std::string>(&each.value);
      return text == nullptr ? std::nullopt : std::optional<std::string_view>(*text);
    }
  }
  return std::nullopt;
}

RecordedEvent CopyOf(const TraceEvent& event) {
  RecordedEvent kept{.id = event.id,
                     .cause = event.cause,
                     .time = event.time,
                     .process = std::string(event.process_name),
                     .kind = std::string(event.kind),
                     .fields = {}};
  for (const Field& field : event.fields) {
    RecordedEvent::OwnedField& owned = kept.fields.emplace_back();
    owned.name = field.name;
    if (const auto* number = std::get_if<int64_t>(&field.value)) {
      owned.value = *number;
    } else {
      owned.value = std::string(std::get<std::string_view>(field.value));
    }
  }
  return kept;
}

std::string ShowFields(const RecordedEvent& event) {
  std::string text;
  for (const RecordedEvent::OwnedField& field : event.fields) {
    if (!text.empty()) {
      text += ' ';
    }
    text += field.name;
    text += '=';
    if (const auto* number = std::get_if<int64_t>(&field.value)) {
      text += std::to_string(*number);
    } else {
      text += std::get<std::string>(field.value);
    }
  }
  return text;
}

std::string Show(const RecordedEvent& event) {
  return fmt::format("#{} {} {} {} {} cause=#{}", event.id.value(), Show(event.time), event.process,
                     event.kind, ShowFields(event), event.cause.value());
}

std::optional<size_t> FirstDifference(const Recording& left, const Recording& right) {
  const auto [first, second] = std::ranges::mismatch(left.events, right.events);
  if (first == left.events.end() && second == right.events.end()) {
    return std::nullopt;
  }
  return static_cast<size_t>(first - left.events.begin());
}

}  // namespace flinch::sim
