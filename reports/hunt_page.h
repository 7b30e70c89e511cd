// One hunt as one page of HTML, without a script: opened from disk, it asks nobody for anything.
//
// Bounds: below 5 MB: as many groups as there is room for, 12 steps of a story, 2,000 bytes a text,
//         400 points of the curve. What is left out is said.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace flinch::reports {

struct HuntPageGroup {
  std::string signature;
  uint64_t count = 0;
  std::string exemplar;              // "url_clicks seed 7"
  std::vector<std::string> story{};  // the faults
  std::string witness{};
  std::vector<std::pair<std::string, std::string>> replays{};  // what it is, and the line
};

// What was known after so many runs.
struct CurvePoint {
  uint64_t runs = 0;
  uint64_t groups = 0;
  uint64_t cells = 0;
};

struct SearchRow {
  std::string name;
  uint64_t runs = 0;
  uint64_t failures = 0;
  uint64_t groups = 0;
  uint64_t cells = 0;
};

enum class CellState : uint8_t { kNone, kMissed, kStruck };  // none: no run can reach it

// Steps of the protocol by who does them, against what strikes.
struct CellMap {
  std::vector<std::string> columns{};
  std::vector<std::pair<std::string, std::vector<CellState>>> rows{};
};

struct HuntPage {
  std::string title;    // "url_clicks"
  std::string verdict;  // "3 failures in 1 group"
  std::vector<HuntPageGroup> groups{};
  std::vector<CurvePoint> curve{};
  std::vector<SearchRow> searches{};
  CellMap map{};
  std::string text{};  // the report for people, whole
};

std::string ShowHuntPage(const HuntPage& page);

}  // namespace flinch::reports
