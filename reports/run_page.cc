#include "reports/run_page.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/foreign_text.h"
#include "reports/messages.h"
#include "reports/page_files.h"
#include "reports/page_marks.h"

namespace flinch::reports {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kPageTextMax = 1'000;
constexpr size_t kEventBytes = 2'800'000;
constexpr size_t kMessageBytes = 800'000;
constexpr size_t kCheckpointBytes = 500'000;
constexpr size_t kPageSummaryBytes = 500'000;
constexpr size_t kTimesBytes = 200'000;
constexpr size_t kItemsMax = 500;
constexpr size_t kFindingsMax = 50;
constexpr size_t kPageReplayMax = 16'000;

// The words of a field that names several processes.
std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t blank = std::min(text.find(' '), text.size());
    if (blank > 0) {
      words.emplace_back(text.substr(0, blank));
    }
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
  return words;
}

// What a link does from now on, in a word; "whole" when nothing is wrong with it.
std::string StateOfLink(const sim::RecordedEvent& event) {
  if (event.Number("cut").value_or(0) != 0) {
    return "cut";
  }
  if (const auto condition = event.Text("condition")) {
    return std::string(*condition);
  }
  const bool loses = !event.Text("loss").value_or("0/").starts_with("0/");
  return loses ? "loses messages" : event.Number("delay_ns").value_or(0) > 0 ? "slow" : "whole";
}

// One kind of outage per process is open at a time.
class OutageReader {
 public:
  std::vector<Outage> Read(const sim::Recording& recording) {
    for (const sim::RecordedEvent& event : recording.events) {
      Take(event);
    }
    for (const auto& [key, index] : open_) {
      outages_[index].end = recording.events.back().time;
    }
    return std::move(outages_);
  }

 private:
  using Key = std::pair<std::string, std::string>;  // process, and the family of what it suffers

  void Take(const sim::RecordedEvent& event) {
    const std::string process(event.Text("process").value_or(""));
    if (event.kind == "fault.crash") {
      Begin({process, "process"}, "crashed", event.time);
    } else if (event.kind == "fault.restart" || event.kind == "fault.resume") {
      End({process, event.kind == "fault.restart" ? "process" : "pause"}, event.time);
    } else if (event.kind == "fault.pause") {
      Begin({process, "pause"}, "paused", event.time);
    } else if (event.kind == "fault.link" || event.kind == "fault.links") {
      TakeLinks(event);
    } else if (event.kind == "fault.heal") {
      while (!open_.empty()) {
        End(Key(open_.begin()->first), event.time);
      }
    }
  }

  // Those that are cut off are the fewer.
  void TakeLinks(const sim::RecordedEvent& event) {
    const std::vector<std::string> from = Words(event.Text("from").value_or(""));
    const std::vector<std::string> to = Words(event.Text("to").value_or(""));
    const std::string condition = StateOfLink(event);
    for (const std::string& process : from.size() <= to.size() ? from : to) {
      if (condition == "whole") {
        End({process, "link"}, event.time);
      } else {
        Begin({process, "link"}, condition, event.time);
      }
    }
  }

  void Begin(const Key& key, const std::string& what, sim::SimTime at) {
    if (open_.try_emplace(key, outages_.size()).second) {
      outages_.push_back({.process = key.first, .what = what, .begin = at, .end = at});
    }
  }

  void End(const Key& key, sim::SimTime at) {
    if (const auto found = open_.find(key); found != open_.end()) {
      outages_[found->second].end = at;
      open_.erase(found);
    }
  }

  std::map<Key, size_t> open_{};
  std::vector<Outage> outages_{};
};

// What HTML could take for the end of the data, or for a comment, is written otherwise.
std::string Island(std::string_view id, const std::string& json) {
  std::string safe;
  safe.reserve(json.size());
  for (const char c : json) {
    safe += c == '<' ? "\\u003c" : c == '>' ? "\\u003e" : c == '&' ? "\\u0026" : std::string(1, c);
  }
  return fmt::format("<script type=\"application/json\" id=\"{}\">{}</script>\n", id, safe);
}

