#include "scenarios/lab/hunt.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/check.h"
#include "sim/text/text.h"
#include "sim/time.h"

namespace flinch::scenarios {

namespace {

constexpr int64_t kNanosPerMicro = 1'000;
constexpr int64_t kNanosPerSecond = 1'000'000'000;

// At the end of the time: what runs may end, if it does so soon.
constexpr int64_t kGraceNs = 2 * kNanosPerSecond;

// What a witness quotes of a process that ended.
constexpr size_t kWordsMax = 400;

constexpr std::string_view kRefused = "flinch: nondeterminism:";

// The first line of what a worker said last.
std::string FirstLine(const std::string& words) {
  return text::Printable(std::string_view(words).substr(0, std::min(words.find('\n'), kWordsMax)));
}

class Session {
 public:
  Session(const HuntRequest& request, ResultsFile* file, Tally& tally)
      : request_(request), file_(file), tally_(tally), begin_(request.clock()), news_(begin_) {
    next_ = request.shard.index;
    if (file != nullptr) {
      for (const UnitResult& result : file->before()) {
        if (result.IsFinal()) {
          tally.Add(result);
        }
      }
      for (const ShrunkGroup& shrunk : file->shrunk_before()) {
        tally.AddShrunk(shrunk);
      }
    }
    if (const std::optional<uint64_t> units = UnitsIn(request.space)) {
      const Shard& shard = request.shard;
      of_ = *units / shard.count + (*units % shard.count > shard.index ? 1 : 0);
    }
  }

  sim::Result<HuntProgress> Perform() {
    WorkerPool pool(
        request_.pool,
        [this](const std::string& work) {
          return ShowLine(request_.perform(UnitOf(request_.space, NumberIn(work))));
        },
        request_.clock);
    const sim::Result<void> ran = pool.Run({
        .next = [this] { return Next(); },
        .done = [this](const std::string& work, const Answer& answer) { Done(work, answer); },
        .tick = [this] { return Tick(); },
    });
    if (!ran) {
      return sim::Fail(ran);
    }
    if (!stored_) {
      return sim::Fail(stored_);
    }
    HuntProgress progress = Progress();
    progress.gave_up = pool.gave_up();
    return progress;
  }

 private:
  static uint64_t NumberIn(const std::string& work) {
    const sim::Result<uint64_t> number = text::ParseSeed(work);
    sim::Check(number.has_value(), "{} is no unit", work);
    return *number;
  }

  bool TimeIsUp() const { return request_.for_ns && request_.clock() - begin_ >= *request_.for_ns; }

  std::optional<std::string> Next() {
    if (request_.max_failures && tally_.largest_group() >= *request_.max_failures) {
      return std::nullopt;
    }
    const std::optional<uint64_t> units = UnitsIn(request_.space);
    while ((!units || next_ < *units) && tally_.has(next_)) {
      next_ += request_.shard.count;
    }
    if ((units && next_ >= *units) || TimeIsUp()) {
      return std::nullopt;
    }
    return std::to_string(std::exchange(next_, next_ + request_.shard.count));
  }

  void Done(const std::string& work, const Answer& answer) {
    UnitResult result;
    if (answer.fate == Fate::kAnswered) {
      sim::Result<UnitResult> told = ParseLine(answer.text);
      sim::Check(told.has_value(), "a worker answered {}", answer.text);
      result = *std::move(told);
    } else {
      result = request_.describe(UnitOf(request_.space, NumberIn(work)));
      JudgeFate(answer, request_.pool, result);
    }
    result.wall_us = answer.wall_ns / kNanosPerMicro;
    if (file_ != nullptr && stored_) {
      stored_ = file_->Append(ShowLine(result));
    }
    const Tally::News news = tally_.Add(result);
    ++runs_now_;
    if (news.cell || news.signature) {
      news_ = request_.clock();
    }
    HuntProgress progress = Progress();
    progress.news = news;
    progress.signature = news.signature ? result.signature : "";
    request_.progress(progress);
  }

  bool Tick() {
    request_.progress(Progress());
    const bool waited_enough =
        request_.for_ns && request_.clock() - begin_ >= *request_.for_ns + kGraceNs;
    return stored_.has_value() && !request_.interrupted() && !waited_enough;
  }

  HuntProgress Progress() const {
    const int64_t now = request_.clock();
    return {.runs = tally_.runs(),
            .runs_now = runs_now_,
            .of = of_,
            .elapsed_ns = now - begin_,
            .since_news_ns = now - news_,
            .sim_ns = tally_.sim_ns(),
            .failures = tally_.failures(),
            .groups = tally_.group_count(),
            .cells_hit = tally_.cells_hit()};
  }

  const HuntRequest& request_;
  ResultsFile* file_;
  Tally& tally_;
  int64_t begin_;
  int64_t news_;  // when there were some
  uint64_t next_ = 0;
  uint64_t runs_now_ = 0;
  std::optional<uint64_t> of_;
  sim::Result<void> stored_;
};

}  // namespace

std::string ShowBytes(uint64_t bytes) {
  constexpr std::string_view kUnits = "KMG";
  size_t unit = 0;
  while (unit < kUnits.size() && bytes != 0 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return unit == 0 ? std::to_string(bytes) : fmt::format("{}{}", bytes, kUnits[unit - 1]);
}

void JudgeFate(const Answer& answer, const WorkerPool::Options& limits, UnitResult& result) {
  const std::string patience = sim::Show(sim::Duration(limits.patience_ns));
  const std::string words = FirstLine(answer.text);
  const std::string said = words.empty() ? "" : " Its last words: " + words;
  switch (answer.fate) {
    case Fate::kAnswered:
      sim::Unreachable("an answer has no fate");
    case Fate::kHung:
      result.verdict = UnitVerdict::kHung;
      result.signature = "hung";
      result.witness = fmt::format(
          "The run did not end within {} of its own time (--seed-timeout).{}", patience, said);
      result.replay += fmt::format(" --seed-timeout {}", patience);
      return;
    case Fate::kOutOfMemory:
      result.verdict = UnitVerdict::kOutOfMemory;
      result.signature = "out of memory";
      result.witness =
          fmt::format("The run asked for more memory than --seed-memory allows.{}", said);
      result.replay += fmt::format(" --seed-memory {}", ShowBytes(limits.memory_bytes));
      return;
    case Fate::kCrashed:
      if (words.starts_with(kRefused)) {
        result.verdict = UnitVerdict::kNondeterministic;
        result.signature = "nondeterministic: refused call";
        result.witness = words.substr(kRefused.size() + 1);
        return;
      }
      result.verdict = UnitVerdict::kCrashed;
      result.signature = std::string(kCrashedBy) + answer.how;
      result.witness = fmt::format("The process of the run ended by {}.{}", answer.how, said);
      return;
  }
}

sim::Result<HuntProgress> PerformHunt(const HuntRequest& request, ResultsFile* file, Tally& tally) {
  return Session(request, file, tally).Perform();
}

}  // namespace flinch::scenarios
