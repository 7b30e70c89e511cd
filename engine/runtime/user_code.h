// The boundary to what users wrote: whatever it throws is a failure of its task, and no more.
//
// Errors:   kInvalidArgument with what was thrown, as far as it says so.
// Survives: what is no std::exception, too. What is ours is passed on: the end of a crashed
//           process, and a broken invariant.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/check.h"
#include "sim/environment.h"
#include "sim/result.h"

namespace flinch::engine {

// The result of `call`, which returns a sim::Result. `when` goes into the sentence: " while …".
template <typename Call>
auto CallUserCode(std::string_view when, Call call) -> decltype(call()) {
  std::string thrown;
  try {
    return call();
  } catch (const sim::ProcessKilled&) {
    throw;
  } catch (const sim::Violation&) {
    throw;
  } catch (const std::exception& error) {
    thrown = error.what();
  } catch (...) {  // the tidy test knows this one
    thrown = "something that is no std::exception";
  }
  return sim::Fail(sim::ErrorCode::kInvalidArgument,
                   fmt::format("User code threw{}: {}", when, thrown));
}

}  // namespace flinch::engine
