# SPDX-License-Identifier: Apache-2.0
# Writes the protocol files INPUTS as byte arrays into the C file OUTPUT (see src/protocol/builtin.h).
# Run by the build with cmake -P, so that it works wherever CMake does and in cross builds.
cmake_minimum_required(VERSION 3.25)
set(arrays "")
set(rows "")
set(count 0)
foreach(input IN LISTS INPUTS)
    get_filename_component(name ${input} NAME_WLE)
    file(READ ${input} hex HEX)
    string(LENGTH "${hex}" size)
    math(EXPR size "${size} / 2")
    string(REGEX REPLACE "(................................)" "\\1\n   " hex "${hex}") # 16 bytes a line
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" " 0x\\1," hex "${hex}")
    string(APPEND arrays "static const unsigned char file_${count}[] = {\n   ${hex} 0x00 // not counted\n};\n")
    string(APPEND rows "    {\"${name}\", file_${count}, ${size}},\n")
    math(EXPR count "${count} + 1")
endforeach()
file(WRITE ${OUTPUT} "// Generated from src/protocols/.
#include \"protocol/builtin.h\"

${arrays}
const struct builtin_protocol protocol_builtin[] = {
${rows}    {NULL, NULL, 0},
};
const size_t protocol_builtin_count = ${count};
")
