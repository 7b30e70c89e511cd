// Invariants, always on.
//
// `Check` states what must be true whatever the world does. A false one is our own bug: it throws
// `Violation`, which the kernel catches where the fiber starts; the run ends with a failed verdict
// that names the place. Outside of a run it ends the program, which prints the sentence, unless
// somebody catches it. Never `Check` what another process, a disk or a user sent: that is data,
// and gets a Result.
#pragma once

#include <concepts>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

namespace flinch::sim {

// A broken invariant. Not a std::exception, so that no `catch (const std::exception&)` swallows it.
struct Violation {
  std::string what;
  std::string where;  // file:line
};

template <typename... Args>
struct CheckFormat {
  template <typename Text>
    requires std::convertible_to<const Text&, std::string_view>
  consteval CheckFormat(
      const Text& text,  // NOLINT(google-explicit-constructor): a literal converts
      std::source_location place = std::source_location::current())
      : format(text), where(place) {}

  fmt::format_string<Args...> format;
  std::source_location where;
};

[[noreturn]] void FailCheck(std::string what, const std::source_location& where);

// Throws Violation with the formatted reason unless `holds`. Inline, so that what holds costs a
// branch and its reason nothing.
template <typename... Args>
[[gnu::always_inline]] inline void Check(bool holds, CheckFormat<std::type_identity_t<Args>...> why,
                                         Args&&... args) {
  if (!holds) [[unlikely]] {
    FailCheck(fmt::format(why.format, std::forward<Args>(args)...), why.where);
  }
}

// The branch that cannot be taken.
template <typename... Args>
[[noreturn]] void Unreachable(CheckFormat<std::type_identity_t<Args>...> why, Args&&... args) {
  FailCheck(fmt::format(why.format, std::forward<Args>(args)...), why.where);
}

}  // namespace flinch::sim
