// What the scripts that play pure cores share: the words of a command, what it brings, timers.
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/check.h"
#include "sim/time.h"
#include "tests/support/interaction.h"

namespace flinch::tests {

// "300ms", "2s".
inline sim::Duration SpanOf(std::string_view word) {
  int64_t number = 0;
  const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  const std::string_view unit(rest, word.data() + word.size());
  sim::Check(error == std::errc() && (unit == "ms" || unit == "s"), "{} is no span", word);
  return unit == "s" ? sim::Duration(std::chrono::seconds(number))
                     : sim::Duration(std::chrono::milliseconds(number));
}

// A command, and what it has brought so far.
class CommandScript {
 protected:
  void Begin(std::string_view command) {
    words_ = WordsOf(command);
    told_.clear();
  }

  size_t words() const { return words_.size(); }

  // Returns a word of the command; empty when it has not so many.
  std::string Word(size_t index) const { return index < words_.size() ? words_[index] : ""; }

  std::vector<std::string> WordsFrom(size_t index) const {
    return {words_.begin() + static_cast<ptrdiff_t>(std::min(index, words_.size())), words_.end()};
  }

  uint64_t Number(size_t index) const { return std::stoull(words_.at(index)); }

  // Calls `set(name, value)` for each word NAME=VALUE behind the verb.
  template <typename Set>
  void ForEachOption(Set set) const {
    for (size_t i = 1; i < words_.size(); ++i) {
      const size_t sign = words_[i].find('=');
      sim::Check(sign != std::string::npos, "{} is no option", words_[i]);
      set(words_[i].substr(0, sign), words_[i].substr(sign + 1));
    }
  }

  template <typename... Parts>
  void Say(fmt::format_string<Parts...> format, Parts&&... parts) {
    told_ += "  " + fmt::format(format, std::forward<Parts>(parts)...) + "\n";
  }

  void SayLine(std::string_view line) { told_ += std::string(line) + "\n"; }

  const std::string& told() const { return told_; }

 private:
  std::vector<std::string> words_;
  std::string told_;
};

// The timers that a core has asked for.
template <typename Timer>
class ScriptTimers {
 public:
  void Start(const Timer& timer, sim::SimTime at) { timers_[timer] = at; }

  bool Cancel(const Timer& timer) { return timers_.erase(timer) == 1; }

  void Clear() { timers_.clear(); }

  // Calls `fire(timer, time)` for each that is due, in their order; it may start others.
  template <typename Fire>
  void RunUntil(sim::SimTime until, Fire fire) {
    for (;;) {
      auto next = timers_.end();
      for (auto timer = timers_.begin(); timer != timers_.end(); ++timer) {
        if (timer->second <= until && (next == timers_.end() || timer->second < next->second)) {
          next = timer;
        }
      }
      if (next == timers_.end()) {
        return;
      }
      const auto [timer, at] = *next;
      timers_.erase(next);
      fire(timer, at);
    }
  }

 private:
  std::map<Timer, sim::SimTime> timers_;
};

}  // namespace flinch::tests
