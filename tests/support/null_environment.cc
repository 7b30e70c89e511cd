#include "tests/support/null_environment.h"

#include "sim/check.h"

namespace flinch::tests {
namespace {

[[noreturn]] void Refuse(std::string_view call) {
  sim::Unreachable("{} was called outside a world", call);
}

}  // namespace

void NullEnvironment::Sleep(sim::Duration) { Refuse("Sleep"); }

void NullEnvironment::Yield() { Refuse("Yield"); }

sim::FiberId NullEnvironment::Spawn(std::string_view, std::move_only_function<void()>) {
  Refuse("Spawn");
}

sim::FiberId NullEnvironment::CurrentFiber() const { Refuse("CurrentFiber"); }

bool NullEnvironment::Park(sim::SimTime, std::string_view, const sim::WaitDetail*) {
  Refuse("Park");
}

void NullEnvironment::Unpark(sim::FiberId) { Refuse("Unpark"); }

sim::Random NullEnvironment::RandomStream(std::string_view) { Refuse("RandomStream"); }

sim::Network& NullEnvironment::network() { Refuse("network"); }

sim::FileSystem& NullEnvironment::disk() { Refuse("disk"); }

sim::FileSystem& NullEnvironment::shared() { Refuse("shared"); }

sim::EventId NullEnvironment::Trace(std::string_view kind,
                                    std::initializer_list<sim::Field> fields) {
  std::string line(kind);
  for (const sim::Field& field : fields) {
    line += fmt::format(" {}={}", field.name, sim::Show(field.value));
  }
  events_.push_back(std::move(line));
  return sim::EventId(events_.size());
}

}  // namespace flinch::tests
