# SPDX-License-Identifier: Apache-2.0
# Runs at every build: writes OUTPUT with version and commit, only if they changed.
set(commit unknown)
find_program(GIT git)
if(GIT)
    execute_process(COMMAND ${GIT} -C ${SOURCE_DIR} rev-parse --short=12 HEAD
                    OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
                    RESULT_VARIABLE status)
    if(status EQUAL 0)
        set(commit ${found})
        execute_process(COMMAND ${GIT} -C ${SOURCE_DIR} diff --quiet HEAD -- src cmake CMakeLists.txt
                        RESULT_VARIABLE dirty ERROR_QUIET OUTPUT_QUIET)
        if(NOT dirty EQUAL 0)
            string(APPEND commit "-modified")
        endif()
    endif()
endif()
set(content "// Written by the build.\n#pragma once\n#define WALRUS_VERSION \"${VERSION}\"\n#define WALRUS_COMMIT \"${commit}\"\n")
set(old "")
if(EXISTS ${OUTPUT})
    file(READ ${OUTPUT} old)
endif()
if(NOT old STREQUAL content)
    file(WRITE ${OUTPUT} "${content}")
endif()
