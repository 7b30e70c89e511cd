#include "sim/result.h"

#include "sim/check.h"

namespace flinch::sim {

std::string_view Name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid argument";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kFenced:
      return "fenced";
    case ErrorCode::kIo:
      return "i/o error";
    case ErrorCode::kCorruption:
      return "corruption";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kNoSpace:
      return "no space";
    case ErrorCode::kExists:
      return "exists";
  }
  Unreachable("error code {}", static_cast<int>(code));
}

}  // namespace flinch::sim
