#include "sim/world/world.h"

#include <fmt/format.h>

#include "sim/check.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/stack_pool.h"

namespace flinch::sim {

std::string Show(const Outcome& outcome) {
  const uint64_t events = outcome.last_event.value();
  switch (outcome.ending) {
    case Ending::kGoal:
      return fmt::format("The goal was reached at {} after {} events.", Show(outcome.time), events);
    case Ending::kIdle:
      return fmt::format("Nothing can happen any more at {}, and the goal is not reached.",
                         Show(outcome.time));
    case Ending::kLimit:
      return outcome.limit == Limit::kTime
                 ? fmt::format(
                       "Simulated time ran out: limits.time_max = {} was reached after {} "
                       "events, and the goal was not.",
                       Show(outcome.time), events)
                 : fmt::format(
                       "Events ran out: limits.events_max = {} was reached at {}, and the "
                       "goal was not.",
                       events, Show(outcome.time));
    case Ending::kViolation:
      return fmt::format("An invariant broke at {}: {} ({}).", Show(outcome.time),
                         outcome.violation ? outcome.violation->what : "",
                         outcome.violation ? outcome.violation->where : "");
  }
  Unreachable("ending {}", static_cast<int>(outcome.ending));
}

World::World(WorldOptions options) {
  const Result<void> valid = options.Validate();
  Check(valid.has_value(), "the options of a world are not valid: {}",
        valid ? std::string() : valid.error().message);
  kernel_ = std::make_unique<Kernel>(std::move(options));
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
  const Result<void> valid = options.Validate();
  Check(valid.has_value(), "the options of host {} are not valid: {}", name,
        valid ? std::string() : valid.error().message);
  return kernel_->AddHost(std::move(name), options);
}

ProcessId World::AddProcess(HostId host, std::string name, Program program) {
  Check(!FindProcess(name), "there are two processes named {}", name);
  return kernel_->AddProcess(host, std::move(name), std::move(program));
}

Outcome World::Run(const std::function<bool()>& reached) { return kernel_->Run(reached); }

void World::Crash(ProcessId process, CrashStyle style) { kernel_->Crash(process, style); }

void World::CrashHost(HostId host, CrashStyle style) { kernel_->CrashHost(host, style); }

void World::Restart(ProcessId process) { kernel_->Restart(process); }

TroubleId World::Impair(HostId from, HostId to, const LinkCondition& condition) {
  return kernel_->network().Impair(from, to, condition);
}

TroubleId World::Impair(std::span<const HostId> from, std::span<const HostId> to,
                        const LinkCondition& condition) {
  return kernel_->network().Impair(from, to, condition);
}

void World::EndTrouble(TroubleId trouble) { kernel_->network().EndTrouble(trouble); }

void World::SetLink(HostId from, HostId to, const LinkCondition& condition) {
  kernel_->network().SetLink(from, to, condition);
}

void World::SetLinks(std::span<const HostId> from, std::span<const HostId> to,
                     const LinkCondition& condition) {
  kernel_->network().SetLinks(from, to, condition);
}

void World::SetHost(HostId host, Direction direction, const LinkCondition& condition) {
  kernel_->network().SetHost(host, direction, condition);
}

TroubleId World::Partition(std::span<const HostId> left, std::span<const HostId> right,
                           InFlight in_flight) {
  return kernel_->network().Partition(left, right, in_flight);
}

size_t World::ResetConnections(HostId first, HostId second, ResetEnds ends) {
  return kernel_->network().ResetConnections(first, second, ends);
}

TroubleId World::StartSwizzle(std::span<const HostId> group, const Swizzle& swizzle) {
  return kernel_->network().StartSwizzle(group, swizzle);
}

void World::Heal() { kernel_->network().Heal(); }

void World::SetClock(HostId host, const ClockCondition& condition) {
  const Result<void> valid = condition.Validate();
  Check(valid.has_value(), "the condition of a clock is not valid: {}",
        valid ? std::string() : valid.error().message);
  kernel_->SetClock(host, condition);
}

void World::Pause(ProcessId process, PausedTimers timers) { kernel_->Pause(process, timers); }

void World::Resume(ProcessId process) { kernel_->Unpause(process); }

void World::AtSuspension(ProcessId process, uint64_t number, std::move_only_function<void()> act) {
  kernel_->AtSuspension(process, number, std::move(act));
}

namespace {

template <typename Condition>
void CheckValid(const Condition& condition) {
  const Result<void> valid = condition.Validate();
  Check(valid.has_value(), "the condition of a disk is not valid: {}",
        valid ? std::string() : valid.error().message);
}

}  // namespace

void World::SetDisk(HostId host, const DiskCondition& condition) {
  CheckValid(condition);
  kernel_->SetDisk(kernel_->hosts().at(host.value())->disk, {.disk = condition});
}

void World::SetSharedVolume(const VolumeCondition& condition) {
  CheckValid(condition);
  kernel_->SetDisk(kernel_->shared_volume(), condition);
}

void World::HealDisks() { kernel_->HealDisks(); }

void World::CrashAtWrite(HostId host, uint64_t number) {
  kernel_->hosts().at(host.value())->disk.DieAtWrite(number);
}

void World::CrashAtSharedWrite(uint64_t number) { kernel_->shared_volume().DieAtWrite(number); }

uint64_t World::WritesOf(HostId host) const {
  return kernel_->hosts().at(host.value())->disk.writes();
}

uint64_t World::WritesOfShared() const { return kernel_->shared_volume().writes(); }

std::vector<HostId> World::Hosts() const {
  std::vector<HostId> hosts;
  for (uint32_t index = 0; index < kernel_->hosts().size(); ++index) {
    hosts.emplace_back(index);
  }
  return hosts;
}

void World::HealEverything() { kernel_->HealEverything(); }

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

bool World::IsPaused(ProcessId process) const {
  const ProcessRecord& record = kernel_->process(process);
  return record.current != nullptr && record.current->pause != nullptr;
}

uint64_t World::SuspensionsOf(ProcessId process) const {
  return kernel_->process(process).suspensions;
}

SimTime World::MonotonicTime(HostId host) const {
  return kernel_->hosts().at(host.value())->clock.Monotonic(Now());
}

WallTime World::WallTimeOf(HostId host) const {
  return kernel_->hosts().at(host.value())->clock.Wall(Now());
}

const ClockCondition& World::ClockOf(HostId host) const {
  return kernel_->hosts().at(host.value())->clock.condition();
}

StuckReport World::Explain() const { return kernel_->Explain(); }

size_t World::UnguardedStacks() { return StackPool::UnguardedOfThread(); }

std::optional<ProcessId> World::FindProcess(std::string_view name) const {
  for (const std::unique_ptr<ProcessRecord>& process : kernel_->processes()) {
    if (process->name == name) {
      return process->id;
    }
  }
  return std::nullopt;
}

std::vector<std::string> World::ProcessNames() const {
  std::vector<std::string> names;
  for (const std::unique_ptr<ProcessRecord>& process : kernel_->processes()) {
    names.push_back(process->name);
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

std::vector<FiberTime> World::FiberTimes() const { return kernel_->FiberTimes(); }

namespace {

std::optional<Bytes> ReadFrom(const Volume& volume, std::string_view path) {
  const Bytes* content = volume.Content(volume.Find(path));
  return content == nullptr ? std::nullopt : std::optional(*content);
}

}  // namespace

namespace {

void Place(Volume& volume, std::string_view path, std::string_view bytes) {
  Check(volume.HasRoomFor(path) && volume.Find(path) == 0, "{} lies there already", path);
  const ProcessId nobody;
  const Volume::Inode file = volume.Create(path, nobody);
  volume.Append(file, bytes, nobody);
  volume.Sync(file);
  volume.SyncName(path);
}

}  // namespace

void World::PlaceFile(HostId host, std::string_view path, std::string_view bytes) {
  Place(kernel_->hosts().at(host.value())->disk.volume(), path, bytes);
}

void World::PlaceSharedFile(std::string_view path, std::string_view bytes) {
  Place(kernel_->shared_volume().volume(), path, bytes);
}

std::optional<Bytes> World::ReadFile(HostId host, std::string_view path) const {
  return ReadFrom(kernel_->hosts().at(host.value())->disk.volume(), path);
}

std::optional<Bytes> World::ReadSharedFile(std::string_view path) const {
  return ReadFrom(kernel_->shared_volume().volume(), path);
}

std::vector<std::string> World::ListFiles(HostId host, std::string_view directory) const {
  return kernel_->hosts().at(host.value())->disk.volume().List(directory);
}

std::vector<std::string> World::ListShared(std::string_view directory) const {
  return kernel_->shared_volume().volume().List(directory);
}

std::optional<Bytes> World::ReadDurableFile(HostId host, std::string_view path) const {
  return kernel_->hosts().at(host.value())->disk.volume().DurableContent(path);
}

std::optional<Bytes> World::ReadDurableSharedFile(std::string_view path) const {
  return kernel_->shared_volume().volume().DurableContent(path);
}

std::optional<Divergence> RunTwice(const Experiment& experiment) {
  return FindDivergence(experiment, experiment);
}

}  // namespace flinch::sim
