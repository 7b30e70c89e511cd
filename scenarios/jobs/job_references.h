// The sequential references of the registered jobs.
//
// Deliberately naive: loops over the rows that share nothing with the engine but the meaning of
// "a tumbling window" and "a word". What they say is what a run is judged by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ids.h"
#include "scenarios/input/workload.h"
#include "scenarios/model/expected.h"
#include "scenarios/oracles/subject.h"
#include "sim/time.h"

namespace flinch::scenarios {

// When the tumbling window begins that holds this time, in nanoseconds since 1970.
int64_t WindowStart(engine::EventTime time, sim::Duration window);

// Adds what one row adds to: its window's count, ending with the window; each of its words' counts.
void AddToWindow(const InputRow& row, sim::Duration window, SubjectRows& rows);
void AddWords(const InputRow& row, SubjectRows& rows);

// Rows per key and window, by key and then by window.
std::vector<ExpectedRecord> CountPerWindow(const std::vector<InputRow>& rows, sim::Duration window);

// Rows per key and session, by key and then by time. A session goes on as long as the next row
// comes within `gap`, that included.
std::vector<ExpectedRecord> CountPerSession(const std::vector<InputRow>& rows, sim::Duration gap);

// For each word of each row's value the number of its occurrences so far, by word.
std::vector<ExpectedRecord> CountWords(const std::vector<InputRow>& rows);

}  // namespace flinch::scenarios
