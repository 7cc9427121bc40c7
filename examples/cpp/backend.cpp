// SPDX-License-Identifier: Apache-2.0
// How the back end of memory_store.hpp fares in the conformance suite.
#include <iostream>

#include "memory_store.hpp"

int main() {
    const auto rules = stepdown::conformance([](bool reopen) {
        if (reopen) {
            throw stepdown::UnsupportedError("it does not last");
        }
        return stepdown::Storage(std::make_unique<MemoryStore>());
    });
    std::size_t passed = 0, failed = 0;
    for (const auto &rule : rules) {
        passed += rule.result == STEPDOWN_CONFORMANCE_PASSED;
        failed += rule.result == STEPDOWN_CONFORMANCE_FAILED;
        if (rule.result != STEPDOWN_CONFORMANCE_PASSED) {
            std::cout << (rule.result == STEPDOWN_CONFORMANCE_FAILED ? "FAILED " : "skipped ") << rule.name << ": "
                      << rule.detail << '\n';
        }
    }
    std::cout << passed << " of " << rules.size() << " rules passed\n";
    return failed > 0 || passed == 0;
}
