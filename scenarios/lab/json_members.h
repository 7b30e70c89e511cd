// The members of a JSON object that another machine wrote, each read as what it must be.
//
// Shape:    the members are taken one by one; what is wrong with the first bad one stays as the
//           problem, in our words: no text of a library reaches whoever asks.
// Errors:   no object, a member that is missing, of another type, negative, too great or unknown,
//           and text that a terminal would obey.
// Survives: any bytes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace flinch::scenarios {

class JsonMembers {
 public:
  // Whether a text may have several lines.
  enum class Lines : uint8_t { kOne, kMany };

  explicit JsonMembers(std::string_view line);
  ~JsonMembers();
  JsonMembers(const JsonMembers&) = delete;
  JsonMembers& operator=(const JsonMembers&) = delete;

  // The first of these that is missing or null is a problem.
  void Require(const std::vector<std::string_view>& names);

  // Each leaves `value` as it is where the member is missing or null.
  void Get(std::string_view name, uint64_t& value);
  void Get(std::string_view name, int64_t& value);  // not negative
  void Get(std::string_view name, bool& value);
  void Get(std::string_view name, std::string& value, Lines lines = Lines::kOne);
  void Get(std::string_view name, std::vector<std::string>& value);
  void Get(std::string_view name, std::vector<uint32_t>& value);
  void Get(std::string_view name, std::map<std::string, uint64_t>& value);
  void Get(std::string_view name, std::map<std::string, std::vector<std::string>>& value);

  // A member that nobody asked for is a problem.
  void RejectUnknown();

  // Counts when there was none before. Without a full stop.
  void Complain(std::string problem);

  // "" when there is none.
  const std::string& problem() const { return problem_; }

 private:
  // The member that is there and not null, or nothing.
  const nlohmann::ordered_json* Find(std::string_view name);
  bool ReadText(std::string_view name, const nlohmann::ordered_json& from, Lines lines,
                std::string& value);
  bool ReadCount(std::string_view name, const nlohmann::ordered_json& from, uint64_t most,
                 uint64_t& value);
  bool ReadTexts(std::string_view name, const nlohmann::ordered_json& from,
                 std::vector<std::string>& value);

  std::unique_ptr<nlohmann::ordered_json> object_;
  std::vector<std::string> asked_;
  std::string problem_;
};

}  // namespace flinch::scenarios
