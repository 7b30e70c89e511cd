// Which shard this process is, as whoever started it tells by environment variables.
//
//   FLINCH_SHARD=2/4                                    by hand; wins over all others
//   SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=6      by a scheduler; where it does not tell how
//   JOB_COMPLETION_INDEX=0 FLINCH_SHARDS=8              many there are, FLINCH_SHARDS does
//
// Shape:  a table in shard_variables.cc; of Slurm, the array comes before the tasks in it.
// Errors: kInvalidArgument with a whole sentence, for no number, an index without a count, two
//         schedulers that disagree.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "scenarios/lab/units.h"
#include "sim/result.h"

namespace flinch::scenarios {

struct FoundShard {
  Shard shard{};
  std::string by{};  // the variable
};

// What stands in a variable; nothing where it is not set.
using Variables = std::function<std::optional<std::string>(std::string_view)>;

// FLINCH_SHARD alone; nothing where it is not set.
sim::Result<std::optional<FoundShard>> ShardByHand(const Variables& variables);

// By hand or by a scheduler. None is an error: who asks expects one.
sim::Result<FoundShard> FindShard(const Variables& variables);

// Those of this process.
std::optional<std::string> EnvironmentVariable(std::string_view name);

}  // namespace flinch::scenarios
