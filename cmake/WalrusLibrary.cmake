# SPDX-License-Identifier: Apache-2.0
# The house rules as build rules. A room declares its layer and what it uses; CMake refuses, when
# configuring, a dependency on the same or a higher layer and a pure room that uses an impure one.

# walrus_library(<room> LAYER <n> [PURE] SOURCES ... [DEPS rooms...] [LINK libraries...]
#                [LINK_PUBLIC libraries...])
function(walrus_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "PURE" "LAYER" "SOURCES;DEPS;LINK;LINK_PUBLIC")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "walrus_library(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
    endif()
    add_library(walrus_${name} STATIC ${arg_SOURCES})
    set_target_properties(walrus_${name} PROPERTIES
        WALRUS_LAYER ${arg_LAYER} WALRUS_PURE ${arg_PURE} WALRUS_DEPS "${arg_DEPS}")
    target_include_directories(walrus_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src
                                                     ${PROJECT_SOURCE_DIR}/include)
    if(arg_PURE)
        target_compile_options(walrus_${name} PRIVATE
            $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions> $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
    endif()
    foreach(dep IN LISTS arg_DEPS)
        if(NOT TARGET walrus_${dep})
            message(FATAL_ERROR "${name}: there is no room ${dep}")
        endif()
        get_target_property(dep_layer walrus_${dep} WALRUS_LAYER)
        get_target_property(dep_pure walrus_${dep} WALRUS_PURE)
        if(NOT dep_layer LESS arg_LAYER)
            message(FATAL_ERROR "${name} (layer ${arg_LAYER}) may not use ${dep} (layer ${dep_layer})")
        endif()
        if(arg_PURE AND NOT dep_pure)
            message(FATAL_ERROR "pure room ${name} may not use ${dep}, which is not pure")
        endif()
        target_link_libraries(walrus_${name} PUBLIC walrus_${dep})
    endforeach()
    target_link_libraries(walrus_${name} PRIVATE ${arg_LINK} PUBLIC ${arg_LINK_PUBLIC})
endfunction()

# walrus_test(<room or name> SOURCES ... [DEPS rooms...] [LINK libraries...] [LABELS labels...]
#             [TIMEOUT s] [ENV NAME=VALUE...]): one GoogleTest program per room.
function(walrus_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;DEPS;LINK;LABELS;ENV")
    add_executable(${name}_test ${arg_SOURCES})
    foreach(dep IN LISTS arg_DEPS)
        target_link_libraries(${name}_test PRIVATE walrus_${dep})
    endforeach()
    target_link_libraries(${name}_test PRIVATE ${arg_LINK} GTest::gtest GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE
        WALRUS_SOURCE_DIR="${PROJECT_SOURCE_DIR}" WALRUS_BINARY_DIR="${PROJECT_BINARY_DIR}")
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    if(NOT arg_LABELS)
        set(arg_LABELS unit)
    endif()
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}"
                                            ENVIRONMENT "${arg_ENV}")
endfunction()
