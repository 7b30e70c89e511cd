# All pass but those of the bug on purpose, side by side.
run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build -j2 --output-on-failure)

# In three parts every seed runs once; one that fails says which it is, and the lines to look at.
set(seeds)
set(outputs)
foreach(shard RANGE 2)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env GTEST_TOTAL_SHARDS=3 GTEST_SHARD_INDEX=${shard}
      ${WORK}/build/outside --gtest_filter=ClicksAreForgotten.*
    RESULT_VARIABLE result OUTPUT_VARIABLE output)
  # A bracket in a list would hold its items together.
  string(REGEX REPLACE "[][]" "" output "${output}")
  string(REGEX MATCHALL " RUN +ClicksAreForgotten.HoldsAllProperties/seed_[0-9]+" runs "${output}")
  list(APPEND seeds ${runs})
  string(APPEND outputs "${output}")
endforeach()
list(LENGTH seeds runs)
list(REMOVE_DUPLICATES seeds)
list(LENGTH seeds different)
if(NOT runs EQUAL 20 OR NOT different EQUAL 20)
  message(FATAL_ERROR "Of 20 seeds three parts ran ${different}, in ${runs} tests:\n${outputs}")
endif()
foreach(told "seeds[.]cc:[0-9]+: Failure" "seed [0-9]+\n" "The law every_click_counts of [^ ]*seeds[.]cc:[0-9]+" "run failed[.]toml --seed [0-9]+")
  if(NOT outputs MATCHES "${told}")
    message(FATAL_ERROR "The bug was not found, or without \"${told}\":\n${outputs}")
  endif()
endforeach()

# RapidCheck's own variable reaches the property.
run(${CMAKE_COMMAND} -E env "RC_PARAMS=seed=7 max_success=3" ${WORK}/build/outside
  --gtest_filter=ClicksProperty.*)
if(NOT output MATCHES "seed=7.* tries the same again")
  message(FATAL_ERROR "RC_PARAMS is not heeded:\n${output}")
endif()

# Operator, job, law and seeds: all that is somebody's own.
file(READ ${PROJECT}/seeds.cc text)
string(REGEX REPLACE "\n *//[^\n]*" "" text "\n${text}")
string(REGEX REPLACE "\n( *\n)+" "\n" text "${text}")
string(REGEX REPLACE "[^\n]" "" text "${text}")
string(LENGTH "${text}" lines)
math(EXPR lines "${lines} - 1")  # the one in front of the first
message("somebody's own: ${lines} lines")
if(lines GREATER 60)
  message(FATAL_ERROR "Somebody's own operator, law and seeds take ${lines} lines; 60 are enough.")
endif()
