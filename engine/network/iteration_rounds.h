// Finds out when nothing goes round in an iteration any more. Pure; one of each task of it.
//
// When its input has ended the head sends a token round, which each task passes on when all its
// channels of the iteration have brought it, and its others have ended. A token that comes back is
// followed by the next one. It is "quiet" when no head has been fed a record since it sent the
// token before. When a quiet one has come back in all channels of a head the iteration is over: all
// records that were under way when a token left were fed back before it returned, and made no new
// ones.
// Shape:  each head gets what all heads say, since an iteration forwards throughout, or goes from
//         all to all somewhere (CheckIterations).
// Source: Flink's iterations wait for a time without records instead; ours, after Mattern 1987,
//         "Algorithms for distributed termination detection".
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace flinch::engine {

class IterationRounds {
 public:
  struct Token {
    uint32_t round = 0;
    bool is_quiet = false;

    friend bool operator==(const Token&, const Token&) = default;
  };

  // `channels`: of the iteration, into the task. `ends_early`: a planted defect, the first round
  // counts as quiet.
  IterationRounds(bool is_head, size_t channels, bool ends_early = false)
      : is_head_(is_head), channels_(channels), ends_early_(ends_early) {}

  // Another channel brings a token. Each brings every one once, in order.
  void OnToken(const Token& token) {
    Round& round = rounds_.try_emplace(token.round).first->second;
    ++round.count;
    round.is_quiet = round.is_quiet && token.is_quiet;
  }

  // The token that is to be sent on; nothing when there is none now, or the iteration is over.
  // `others_ended`: all channels that are not of the iteration. `fed`: how many records were fed
  // back to this head so far.
  std::optional<Token> Next(bool others_ended, uint64_t fed) {
    if (!others_ended || is_over_) {
      return std::nullopt;
    }
    if (is_head_ && !sent_) {
      return Send(false, fed);
    }
    const auto first = rounds_.begin();
    if (first == rounds_.end() || first->second.count < channels_) {
      return std::nullopt;
    }
    const Token complete{.round = first->first, .is_quiet = first->second.is_quiet};
    rounds_.erase(first);
    if (!is_head_) {
      return complete;
    }
    is_over_ = complete.is_quiet || ends_early_;
    return is_over_ ? std::nullopt : std::optional(Send(fed == fed_, fed));
  }

  // Of a head: nothing goes round any more.
  bool is_over() const { return is_over_; }

 private:
  struct Round {
    size_t count = 0;
    bool is_quiet = true;
  };

  Token Send(bool is_quiet, uint64_t fed) {
    sent_ = true;
    fed_ = fed;
    return {.round = next_++, .is_quiet = is_quiet};
  }

  bool is_head_;
  size_t channels_;
  bool ends_early_;
  std::map<uint32_t, Round> rounds_;  // not complete, or not looked at
  bool sent_ = false;
  uint64_t fed_ = 0;  // when the last token was sent
  uint32_t next_ = 0;
  bool is_over_ = false;
};

}  // namespace flinch::engine
