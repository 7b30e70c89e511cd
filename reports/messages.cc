#include "reports/messages.h"

#include <set>
#include <string_view>
#include <utility>

namespace flinch::reports {

namespace {

constexpr std::string_view kStepPrefix = "sim.";
constexpr std::string_view kWorld = "world";

uint64_t NumberOf(const sim::RecordedEvent& event, std::string_view field) {
  return static_cast<uint64_t>(event.Number(field).value_or(0));
}

// Follows a recording event by event. One fiber runs at a time: what is between a "sim.run" and the
// next one was done by that fiber.
class Follower {
 public:
  explicit Follower(const sim::Recording& recording) : recording_(recording) {}

  Passage Follow() {
    for (const sim::RecordedEvent& event : recording_.events) {
      if (IsTold(event)) {
        Tell(event);
      } else {
        Step(event);
      }
    }
    // Arrivals stand on hosts; who read there is known by now.
    for (Message& message : passage_.messages) {
      const auto process = process_on_.find(message.to);
      message.to = process == process_on_.end() ? message.to : process->second;
    }
    return std::move(passage_);
  }

 private:
  struct Sent {
    sim::SimTime at;
    std::string from;
    uint64_t cause = 0;
  };

  uint64_t LeadsTo(uint64_t event) const {
    const auto found = leads_to_.find(event);
    return found == leads_to_.end() ? 0 : found->second;
  }

  void Tell(const sim::RecordedEvent& event) {
    const uint64_t cause = LeadsTo(event.cause.value());
    if (cause != 0) {
      passage_.causes[event.id.value()] = cause;
    }
    if (const auto arrival = arrivals_.find(event.cause.value()); arrival != arrivals_.end()) {
      Message& message = passage_.messages[arrival->second];
      message.effect = message.effect == sim::EventId() ? event.id : message.effect;
    }
    leads_to_[event.id.value()] = event.id.value();
    // What the experimenter does meanwhile is not the fiber's doing.
    told_last_ = event.process == kWorld ? told_last_ : event.id.value();
  }

  void Step(const sim::RecordedEvent& event) {
    const uint64_t id = event.id.value();
    if (event.kind == "sim.run") {
      const uint64_t woken_by = NumberOf(event, "woken_by");
      told_last_ = LeadsTo(woken_by);
      if (const auto arrival = arrivals_.find(woken_by); arrival != arrivals_.end()) {
        process_on_[passage_.messages[arrival->second].to] = event.process;
      }
    } else if (event.kind == "sim.send" || event.kind == "sim.frame") {
      sent_[id] = {.at = event.time, .from = event.process, .cause = told_last_};
    } else if (event.kind == "sim.deliver" || event.kind == "sim.arrive") {
      Arrive(event);
    }
    if (event.kind != "sim.deliver" && event.kind != "sim.arrive") {
      leads_to_[id] = told_last_;
    }
  }

  void Arrive(const sim::RecordedEvent& event) {
    const uint64_t sender = NumberOf(event, "sent");
    leads_to_[event.id.value()] = LeadsTo(sender);
    const auto sent = sent_.find(sender);
    if (sent == sent_.end()) {
      return;  // the opening or the end of a connection
    }
    arrivals_[event.id.value()] = passage_.messages.size();
    passage_.messages.push_back({.sent = sim::EventId(sent->first),
                                 .arrived = event.id,
                                 .sent_at = sent->second.at,
                                 .arrived_at = event.time,
                                 .from = sent->second.from,
                                 .to = event.process,
                                 .cause = sim::EventId(sent->second.cause),
                                 .effect = sim::EventId()});
  }

  const sim::Recording& recording_;
  Passage passage_{};
  std::map<uint64_t, uint64_t> leads_to_{};  // from an event to the traced one that led to it
  std::map<uint64_t, Sent> sent_{};
  std::map<uint64_t, size_t> arrivals_{};  // index of the message
  std::map<std::string, std::string> process_on_{};
  uint64_t told_last_ = 0;  // that the running fiber told, or that led to it
};

}  // namespace

Passage PassageOf(const sim::Recording& recording) { return Follower(recording).Follow(); }

bool IsTold(const sim::RecordedEvent& event) { return !event.kind.starts_with(kStepPrefix); }

std::vector<std::string> LanesOf(const sim::Recording& recording) {
  std::set<std::string> names;
  for (const sim::RecordedEvent& event : recording.events) {
    if (IsTold(event)) {
      names.insert(event.process);
    }
  }
  names.erase(std::string(kWorld));
  std::vector<std::string> lanes = {std::string(kWorld)};
  lanes.insert(lanes.end(), names.begin(), names.end());
  return lanes;
}

}  // namespace flinch::reports
