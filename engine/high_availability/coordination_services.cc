#include "engine/high_availability/coordination_services.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

class CoordinationCounter final : public IdCounter {
 public:
  CoordinationCounter(CoordinationServices& services, std::string path)
      : services_(services), path_(std::move(path)) {}

  sim::Result<void> Recover() override {
    const sim::Result<ReadNodeRequest::Reply> node = services_.Read(path_);
    if (!node) {
      return sim::Fail(node);
    }
    const sim::Result<uint64_t> last =
        node->revision == 0 ? sim::Result<uint64_t>(0) : Decode<uint64_t>(node->data);
    if (!last) {
      return sim::Fail(last);
    }
    PassOver(*last);
    revision_ = node->revision;
    is_known_ = true;
    return {};
  }

  sim::Result<uint64_t> Next() override {
    if (is_suspended_ && services_.defects().Has(Defect::kCounterStaysSuspended)) {
      ++last_;
      return sim::Fail(sim::ErrorCode::kUnavailable, "The counter is suspended.");
    }
    // What was written without an answer may be there, or come yet.
    const sim::Result<void> known = is_known_ ? sim::Result<void>() : Recover();
    ++last_;
    if (!known) {
      return sim::Fail(known);
    }
    const sim::Result<CommitRequest::Reply> reply =
        services_.Write({.change = NodeChange::kPut, .path = path_, .data = Encode(last_)},
                        {{.path = path_, .revision = revision_}});
    is_known_ = reply && reply->applied;
    is_suspended_ = is_suspended_ || !reply;
    if (!reply) {
      return sim::Fail(reply);
    }
    if (!reply->applied) {
      return sim::Fail(sim::ErrorCode::kUnavailable,
                       fmt::format("The node {} is not as it was.", path_));
    }
    revision_ = reply->revision;
    return last_;
  }

 private:
  CoordinationServices& services_;
  std::string path_;
  uint64_t revision_ = 0;
  bool is_known_ = false;      // what the node holds, and its revision
  bool is_suspended_ = false;  // a request had no answer, ever
};

class CoordinationHandleStore final : public StateHandleStore {
 public:
  CoordinationHandleStore(CoordinationServices& services, const std::string& job)
      : services_(services), path_(CompletedCheckpointsPath(job)) {}

  sim::Result<std::vector<std::string>> Names() override { return services_.List(path_); }

  sim::Result<Bytes> Read(const std::string& name) override {
    sim::Result<ReadNodeRequest::Reply> node = services_.Read(name);
    if (!node) {
      return sim::Fail(node);
    }
    return node->revision == 0
               ? sim::Fail(sim::ErrorCode::kNotFound, fmt::format("There is no node {}.", name))
               : sim::Result<Bytes>(std::move(node->data));
  }

  sim::Result<void> Add(CheckpointId id, std::string_view metadata_path) override {
    return Done(services_.Write(
        {.change = NodeChange::kPut, .path = NameOf(id), .data = Bytes(metadata_path)}));
  }

  sim::Result<void> Remove(CheckpointId id) override {
    return Done(services_.Write({.change = NodeChange::kRemove, .path = NameOf(id), .data = {}}));
  }

  sim::Result<bool> Has(CheckpointId id) override {
    const sim::Result<ReadNodeRequest::Reply> node = services_.Read(NameOf(id));
    return node ? sim::Result<bool>(node->revision != 0) : sim::Fail(node);
  }

 private:
  static sim::Result<void> Done(const sim::Result<CommitRequest::Reply>& reply) {
    return reply ? sim::Result<void>() : sim::Fail(reply);
  }

  std::string NameOf(CheckpointId id) const { return fmt::format("{}/{:020}", path_, id.value()); }

  CoordinationServices& services_;
  std::string path_;
};

class CoordinationResultStore final : public JobResultStore {
 public:
  CoordinationResultStore(CoordinationServices& services, std::string_view job)
      : services_(services), path_(fmt::format("/jobs/{}/result", job)) {}

