# All pass but the one of the bug on purpose, which says where the law stands that it breaks.
run(${WORK}/build/outside --gtest_filter=-*Forgets*)
execute_process(COMMAND ${WORK}/build/outside --gtest_filter=*Forgets* RESULT_VARIABLE result OUTPUT_VARIABLE output)
if(result EQUAL 0 OR NOT output MATCHES "main[.]cc:[0-9]+")
  message(FATAL_ERROR "The bug was not found, or without a place:\n${output}")
endif()
