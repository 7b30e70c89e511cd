// Files as a token or a line to be pasted names them: so that they are found on the next machine.
//
// Intuition: two machines, or a person and a CI, have the same repository and rarely the same
//            folders above it. What lies outside of both is named as it is; on another machine the
//            user says where it is, and the hash of its content says whether it is that.
#pragma once

#include <optional>
#include <source_location>
#include <string>

namespace flinch::scenarios {

// Relative to the repository that the working folder lies in (its root holds .git), else to the
// working folder; absolute for a file that is below neither.
std::string PortablePath(const std::string& path);

// Where such a path leads from here, absolute; nothing where no file is.
std::optional<std::string> FindPortable(const std::string& path);

// As a shell in the working folder names it: relative where both lie in one repository, or the file
// below the working folder; nothing elsewhere.
std::optional<std::string> PathFromHere(const std::string& path);

// "main.cc:47", in such a path; "" of a location that is none.
std::string ShowPlace(const std::source_location& where);

}  // namespace flinch::scenarios
