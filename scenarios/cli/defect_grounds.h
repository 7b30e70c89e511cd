// Where planted defects are looked for.
//
// Intuition: most defects show in the standard small job. Some need a job that is quiet there, or
//            an option at which a mistake of its kind is noticed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/defects.h"
#include "scenarios/cli/seed_runner.h"
#include "scenarios/lab/units.h"
#include "sim/result.h"

namespace flinch::scenarios {

struct DefectGround {
  std::string_view scenario;
  std::array<std::string_view, 3> settings{};  // "key=value"; empty ones are none
};

// Each seed is tried on all of them in turn.
//
// Without lags in nanoseconds some timestamps lie on the border of a window; healed after the end
// of its input a job has faults there, too; who waits for an interval is noticed where it is long,
// who counts restarts wrongly where there are few, who loses output in silence where the log gives
// transactions up, and who forgets what belongs to checkpoints that were given up where many are.
// Only where an enumerator gives out splits they can go astray. Who stops a job wrongly is noticed
// where one is stopped. Who mistakes a term shows where there are two JobManagers, by a zombie or
// by interruptions of the coordination service. What is in flight is lost where barriers overtake
// it, and comes too late where windows wait for event time. Who divides state wrongly shows where
// slots decide the parallelism, and who loses output without transactions where there are none.
// Windows that merge go wrong in sessions, and those that others build upon where a query ranks
// what it has counted. Files that checkpoints share are lost where checkpoints are given up often,
// and keys where another number of subtasks has copied them. Calls that are under way are lost
// where a service is slow, and files where they are rolled. What goes round is lost where
// something does, and who waits for room for ever is noticed where there is little. Values are
// taken for what they are not where another version of a job reads them. Who trusts what comes is
// noticed where it is damaged on its way. Results are lost, and
// sinks commit by themselves, in batch.
inline constexpr auto kDefectGrounds = std::to_array<DefectGround>({
    {.scenario = "small_job"},
    {.scenario = "small_job", .settings = {"workload.out_of_order=0s"}},
    {.scenario = "small_job", .settings = {"limits.heal_after=8s"}},
    {.scenario = "small_job",
     .settings = {"limits.heal_after=8s", "execution.checkpointing.interval=1h"}},
    {.scenario = "small_job", .settings = {"restart-strategy.fixed-delay.attempts=2"}},
    {.scenario = "records_come_again"},
    {.scenario = "small_job",
     .settings = {"limits.heal_after=8s", "sink.transaction-timeout=700ms"}},
    {.scenario = "small_job",
     .settings = {"execution.checkpointing.timeout=40ms",
                  "execution.checkpointing.tolerable-failed-checkpoints=100000"}},
    {.scenario = "url_clicks"},
    {.scenario = "user_sessions"},
    {.scenario = "clicks_per_minute"},
    {.scenario = "growing_topic"},
    {.scenario = "lost_split_event"},
    {.scenario = "reader_fails_at_the_cut"},
    {.scenario = "overtaken_split_event"},
    {.scenario = "stop_and_resume"},
    {.scenario = "cancel_and_resume"},
    {.scenario = "written_at_once"},
    {.scenario = "shrinks_and_grows"},
    {.scenario = "savepoint_times_out"},
    {.scenario = "master_comes_back"},
    {.scenario = "master_blinks"},
    {.scenario = "master_starts_cut_off"},
    {.scenario = "unaligned_faults"},
    {.scenario = "unaligned_rescale"},
    {.scenario = "unaligned_faults",
     .settings = {"execution.checkpointing.interval=40ms", "execution.checkpointing.timeout=25ms",
                  "execution.checkpointing.tolerable-failed-checkpoints=100000"}},
    {.scenario = "url_clicks",
     .settings = {"execution.checkpointing.unaligned.enabled=true", "task.record-time=5ms",
                  "taskmanager.memory.segment-size=64"}},
    {.scenario = "unaligned_rescale", .settings = {"job.name=url_clicks", "task.record-time=5ms"}},
    {.scenario = "rescale_story"},
    {.scenario = "shrinks_and_grows",
     .settings = {"state.backend.type=leveldb", "execution.checkpointing.incremental=true"}},
    {.scenario = "rescale_story",
     .settings = {"execution.checkpointing.interval=200ms", "execution.checkpointing.timeout=130ms",
                  "execution.checkpointing.tolerable-failed-checkpoints=100000"}},
    {.scenario = "unaligned_rescale", .settings = {"job.name=broadcast_rows"}},
    {.scenario = "cycle"},
    {.scenario = "async_lookup"},
    {.scenario = "async_lookup", .settings = {"job.name=async_lookup_ordered"}},
    {.scenario = "file_sink"},
    {.scenario = "record_evolves"},
    {.scenario = "cycle",
     .settings = {"taskmanager.memory.segment-size=64",
                  "taskmanager.network.memory.max-buffers-per-channel=1"}},
    {.scenario = "batch_clicks"},
    {.scenario = "word_count",
     .settings = {"taskmanager.memory.segment-size=64",
                  "taskmanager.network.memory.max-buffers-per-channel=1"}},
    {.scenario = "damaged_frames"},
});

// "small_job --set limits.heal_after=8s"
std::string Show(const DefectGround& ground);

// The ground as a hunt runs it; `defect`: null for the engine as it is.
sim::Result<HuntTarget> TargetOn(const DefectGround& ground, const engine::DefectInfo* defect);

// What a hunt over these seeds does with the index-th of them.
Unit UnitOn(const HuntTarget& target, Search search, uint64_t first_seed, uint64_t index);

}  // namespace flinch::scenarios
