# Finds Boost.Context, 1.74 or newer, with headers and library of one version: headers of one and a
# library of another switch fibers wrongly without a word. Sets flinch_boost_version.
find_package(Boost 1.74 REQUIRED COMPONENTS context)

# 107400 is 1.74.0.
file(STRINGS ${Boost_INCLUDE_DIRS}/boost/version.hpp line REGEX "^#define BOOST_VERSION [0-9]+")
string(REGEX REPLACE ".* ([0-9]+).*" "\\1" number "${line}")
math(EXPR major "${number} / 100000")
math(EXPR minor "${number} / 100 % 1000")
math(EXPR patch "${number} % 100")
set(flinch_boost_version ${major}.${minor}.${patch})

# libboost_context.so is a name for libboost_context.so.1.74.0; an archive says nothing, but Boost's
# own description of it does.
set(library_version ${boost_context_VERSION})
foreach(property IN ITEMS IMPORTED_LOCATION IMPORTED_LOCATION_RELEASE IMPORTED_LOCATION_NONE)
  get_target_property(library Boost::context ${property})
  if(library)
    file(REAL_PATH ${library} library)
    if(library MATCHES "\\.so\\.([0-9]+\\.[0-9]+\\.[0-9]+)$")
      set(library_version ${CMAKE_MATCH_1})
    endif()
    break()
  endif()
endforeach()
if(NOT library_version)
  message(STATUS "flinch: nothing says of which version ${library} is; its headers are of Boost ${flinch_boost_version}")
elseif(NOT library_version VERSION_EQUAL flinch_boost_version)
  message(FATAL_ERROR
    "flinch needs the headers and the library of Boost.Context in one version, but found headers of "
    "${flinch_boost_version} in ${Boost_INCLUDE_DIRS} and a library of ${library_version}, "
    "${library}: install both of one version, or say which by -DBOOST_ROOT=.")
endif()
