// All that the judges of a run go by, as a value: what it was about, what was traced, what they
// saw when they looked at the outside world, and how it ended.
//
// Promise: a run judged from its evidence (scenarios/judging.h) gives the same findings as live.
// Looks:   a look at the shared volume is known by the event at which it was taken and by what was
//          asked. Judges who look as those of the run did see what those saw; a look that was never
//          taken cannot be made up.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "reports/run_summary.h"
#include "scenarios/budget.h"
#include "scenarios/oracles/oracle.h"
#include "scenarios/oracles/subject.h"
#include "sim/recording/recording.h"

namespace flinch::scenarios {

// An event as judges see it. Processes are told apart by number.
struct SeenEvent {
  sim::ProcessId process;
  sim::RecordedEvent event;

  friend bool operator==(const SeenEvent&, const SeenEvent&) = default;
};

enum class Question : uint8_t { kRetained, kCheckpoint, kFiles, kWithFiles };

struct Look {
  sim::EventId at;  // 0: when the run was over
  Question question = Question::kRetained;
  int64_t checkpoint = 0;  // of kCheckpoint and kFiles
  // Ids, troubles, or a checkpoint, as the question is.
  std::variant<std::vector<int64_t>, std::vector<std::string>, CheckpointView> answer{};
};

struct Evidence {
  std::string job;                   // whose words tell what a value means
  std::vector<std::string> oracles;  // who judged the run
  // What the run came to. Its findings are those of its judges.
  reports::RunSummary summary;
  Subject subject;  // without `outside`
  std::vector<SeenEvent> events;
  std::vector<Look> looks;
  FinalState state;                     // without `show_value`
  std::vector<reports::Finding> found;  // before any oracle was asked
  Excuses excuses;
};

// Takes the evidence of a run while its judges look.
//
// Shape: observes the world before all judges, who look through it at what it was given.
class EvidenceRecorder final : public sim::TraceObserver, public Outside {
 public:
  // `outside` must outlive this.
  explicit EvidenceRecorder(const Outside& outside) : outside_(outside) {}

  void OnEvent(const sim::TraceEvent& event) override;

  // From now on looks are taken at the end.
  void OnEnd() { at_ = {}; }

  std::vector<int64_t> Retained() const override;
  CheckpointView ReadCheckpoint(int64_t id) const override;
  std::vector<std::string> CheckFiles(int64_t id) const override;
  std::vector<int64_t> WithFiles() const override;

  // What was taken so far, which is then gone from here.
  std::vector<SeenEvent> TakeEvents() { return std::move(events_); }

  std::vector<Look> TakeLooks() { return std::move(looks_); }

 private:
  template <typename Answer>
  Answer Note(Question question, int64_t checkpoint, Answer answer) const;

  const Outside& outside_;
  sim::EventId at_;
  std::vector<SeenEvent> events_;
  mutable std::vector<Look> looks_;  // looking changes nothing but what is known of it
};

// Shows judges what the judges of the run saw.
class RecordedOutside final : public Outside {
 public:
  // `looks` must outlive this.
  explicit RecordedOutside(std::span<const Look> looks);

  // It is the moment of this event; 0: the run is over.
  void MoveTo(sim::EventId at) { at_ = at; }

  std::vector<int64_t> Retained() const override;
  CheckpointView ReadCheckpoint(int64_t id) const override;
  std::vector<std::string> CheckFiles(int64_t id) const override;
  std::vector<int64_t> WithFiles() const override;

  // Whether somebody looked where nobody had, since this was asked last. He saw nothing.
  bool TakeMissed() { return std::exchange(missed_, false); }

 private:
  using Place = std::tuple<sim::EventId, Question, int64_t>;

  template <typename Answer>
  Answer Find(Question question, int64_t checkpoint) const;

  std::map<Place, const Look*> looks_;
  sim::EventId at_;
  mutable bool missed_ = false;
};

}  // namespace flinch::scenarios
