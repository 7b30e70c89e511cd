#include "scenarios/lab/missing_units.h"

#include <map>

#include <fmt/format.h>

#include "reports/plain_text.h"

namespace flinch::scenarios {

namespace {

using reports::ShowCount;

constexpr size_t kSentencesMax = 16;

struct Missing {
  uint64_t count = 0;
  uint64_t first = 0;
};

// `done`: ascending units of the shard.
Missing MissingOf(const Shard& shard, uint64_t units, const std::vector<uint64_t>& done) {
  const uint64_t own = units / shard.count + (units % shard.count > shard.index ? 1 : 0);
  Missing missing{.count = own - done.size(), .first = shard.index};
  for (const uint64_t unit : done) {
    if (unit != missing.first) {
      break;
    }
    missing.first += shard.count;
  }
  return missing;
}

std::string Sentence(const Shard& shard, const Missing& missing) {
  return fmt::format("{} unit{}{}, the first of them unit {}", ShowCount(missing.count),
                     missing.count == 1 ? "" : "s",
                     shard.count == 1 ? "" : fmt::format(" of shard {}", Show(shard)),
                     missing.first);
}

}  // namespace

std::vector<std::string> DescribeMissing(uint64_t shards, uint64_t units, const Tally& tally) {
  std::map<uint64_t, std::vector<uint64_t>> done;
  for (const uint64_t unit : tally.units()) {
    done[unit % shards].push_back(unit);
  }
  std::vector<std::string> sentences;
  uint64_t left = units - tally.runs();
  // Each shard has results, or is one of the few that are told.
  for (uint64_t index = 0; left > 0 && index < shards && sentences.size() < kSentencesMax;
       ++index) {
    const Shard shard{.index = index, .count = shards};
    const auto own = done.find(index);
    const Missing missing =
        MissingOf(shard, units, own == done.end() ? std::vector<uint64_t>() : own->second);
    if (missing.count > 0) {
      sentences.push_back(Sentence(shard, missing));
      left -= missing.count;
    }
  }
  if (left > 0) {
    sentences.push_back(fmt::format("{} units of further shards", ShowCount(left)));
  }
  return sentences;
}

std::vector<std::string> DescribeMissing(const Shard& shard, uint64_t units, const Tally& tally) {
  std::vector<uint64_t> done = tally.units();
  std::erase_if(done, [&shard](uint64_t unit) { return !shard.Owns(unit); });
  const Missing missing = MissingOf(shard, units, done);
  return missing.count == 0 ? std::vector<std::string>()
                            : std::vector<std::string>{Sentence(shard, missing)};
}

}  // namespace flinch::scenarios
