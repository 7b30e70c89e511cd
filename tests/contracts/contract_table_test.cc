#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "scenarios/cli/contracts.h"
#include "tests/contracts/contract.h"

namespace flinch::tests {
namespace {

TEST(ContractTableTest, ListsEachContractOnceAndNoOther) {
  std::vector<std::string> listed;
  for (const scenarios::ContractInfo& contract : scenarios::kContracts) {
    listed.push_back(fmt::format("{}.{}", contract.suite, contract.method));
  }
  EXPECT_THAT(DeclaredContracts(), testing::UnorderedElementsAreArray(listed));
}

// Else a reader of the list would search for a class in several places.
TEST(ContractTableTest, KeepsTheMethodsOfAClassTogether) {
  std::set<std::string> seen;
  std::string last;
  for (const scenarios::ContractInfo& contract : scenarios::kContracts) {
    const std::string suite(contract.suite);
    EXPECT_TRUE(suite == last || seen.insert(suite).second) << suite;
    last = suite;
    EXPECT_TRUE(contract.what.ends_with('.')) << contract.method;
  }
}

}  // namespace
}  // namespace flinch::tests
