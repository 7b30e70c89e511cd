// What a process says about itself: events with a kind and named fields.
//
// Kinds are dotted lower-case names ("checkpoint.completed") declared once as constants beside the
// code that emits them (for the engine: engine/events.h). Fields are integers or text. Views are
// valid during the call only; whoever keeps an event copies it (sim/recording).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "sim/ids.h"
#include "sim/time.h"

namespace flinch::sim {

struct Field {
  using Value = std::variant<int64_t, std::string_view>;

  template <typename Integer>
    requires std::is_integral_v<Integer>
  constexpr Field(std::string_view field, Integer number)
      : name(field), value(static_cast<int64_t>(number)) {}

  template <typename Tag, typename Rep>
  constexpr Field(std::string_view field, StrongId<Tag, Rep> id)
      : name(field), value(static_cast<int64_t>(id.value())) {}

  constexpr Field(std::string_view field, std::string_view text) : name(field), value(text) {}

  constexpr Field(std::string_view field, const char* text)
      : name(field), value(std::string_view(text)) {}

  Field(std::string_view field, const std::string& text)
      : name(field), value(std::string_view(text)) {}

  std::string_view name;
  Value value;
};

// "3" or the text itself.
std::string Show(const Field::Value& value);

}  // namespace flinch::sim
