// A hunt: the units of one shard, performed by a pool of workers, stored and counted.
//
// What is stored is not done again, but for results that are not final: what hung, ran out of
// memory or was killed. The order in which answers come differs from time to time; what they come
// to does not.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "scenarios/lab/results_file.h"
#include "scenarios/lab/tally.h"
#include "scenarios/lab/units.h"
#include "scenarios/lab/worker_pool.h"
#include "sim/result.h"

namespace flinch::scenarios {

// What a person wants to know while it goes on. Real times are of this session.
struct HuntProgress {
  uint64_t runs = 0;             // with those of earlier sessions
  uint64_t runs_now = 0;         // without
  std::optional<uint64_t> of{};  // how many the shard has; nothing: no end
  int64_t elapsed_ns = 0;
  int64_t since_news_ns = 0;  // since the last new cell or signature
  int64_t sim_ns = 0;
  uint64_t failures = 0;
  size_t groups = 0;
  size_t cells_hit = 0;
  // What the last result was the first of.
  Tally::News news{};
  std::string signature{};  // of a new one
  std::string gave_up{};    // why, where it was no use to go on
};

struct HuntRequest {
  HuntSpace space;
  Shard shard{};
  std::optional<int64_t> for_ns{};         // real time, after which no unit is begun
  std::optional<uint64_t> max_failures{};  // of one signature, after which no unit is begun
  WorkerPool::Options pool{};
  // In a worker.
  std::function<UnitResult(const Unit&)> perform;
  // Here: what is known of a unit whose worker ended before it could answer.
  std::function<UnitResult(const Unit&)> describe;
  WorkerPool::Clock clock;
  std::function<bool()> interrupted;
  // After each result and several times a second.
  std::function<void(const HuntProgress&)> progress;
};

// Fills in the verdict of a unit whose worker gave no answer under these limits. A limit that ended
// it joins the words that run it again.
void JudgeFate(const Answer& answer, const WorkerPool::Options& limits, UnitResult& result);

// "512M": what --seed-memory reads back.
std::string ShowBytes(uint64_t bytes);

// Counts what `file` (null: nothing is stored) holds of the shard, and does the rest. What was done
// is in the tally and in the file however it ends. kIo where workers or the file fail.
sim::Result<HuntProgress> PerformHunt(const HuntRequest& request, ResultsFile* file, Tally& tally);

}  // namespace flinch::scenarios
