// The contracts of what meets the outside world: asynchronous operators and connectors.
#pragma once

#include <array>

#include "scenarios/cli/contract_info.h"

namespace flinch::scenarios {

inline constexpr auto kConnectorContracts = std::to_array<ContractInfo>({
    {"StreamElementQueueTest", "testPop",
     "A watermark in front may go at once, a record when it is answered."},
    {"StreamElementQueueTest", "testPutOnFull",
     "Who finds an asynchronous operator full waits until a result has left it."},
    {"StreamElementQueueTest", "testWatermarkOnly", "Watermarks alone pass in their order."},
    {"OrderedStreamElementQueueTest", "testCompletionOrder",
     "In order the oldest record alone may go, once it is answered."},
    {"UnorderedStreamElementQueueTest", "testCompletionOrder",
     "Out of order what was answered first goes first, and nothing passes a watermark."},
    {"AsyncWaitOperatorTest", "testEventTimeOrdered",
     "In order results and watermarks leave as records and watermarks came."},
    {"AsyncWaitOperatorTest", "testEventTimeUnordered",
     "Out of order no result passes a watermark."},
    {"AsyncWaitOperatorTest", "testProcessingTimeOrdered",
     "More records than there is room for leave in their order."},
    {"AsyncWaitOperatorTest", "testProcessingUnordered",
     "Out of order the first answer leaves first."},
    {"AsyncWaitOperatorTest", "testOperatorChainWithProcessingTime",
     "Asynchronous operators may be chained with others."},
    {"AsyncWaitOperatorTest", "testStateSnapshotAndRestore",
     "A snapshot has the records that wait, answered or not; they are asked for again."},
    {"AsyncWaitOperatorTest", "testAsyncTimeoutFailure",
     "A call that is not answered in time fails the task."},
    {"AsyncWaitOperatorTest", "testAsyncTimeoutIgnore",
     "A function may have a result instead of an answer that does not come."},
    {"AsyncWaitOperatorTest", "testTimeoutCleanup", "With an answer its time-out goes."},
    {"AsyncWaitOperatorTest", "testOrderedWaitUserExceptionHandling",
     "In order an error fails the task before older records are answered."},
    {"AsyncWaitOperatorTest", "testUnorderedWaitUserExceptionHandling",
     "Out of order an error fails the task."},
    {"AsyncWaitOperatorTest", "testOrderedWaitUserExceptionHandlingWithRetry",
     "The error of the last try fails the task."},
    {"AsyncWaitOperatorTest", "testOrderedWaitTimeoutHandling",
     "In order a time-out counts from when the record came."},
    {"AsyncWaitOperatorTest", "testUnorderedWaitTimeoutHandling", "Out of order, too."},
    {"AsyncWaitOperatorTest", "testRestartWithFullQueue",
     "A snapshot of a full operator can be restored."},
    {"AsyncWaitOperatorTest", "testProcessingTimeOrderedWithRetry",
     "In order a call is made again after its delay, for an error or an empty result."},
    {"AsyncWaitOperatorTest", "testProcessingTimeUnorderedWithRetry", "Out of order, too."},
    {"AsyncWaitOperatorTest", "testProcessingTimeRepeatedCompleteOrderedWithRetry",
     "In order only the first answer to a try counts."},
    {"AsyncWaitOperatorTest", "testProcessingTimeRepeatedCompleteUnorderedWithRetry",
     "Out of order, too."},
    {"AsyncWaitOperatorTest", "testProcessingTimeWithTimeoutFunctionOrderedWithRetry",
     "The time-out is that of all tries, and ends them."},
    {"AsyncWaitOperatorTest", "testProcessingTimeWithTimeoutFunctionUnorderedWithRetry",
     "Out of order, too."},
});

}  // namespace flinch::scenarios