// "[…,…]" of as many as there is room for.
struct Packed {
  std::string json = "[";
  size_t left_out = 0;

  void Add(const std::string& item, size_t bytes_max) {
    if (left_out > 0 || json.size() + item.size() > bytes_max) {
      ++left_out;
      return;
    }
    json += (json.size() > 1 ? "," : "") + item;
  }
};

class Names {
 public:
  size_t Of(const std::string& name) {
    const auto [found, is_new] = numbers_.try_emplace(name, names_.size());
    if (is_new) {
      names_.push_back(ForeignLine(name, kPageTextMax));
    }
    return found->second;
  }

  const Json& all() const { return names_; }

 private:
  std::map<std::string, size_t> numbers_{};
  Json names_ = Json::array();
};

Json Nanos(const std::optional<sim::SimTime>& time) {
  return time ? Json(sim::Nanos(*time)) : Json();
}

std::string ToText(const CheckpointRow& row) {
  Json subtasks = Json::array();
  for (const SubtaskCheckpoint& each : row.subtasks) {
    subtasks.push_back(Json::array(
        {ForeignLine(each.subtask, kPageTextMax), Nanos(each.first_barrier), Nanos(each.aligned),
         Nanos(each.snapshot), Nanos(each.uploaded), Nanos(each.acknowledged)}));
  }
  return Json{{"id", row.id},
              {"triggered", sim::Nanos(row.triggered)},
              {"completed", Nanos(row.completed)},
              {"stored", Nanos(row.stored)},
              {"notified", Nanos(row.notified)},
              {"aborted", Nanos(row.aborted)},
              {"reason", ForeignLine(row.reason, kPageTextMax)},
              {"subtasks", std::move(subtasks)}}
      .dump();
}

// Every text readable and bounded, and no list longer than this.
Json Fit(const Json& value, size_t items_max) {
  if (value.is_string()) {
    return Foreign(value.get_ref<const std::string&>(), kPageTextMax);
  }
  Json fit = value;
  if (fit.is_array() && fit.size() > items_max) {
    fit.erase(fit.begin() + static_cast<std::ptrdiff_t>(items_max), fit.end());
  }
  if (fit.is_structured()) {
    for (Json& each : fit) {
      each = Fit(each, items_max);
    }
  }
  return fit;
}

// The summary with as much of its lists as there is room for.
Json FitSummary(const RunSummary& summary) {
  RunSummary few = summary;
  few.findings.resize(std::min(few.findings.size(), kFindingsMax));
  few.faults.resize(std::min(few.faults.size(), kItemsMax));
  const Json whole = Json::parse(ShowJson(few));
  size_t items_max = kItemsMax;
  Json fit = Fit(whole, items_max);
  while (items_max > 1 && fit.dump().size() > kPageSummaryBytes) {
    items_max /= 2;
    fit = Fit(whole, items_max);
  }
  fit["replay"] = ForeignLine(summary.replay, kPageReplayMax);
  return fit;
}

class Page {
 public:
  Page(const RunSummary& summary, const sim::Recording& recording)
      : summary_(summary), recording_(recording), passage_(PassageOf(recording)) {
    for (const std::string& lane : LanesOf(recording)) {
      lane_of_.emplace(lane, lanes_.size());
      lanes_.push_back(ForeignLine(lane, kPageTextMax));
    }
  }

