# SPDX-License-Identifier: Apache-2.0
# blst, the BLS12-381 library: target Blst::blst. An installed one (blst.h and libblst) is used if
# there is one; else it is built from the sources that tools/fetch_blst.sh brings into
# build/deps/blst, which all build directories share.

set(WALRUS_BLST_DIR ${PROJECT_SOURCE_DIR}/build/deps/blst CACHE PATH "Sources of blst")

find_path(BLST_INCLUDE_DIR blst.h)
find_library(BLST_LIBRARY blst)
mark_as_advanced(BLST_INCLUDE_DIR BLST_LIBRARY)

if(BLST_INCLUDE_DIR AND BLST_LIBRARY)
    set(BLST_ORIGIN ${BLST_LIBRARY})
    if(NOT TARGET Blst::blst)
        add_library(Blst::blst UNKNOWN IMPORTED)
        set_target_properties(Blst::blst PROPERTIES IMPORTED_LOCATION ${BLST_LIBRARY}
                              INTERFACE_INCLUDE_DIRECTORIES ${BLST_INCLUDE_DIR})
    endif()
elseif(EXISTS ${WALRUS_BLST_DIR}/src/server.c AND EXISTS ${WALRUS_BLST_DIR}/build/assembly.S)
    set(BLST_ORIGIN ${WALRUS_BLST_DIR})
    if(NOT TARGET blst)
        add_library(blst STATIC ${WALRUS_BLST_DIR}/src/server.c ${WALRUS_BLST_DIR}/build/assembly.S)
        target_include_directories(blst SYSTEM INTERFACE ${WALRUS_BLST_DIR}/bindings)
        # Its own options only: no warnings as errors, no sanitizers. Portable: the variant for the
        # processor is chosen when the program runs.
        set_target_properties(blst PROPERTIES
            COMPILE_OPTIONS "-O2;-fno-builtin" POSITION_INDEPENDENT_CODE ON)
        target_compile_definitions(blst PRIVATE __BLST_PORTABLE__)
        add_library(Blst::blst ALIAS blst)
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Blst
    REQUIRED_VARS BLST_ORIGIN
    REASON_FAILURE_MESSAGE
        "neither installed nor in ${WALRUS_BLST_DIR}: run ./run setup (or tools/fetch_blst.sh)")
