#include "scenarios/cli/run_progress.h"

#include <cstdint>
#include <vector>

namespace flinch::scenarios {

namespace {

constexpr int64_t kBeatNs = 200'000'000;

uint64_t InMillis(int64_t nanos) { return static_cast<uint64_t>(nanos) / 1'000'000; }

}  // namespace

RunProgress::RunProgress(RunRequest& request, std::ostream& err) : request_(request) {
  if (StyleOnTerminal(err) == ProgressStyle::kQuiet) {
    return;
  }
  const std::vector<InputRow>& rows = request.workload.rows;
  const uint64_t input_ms = rows.empty() ? 0 : InMillis(rows.back().publish_after.count());
  metronome_.emplace(kBeatNs);
  progress_.emplace(
      ProgressStyle::kTerminal, "simulated ms", input_ms,
      [this] { return metronome_->beats() * kBeatNs; }, err);
  request_.tell = [this, input_ms](sim::SimTime now) {
    const uint64_t now_ms = InMillis(sim::Nanos(now));
    progress_->Expect(now_ms < input_ms ? input_ms : 0);
    progress_->Show(now_ms);
  };
}

RunProgress::~RunProgress() { request_.tell = {}; }

}  // namespace flinch::scenarios
