// Ways through a recording: of one transaction, from its beginning to its end, and of the files of
// one checkpoint, of a task that should be over; and who of those that had a hand in it did what
// nobody may.
//
// Shape:    sentences; "" or none where the recording tells nothing, or nothing is wrong.
// Promise:  whoever did right is not blamed. A successor that fences and aborts what belongs to no
//           stored checkpoint did right, and so did a log that keeps to a time-out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/explain/history.h"

namespace flinch::scenarios {

// "Transaction "sink-0-1-1" of sink[0] on tm-1 was begun at #…, pre-committed for checkpoint 1 at
// #…, fenced and aborted at #… by its successor, sink[0] in attempt 2 on tm-2; …"
std::string TellWay(const History& past, std::string_view transaction);

// The step of its way that was wrong, and whose it was.
std::string TellWrongStep(const History& past, std::string_view transaction);

// Who wrote into the folder of the checkpoint, and who removed what lay there.
std::vector<std::string> TellFiles(const History& past, int64_t checkpoint);

// Of a task that was at work though a newer attempt had started: what its TaskManager, which is to
// end it, did instead.
std::string TellOutlived(const History& past, const RecordedEvent& work);

}  // namespace flinch::scenarios
