#include "scenarios/jobs/job_output.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scenarios/model/timestamp.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;

std::string Hexadecimal(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += fmt::format("{:02x}", static_cast<unsigned>(static_cast<unsigned char>(byte)));
  }
  return text;
}

// Bytes that are no UTF-8 become U+FFFD.
std::string Dump(const ordered_json& object) {
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string DumpUndecodable(std::string_view key, std::string_view value) {
  return Dump({{"key", key}, {"undecodable", Hexadecimal(value)}});
}

}  // namespace

std::string ShowBytesJson(std::string_view key, std::string_view value) {
  return text::IsPrintable(value) ? Dump({{"key", key}, {"value", value}})
                                  : DumpUndecodable(key, value);
}

std::string ShowWindowCountJson(std::string_view key, std::string_view value) {
  const sim::Result<WindowCount> count = engine::Decode<WindowCount>(value);
  if (!count) {
    return DumpUndecodable(key, value);
  }
  return Dump({{"key", key},
               {"window_start", ShowUtc(count->window_start)},
               {"window_start_ns", count->window_start.nanos()},
               {"count", count->count}});
}

std::string ShowRunningCountJson(std::string_view key, std::string_view value) {
  const sim::Result<RunningCount> count = engine::Decode<RunningCount>(value);
  if (!count) {
    return DumpUndecodable(key, value);
  }
  return Dump({{"key", key}, {"count", count->count}});
}

std::string ShowWindowCount(std::string_view value) {
  const sim::Result<WindowCount> count = engine::Decode<WindowCount>(value);
  return count ? fmt::format("{} in the window from {}", count->count, ShowUtc(count->window_start))
               : "bytes that are no count: " + Hexadecimal(value);
}

std::string ShowRunningCount(std::string_view value) {
  const sim::Result<RunningCount> count = engine::Decode<RunningCount>(value);
  return count ? fmt::format("{} so far", count->count)
               : "bytes that are no count: " + Hexadecimal(value);
}

}  // namespace flinch::scenarios
