// The program: words in, text and an exit code out.
#pragma once

#include <ostream>
#include <span>
#include <string>

namespace flinch::scenarios {

// `words` without the program's own name. Results go to `out`, complaints to `err`. Never throws
// but for a broken invariant (sim::Violation).
int RunProgram(std::span<const std::string> words, std::ostream& out, std::ostream& err);

}  // namespace flinch::scenarios
