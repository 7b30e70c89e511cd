// The contracts of batch jobs.
#pragma once

#include <array>

#include "scenarios/cli/contract_info.h"

namespace flinch::scenarios {

inline constexpr auto kBatchContracts = std::to_array<ContractInfo>({
    {"RestartPipelinedRegionFailoverStrategyTest", "testRegionFailoverForRegionInternalErrors",
     "A task of a batch job that fails starts anew alone: the results that it reads are there."},
    {"RestartPipelinedRegionFailoverStrategyTest", "testRegionFailoverForDataConsumptionErrors",
     "A consumer that does not find a result brings its producer to run anew, and all who read "
     "it."},
    {"RestartPipelinedRegionFailoverStrategyTest",
     "testRegionFailoverForVariousResultPartitionAvailabilityCombinations",
     "Of the producers of a task that starts anew those run again whose results are lost."},
    {"RestartPipelinedRegionFailoverStrategyTest",
     "testRegionFailoverDoesNotRestartCreatedExecutions",
     "What has not begun does not begin anew: it waits on for its input."},
    {"PipelinedRegionSchedulingStrategyTest", "testStartScheduling",
     "A batch job begins with what reads nothing."},
    {"PipelinedRegionSchedulingStrategyTest", "testRestartTasks",
     "What starts anew is scheduled in the order of its results, too."},
    {"PipelinedRegionSchedulingStrategyTest",
     "testNotifyingBlockingResultPartitionProducerFinished",
     "A consumer is scheduled with the last of the results that it reads."},
    {"PipelinedRegionSchedulingStrategyTest", "testSchedulingTopologyWithPersistentBlockingEdges",
     "Behind a forward exchange, too, a consumer waits for its producer's end."},
    {"PipelinedRegionSchedulingStrategyTest", "testScheduleBlockingDownstreamTaskIndividually",
     "A consumer of one producer alone does not wait for others."},
    {"CommitterOperatorTest", "testEmitAllCommittablesOnEndOfInput",
     "Sinks of a batch job commit together at its end; behind that they alone start anew."},
    {"BoundedBlockingSubpartitionTest", "testCreateReaderBeforeFinished",
     "Nobody reads a result that is being written."},
    {"BoundedBlockingSubpartitionTest", "testCloseBoundedData",
     "A reader that leaves in the middle takes nothing from the next one."},
    {"BoundedBlockingSubpartitionTest", "createReaderAfterDispose",
     "A result that is released is not there."},
    {"BoundedBlockingSubpartitionWriteReadTest", "testWriteAndReadData",
     "A result is read as it was written, an empty one as its end."},
    {"BoundedBlockingSubpartitionWriteReadTest", "testRead10ConsumersSequential",
     "Ten readers one after another all read it from the beginning."},
    {"BoundedBlockingSubpartitionWriteReadTest", "testRead10ConsumersConcurrent",
     "Ten at the same time do, too."},
    {"TaskExecutorPartitionLifecycleTest", "testPartitionReleaseAfterReleaseCall",
     "A release takes the file and tells whoever reads it; another job's changes nothing."},
    {"TaskExecutorPartitionLifecycleTest", "testPartitionReleaseAfterJobMasterDisconnect",
     "A TaskManager that leaves a JobMaster releases the results of its job, and no other's."},
    {"SortingDataInputTest", "simpleFixedLengthKeySorting",
     "Records come by key, and of one key by time."},
    {"SortingDataInputTest", "simpleVariableLengthKeySorting",
     "Keys of any length, in parts that were sorted on disk, come in one order."},
    {"MultiInputSortingDataInputsTest", "simpleFixedLengthKeySorting",
     "The records of two inputs come in one order, however much memory there is."},
    {"BatchExecutionInternalTimeServiceTest", "testFiringEventTimeTimers",
     "The timers of a key fire when it ends, unless they were deleted."},
    {"BatchExecutionInternalTimeServiceTest", "testSettingSameKeyDoesNotFireTimers",
     "A key that goes on fires nothing."},
    {"BatchExecutionInternalTimeServiceTest", "testCurrentWatermark",
     "Event time has not begun while a key's records come, and is over while its timers fire."},
    {"BatchExecutionInternalTimeServiceTest", "testProcessingTimeTimers",
     "Timers of processing time fire at a key's end as well, and no clock is waited for."},
    {"BatchExecutionInternalTimeServiceTest", "testIgnoringEventTimeTimersFromWithinCallback",
     "A timer that is registered by one that fires at a key's end is none."},
    {"BatchExecutionInternalTimeServiceTest", "testIgnoringProcessingTimeTimersFromWithinCallback",
     "Nor is one of processing time."},
    {"BatchExecutionStateBackendTest", "testReducingStateAddAndGet",
     "State is there for one key at a time, and begins anew with each."},
    {"BatchExecutionStateBackendTest", "testListStateAPIs", "All entries of a key go with it."},
});

}  // namespace flinch::scenarios
