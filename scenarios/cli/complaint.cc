#include "scenarios/cli/complaint.h"

#include <utility>

#include "scenarios/cli/version.h"

namespace flinch::scenarios {

std::unexpected<sim::Error> Usage(std::string message) {
  return sim::Fail(sim::ErrorCode::kInvalidArgument, std::move(message));
}

int Complain(std::ostream& err, const sim::Error& error) {
  const int usage = ComplainAboutInput(err, error.message);
  switch (error.code) {
    case sim::ErrorCode::kIo:
      return kExitOutput;
    case sim::ErrorCode::kUnavailable:
      return kExitTryAgain;
    default:
      return usage;
  }
}

int ComplainAboutInput(std::ostream& err, std::string_view message) {
  err << "flinch: " << message << '\n';
  return kExitUsage;
}

}  // namespace flinch::scenarios
