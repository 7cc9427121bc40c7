# SPDX-License-Identifier: Apache-2.0
# Writes the protocol files INPUTS, packed, as byte arrays into the C file OUTPUT (see src/protocol/builtin.h).
# Run by the build with cmake -P, so that it works wherever CMake does and in cross builds.
cmake_minimum_required(VERSION 3.25)
set(arrays "")
set(rows "")
set(count 0)
foreach(input IN LISTS INPUTS)
    get_filename_component(name ${input} NAME_WLE)
    file(SIZE ${input} size)
    file(ARCHIVE_CREATE OUTPUT ${OUTPUT}.gz PATHS ${input} FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9
         MTIME "1970-01-01 00:00:00")
    file(READ ${OUTPUT}.gz hex HEX)
    string(LENGTH "${hex}" packed)
    math(EXPR packed "${packed} / 2")
    string(REGEX REPLACE "(................................)" "\\1\n   " hex "${hex}") # 16 bytes a line
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" " 0x\\1," hex "${hex}")
    string(APPEND arrays "static const unsigned char file_${count}[] = {\n   ${hex}\n};\n")
    string(APPEND rows "    {\"${name}\", file_${count}, ${packed}, ${size}},\n")
    math(EXPR count "${count} + 1")
endforeach()
file(REMOVE ${OUTPUT}.gz)
file(WRITE ${OUTPUT} "// Generated from src/protocols/.
#include \"protocol/builtin.h\"

${arrays}
const struct builtin_protocol protocol_builtin[] = {
${rows}    {NULL, NULL, 0, 0},
};
const size_t protocol_builtin_count = ${count};
")
