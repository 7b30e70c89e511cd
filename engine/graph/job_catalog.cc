#include "engine/graph/job_catalog.h"

#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/check.h"

namespace flinch::engine {

void JobCatalog::Add(std::string name, Builder builder) {
  const bool is_new = builders_.emplace(std::move(name), std::move(builder)).second;
  sim::Check(is_new, "two jobs of one name are in a catalog");
}

void JobCatalog::Add(JobGraph graph) {
  JobEntry entry{.name = graph.stream.job_name, .arguments = {}};
  const bool is_new =
      built_.emplace(std::move(entry), std::make_unique<JobGraph>(std::move(graph))).second;
  sim::Check(is_new, "two jobs of one name are in a catalog");
}

sim::Result<const JobGraph*> JobCatalog::Find(const JobEntry& entry) {
  if (const auto known = built_.find(entry); known != built_.end()) {
    return known->second.get();
  }
  const auto builder = builders_.find(entry.name);
  if (builder == builders_.end()) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : builders_) {
      names.push_back(name);
    }
    for (const auto& [other, unused] : built_) {
      names.push_back(other.name);
    }
    return sim::Fail(sim::ErrorCode::kNotFound,
                     fmt::format("There is no code for the job '{}'; there is: {}.", entry.name,
                                 fmt::join(names, ", ")));
  }
  sim::Result<StreamGraph> stream = builder->second(entry.arguments);
  if (!stream) {
    return sim::Fail(stream);
  }
  sim::Result<JobGraph> graph = BuildJobGraph(*std::move(stream));
  if (!graph) {
    return sim::Fail(graph);
  }
  return built_.emplace(entry, std::make_unique<JobGraph>(*std::move(graph))).first->second.get();
}

}  // namespace flinch::engine
