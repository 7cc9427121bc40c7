// SPDX-License-Identifier: Apache-2.0
// What the tests share: checks, a small host with people, a protocol in force and a clock, and an eye on what is left over.
#ifndef SUPPORT_HPP
#define SUPPORT_HPP

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <stepdown.hpp>

namespace test {

struct Case {
    const char *name;
    void (*run)();
};
inline std::vector<Case> &cases() {
    static std::vector<Case> all;
    return all;
}
inline int failures = 0;
struct Added {
    Added(const char *name, void (*run)()) { cases().push_back({name, run}); }
};
inline void expect(bool holds, const char *what, const char *file, int line) {
    if (!holds) {
        std::printf("%s:%d: %s\n", file, line, what);
        failures++;
    }
}
// Runs `work`, which must throw a Wanted; gives what `look` makes of it.
template <class Wanted, class Work> std::string thrown(Work &&work, const char *file, int line) {
    try {
        work();
    } catch (const Wanted &error) {
        return error.what();
    } catch (const std::exception &error) {
        std::printf("%s:%d: another exception: %s\n", file, line, error.what());
        failures++;
        return {};
    }
    std::printf("%s:%d: nothing was thrown\n", file, line);
    failures++;
    return {};
}

} // namespace test

// A test, with a sentence for a name. Nothing of the library may be left when it is over.
#define TEST(name)                                                                                                     \
    static void name();                                                                                                \
    static const test::Added name##_added(#name, name);                                                                \
    static void name()
#define EXPECT(...) test::expect(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
#define FAIL(what) test::expect(false, what, __FILE__, __LINE__)
// The message of what is thrown.
#define THROWS(type, ...) test::thrown<type>([&] { (void)(__VA_ARGS__); }, __FILE__, __LINE__)

using namespace std::chrono_literals;

constexpr const char *protocol_name = "failed-first-visit-huddle";
constexpr stepdown::Moment noon(std::chrono::seconds(1772557200)); // 3 March 2026, 17:00 UTC

// A store with three people and one pathway.
struct Host {
    stepdown::Clock clock{noon};
    stepdown::Storage storage;
    stepdown::Engine engine;
    stepdown::Session maria, sam, lena;
    stepdown::Pathway pathway;

    explicit Host(stepdown::Storage on = stepdown::Storage::memory(), std::uint64_t seed = 7)
        : storage(std::move(on)),
          engine(stepdown::Engine::create(storage, {"Ruth Adler", "service-leader", "harborview"},
                                          stepdown::Options().clock(clock).seed(seed))),
          maria(enter("Maria Chen", "supervisor")), sam(enter("Sam Ortiz", "frontline-worker")),
          lena(enter("Lena Brandt", "known-staff")), pathway(open()) {}

    stepdown::Session enter(const char *person, const char *role) {
        engine.set_organization("harborview", "provider");
        engine.assign_role(role, "harborview", person);
        return engine.session(person, role, "harborview");
    }
    stepdown::Pathway open() {
        engine.activate(protocol_name);
        auto opened = maria.open_pathway(protocol_name, {{"subject", "p-1"}, {"zone", "America/New_York"}});
        opened.submit("discharge_plan", {{"first_visit_at", noon + 1h}, {"warning_signs", "withdrawal"}});
        return opened;
    }
    stepdown::Command refusal() {
        return pathway.seen_by(sam).command("refuse", "first_visit",
                                            {{"visit_time", clock.now()},
                                             {"access_attempt", {"knocked"}},
                                             {"attempts", 3},
                                             {"person_response", "heard-but-not-engaging"},
                                             {"staff_safety_concern", false}});
    }
    void refuse_first_visit() {
        clock.advance(2h);
        pathway.seen_by(sam).execute(refusal());
    }
    // A second visit whose gate holds it.
    void until_held() {
        refuse_first_visit();
        pathway.execute("start", "huddle");
        pathway.submit("huddle_record", {{"next_planned_contact", noon + 24h}, {"next_contact_owner", "Lena Brandt"}});
        pathway.execute("decide", "huddle",
                        {{"decision", "second-visit"}, {"reason", "a familiar voice"}, {"evidence", "visit_record"}});
        pathway.seen_by(lena).execute("accept", "second_visit");
    }
    stepdown::Receipt notice(std::string_view text = "x") const {
        return pathway.execute("notice", "pathway", {{"text", text}});
    }
};

#endif
