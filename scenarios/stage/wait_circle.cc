#include "scenarios/stage/wait_circle.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "engine/waits.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

// A task, and for whom it waits.
struct WaitingTask {
  bool for_room = false;        // of all; else for input of any
  std::vector<std::string> on;  // "" is nobody who waits
};

using Tasks = std::map<std::string, WaitingTask>;
using Consumers = std::map<std::tuple<std::string, uint32_t, uint32_t>, std::string>;

std::map<std::string, engine::TaskWait> WaitsIn(const sim::StuckReport& report) {
  std::map<std::string, engine::TaskWait> waits;
  for (const sim::StuckReport::Waiter& waiter : report.waiters) {
    const std::optional<engine::TaskWait> wait = engine::ParseTaskWait(waiter.detail);
    if (waiter.fiber.starts_with(engine::kTaskFiber) && !waiter.detail.empty() && wait) {
      waits[waiter.fiber.substr(engine::kTaskFiber.size())] = *wait;
    }
  }
  return waits;
}

Tasks TasksIn(const sim::StuckReport& report) {
  const std::map<std::string, engine::TaskWait> waits = WaitsIn(report);
  Consumers consumers;
  for (const auto& [task, wait] : waits) {
    for (const engine::TaskWait::Input& input : wait.inputs) {
      consumers[{input.producer, input.place.edge, input.place.subpartition}] = task;
    }
  }
  Tasks tasks;
  for (const auto& [task, wait] : waits) {
    WaitingTask& waiting = tasks[task];
    waiting.for_room = !wait.full.empty();
    for (const engine::ChannelPlace& place : wait.full) {
      const auto consumer = consumers.find({task, place.edge, place.subpartition});
      waiting.on.push_back(consumer == consumers.end() ? "" : consumer->second);
    }
    for (const engine::TaskWait::Input& input : wait.inputs) {
      if (!waiting.for_room && !input.is_blocked) {
        waiting.on.push_back(input.producer);
      }
    }
  }
  return tasks;
}

bool MayGoOn(const WaitingTask& task, const Tasks& stuck) {
  const auto goes_on = [&stuck](const std::string& other) { return !stuck.contains(other); };
  return task.for_room ? std::ranges::all_of(task.on, goes_on)
                       : task.on.empty() || std::ranges::any_of(task.on, goes_on);
}

}  // namespace

std::vector<WaitLink> FindWaitCircle(const sim::StuckReport& report) {
  Tasks stuck = TasksIn(report);
  while (std::erase_if(stuck, [&stuck](const auto& each) { return MayGoOn(each.second, stuck); }) >
         0) {
  }
  if (stuck.empty()) {
    return {};
  }
  std::vector<WaitLink> path;
  std::string task = stuck.begin()->first;
  while (std::ranges::find(path, task, &WaitLink::task) == path.end()) {
    const WaitingTask& waiting = stuck.at(task);
    const auto next = std::ranges::find_if(
        waiting.on, [&stuck](const std::string& other) { return stuck.contains(other); });
    sim::Check(next != waiting.on.end(), "{} is stuck and waits for nobody", task);
    path.push_back({.task = task, .for_room = waiting.for_room, .on = *next});
    task = *next;
  }
  path.erase(path.begin(), std::ranges::find(path, task, &WaitLink::task));
  return path;
}

std::string Show(const std::vector<WaitLink>& circle) {
  std::string text;
  for (const WaitLink& link : circle) {
    text += fmt::format("{} waits for {} {}", text.empty() ? link.task : ", which",
                        link.for_room ? "room in its output to" : "input from", link.on);
  }
  return text;
}

std::string ShowWaitCircle(const sim::StuckReport& report) {
  const std::vector<WaitLink> circle = FindWaitCircle(report);
  return circle.empty() ? std::string()
                        : fmt::format("tasks wait for one another: {}\n", Show(circle));
}

}  // namespace flinch::scenarios
