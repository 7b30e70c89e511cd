// The boundary to what users wrote: whatever it throws is a failure of its task, and no more.
//
// Errors:   kInvalidArgument with what was thrown, as far as it says so. State that could not be
//           had is the disk's error, and no user's.
// Survives: what is no std::exception, too. What is ours is passed on: the end of a crashed
//           process, and a broken invariant.
// Cost:     none while nothing is thrown.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/state/state_unavailable.h"
#include "engine/stream_operator.h"
#include "sim/check.h"
#include "sim/environment.h"
#include "sim/result.h"

namespace flinch::engine {

// The result of `call`, which returns a sim::Result. `when()` goes into the sentence: " while …".
template <typename When, typename Call>
auto CallUserCode(const When& when, Call&& call) -> decltype(call())
  requires requires { std::string(when()); }
{
  const auto failed = [&when](std::string_view thrown) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("User code threw{}: {}", when(), thrown));
  };
  try {
    return call();
  } catch (const sim::ProcessKilled&) {
    throw;
  } catch (const sim::Violation&) {
    throw;
  } catch (const StateUnavailable& state) {
    return sim::Fail(state.error.code, fmt::format("Keyed state was not to be had{}: {}", when(),
                                                   state.error.message));
  } catch (const std::exception& error) {
    return failed(error.what());
  } catch (...) {  // the tidy test knows this one
    return failed("something that is no std::exception");
  }
}

template <typename Call>
auto CallUserCode(const char* when, Call&& call) -> decltype(call()) {
  return CallUserCode([when] { return std::string(when); }, std::forward<Call>(call));
}

// The same for one operator: the sentence names its subtask and what it was `doing`, "a record".
template <typename Call>
auto CallOperator(const SubtaskInfo& subtask, const char* doing, Call&& call) -> decltype(call()) {
  return CallUserCode(
      [&subtask, doing] { return fmt::format(" in {} at {}", subtask.Show(), doing); },
      std::forward<Call>(call));
}

}  // namespace flinch::engine
