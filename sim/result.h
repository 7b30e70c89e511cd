// How an operation that may fail says so.
//
// `Result<T>` carries a value or an `Error`. A code exists only where some caller reacts to it
// differently. An injected fault gives the same Result as a real one: simulated code cannot tell
// them apart. Broken invariants are not errors: see check.h.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace flinch::sim {

enum class ErrorCode : uint8_t {
  kInvalidArgument,  // the caller's mistake; repeating it will not help
  kNotFound,         // no such file, topic, host
  kUnavailable,  // the peer or device did not take it now; the outcome may be unknown; try again
  kTimeout,      // no answer in time; the outcome is unknown
  kFenced,       // a newer owner exists; give up
  kIo,           // a device failed
  kCorruption,   // bytes that cannot be what was written
  kCancelled,    // the operation was given up by its owner
  kNoSpace,      // the device has no room for it; removing something helps
  kExists,       // there is one already, or something in it
};

std::string_view Name(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kUnavailable;
  std::string message;  // a whole sentence for people
};

// std::expected, which this library's version lets a caller drop in silence.
template <typename T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

// `return Fail(ErrorCode::kIo, "…")` from any function that returns a Result.
inline std::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message)});
}

// Passes an error on: `if (!r) return Fail(r);`
template <typename T>
std::unexpected<Error> Fail(const Result<T>& failed) {
  return std::unexpected<Error>(failed.error());
}

}  // namespace flinch::sim