  std::string Data(const std::vector<CheckpointRow>& checkpoints,
                   const std::vector<TaskTime>& times) {
    const Packed events = Events();
    const Packed messages = Messages();
    Packed rows;
    std::map<std::string, size_t> subtasks;
    for (const CheckpointRow& row : checkpoints) {
      rows.Add(ToText(row), kCheckpointBytes);
      for (const SubtaskCheckpoint& each : row.subtasks) {
        ++subtasks[each.subtask];
      }
    }
    Packed packed_times;
    for (const TaskTime& time : times) {
      packed_times.Add(
          fmt::format("[{},{},{},{}]", Json(ForeignLine(time.subtask, kPageTextMax)).dump(),
                      time.lived.count(), time.back_pressured.count(), time.idle.count()),
          kTimesBytes);
    }
    const Json summary = FitSummary(summary_);
    return fmt::format(
        R"({{"summary":{},"why":{},"lanes":{},"kinds":{},"events":{}],"eventsLeftOut":{},)"
        R"("messages":{}],"messagesLeftOut":{},"outages":{},"checkpoints":{}],)"
        R"("checkpointsLeftOut":{},"subtasks":{},"times":{}]}})",
        summary.dump(), Json(ForeignLine(summary_.why, kPageTextMax)).dump(), lanes_.dump(),
        kinds_.all().dump(), events.json, events.left_out, messages.json, messages.left_out,
        Outages().dump(), rows.json, rows.left_out, subtasks.size(), packed_times.json);
  }

 private:
  Packed Events() {
    Packed packed;
    for (const sim::RecordedEvent& event : recording_.events) {
      if (!IsTold(event)) {
        continue;
      }
      const auto cause = passage_.causes.find(event.id.value());
      packed.Add(fmt::format("[{},{},{},{},{},{}]", event.id.value(), sim::Nanos(event.time),
                             lane_of_.at(event.process), kinds_.Of(event.kind),
                             Json(ForeignLine(sim::ShowFields(event), kPageTextMax)).dump(),
                             cause == passage_.causes.end() ? 0 : cause->second),
                 kEventBytes);
    }
    return packed;
  }

  // Those that led to something first: there is not always room for all.
  Packed Messages() const {
    Packed packed;
    for (const bool led : {true, false}) {
      for (const Message& message : passage_.messages) {
        const auto from = lane_of_.find(message.from);
        const auto to = lane_of_.find(message.to);
        if (led != (message.effect != sim::EventId()) || from == lane_of_.end() ||
            to == lane_of_.end()) {
          continue;
        }
        packed.Add(fmt::format("[{},{},{},{},{},{}]", sim::Nanos(message.sent_at), from->second,
                               sim::Nanos(message.arrived_at), to->second, message.cause.value(),
                               message.effect.value()),
                   kMessageBytes);
      }
    }
    return packed;
  }

  Json Outages() const {
    Json outages = Json::array();
    for (const Outage& outage : OutagesOf(recording_)) {
      const auto lane = lane_of_.find(outage.process);
      if (lane != lane_of_.end() && outages.size() < kItemsMax) {
        outages.push_back(Json::array({lane->second, ForeignLine(outage.what, kPageTextMax),
                                       sim::Nanos(outage.begin), sim::Nanos(outage.end)}));
      }
    }
    return outages;
  }

  const RunSummary& summary_;
  const sim::Recording& recording_;
  const Passage passage_;
  std::map<std::string, size_t> lane_of_{};
  Json lanes_ = Json::array();
  Names kinds_{};
};

}  // namespace

std::vector<Outage> OutagesOf(const sim::Recording& recording) {
  return OutageReader().Read(recording);
}

std::string ShowRunPage(const RunSummary& summary, const sim::Recording& recording,
                        const std::vector<CheckpointRow>& checkpoints,
                        const std::vector<TaskTime>& times) {
  std::string page(kRunHtml);
  FillMark("@style@", kRunCss, page);
  FillMark("@model@", kModelJs, page);
  FillMark("@pictures@", kPicturesJs, page);
  FillMark("@script@", kRunJs, page);
  FillMark("@data@", Island("run", Page(summary, recording).Data(checkpoints, times)), page);
  return page;
}

}  // namespace flinch::reports
