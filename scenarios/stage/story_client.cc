#include "scenarios/stage/story_client.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/checkpoint/volume_services.h"
#include "engine/events.h"
#include "engine/high_availability/coordination_client.h"
#include "engine/high_availability/coordination_services.h"
#include "engine/high_availability/leader_election.h"
#include "engine/master/job_operations.h"
#include "engine/rpc/endpoint.h"
#include "engine/runtime/gateways.h"
#include "engine/serializer.h"
#include "scenarios/jobs/job_arguments.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

using engine::OperationState;
using engine::OperationStatus;

constexpr sim::Duration kPollPause = std::chrono::milliseconds(50);
constexpr sim::Duration kTryPause = std::chrono::milliseconds(200);
constexpr std::string_view kProgressFile = "/story";

// How far it is: durable, so that another life goes on there.
struct StoryProgress {
  uint64_t step = 0;
  std::string savepoint;  // the last one

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.step);
    visit(self.savepoint);
  }
};

std::string_view VerbOf(const StoryStep& step) {
  switch (step.verb) {
    case StoryVerb::kSavepoint:
      return "savepoint";
    case StoryVerb::kStop:
      return step.drain ? "stop --drain" : "stop";
    case StoryVerb::kCancel:
      return step.savepoint ? "cancel --withSavepoint" : "cancel";
    case StoryVerb::kResume:
      return "resume";
  }
  sim::Unreachable("a step of a story has no verb");
}

class StoryClient {
 public:
  StoryClient(sim::Environment& environment, const StoryClientOptions& options)
      : environment_(environment), options_(options) {
    sim::Result<std::unique_ptr<engine::RpcEndpoint>> rpc =
        engine::RpcEndpoint::Open(environment, 0);
    sim::Check(rpc.has_value(), "the client of a story has no port");
    rpc_ = *std::move(rpc);
    if (options.is_highly_available) {
      coordination_ = std::make_unique<engine::CoordinationClient>(
          environment, engine::CoordinationClientOptions{.ask_timeout = options.ask_timeout});
    }
    Turn(options.job_manager_host);
  }

  void Run() {
    ReadProgress();
    for (; progress_.step < options_.story.size(); ++progress_.step) {
      WriteProgress();
      const StoryStep& step = options_.story[progress_.step];
      const sim::SimTime not_before =
          std::max(sim::kEpoch + step.at, sim::Later(environment_.Now(), step.after));
      if (not_before > environment_.Now()) {
        environment_.Sleep(not_before - environment_.Now());
      }
      if (!Perform(step)) {
        break;
      }
    }
    environment_.Trace(kStoryOver, {{"steps", progress_.step}});
  }

 private:
  void Turn(const std::string& host) {
    const std::optional<sim::Address> job_manager =
        environment_.network().Resolve(host, engine::kJobManagerPort);
    sim::Check(job_manager.has_value(), "there is no host {}", host);
    job_manager_ = *job_manager;
  }

  // Turns to who leads, as far as the coordination service knows.
  void LookForLeader() {
    const auto node =
        coordination_->Call(engine::ReadNodeRequest{.path = std::string(engine::kLeaderPath)});
    if (!node || node->revision == 0) {
      return;  // the last one may be asked as well
    }
    if (const auto leader = engine::Decode<engine::LeaderInformation>(node->data)) {
      Turn(leader->host);
    }
  }

  void ReadProgress() {
    const sim::Result<sim::Bytes> file = environment_.disk().Read(kProgressFile);
    const sim::Result<StoryProgress> known =
        file ? engine::Decode<StoryProgress>(*file) : sim::Fail(file);
    progress_ = known ? *known : StoryProgress();
  }

  void WriteProgress() {
    while (!sim::WriteDurably(environment_.disk(), kProgressFile, engine::Encode(progress_))) {
      environment_.Sleep(kTryPause);
    }
  }

  // False: the job cannot be asked any more, and the story ends.
  bool Perform(const StoryStep& step) {
    for (uint64_t attempt = 1;; ++attempt) {
      // The same whoever asks: one that died may have been answered.
      const std::string operation = fmt::format("{}-{}", progress_.step, attempt);
      events::Trace(environment_,
                    events::OperationBegun{.operation = operation, .verb = VerbOf(step)});
      const OperationStatus status = Insist(step, operation);
      const bool is_done = status.state == OperationState::kDone;
      events::Trace(environment_, events::OperationEnded{.operation = operation,
                                                         .verb = VerbOf(step),
                                                         .outcome = is_done ? "done" : "failed",
                                                         .detail = status.detail});
      if (step.verb == StoryVerb::kResume) {
        return OnResumed(step, status);
      }
      if (is_done) {
        progress_.savepoint = status.detail.empty() ? progress_.savepoint : status.detail;
        return true;
      }
      if (engine::IsGloballyTerminal(status.job)) {
        return false;  // it has ended by itself
      }
      environment_.Sleep(kTryPause);
    }
  }

