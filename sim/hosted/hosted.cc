#include "sim/hosted/hosted.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "sim/check.h"
#include "sim/hosted/hosted_process.h"
#include "sim/hosted/swapped_image.h"
#include "sim/kernel/interposed.h"
#include "sim/kernel/kernel.h"

namespace flinch::sim {

Result<void> HostedOptions::Validate() const {
  if (spurious_wakeups.denominator == 0 ||
      spurious_wakeups.numerator > spurious_wakeups.denominator) {
    return Fail(ErrorCode::kInvalidArgument,
                "HostedOptions::spurious_wakeups is a share of the waits, at most all of them");
  }
  const std::vector<std::string> loaded = LoadedLibraries();
  for (const std::string& name : libraries) {
    const auto fits = [&name](const std::string& library) { return library.starts_with(name); };
    if (name.empty() || std::ranges::none_of(loaded, fits)) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("HostedOptions::libraries names \"{}\", but no shared library is "
                              "loaded whose file name begins so; loaded are {}",
                              name, fmt::join(loaded, ", ")));
    }
  }
  return {};
}

Program Hosted(Program program, HostedOptions options) {
  if (const Result<void> valid = options.Validate(); !valid) {
    Unreachable("{}", valid.error().message);
  }
  // What the variables hold now is what every life begins with.
  for (const std::string& name : options.libraries) {
    const LibraryPlaces places = FindLibrary(name);
    CopiesOf(places.globals);
    CopiesOf(places.thread_locals);
  }
  CopiesOf(options.globals);
  CopiesOf(options.thread_locals);
  return [program = std::move(program), options = std::move(options)](Environment& environment) {
    auto* const door = dynamic_cast<ProcessEnvironment*>(&environment);
    Check(door != nullptr, "process {} is hosted, but not by a World", environment.process_name());
    auto process = std::make_unique<HostedProcess>(*door, options);
    HostedProcess& hosted = *process;
    door->incarnation_record().threads = std::move(process);
    hosted.RunMain(program);
  };
}

OutsideHosted::OutsideHosted()
    : process_(static_cast<HostedProcess*>(hosting)),
      thread_(process_ == nullptr ? nullptr : process_->Leave()) {}

OutsideHosted::~OutsideHosted() {
  if (process_ != nullptr) {
    process_->Enter(thread_);
  }
}

}  // namespace flinch::sim
