// SPDX-License-Identifier: Apache-2.0
// Runs every test, or those whose names hold the word that is given. Says how many.
#include <cstring>

#include "support.hpp"

int main(int count, char **words) {
    std::size_t ran = 0;
    for (const auto &one : test::cases()) {
        if (count > 1 && std::strstr(one.name, words[1]) == nullptr) {
            continue;
        }
        const int before = test::failures;
        try {
            one.run();
        } catch (const std::exception &error) {
            std::printf("%s: %s\n", one.name, error.what());
            test::failures++;
        }
        if (stepdown::live_objects() != 0) {
            std::printf("%s: %lld objects of the library are left\n", one.name,
                        static_cast<long long>(stepdown::live_objects()));
            return 1;
        }
        if (test::failures > before) {
            std::printf("FAILED %s\n", one.name);
        }
        ran++;
    }
    std::printf("%zu tests, %d failures\n", ran, test::failures);
    return test::failures > 0 || ran == 0;
}
