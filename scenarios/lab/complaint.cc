#include "scenarios/lab/complaint.h"

#include <algorithm>
#include <utility>

#include "scenarios/lab/version.h"
#include "sim/text/text.h"

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
  err << "flinch: ";
  for (;;) {
    const size_t end = std::min(message.find('\n'), message.size());
    err << text::Printable(message.substr(0, end)) << '\n';
    if (end == message.size()) {
      return kExitUsage;
    }
    message.remove_prefix(end + 1);
  }
}

}  // namespace flinch::scenarios
