# Debian packages, by `cpack` in the build folder: the program, the simulation alone, and everything
# that programs link. Libraries are static, so there is none that runs by itself.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "the flinch developers")
set(CPACK_PACKAGE_CONTACT "the flinch developers <flinch@packages.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(flinch_about "flinch runs a stream engine inside a deterministic simulation: one seed
decides a whole run, and the same seed gives the same run, event by event.")
# The first line is what a list of packages shows.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION
  "seeded failures for stream jobs, in a deterministic simulation
${flinch_about}
This is the program.")
set(CPACK_DEBIAN_SIM_DESCRIPTION
  "deterministic simulation of hosts, networks and disks
${flinch_about}
This is the simulation alone, to link.")
set(CPACK_DEBIAN_DEV_DESCRIPTION
  "jobs, faults and hunts of flinch, to link
${flinch_about}
These are the libraries for programs with jobs or systems of their own.")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME flinch)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SIM_PACKAGE_NAME libflinch-sim-dev)
set(CPACK_DEBIAN_SIM_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_SIM_PACKAGE_DEPENDS "libfmt-dev, libxxhash-dev")
if(NOT FLINCH_SWITCHES_IN_LINE)
  string(APPEND CPACK_DEBIAN_SIM_PACKAGE_DEPENDS ", libboost-context-dev")
endif()
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libflinch-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "libflinch-sim-dev (= ${PROJECT_VERSION}), libleveldb-dev, libtomlplusplus-dev, nlohmann-json3-dev, librapidcheck-dev, libsqlite3-dev")
# What dpkg wants beside the files: who may copy them, and what has changed.
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/package/copyright @ONLY CONTENT
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: flinch

Files: *
Copyright: 2026, the flinch developers
License: Apache-2.0
 On Debian systems the whole text is in /usr/share/common-licenses/Apache-2.0.
")
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/package/changelog @ONLY CONTENT
"flinch (${PROJECT_VERSION}) unstable; urgency=medium

  * See CHANGELOG.md of the sources.

 -- ${CPACK_PACKAGE_CONTACT}  Thu, 01 Jan 2026 00:00:00 +0000
")
find_program(FLINCH_GZIP gzip)
if(FLINCH_GZIP)
  execute_process(COMMAND ${FLINCH_GZIP} -9nkf ${PROJECT_BINARY_DIR}/package/changelog)
endif()
foreach(package IN ITEMS flinch:flinch_cli libflinch-sim-dev:flinch_sim libflinch-dev:flinch_text)
  string(REPLACE ":" ";" package ${package})
  list(GET package 0 name)
  list(GET package 1 component)
  install(FILES ${PROJECT_BINARY_DIR}/package/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name}
    COMPONENT ${component})
  if(FLINCH_GZIP)
    install(FILES ${PROJECT_BINARY_DIR}/package/changelog.gz
      DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} COMPONENT ${component})
  endif()
endforeach()

set(CPACK_COMPONENTS_ALL flinch_cli)
foreach(room IN LISTS flinch_rooms)
  list(APPEND CPACK_COMPONENTS_ALL flinch_${room})
endforeach()
include(CPack)
cpack_add_component_group(program)
cpack_add_component_group(sim)
cpack_add_component_group(dev)
cpack_add_component(flinch_cli GROUP program)
foreach(room IN LISTS flinch_rooms)
  if(room STREQUAL "sim")
    cpack_add_component(flinch_sim GROUP sim)
  else()
    cpack_add_component(flinch_${room} GROUP dev)
  endif()
endforeach()
