#include "sim/check.h"

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace flinch::sim {
namespace {

std::terminate_handler before_ours = nullptr;

// The language says of a Violation that nobody catches only what its type is called.
[[noreturn]] void TellAndTerminate() {
  if (const std::exception_ptr uncaught = std::current_exception()) {
    try {
      std::rethrow_exception(uncaught);
    } catch (const Violation& violation) {
      fmt::print(stderr, "flinch: a check failed: {} ({})\n", violation.what, violation.where);
    } catch (const std::exception&) {
      // Whoever handled it before tells what it is.
    }
  }
  if (before_ours != nullptr) {
    before_ours();
  }
  std::abort();
}

// At the first failure, so that a handler that a program sets when it starts is called behind ours.
void SeeToTheUncaught() {
  [[maybe_unused]] static const bool once = [] {
    before_ours = std::set_terminate(&TellAndTerminate);
    return true;
  }();
}

}  // namespace

void FailCheck(std::string what, const std::source_location& where) {
  SeeToTheUncaught();
  std::string_view file = where.file_name();
  // From the repository's root on: the same text wherever the sources lie.
  for (const std::string_view room :
       {"/sim/", "/engine/", "/faults/", "/scenarios/", "/reports/"}) {
    if (const size_t at = file.rfind(room); at != std::string_view::npos) {
      file.remove_prefix(at + 1);
      break;
    }
  }
  throw Violation{.what = std::move(what), .where = fmt::format("{}:{}", file, where.line())};
}

}  // namespace flinch::sim
