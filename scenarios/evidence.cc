#include "scenarios/evidence.h"

#include <algorithm>
#include <utility>

namespace flinch::scenarios {

void EvidenceRecorder::OnEvent(const sim::TraceEvent& event) {
  at_ = event.id;
  events_.push_back({.process = event.process, .event = sim::CopyOf(event)});
}

template <typename Answer>
Answer EvidenceRecorder::Note(Question question, int64_t checkpoint, Answer answer) const {
  // Nothing changes within an event: who asks again gets the same answer.
  const bool is_known = std::ranges::any_of(looks_, [&](const Look& look) {
    return look.at == at_ && look.question == question && look.checkpoint == checkpoint;
  });
  if (!is_known) {
    looks_.push_back({.at = at_, .question = question, .checkpoint = checkpoint, .answer = answer});
  }
  return answer;
}

std::vector<int64_t> EvidenceRecorder::Retained() const {
  return Note(Question::kRetained, 0, outside_.Retained());
}

CheckpointView EvidenceRecorder::ReadCheckpoint(int64_t id) const {
  return Note(Question::kCheckpoint, id, outside_.ReadCheckpoint(id));
}

std::vector<std::string> EvidenceRecorder::CheckFiles(int64_t id) const {
  return Note(Question::kFiles, id, outside_.CheckFiles(id));
}

std::vector<int64_t> EvidenceRecorder::WithFiles() const {
  return Note(Question::kWithFiles, 0, outside_.WithFiles());
}

RecordedOutside::RecordedOutside(std::span<const Look> looks) {
  for (const Look& look : looks) {
    looks_.emplace(Place(look.at, look.question, look.checkpoint), &look);
  }
}

template <typename Answer>
Answer RecordedOutside::Find(Question question, int64_t checkpoint) const {
  const auto found = looks_.find(Place(at_, question, checkpoint));
  const auto* const answer =
      found == looks_.end() ? nullptr : std::get_if<Answer>(&found->second->answer);
  missed_ = missed_ || answer == nullptr;
  return answer == nullptr ? Answer() : *answer;
}

std::vector<int64_t> RecordedOutside::Retained() const {
  return Find<std::vector<int64_t>>(Question::kRetained, 0);
}

CheckpointView RecordedOutside::ReadCheckpoint(int64_t id) const {
  return Find<CheckpointView>(Question::kCheckpoint, id);
}

std::vector<std::string> RecordedOutside::CheckFiles(int64_t id) const {
  return Find<std::vector<std::string>>(Question::kFiles, id);
}

std::vector<int64_t> RecordedOutside::WithFiles() const {
  return Find<std::vector<int64_t>>(Question::kWithFiles, 0);
}

}  // namespace flinch::scenarios
