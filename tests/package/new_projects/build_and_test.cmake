# What `flinch new` writes builds as it stands, and its own test finds the bug that is planted in it.
foreach(kind IN ITEMS job sink system)
  execute_process(COMMAND ${WORK}/prefix/bin/flinch new ${kind} my_${kind}
    WORKING_DIRECTORY ${WORK} COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
  run(${CMAKE_COMMAND} -S ${WORK}/my_${kind} -B ${WORK}/my_${kind}/build -G Ninja ${hide}
    -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS}
    -DCMAKE_EXE_LINKER_FLAGS=${LINKER_FLAGS})
  run(${CMAKE_COMMAND} --build ${WORK}/my_${kind}/build)
  run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/my_${kind}/build --output-on-failure)
endforeach()
# The scenario of the file is one of the project's own program.
execute_process(COMMAND my_job/build/my_job check my_job/my_job.toml
  WORKING_DIRECTORY ${WORK} COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
