// An AlternatingCore that is played by text: commands in, its effects out, a line each.
//
//   new CHANNELS [timeout=SPAN]
//   at SPAN                                                  the time from here on
//   barrier CHANNEL ID [KIND] [triggered=SPAN]               what a channel delivers; KIND is
//   announced CHANNEL ID [triggered=SPAN]                    unaligned, timeout, forced, savepoint
//   cancel CHANNEL ID · end CHANNEL
//   aborted ID                                               what the coordinator says
//   ring ID                                                  the clock that was started
//   place CHANNEL ID · waiting
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "engine/network/alternating_core.h"
#include "sim/check.h"
#include "tests/support/core_script.h"

namespace flinch::engine {

class AlternatingScript : private tests::CommandScript {
 public:
  // What the command brings.
  std::string Run(std::string_view command) {
    Begin(command);
    const std::string verb = Word(0);
    if (verb == "new") {
      core_.emplace(Number(1), Option("timeout"));
      blocked_.clear();
      now_ = {};
    } else if (verb == "at") {
      now_ = sim::WallTime() + tests::SpanOf(Word(1));
    } else if (verb == "barrier") {
      Feed(barrier_input::Barrier{
          .channel = Number(1), .meta = MetaOf(KindOf(Word(3))), .now = now_});
    } else if (verb == "announced") {
      Feed(barrier_input::Announcement{
          .channel = Number(1), .meta = MetaOf(CheckpointKind::kTimeoutable), .now = now_});
    } else if (verb == "cancel") {
      Feed(barrier_input::CancelMarker{.channel = Number(1), .id = CheckpointId(Number(2))});
    } else if (verb == "end") {
      Feed(barrier_input::EndOfPartition{.channel = Number(1)});
    } else if (verb == "aborted") {
      Feed(barrier_input::Aborted{.id = CheckpointId(Number(1))});
    } else if (verb == "ring") {
      Feed(barrier_input::TimedOut{.id = CheckpointId(Number(1))});
    } else if (verb == "place") {
      Say("{}", core_->PlaceOf(Number(1), CheckpointId(Number(2))));
    } else {
      sim::Check(verb == "waiting", "there is no command {}", verb);
      TellWaiting();
    }
    return told();
  }

 private:
  sim::Duration Option(std::string_view name) const {
    for (const std::string& word : WordsFrom(2)) {
      if (word.starts_with(std::string(name) + "=")) {
        return tests::SpanOf(word.substr(name.size() + 1));
      }
    }
    return sim::Duration(0);
  }

  static CheckpointKind KindOf(std::string_view word) {
    if (word == "timeout") {
      return CheckpointKind::kTimeoutable;
    }
    if (word == "forced") {
      return CheckpointKind::kForcedAligned;
    }
    if (word == "savepoint") {
      return CheckpointKind::kSavepoint;
    }
    return word == "aligned" ? CheckpointKind::kAligned : CheckpointKind::kUnaligned;
  }

  CheckpointMeta MetaOf(CheckpointKind kind) const {
    return {.id = CheckpointId(Number(2)),
            .timestamp = sim::WallTime() + Option("triggered"),
            .options = {.kind = kind}};
  }

  void Feed(const BarrierInput& input) {
    for (const BarrierEffect& effect : core_->Step(input)) {
      std::visit([this](const auto& each) { Tell(each); }, effect);
    }
  }

  void Tell(const barrier_effect::Block& block) {
    blocked_.insert(block.channel);
    Say("block {}", block.channel);
  }

  void Tell(const barrier_effect::Resume& resume) {
    blocked_.erase(resume.channel);
    Say("resume {}", resume.channel);
  }

  void Tell(const barrier_effect::Trigger& trigger) {
    Say("trigger {} {}", trigger.meta.id.value(), Name(trigger.meta.options.kind));
  }

  void Tell(const barrier_effect::GiveUp& given_up) { Say("give up {}", given_up.id.value()); }

  void Tell(const barrier_effect::Persist& persist) { Say("persist {}", persist.id.value()); }

  void Tell(const barrier_effect::Persisted& done) { Say("persisted {}", done.id.value()); }

  void Tell(const barrier_effect::Overtake& overtake) { Say("overtake {}", overtake.id.value()); }

  void Tell(const barrier_effect::StartClock& start) {
    Say("start clock {} {}", start.id.value(), sim::Show(start.after));
  }

  void TellWaiting() {
    std::string channels;
    for (const size_t channel : blocked_) {
      channels += " " + std::to_string(channel);
    }
    Say("{}:{}", Name(core_->phase()), channels.empty() ? " nobody waits" : channels);
  }

  std::optional<AlternatingCore> core_;
  std::set<size_t> blocked_;
  sim::WallTime now_{};
};

}  // namespace flinch::engine
