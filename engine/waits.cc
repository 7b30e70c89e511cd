#include "engine/waits.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

constexpr std::string_view kBetween = "; ";

// What stands before `end`, which is taken off with it.
std::string_view Cut(std::string_view& text, std::string_view end) {
  const size_t at = std::min(text.find(end), text.size());
  const std::string_view head = text.substr(0, at);
  text.remove_prefix(std::min(at + end.size(), text.size()));
  return head;
}

std::optional<uint32_t> Number(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

std::optional<ChannelPlace> PlaceIn(std::string_view text) {
  const std::optional<uint32_t> edge = Number(Cut(text, "/"));
  const std::optional<uint32_t> subpartition = Number(text);
  return edge && subpartition
             ? std::optional(ChannelPlace{.edge = *edge, .subpartition = *subpartition})
             : std::nullopt;
}

}  // namespace

std::string Show(const TaskWait& wait) {
  std::string text;
  for (const ChannelPlace& place : wait.full) {
    text +=
        fmt::format("{}full {}/{}", text.empty() ? "" : kBetween, place.edge, place.subpartition);
  }
  for (const TaskWait::Input& input : wait.inputs) {
    text += fmt::format("{}{} {}/{} {}", text.empty() ? "" : kBetween,
                        input.is_blocked ? "blocks" : "reads", input.place.edge,
                        input.place.subpartition, input.producer);
  }
  return text;
}

std::optional<TaskWait> ParseTaskWait(std::string_view text) {
  TaskWait wait;
  while (!text.empty()) {
    std::string_view part = Cut(text, kBetween);
    const std::string_view word = Cut(part, " ");
    const std::optional<ChannelPlace> place = PlaceIn(Cut(part, " "));
    if (!place || (word != "full" && word != "reads" && word != "blocks")) {
      return std::nullopt;
    }
    if (word == "full") {
      wait.full.push_back(*place);
    } else {
      wait.inputs.push_back(
          {.place = *place, .is_blocked = word == "blocks", .producer = std::string(part)});
    }
  }
  return wait;
}

}  // namespace flinch::engine
