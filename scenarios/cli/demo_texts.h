// The files of the folder that `demo` writes. "@FLINCH@" is the program.
#pragma once

#include <string_view>

namespace flinch::scenarios {

inline constexpr std::string_view kDemoReadme = R"(# Three scenarios to hunt

    @FLINCH@ hunt wordcount.toml --seeds 1..60

No failure: counts of words are exact, whatever broke. Now with a bug: the sink commits its output
when it takes its snapshot, not when the checkpoint is complete.

    @FLINCH@ hunt wordcount.toml --seeds 1..60 --defect sink_commits_at_snapshot

The failures are told in groups: which promise was broken, which faults led there, and a line to run
the smallest of them again. With the token of that line:

    @FLINCH@ replay TOKEN      the same run, event by event the same
    @FLINCH@ explain TOKEN     why it failed
    @FLINCH@ report TOKEN      a page about it, run.html: open it in a browser
    @FLINCH@ keep TOKEN --out .    a regression: `@FLINCH@ regress *.toml` runs it

`windows.toml` adds windows of event time; `two_crashes.toml` has no chance in it, but two faults
that are written down. `@FLINCH@ list defects` names more bugs to plant.
)";

inline constexpr std::string_view kDemoWordCount = R"(version = 1
name = "wordcount"
why = "Running counts of words: one lost or doubled record shows in every count behind it."

[cluster]
task_managers = 3

[job]
name = "word_count"
parallelism = 2

[workload]
records = 400
keys = 50
rows_per_second = 200

# What breaks, and when, is drawn from the seed, until all is healed.
[faults]
source = "swarm"
restart_max = "600ms"
link_max = "1800ms"

[limits]
heal_after = "3600ms"

[options]
execution.checkpointing.interval = "200ms"
heartbeat.interval = "200ms"
heartbeat.timeout = "1s"
restart-strategy.fixed-delay.delay = "200ms"
pekko.ask.timeout = "500ms"
)";

inline constexpr std::string_view kDemoWindows = R"(version = 1
name = "windows"
why = "Clicks per page in windows of event time: none is lost, none counts twice."

[cluster]
task_managers = 3

[job]
name = "url_clicks"
parallelism = 3
window = "500ms"

[workload]
records = 600
keys = 10
rows_per_second = 300
event_step = "5ms"
out_of_order = "50ms"

[faults]
source = "swarm"
restart_max = "600ms"
link_max = "1800ms"

# From seed to seed the cluster and the options differ, too.
[vary]
cluster = true
options = true

[limits]
heal_after = "3600ms"

[options]
execution.checkpointing.interval = "300ms"
heartbeat.interval = "200ms"
heartbeat.timeout = "1s"
restart-strategy.fixed-delay.delay = "200ms"
)";

inline constexpr std::string_view kDemoTwoCrashes = R"(version = 1
name = "two_crashes"
why = "A worker dies right after it acknowledged; the master dies before anybody is told."

[job]
name = "url_clicks"
parallelism = 4

[workload]
records = 1000
keys = 50

[options]
execution.checkpointing.interval = "500ms"
heartbeat.interval = "200ms"
heartbeat.timeout = "1s"
restart-strategy.fixed-delay.delay = "200ms"

[faults]
source = "plan"

[[fault]]
when = { event = "checkpoint.acknowledged", nth = 3, where = { subtask = "sink[1]" } }
do = { crash = "tm-2", restart_after = "300ms" }

[[fault]]
when = { event = "checkpoint.stored", nth = 5 }
do = { crash = "jm", restart_after = "200ms" }
)";

}  // namespace flinch::scenarios
