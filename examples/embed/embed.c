// SPDX-License-Identifier: Apache-2.0
// The smallest host. Build it with CMake (CMakeLists.txt here), or: cc embed.c $(pkg-config --cflags --libs stepdown)
#include <stepdown/status.h>
#include <stdio.h>

int main(void) {
    printf("%s: %s\n", stepdown_status_name(STEPDOWN_HELD), stepdown_status_text(STEPDOWN_HELD));
    return 0;
}
