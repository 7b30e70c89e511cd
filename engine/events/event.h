// What an event of the engine is: a struct that names its kind, its level and its fields, once, for
// whoever traces it, reads it back or prints the catalogue.
//
//   events::Trace(environment, events::BarrierSent{.id = id, .subtask = name, …});
//   if (const auto sent = events::Read<events::BarrierSent>(event)) { … sent->records … }
//
// Shape: numbers, ids, truths and text; text is a view that lives as long as the call.
// Survives: reading an event that lacks a field, or has it in another type: it is none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "sim/environment.h"
#include "sim/ids.h"
#include "sim/trace.h"

namespace flinch::engine::events {

// How many of a kind there are in one checkpoint: a few, one per subtask, one per channel. Those of
// channels are the many: a run may leave them out (WorldOptions::untraced).
enum class EventLevel : uint8_t { kJob, kTask, kChannel };

template <typename Event, typename Value>
struct NamedField {
  std::string_view name;
  Value Event::* member;
};

template <typename Event, typename Value>
constexpr NamedField<Event, Value> Named(std::string_view name, Value Event::* member) {
  return {name, member};
}

template <typename Event>
sim::EventId Trace(sim::Environment& environment, const Event& event) {
  return Event::Fields([&](const auto&... field) {
    return environment.Trace(Event::kKind, {sim::Field(field.name, event.*field.member)...});
  });
}

inline bool Take(const sim::Field::Value& value, std::string_view& text) {
  const auto* const found = std::get_if<std::string_view>(&value);
  text = found == nullptr ? text : *found;
  return found != nullptr;
}

template <typename Value>
bool Take(const sim::Field::Value& value, Value& number) {
  const auto* const found = std::get_if<int64_t>(&value);
  if (found == nullptr) {
    return false;
  }
  if constexpr (requires { typename Value::rep; }) {
    number = Value(static_cast<typename Value::rep>(*found));
  } else {
    number = static_cast<Value>(*found);
  }
  return true;
}

// Fields stand where the definition has them; only those of a foreign event are looked for.
template <typename Value>
bool TakeField(std::span<const sim::Field> fields, size_t place, std::string_view name,
               Value& value) {
  if (place < fields.size() && fields[place].name == name) {
    return Take(fields[place].value, value);
  }
  const auto found = std::ranges::find(fields, name, &sim::Field::name);
  return found != fields.end() && Take(found->value, value);
}

// `Told` is a sim::TraceEvent, which this room does not know.
template <typename Event, typename Told>
std::optional<Event> Read(const Told& told) {
  if (told.kind != Event::kKind) {
    return std::nullopt;
  }
  Event event;
  size_t place = 0;
  bool is_whole = true;
  Event::Fields([&](const auto&... field) {
    ((is_whole = is_whole && TakeField(told.fields, place++, field.name, event.*field.member)),
     ...);
  });
  return is_whole ? std::optional<Event>(event) : std::nullopt;
}

// ---- The catalogue -----------------------------------------------------------------------------

struct EventInfo {
  std::string_view kind;
  std::string_view fields;  // "id subtask"
  std::string_view what;
  EventLevel level = EventLevel::kTask;
};

}  // namespace flinch::engine::events
