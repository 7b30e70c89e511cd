// How to call this program again, from any folder.
#pragma once

#include <string>
#include <string_view>

namespace flinch::scenarios {

// The program as one word of a shell: the script that started it, where FLINCH_PROGRAM names one;
// otherwise `started_as` (argv[0]) as an absolute path, or as it is where the shell found it by its
// name alone.
std::string ProgramWord(const std::string& started_as);

// Text as one word of a POSIX shell; as it is where nothing in it means anything to one.
std::string ShellWord(std::string_view text);

}  // namespace flinch::scenarios
