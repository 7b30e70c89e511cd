// A service that answers questions, as databases and web services do: late, with an error now and
// then, and sometimes not at all. A process of its own.
//
// Shape:    one request: a key; the reply: what `answer` makes of it, always the same.
// Chance:   each request draws what becomes of it from the stream "lookup".
// Errors:   kUnavailable for those that fail: ask again.
// Survives: a restart, for it keeps nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/rpc/endpoint.h"
#include "engine/serializer.h"
#include "sim/environment.h"

namespace flinch::engine {

inline constexpr uint16_t kLookupPort = 7000;

enum class LookupMethod : uint16_t { kLookUp = 1 };

constexpr std::string_view ServiceName(LookupMethod) { return "lookup"; }

struct LookupReply {
  std::string value;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.value);
  }
};

struct LookupRequest {
  static constexpr auto kMethod = LookupMethod::kLookUp;
  using Reply = LookupReply;

  std::string key;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.key);
  }
};

struct LookupServiceOptions {
  std::function<std::string(const std::string& key)> answer;
  uint16_t port = kLookupPort;
  // How long an answer takes.
  sim::Duration latency_min = std::chrono::milliseconds(1);
  sim::Duration latency_max = std::chrono::milliseconds(30);
  // Of a hundred requests.
  uint32_t silent_percent = 3;
  uint32_t failing_percent = 5;
};

// The program of the service's process; returns never.
void RunLookupService(sim::Environment& environment, const LookupServiceOptions& options);

}  // namespace flinch::engine
