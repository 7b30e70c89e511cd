// A script of SQL as a stream graph: operators of the engine, one for each step of its plans.
//
// Sources:  one per table, which reads the table's topic; "source" where there is one table.
// Sinks:    one per output, which writes the topic of its name; "sink" where there is one output.
// Time:     a record's timestamp is its table's time, and the watermark is behind it as WATERMARK
//           says, but where job.out_of_orderness is set. TUMBLE, HOP and SESSION right below a
//           GROUP BY are the engine's windows; interval joins without a side that is padded are
//           the engine's, too.
#pragma once

#include <string>

#include "engine/graph/stream_graph.h"
#include "scenarios/input/workload.h"
#include "scenarios/model/scenario.h"
#include "scenarios/sql/script.h"

namespace flinch::scenarios {

// The script outlives the graph.
engine::StreamGraph BuildSql(const sql::Script& script, const Scenario& scenario,
                             const Workload& workload);

// The topic of a table.
std::string SqlTopic(const std::string& table);

}  // namespace flinch::scenarios
