// SPDX-License-Identifier: Apache-2.0
// The loops of overhead.c in C++, and the program: overhead LOOP runs one of them. See overhead.h.
#include <cstring>

#include "overhead.h"
#include "support.hpp"

namespace {

struct Cpp {
    const stepdown::Engine &engine;
    const stepdown::Session &session;
    const stepdown::Pathway &pathway;
};

std::int64_t cpp_cells(const Cpp &on) {
    const auto board = on.pathway.board();
    const auto action = board.column<std::string_view>("action");
    const auto due = board.column<std::optional<stepdown::Moment>>("due");
    const auto overdue = board.column<bool>("overdue");
    std::int64_t sum = 0;
    for (int times = 0; times < 1000; times++) {
        for (const auto row : board) {
            const auto text = row[action];
            const auto moment = row[due];
            sum += static_cast<std::int64_t>(text.size()) + (text.empty() ? 0 : text[0]) +
                   (moment ? moment->time_since_epoch().count() : 0);
            sum += row[overdue];
        }
    }
    return sum;
}

std::int64_t cpp_views(const Cpp &on) {
    std::int64_t sum = 0;
    for (int times = 0; times < 20; times++) {
        const auto board = on.pathway.board();
        const auto items = on.pathway.items(true);
        sum += static_cast<std::int64_t>(board.size() + items.size());
    }
    return sum;
}

std::int64_t cpp_next_due(const Cpp &on) {
    std::int64_t sum = 0;
    for (int times = 0; times < 1000; times++) {
        const auto due = on.engine.next_due();
        sum += due ? due->time_since_epoch().count() : 1;
    }
    return sum;
}

std::int64_t cpp_command(const Cpp &on) {
    std::int64_t sum = 0;
    for (int times = 0; times < 1000; times++) {
        auto command = on.session.command("refuse", "first_visit");
        command.set("person_response", "refused").set("visit_time", noon).set("attempts", times).expected(7);
        sum += command.get() != nullptr;
    }
    return sum;
}

template <std::int64_t (*Loop)(const Cpp &)> std::int64_t run(const Cpp &cpp, const subject &) { return Loop(cpp); }
template <std::int64_t (*Loop)(const subject *)> std::int64_t run(const Cpp &, const subject &c) { return Loop(&c); }

const struct {
    const char *name;
    std::int64_t (*loop)(const Cpp &, const subject &);
} loops[] = {{"c_cells", run<c_cells>},     {"cpp_cells", run<cpp_cells>},    {"c_views", run<c_views>},
             {"cpp_views", run<cpp_views>}, {"c_next_due", run<c_next_due>},  {"cpp_next_due", run<cpp_next_due>},
             {"c_command", run<c_command>}, {"cpp_command", run<cpp_command>}};

} // namespace

// Callgrind collects in here.
extern "C" __attribute__((noinline)) std::int64_t measured(std::int64_t (*loop)(const Cpp &, const subject &),
                                                           const Cpp &cpp, const subject &c) {
    return loop(cpp, c);
}

int main(int count, char **words) {
    Host host;
    host.until_held();
    const Cpp cpp{host.engine, host.maria, host.pathway};
    const subject c{host.engine.get(), host.maria.get(), host.pathway.id().c_str()};
    for (const auto &one : loops) {
        if (count == 2 && std::strcmp(one.name, words[1]) == 0) {
            (void)one.loop(cpp, c); // whatever is done the first time only
            std::printf("%lld\n", static_cast<long long>(measured(one.loop, cpp, c)));
            return 0;
        }
    }
    return 1;
}
