// A BarrierCore that is played by text: commands in, its effects out, a line each.
//
//   new CHANNELS [defect=NAME]
//   barrier CHANNEL ID · cancel CHANNEL ID · end CHANNEL     what a channel delivers
//   aborted ID                                               what the coordinator says
//   place CHANNEL ID                                         which barrier this one would be
//   waiting                                                  the channels that are blocked
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "engine/network/barrier_core.h"
#include "sim/check.h"
#include "tests/support/core_script.h"

namespace flinch::engine {

class BarrierScript : private tests::CommandScript {
 public:
  // What the command brings.
  std::string Run(std::string_view command) {
    Begin(command);
    const std::string verb = Word(0);
    if (verb == "new") {
      Defects defects;
      for (const std::string& option : WordsFrom(2)) {
        defects.Plant(*FindDefect(option.substr(option.find('=') + 1)));
      }
      core_.emplace(Number(1), defects);
      blocked_.clear();
    } else if (verb == "barrier") {
      Feed(barrier_input::Barrier{.channel = Number(1), .meta = {.id = CheckpointId(Number(2))}});
    } else if (verb == "cancel") {
      Feed(barrier_input::CancelMarker{.channel = Number(1), .id = CheckpointId(Number(2))});
    } else if (verb == "end") {
      Feed(barrier_input::EndOfPartition{.channel = Number(1)});
    } else if (verb == "aborted") {
      Feed(barrier_input::Aborted{.id = CheckpointId(Number(1))});
    } else if (verb == "place") {
      Say("{}", core_->PlaceOf(Number(1), CheckpointId(Number(2))));
    } else {
      sim::Check(verb == "waiting", "there is no command {}", verb);
      TellWaiting();
    }
    return told();
  }

 private:
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

  void Tell(const barrier_effect::Trigger& trigger) { Say("trigger {}", trigger.meta.id.value()); }

  void Tell(const barrier_effect::GiveUp& given_up) { Say("give up {}", given_up.id.value()); }

  // Nothing overtakes here.
  void Tell(const auto&) { sim::Unreachable("an effect of barriers that overtake"); }

  void TellWaiting() {
    std::string channels;
    for (const size_t channel : blocked_) {
      channels += " " + std::to_string(channel);
    }
    Say("{}:{}", Name(core_->phase()), channels.empty() ? " nobody waits" : channels);
  }

  std::optional<BarrierCore> core_;
  std::set<size_t> blocked_;
};

}  // namespace flinch::engine
