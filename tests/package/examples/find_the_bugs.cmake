# Each example finds its planted bug, makes it small, replays it, keeps it, and is silent where it is mended.

# example(<exit code> <program> <words>...): runs it, and sets output.
function(example code program)
  execute_process(COMMAND ${WORK}/build/${program} ${ARGN} WORKING_DIRECTORY ${WORK}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE trouble)
  if(NOT result EQUAL code)
    list(JOIN ARGN " " words)
    message(FATAL_ERROR "${program} ${words} ended with ${result}, not ${code}:\n${output}${trouble}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

foreach(pair IN ITEMS "raft commands" "commit_service transactions")
  separate_arguments(pair)
  list(GET pair 0 name)
  list(GET pair 1 knob)
  # Without a limit of time, so that a slow machine comes to the same.
  example(1 ${name} hunt ${name} --seeds 1..400 --no-shrink --json)
  string(JSON replay GET "${output}" groups 0 replay)
  string(REGEX MATCH "fl1~.*" found "${replay}")
  example(0 ${name} shrink ${found})
  if(NOT output MATCHES "the smallest: [1-3] faults of" OR NOT output MATCHES "--set ${knob}=([0-9]|10)\n")
    message(FATAL_ERROR "${name} was not shrunk to at most 3 faults and 10 ${knob}:\n${output}")
  endif()
  string(REGEX MATCH "fl1~[^\n]*" smallest "${output}")
  example(1 ${name} replay ${smallest})
  if(NOT output MATCHES "The run is identical to the recorded one" OR NOT output MATCHES "hunt[.]cc:[0-9]+")
    message(FATAL_ERROR "${name} was replayed otherwise, or without a place:\n${output}")
  endif()
  example(0 ${name} keep ${smallest} --name smallest)
  example(1 ${name} regress regressions/smallest.kept)
  example(0 ${name} hunt mended --seeds 1..200)
endforeach()
