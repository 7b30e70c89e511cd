// What the registered jobs write: the values of their output records, and how people read them.
//
// A record's key is the text key as it is; its value is one of these structs, encoded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/ids.h"
#include "engine/serializer.h"

namespace flinch::scenarios {

// url_clicks and package_log: how often the key came in the window that starts here.
struct WindowCount {
  engine::EventTime window_start;
  int64_t count = 0;

  friend bool operator==(const WindowCount&, const WindowCount&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.window_start);
    visit(self.count);
  }
};

// word_count: how often the word has come so far.
struct RunningCount {
  int64_t count = 0;

  friend bool operator==(const RunningCount&, const RunningCount&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.count);
  }
};

// Of a job that does not say how its output reads: key and value as text, or what is none in
// hexadecimal, under "undecodable".
std::string ShowBytesJson(std::string_view key, std::string_view value);

std::string ShowWindowCountJson(std::string_view key, std::string_view value);
std::string ShowRunningCountJson(std::string_view key, std::string_view value);

// "3 in the window from 2025-06-24T14:00:00Z", "3 so far".
std::string ShowWindowCount(std::string_view value);
std::string ShowRunningCount(std::string_view value);

}  // namespace flinch::scenarios
