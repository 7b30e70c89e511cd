#include "tests/contracts/contract.h"

#include <iostream>

#include <fmt/format.h>

namespace flinch::tests {

std::vector<std::string>& DeclaredContracts() {
  static std::vector<std::string> contracts;
  return contracts;
}

bool DeclareContract(std::string_view suite, std::string_view method) {
  DeclaredContracts().push_back(fmt::format("{}.{}", suite, method));
  return true;
}

void TellContract(std::string_view suite, std::string_view method) {
  const std::string name = fmt::format("{}.{}", suite, method);
  testing::Test::RecordProperty("follows", name);
  std::cout << "follows Flink's " << name << '\n';
}

}  // namespace flinch::tests