  bool OnResumed(const StoryStep& step, const OperationStatus& status) {
    const bool is_done = status.state == OperationState::kDone;
    if (is_done == step.refused) {
      environment_.Trace(
          kStoryBroken,
          {{"step", progress_.step},
           {"sentence", is_done ? "The job was resumed, though the story says that it is refused."
                                : status.detail}});
      return false;
    }
    return true;
  }

  OperationStatus Insist(const StoryStep& step, const std::string& operation) {
    switch (step.verb) {
      case StoryVerb::kSavepoint:
        return Insist(engine::TriggerSavepoint{.operation = operation});
      case StoryVerb::kStop:
        return Insist(engine::StopJob{.operation = operation, .drain = step.drain});
      case StoryVerb::kCancel:
        return Insist(engine::CancelJob{.operation = operation, .with_savepoint = step.savepoint});
      case StoryVerb::kResume:
        break;
    }
    return Insist(engine::SubmitJob{
        .operation = operation,
        .arguments = ShowArguments(ArgumentsAt(options_.story, progress_.step)),
        .restore = {.path = SnapshotOf(step),
                    .claim = step.claim == StoryClaim::kClaim ? engine::ClaimMode::kClaim
                                                              : engine::ClaimMode::kNoClaim,
                    .allow_non_restored_state = step.allow_non_restored_state}});
  }

  // Until it has an end.
  template <typename Request>
  OperationStatus Insist(const Request& request) {
    for (;;) {
      if (coordination_ != nullptr) {
        LookForLeader();
      }
      const sim::Result<OperationStatus> status =
          rpc_->Call(job_manager_, request, options_.ask_timeout);
      if (status && status->state != OperationState::kInProgress) {
        return *status;
      }
      environment_.Sleep(kPollPause);
    }
  }

  std::string SnapshotOf(const StoryStep& step) {
    if (step.from != kFromCheckpoint) {
      return step.from.empty() ? progress_.savepoint : step.from;
    }
    for (;;) {
      if (const sim::Result<std::string> newest = NewestCheckpoint()) {
        return *newest;
      }
      environment_.Sleep(kTryPause);
    }
  }

  // Where the newest pointer of the store points to: what is not there has never completed. Without
  // any: the store, which the job refuses by its name.
  sim::Result<std::string> NewestCheckpoint() {
    const std::string store = coordination_ == nullptr
                                  ? engine::CompletedCheckpointsDirectory(options_.job)
                                  : engine::CompletedCheckpointsPath(options_.job);
    const sim::Result<std::vector<std::string>> pointers =
        coordination_ == nullptr ? environment_.shared().List(store)
                                 : coordination_->Call(engine::ListNodesRequest{.path = store});
    if (!pointers) {
      return sim::Fail(pointers);
    }
    std::string newest;
    for (const std::string& path : *pointers) {
      newest = path.ends_with(".tmp") ? newest : std::max(newest, path);
    }
    if (newest.empty()) {
      return store;
    }
    if (coordination_ != nullptr) {
      const auto node = coordination_->Call(engine::ReadNodeRequest{.path = newest});
      return node ? sim::Result<std::string>(node->data) : sim::Fail(node);
    }
    const sim::Result<sim::Bytes> pointer = environment_.shared().Read(newest);
    return pointer ? sim::Result<std::string>(pointer->substr(0, pointer->find('\n')))
                   : sim::Fail(pointer);
  }

  sim::Environment& environment_;
  const StoryClientOptions& options_;
  std::unique_ptr<engine::RpcEndpoint> rpc_;
  sim::Address job_manager_;
  std::unique_ptr<engine::CoordinationClient> coordination_;  // null: one JobManager
  StoryProgress progress_;
};

}  // namespace

void RunStoryClient(sim::Environment& environment, const StoryClientOptions& options) {
  StoryClient(environment, options).Run();
}

}  // namespace flinch::scenarios
