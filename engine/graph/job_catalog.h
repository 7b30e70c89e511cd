// The code that a process has: what a job is called and given → its graph.
//
// As a jar is on every machine of a Flink cluster: what travels is a JobEntry, and everybody builds
// the same graph from it. A graph is built once per entry and kept.
// Errors: kNotFound for an entry that nobody has added, with those there are; else what the builder
//         or BuildJobGraph says.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/graph/job_graph.h"
#include "engine/serializer.h"

namespace flinch::engine {

// Which code, and with which arguments.
struct JobEntry {
  std::string name;
  std::string arguments;

  friend auto operator<=>(const JobEntry&, const JobEntry&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.arguments);
  }
};

class JobCatalog {
 public:
  using Builder = std::function<sim::Result<StreamGraph>(const std::string& arguments)>;

  void Add(std::string name, Builder builder);
  // A job without arguments, by its own name.
  void Add(JobGraph graph);

  // Good for as long as the catalog.
  sim::Result<const JobGraph*> Find(const JobEntry& entry);

 private:
  std::map<std::string, Builder> builders_;
  std::map<JobEntry, std::unique_ptr<JobGraph>> built_;
};

}  // namespace flinch::engine
