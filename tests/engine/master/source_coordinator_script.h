// A SourceCoordinatorCore that is played by text: commands in, its effects out, a line each.
//
//   new READERS [defect=NAME]
//   register READER#ATTEMPT · end READER#ATTEMPT
//   reset READER CHECKPOINT · reset-all
//   assign READER SPLIT… · no-more READER          wishes of the enumerator
//   ack READER#ATTEMPT SEQUENCE · lose READER#ATTEMPT SEQUENCE
//   checkpoint ID · barrier READER ID · abort ID · complete ID
//   show
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "engine/master/source_coordinator_core.h"
#include "sim/check.h"
#include "tests/support/core_script.h"

namespace flinch::engine {

class SourceCoordinatorScript : private tests::CommandScript {
 public:
  // What the command brings.
  std::string Run(std::string_view command) {
    CommandScript::Begin(command);
    const std::string verb = Word(0);
    if (verb == "new") {
      Defects defects;
      for (const std::string& word : WordsFrom(2)) {
        defects.Plant(*FindDefect(word.substr(word.find('=') + 1)));
      }
      core_.emplace(static_cast<uint32_t>(Number(1)), defects);
    } else if (verb == "show") {
      Say("{}", core_->Show());
    } else {
      FeedWords(verb);
    }
    return told();
  }

 private:
  static SubtaskIndex Reader(const std::string& word) {
    return SubtaskIndex(static_cast<uint32_t>(std::stoul(word)));
  }

  static AttemptNumber Attempt(const std::string& word) {
    return AttemptNumber(static_cast<uint32_t>(std::stoul(word.substr(word.find('#') + 1))));
  }

  CheckpointId Checkpoint(size_t index) const { return CheckpointId(Number(index)); }

  void FeedWords(const std::string& verb) {
    namespace input = source_input;
    const std::string reader = Word(1);
    if (verb == "register") {
      Feed(input::ReaderRegistered{.reader = Reader(reader), .attempt = Attempt(reader)});
    } else if (verb == "end") {
      Feed(input::ReaderEnded{.reader = Reader(reader), .attempt = Attempt(reader)});
    } else if (verb == "reset") {
      Feed(input::ReaderReset{.reader = Reader(reader), .restored = Checkpoint(2)});
    } else if (verb == "reset-all") {
      Feed(input::Reset{.parallelism = Word(1).empty() ? core_->parallelism()
                                                       : static_cast<uint32_t>(Number(1))});
    } else if (verb == "assign") {
      input::Assign assign{.reader = Reader(reader), .splits = {}};
      for (const std::string& id : WordsFrom(2)) {
        assign.splits.push_back({.id = id, .state = {}});
      }
      Feed(assign);
    } else if (verb == "no-more") {
      Feed(input::SignalNoMoreSplits{.reader = Reader(reader)});
    } else if (verb == "ack") {
      Feed(input::EventAcknowledged{
          .reader = Reader(reader), .attempt = Attempt(reader), .sequence = Number(2)});
    } else if (verb == "lose") {
      Feed(input::EventLost{.reader = Reader(reader),
                            .attempt = Attempt(reader),
                            .sequence = Number(2),
                            .reason = "timed out"});
    } else if (verb == "checkpoint") {
      Feed(input::Checkpoint{.id = Checkpoint(1)});
    } else if (verb == "barrier") {
      Feed(input::BarrierInjected{.reader = Reader(reader), .id = Checkpoint(2)});
    } else if (verb == "abort") {
      Feed(input::CheckpointAborted{.id = Checkpoint(1)});
    } else {
      sim::Check(verb == "complete", "there is no command {}", verb);
      Feed(input::CheckpointComplete{.id = Checkpoint(1)});
    }
  }

  void Feed(const SourceInput& input) {
    for (const SourceEffect& effect : core_->Step(input)) {
      std::visit([this](const auto& each) { Tell(each); }, effect);
    }
  }

  static std::string Names(const std::vector<SourceSplit>& splits) {
    std::string names;
    for (const SourceSplit& split : splits) {
      names += " " + split.id;
    }
    return names;
  }

  void Tell(const source_effect::AddReader& add) {
    Say("add reader {}#{}", add.reader.value(), add.attempt.value());
  }

  void Tell(const source_effect::AddSplitsBack& back) {
    Say("back from reader {}, which starts from {}:{}", back.reader.value(), back.restored.value(),
        Names(back.splits));
  }

  void Tell(const source_effect::SnapshotEnumerator& snapshot) {
    Say("take the enumerator's state for {}", snapshot.id.value());
  }

  void Tell(const source_effect::SnapshotReady& ready) { Say("{} is ready", ready.id.value()); }

  void Tell(const source_effect::SnapshotFailed& failed) { Say("{} failed", failed.id.value()); }

  void Tell(const source_effect::NotifyComplete& notify) {
    Say("tell the enumerator of {}", notify.id.value());
  }

  void Tell(const source_effect::Send& send) {
    const auto* const add = std::get_if<AddSplitsEvent>(&send.event);
    Say("send {}#{} event {}:{}", send.reader.value(), send.attempt.value(), send.sequence,
        add == nullptr ? " no more splits" : Names(add->splits));
  }

  void Tell(const source_effect::FailReader& fail) {
    Say("fail reader {}#{}: {}", fail.reader.value(), fail.attempt.value(), fail.reason);
  }

  std::optional<SourceCoordinatorCore> core_;
};

}  // namespace flinch::engine
