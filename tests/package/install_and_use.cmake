# Installs a build, then configures, builds and runs a project that finds flinch there and nowhere else.
#   cmake -DBUILD=<build> -DCOMPONENTS=<flinch_sim;…> -DPROJECT=<folder> -DWORK=<folder> -DPRINTS=<text>
#         -DTHEN=<script> -DCOMPILER=… -DFLAGS=… -DLINKER_FLAGS=… -DHIDDEN=<packages> -DMEGABYTES_MAX=… -P install_and_use.cmake
# COMPONENTS empty: all. MEGABYTES_MAX empty: of any size. THEN: what the program is put through, in place
# of one run that prints PRINTS.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
if(COMPONENTS)
  foreach(component IN LISTS COMPONENTS)
    run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix --component ${component})
  endforeach()
else()
  run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
endif()

file(GLOB_RECURSE installed ${WORK}/prefix/*)
set(bytes 0)
foreach(file IN LISTS installed)
  file(SIZE ${file} size)
  math(EXPR bytes "${bytes} + ${size}")
  if(file MATCHES "/sim/kernel/|_test\\.h$")
    message(FATAL_ERROR "${file} is nobody's business, but installed.")
  endif()
endforeach()
math(EXPR megabytes "${bytes} / 1000000")
message("installed: ${megabytes} MB")
if(MEGABYTES_MAX AND megabytes GREATER_EQUAL MEGABYTES_MAX)
  message(FATAL_ERROR "The prefix has ${megabytes} MB; it may have ${MEGABYTES_MAX}.")
endif()

set(hide)
foreach(package IN LISTS HIDDEN)
  list(APPEND hide -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
endforeach()
run(${CMAKE_COMMAND} -S ${PROJECT} -B ${WORK}/build -G Ninja ${hide}
  -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS}
  -DCMAKE_EXE_LINKER_FLAGS=${LINKER_FLAGS})
run(${CMAKE_COMMAND} --build ${WORK}/build)
if(THEN)
  include(${THEN})
  return()
endif()
run(${WORK}/build/outside)
if(NOT output STREQUAL "${PRINTS}\n")
  message(FATAL_ERROR "It printed:\n${output}\nand not:\n${PRINTS}")
endif()
