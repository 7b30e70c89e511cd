// A value of a snapshot as JSON, by the shape that the snapshot says it has
// (engine/state/state_meta.h): for people and programs that do not have the job's types.
//
// Shape:  numbers, booleans and text as they are; a time as nanoseconds; a struct and a pair as an
//         array of their fields; a list as an array, a map as an array of pairs; an optional as
//         null or its value; "none" as null. What has a serializer of its own, and what is not of
//         its shape, as {"hex": "…"}.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace flinch::scenarios {

nlohmann::ordered_json ShowValue(std::string_view shape, std::string_view bytes);

// Of a key, whose type a snapshot does not tell: text, else a number of eight bytes, else hex.
nlohmann::ordered_json ShowKey(std::string_view bytes);

}  // namespace flinch::scenarios
