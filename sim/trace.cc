#include "sim/trace.h"

namespace flinch::sim {

std::string Show(const Field::Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) {
    return std::to_string(*number);
  }
  return std::string(std::get<std::string_view>(value));
}

}  // namespace flinch::sim
