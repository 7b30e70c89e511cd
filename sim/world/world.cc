#include "sim/world/world.h"

#include "sim/check.h"
#include "sim/kernel/kernel.h"

namespace flinch::sim {

World::World(WorldOptions options) {
  const Result<void> valid = options.Validate();
  Check(valid.has_value(), "the options of a world are not valid: {}",
        valid ? std::string() : valid.error().message);
  kernel_ = std::make_unique<Kernel>(options);
}

World::~World() {
  if (kernel_ && kernel_->is_broken()) {
    // Whatever a fiber left on its stack when it ran off it is never destroyed, nor what knows of
    // it. Kept where a leak checker finds it.
    static auto& broken = *new std::vector<std::unique_ptr<Kernel>>();
    broken.push_back(std::move(kernel_));
  }
}

HostId World::AddHost(std::string name, const HostOptions& options) {
  return kernel_->AddHost(std::move(name), options);
}

ProcessId World::AddProcess(HostId host, std::string name, Program program) {
  Check(!FindProcess(name), "there are two processes named {}", name);
  return kernel_->AddProcess(host, std::move(name), std::move(program));
}

Outcome World::Run(const std::function<bool()>& reached) { return kernel_->Run(reached); }

void World::Crash(ProcessId process) { kernel_->Crash(process); }

void World::Restart(ProcessId process) { kernel_->Restart(process); }

void World::SetLink(HostId from, HostId to, const LinkCondition& condition) {
  kernel_->SetLink(from, to, condition);
}

void World::At(SimTime time, std::move_only_function<void()> act) {
  kernel_->At(time, std::move(act));
}

void World::Observe(TraceObserver& observer) { kernel_->recorder().Observe(observer); }

EventId World::Trace(std::string_view kind, std::initializer_list<Field> fields) {
  return kernel_->Trace(kind, std::span(fields.begin(), fields.size()));
}

SimTime World::Now() const { return kernel_->now(); }

bool World::IsAlive(ProcessId process) const {
  return kernel_->process(process).current != nullptr;
}

std::optional<ProcessId> World::FindProcess(std::string_view name) const {
  for (const ProcessRecord& process : kernel_->processes()) {
    if (process.name == name) {
      return process.id;
    }
  }
  return std::nullopt;
}

std::vector<std::string> World::ProcessNames() const {
  std::vector<std::string> names;
  for (const ProcessRecord& process : kernel_->processes()) {
    names.push_back(process.name);
  }
  return names;
}

std::string_view World::NameOf(ProcessId process) const { return kernel_->process(process).name; }

HostId World::HostOf(ProcessId process) const { return kernel_->process(process).host; }

uint64_t World::events() const { return kernel_->recorder().count(); }

Digest World::digest() const { return kernel_->recorder().digest(); }

const Ladder& World::ladder() const { return kernel_->recorder().ladder(); }

const Recording& World::recording() const { return kernel_->recorder().recording(); }

Trail World::trail() const { return MakeTrail(digest(), events(), ladder(), recording()); }

Tape World::tape() const {
  Check(kernel_->deck().has_value(), "a tape is asked for that is not recorded");
  return kernel_->deck()->Recorded();
}

TapeReport World::tape_report() const {
  Check(kernel_->deck().has_value(), "no tape is played");
  return kernel_->deck()->Report();
}

const std::vector<Pick>& World::picks() const { return kernel_->picks(); }

std::vector<StackUse> World::StackUses() const { return kernel_->StackUses(); }

namespace {

std::optional<Bytes> ReadFrom(const Volume& volume, std::string_view path) {
  const Bytes* content = volume.Content(volume.Find(path));
  return content == nullptr ? std::nullopt : std::optional(*content);
}

}  // namespace

std::optional<Bytes> World::ReadFile(HostId host, std::string_view path) const {
  return ReadFrom(*kernel_->hosts().at(host.value()).volume, path);
}

std::optional<Bytes> World::ReadSharedFile(std::string_view path) const {
  return ReadFrom(kernel_->shared_volume(), path);
}

std::vector<std::string> World::ListShared(std::string_view directory) const {
  return kernel_->shared_volume().List(directory);
}

std::optional<Divergence> RunTwice(const Experiment& experiment) {
  return FindDivergence(experiment, experiment);
}

}  // namespace flinch::sim
