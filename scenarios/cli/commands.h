// The program: words in, text and an exit code out.
#pragma once

#include <ostream>
#include <span>
#include <string>

namespace flinch::scenarios {

// `program` is how a shell calls this program (ProgramWord), `words` what follows it. Results go to
// `out`, complaints to `err`. Never throws but for a broken invariant (sim::Violation).
int RunProgram(const std::string& program, std::span<const std::string> words, std::ostream& out,
               std::ostream& err);

}  // namespace flinch::scenarios