  sim::Result<std::optional<std::string>> Find() override {
    const sim::Result<ReadNodeRequest::Reply> node = services_.Read(path_);
    if (!node) {
      return sim::Fail(node);
    }
    return node->revision == 0 ? std::nullopt : std::optional(node->data);
  }

  sim::Result<void> Write(std::string_view status) override {
    const sim::Result<CommitRequest::Reply> reply =
        services_.Write({.change = NodeChange::kPut, .path = path_, .data = Bytes(status)});
    return reply ? sim::Result<void>() : sim::Fail(reply);
  }

  std::string place() const override { return "The node " + path_; }

 private:
  CoordinationServices& services_;
  std::string path_;
};

}  // namespace

std::string CompletedCheckpointsPath(std::string_view job) {
  return fmt::format("/jobs/{}/completed", job);
}

CoordinationServices::CoordinationServices(CoordinationClient& client, const Leadership& leadership,
                                           const Defects& defects)
    : client_(client), leadership_(leadership), defects_(defects) {}

sim::Result<FencingToken> CoordinationServices::Term() { return leadership_.term; }

std::unique_ptr<IdCounter> CoordinationServices::CheckpointIds(const std::string& job) {
  return std::make_unique<CoordinationCounter>(*this, fmt::format("/jobs/{}/checkpoint-id", job));
}

std::unique_ptr<IdCounter> CoordinationServices::Attempts(const std::string& job) {
  return std::make_unique<CoordinationCounter>(*this, fmt::format("/jobs/{}/attempt", job));
}

std::unique_ptr<StateHandleStore> CoordinationServices::CompletedCheckpoints(
    const std::string& job) {
  return std::make_unique<CoordinationHandleStore>(*this, job);
}

std::unique_ptr<JobResultStore> CoordinationServices::JobResults(const std::string& job) {
  return std::make_unique<CoordinationResultStore>(*this, job);
}

sim::Result<ReadNodeRequest::Reply> CoordinationServices::Read(std::string_view path) const {
  return client_.Call(ReadNodeRequest{.path = std::string(path)});
}

sim::Result<std::vector<std::string>> CoordinationServices::List(std::string_view path) const {
  return client_.Call(ListNodesRequest{.path = std::string(path)});
}

void CoordinationServices::CleanUp(std::string_view job) {
  const sim::Result<std::vector<std::string>> pointers = List(CompletedCheckpointsPath(job));
  for (const std::string& pointer : pointers.value_or(std::vector<std::string>())) {
    (void)client_.Call(
        CommitRequest{.writes = {{.change = NodeChange::kRemove, .path = pointer, .data = {}}}});
  }
}

sim::Result<CommitRequest::Reply> CoordinationServices::Write(const NodeWrite& write,
                                                              std::vector<NodeGuard> guards) {
  if (defects_.Has(Defect::kOldTermsStillWrite)) {
    return client_.Call(
        CommitRequest{.session = 0, .number = 0, .guards = std::move(guards), .writes = {write}});
  }
  CoordinationSession& session = *leadership_.session;
  const bool is_guarded_alone = guards.empty();
  guards.push_back(leadership_.Guard());
  sim::Result<CommitRequest::Reply> reply = session.Commit(std::move(guards), {write});
  if (!reply || reply->applied) {
    return reply;
  }
  // Which guard was it?
  const sim::Result<ReadNodeRequest::Reply> leader =
      is_guarded_alone ? sim::Result<ReadNodeRequest::Reply>(ReadNodeRequest::Reply())
                       : Read(kLeaderPath);
  if (leader && leader->revision != leadership_.leader_revision) {
    session.End("another one leads");
    return sim::Fail(sim::ErrorCode::kFenced, "Another one leads.");
  }
  return leader ? reply : sim::Fail(leader);
}

}  // namespace flinch::engine
