#include "engine/master/split_assignment_tracker.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

void MoveTo(std::vector<SourceSplit>& all, std::vector<SourceSplit>& more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

void SplitAssignmentTracker::Record(SubtaskIndex reader, const std::vector<SourceSplit>& splits) {
  std::vector<SourceSplit>& mine = since_[reader];
  mine.insert(mine.end(), splits.begin(), splits.end());
}

void SplitAssignmentTracker::OnCheckpoint(CheckpointId id) {
  const bool is_new = filed_.try_emplace(id, std::exchange(since_, {})).second;
  sim::Check(is_new, "a coordinator takes part in checkpoint {} twice", id.value());
}

void SplitAssignmentTracker::OnCheckpointComplete(CheckpointId id) {
  filed_.erase(filed_.begin(), filed_.upper_bound(id));
}

std::vector<SourceSplit> SplitAssignmentTracker::TakeBack(SubtaskIndex reader,
                                                          CheckpointId restored) {
  std::vector<SourceSplit> back;
  for (auto filed = filed_.upper_bound(restored); filed != filed_.end(); ++filed) {
    if (const auto found = filed->second.find(reader); found != filed->second.end()) {
      MoveTo(back, found->second);
      filed->second.erase(found);
    }
  }
  if (const auto found = since_.find(reader); found != since_.end()) {
    MoveTo(back, found->second);
    since_.erase(found);
  }
  return back;
}

void SplitAssignmentTracker::Clear() {
  filed_.clear();
  since_.clear();
}

size_t SplitAssignmentTracker::size() const {
  size_t count = 0;
  const auto add = [&count](const Assignment& assignment) {
    for (const auto& [reader, splits] : assignment) {
      count += splits.size();
    }
  };
  add(since_);
  for (const auto& [id, assignment] : filed_) {
    add(assignment);
  }
  return count;
}

std::string SplitAssignmentTracker::Show() const {
  std::string text;
  const auto show = [&text](const Assignment& assignment) {
    for (const auto& [reader, splits] : assignment) {
      text += fmt::format("{}{}:", text.empty() ? "" : " ", reader.value());
      for (size_t i = 0; i < splits.size(); ++i) {
        text += fmt::format("{}{}", i == 0 ? "" : ",", splits[i].id);
      }
    }
  };
  show(since_);
  for (const auto& [id, assignment] : filed_) {
    text += fmt::format("{}chk-{}", text.empty() ? "" : " ", id.value());
    show(assignment);
  }
  return text;
}

}  // namespace flinch::engine
