// Tests that follow Flink's own, each by name.
//
//   FLINK_CONTRACT(CheckpointCoordinatorTest, testTriggerAndDeclineCheckpointSimple) { … }
//
// is a test of that suite and name. It checks of our engine what that method of that class of
// Flink's tests checks of Flink; it is written anew, for our types. When it runs it prints which
// one it follows. scenarios/cli/contracts.h lists all of them: contract_table_test.cc compares.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace flinch::tests {

// "Class.method" of each contract in this program, in no order.
std::vector<std::string>& DeclaredContracts();

bool DeclareContract(std::string_view suite, std::string_view method);

// Says which of Flink's tests the running one follows.
void TellContract(std::string_view suite, std::string_view method);

}  // namespace flinch::tests

#define FLINK_CONTRACT(suite, method)                               \
  static void Contract_##suite##_##method();                        \
  [[maybe_unused]] static const bool kDeclared_##suite##_##method = \
      ::flinch::tests::DeclareContract(#suite, #method);            \
  TEST(suite, method) {                                             \
    ::flinch::tests::TellContract(#suite, #method);                 \
    Contract_##suite##_##method();                                  \
  }                                                                 \
  static void Contract_##suite##_##method()
