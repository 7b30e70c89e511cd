// How to call this program again.
#pragma once

#include <string>
#include <string_view>

namespace flinch::scenarios {

// The program as one word of a shell: the script that started it, where FLINCH_PROGRAM names one;
// otherwise `started_as` (argv[0]). Relative to the working folder where it lies below that or in
// the same repository; else its name alone: where it lies on this machine says nothing on the next.
std::string ProgramWord(const std::string& started_as);

// The folder of the script that started the program; "" without one.
std::string ProgramFolder();

// Text as one word of a POSIX shell; as it is where nothing in it means anything to one.
std::string ShellWord(std::string_view text);

}  // namespace flinch::scenarios
