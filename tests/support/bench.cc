#include "tests/support/bench.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <gtest/gtest.h>

namespace flinch::tests {
namespace {

sim::WorldOptions Complete(sim::WorldOptions options, uint64_t seed) {
  options.seed = seed;
  options.keep = std::max(options.keep, sim::Keep::kTrace);
  options.limits.time_max = std::min(options.limits.time_max, sim::SimTime(std::chrono::hours(1)));
  return options;
}

}  // namespace

Bench::Bench(uint64_t seed, sim::WorldOptions options)
    : world_(Complete(std::move(options), seed)) {}

sim::HostId Bench::Host(const std::string& name) {
  const auto found = hosts_.find(name);
  return found == hosts_.end() ? hosts_[name] = world_.AddHost(name) : found->second;
}

sim::ProcessId Bench::Start(const std::string& host, sim::Program program) {
  const int number = ++processes_[host];
  const std::string name = number == 1 ? host : host + "-" + std::to_string(number);
  return world_.AddProcess(Host(host), name, std::move(program));
}

bool Bench::Run(const std::string& host, sim::Program body) {
  bool done = false;
  Start(host, [body = std::move(body), &done](sim::Environment& environment) {
    body(environment);
    done = true;
  });
  return RunUntil([&done] { return done; });
}

bool Bench::RunUntil(const std::function<bool()>& reached) {
  const sim::Outcome outcome = world_.Run(reached);
  if (outcome.violation) {
    ADD_FAILURE() << outcome.violation->what << " at " << outcome.violation->where;
  }
  return outcome.ending == sim::Ending::kGoal;
}

void Bench::RunFor(sim::Duration span) {
  const sim::SimTime end = world_.Now() + span;
  world_.At(end, [] {});  // so that there is such an instant
  RunUntil([this, end] { return world_.Now() >= end; });
}

void Bench::CrashAt(sim::SimTime time, sim::ProcessId process, sim::Duration away) {
  world_.At(time, [this, process] {
    if (world_.IsAlive(process)) {
      world_.Crash(process);
    }
  });
  world_.At(time + away, [this, process] {
    if (!world_.IsAlive(process)) {
      world_.Restart(process);
    }
  });
}

void Bench::SetLinks(const std::string& host, const std::string& peer,
                     const sim::LinkCondition& condition) {
  world_.SetLink(Host(host), Host(peer), condition);
  world_.SetLink(Host(peer), Host(host), condition);
}

std::vector<std::string> Bench::Traced(std::string_view kind_prefix) const {
  std::vector<std::string> lines;
  for (const sim::RecordedEvent& event : world_.recording().events) {
    if (event.kind.starts_with(kind_prefix)) {
      lines.push_back(event.kind + " " + sim::ShowFields(event));
    }
  }
  return lines;
}

std::vector<sim::RecordedEvent> Bench::Events(std::string_view kind) const {
  std::vector<sim::RecordedEvent> events;
  for (const sim::RecordedEvent& event : world_.recording().events) {
    if (event.kind == kind) {
      events.push_back(event);
    }
  }
  return events;
}

}  // namespace flinch::tests
