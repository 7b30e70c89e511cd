#include "sim/kernel/process_environment.h"

#include "sim/check.h"
#include "sim/kernel/interpose.h"
#include "sim/kernel/kernel.h"

namespace flinch::sim {

Environment& Environment::Current() {
  const Kernel* const kernel = RunningKernel();
  Environment* const current = kernel == nullptr ? nullptr : kernel->CurrentEnvironment();
  Check(current != nullptr,
        "Environment::Current is asked for by {}: only code that runs in a process has one",
        RunningActor());
  return *current;
}

ProcessEnvironment::ProcessEnvironment(Kernel& kernel, Incarnation& incarnation, HostRecord& host)
    : kernel_(kernel),
      incarnation_(incarnation),
      host_(host),
      network_(kernel, incarnation),
      disk_(kernel, incarnation, host.disk),
      shared_(kernel, incarnation, kernel.shared_volume()) {}

std::string_view ProcessEnvironment::process_name() const { return incarnation_.record.name; }

std::string_view ProcessEnvironment::host_name() const { return host_.name; }

uint32_t ProcessEnvironment::incarnation() const { return incarnation_.number; }

SimTime ProcessEnvironment::Now() const { return incarnation_.clock.Monotonic(kernel_.now()); }

WallTime ProcessEnvironment::WallNow() const { return incarnation_.clock.Wall(kernel_.now()); }

void ProcessEnvironment::Sleep(Duration span) {
  if (span < Duration(0)) [[unlikely]] {
    Unreachable("process {} sleeps for {} ns", process_name(), span.count());
  }
  if (span == Duration(0)) {
    kernel_.Yield();
    return;
  }
  const Wait wait{.kind = WaitKind::kSleep, .deadline = Later(Now(), span)};
  while (kernel_.Park(wait)) {
  }
}

void ProcessEnvironment::AwaitDevice(Duration span) {
  if (span == Duration(0)) {
    kernel_.Yield();
    return;
  }
  const Wait wait{.kind = WaitKind::kDevice, .deadline = Later(kernel_.now(), span)};
  while (kernel_.Park(wait)) {
  }
}

void ProcessEnvironment::Yield() { kernel_.Yield(); }

FiberId ProcessEnvironment::Spawn(std::string_view name, std::move_only_function<void()> body) {
  return kernel_.Spawn(incarnation_, name, std::move(body));
}

FiberId ProcessEnvironment::CurrentFiber() const { return kernel_.CurrentFiber(); }

bool ProcessEnvironment::Park(SimTime deadline, std::string_view reason, const WaitDetail* detail) {
  return kernel_.Park(
      {.kind = WaitKind::kPark, .deadline = deadline, .reason = reason, .detail = detail});
}

void ProcessEnvironment::Unpark(FiberId fiber) {
  if (incarnation_.alive) {
    kernel_.Wake(fiber, kernel_.CurrentCause());
  }
}

Random ProcessEnvironment::RandomStream(std::string_view name) {
  return kernel_.random().Split("process/").Split(process_name()).Split(name, incarnation_.number);
}

EventId ProcessEnvironment::Trace(std::string_view kind, std::initializer_list<Field> fields) {
  return kernel_.TraceFrom(incarnation_, kind, std::span(fields.begin(), fields.size()));
}

}  // namespace flinch::sim
