#include "engine/checkpoint/uploaded_files.h"

#include <utility>

namespace flinch::engine {

void UploadedFiles::Restore(const std::vector<SharedFile>& files) {
  for (const SharedFile& file : files) {
    latest_[file.name] = {.path = file.path, .file = file, .is_confirmed = true};
  }
}

std::vector<PlannedTable> UploadedFiles::Plan(
    CheckpointId id, const std::vector<std::string>& names,
    const std::function<std::string(const std::string&)>& path_of) {
  std::vector<PlannedTable> planned;
  std::map<std::string, Table> left;  // without those that the database has no more
  std::map<std::string, std::string>& plan = plans_[id];
  for (const std::string& name : names) {
    const auto found = latest_.find(name);
    Table& table = left[name];
    const bool is_known =
        found != latest_.end() && found->second.is_confirmed && found->second.file.has_value();
    if (is_known) {
      table = std::move(found->second);
    } else {
      table.path = path_of(name);
    }
    plan[name] = table.path;
    planned.push_back(
        {.name = name, .path = table.path, .known = is_known ? table.file : std::nullopt});
  }
  latest_ = std::move(left);
  return planned;
}

void UploadedFiles::Uploaded(const std::vector<SharedFile>& files) {
  for (const SharedFile& file : files) {
    const auto found = latest_.find(file.name);
    if (found != latest_.end() && found->second.path == file.path) {
      found->second.file = file;
    }
  }
}

void UploadedFiles::Confirm(CheckpointId id) {
  const auto plan = plans_.find(id);
  if (plan == plans_.end()) {
    return;
  }
  for (const auto& [name, path] : plan->second) {
    const auto found = latest_.find(name);
    if (found != latest_.end() && found->second.path == path) {
      found->second.is_confirmed = true;
    }
  }
  plans_.erase(plans_.begin(), std::next(plan));
}

}  // namespace flinch::engine
