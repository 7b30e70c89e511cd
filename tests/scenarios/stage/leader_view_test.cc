#include "scenarios/stage/leader_view.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using tests::RecordingBuilder;

class Watcher final : public sim::TraceObserver {
 public:
  std::vector<std::string_view> wants() const override { return {"job."}; }

  void OnEvent(const sim::TraceEvent& event) override {
    seen.push_back(fmt::format("{} {}", event.process_name, event.kind));
  }

  std::vector<std::string> seen;
};

TEST(LeaderViewTest, ShowsOnlyTheNewestLeadersActs) {
  RecordingBuilder history;
  history.By("jm").Tell("leader.granted", {{"term", 1}, {"session", 1}});
  history.By("jm").Tell("job.status");
  history.By("jm-2").Tell("leader.granted", {{"term", 2}, {"session", 2}});
  history.By("jm").Tell("job.restored");  // a zombie
  history.By("jm-2").Tell("job.restored");
  history.By("jm").Tell("leader.granted", {{"term", 1}, {"session", 1}});  // learned late
  history.By("tm-1").Tell("job.of_a_worker");
  history.By("jm").Tell("job.status");
  Watcher watcher;
  LeaderView view(watcher);
  history.ShowTo(view);
  EXPECT_THAT(watcher.seen,
              ElementsAre("jm job.status", "jm-2 job.restored", "tm-1 job.of_a_worker"));
}

}  // namespace

}  // namespace flinch::scenarios
