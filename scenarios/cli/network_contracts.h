// The contracts of credit, of requests that come too early and of the size of buffers.
#pragma once

#include <array>

#include "scenarios/cli/contract_info.h"

namespace flinch::scenarios {

inline constexpr auto kNetworkContracts = std::to_array<ContractInfo>({
    {"InputChannelTest", "testExponentialBackoff",
     "Pauses between requests double, up to the longest; then there is none."},
    {"InputChannelTest", "testExponentialBackoffCappedAtMax", "The last pause is the longest."},
    {"InputChannelTest", "testExponentialBackoffSingle",
     "Where the first pause is the longest there is one."},
    {"RemoteInputChannelTest", "testAvailableBuffersLessThanRequiredBuffers",
     "A channel borrows what its backlog asks for, and waits for what is not there."},
    {"RemoteInputChannelTest", "testAvailableBuffersEqualToRequiredBuffers",
     "A channel that has enough gives a borrowed buffer back for one of its own."},
    {"RemoteInputChannelTest", "testAvailableBuffersMoreThanRequiredBuffers",
     "A backlog that shrinks takes nothing back at once."},
    {"RemoteInputChannelTest", "testFairDistributionFloatingBuffers",
     "Channels that wait are lent buffers in turn."},
    {"BufferSizeEMATest", "testCalculationBufferSize",
     "The size of buffers grows as fast as it shrinks."},
    {"BufferSizeEMATest", "testSmallBufferSizeChanges", "However slowly it moves, it moves."},
    {"BufferSizeEMATest", "testSizeGreaterThanMaxSize", "It stays below the largest."},
    {"BufferSizeEMATest", "testSizeLessThanMinSize", "It stays above the smallest."},
    {"BufferSizeEMATest", "testZeroBuffers", "No buffers have no size."},
    {"BufferDebloaterTest", "testZeroBuffersInUse", "No buffer in use counts as one."},
    {"BufferDebloaterTest", "testCorrectBufferSizeCalculation",
     "What is read in the target time is divided among the buffers in use."},
    {"BufferDebloaterTest", "testCalculatedBufferSizeLessThanMin",
     "A size below the smallest is the smallest."},
    {"BufferDebloaterTest", "testCalculatedBufferSizeForThroughputZero",
     "Who reads nothing gets the smallest buffers."},
    {"BufferDebloaterTest", "testConfiguredConsumptionTimeIsTooLow",
     "A target of no time gives the smallest buffers."},
    {"BufferDebloaterTest", "testCalculatedBufferSizeGreaterThanMax",
     "A size above the largest is the largest, and is not told again."},
    {"BufferDebloaterTest", "testCalculatedBufferSlightlyDifferentFromCurrentOne",
     "A size that is about the last one is not told."},
    {"BufferDebloaterTest", "testAnnouncedMaxBufferSizeDespiteLastDiffLessThanThreshold",
     "The largest is told, however near it was."},
    {"BufferDebloaterTest", "testAnnouncedMinBufferSizeEvenDespiteLastDiffLessThanThreshold",
     "The smallest is told, however near it was."},
    {"BufferDebloaterTest", "testSkipUpdate",
     "What differs by the threshold is told, what differs by less is not."},
});

}  // namespace flinch::scenarios
