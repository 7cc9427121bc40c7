// SPDX-License-Identifier: Apache-2.0
// A failed first visit: what holds the second one, and what can be proved so far.
// Build with CMake (CMakeLists.txt beside this file), or: c++ -std=c++17 story.cpp $(pkg-config --cflags --libs stepdown)
#include <iostream>
#include <stepdown.hpp>
using namespace std::chrono_literals;

static const char *const harborview = "harborview";

int main() try {
    stepdown::Clock clock(stepdown::Moment(1772546400s)); // 3 March 2026, 9:00 in New York
    const auto engine = stepdown::Engine::create(
        stepdown::Storage::memory(), {"Ruth Adler", "service-leader", harborview}, stepdown::Options().clock(clock));
    engine.set_organization(harborview, "provider");
    engine.activate("failed-first-visit-huddle");
    const auto enter = [&engine](const char *person, const char *role) {
        engine.assign_role(role, harborview, person);
        return engine.session(person, role, harborview);
    };
    const auto maria = enter("Maria Chen", "supervisor"), sam = enter("Sam Ortiz", "frontline-worker"),
               lena = enter("Lena Brandt", "known-staff");
    const auto pathway =
        maria.open_pathway("failed-first-visit-huddle", {{"subject", "person-4471"}, {"zone", "America/New_York"}});
    pathway.submit("discharge_plan", {{"first_visit_at", clock.now() + 5h}, {"warning_signs", "withdrawal"}});
    const auto visit = clock.advance(5h);
    pathway.seen_by(sam).execute("refuse", "first_visit",
                                 {{"visit_time", visit},
                                  {"access_attempt", {"knocked", "doorbell"}},
                                  {"attempts", 3},
                                  {"person_response", "heard-but-not-engaging"},
                                  {"staff_safety_concern", false}});
    pathway.execute("start", "huddle");
    pathway.submit("huddle_record", {{"next_planned_contact", visit + 24h}, {"next_contact_owner", "Lena Brandt"}});
    pathway.execute("decide", "huddle",
                    {{"decision", "second-visit"}, {"reason", "a familiar voice"}, {"evidence", "visit_record"}});
    pathway.seen_by(lena).execute("accept", "second_visit");
    try {
        pathway.seen_by(lena).execute("start", "second_visit");
    } catch (const stepdown::HeldError &held) {
        std::cout << held.what() << '\n';
        for (const auto &need : held.needs()) {
            std::cout << "  " << need.row << ' ' << need.reason << ": " << need.says << '\n';
        }
    }
    for (const auto line : pathway.validation()) {
        std::cout << line.text("row") << ' ' << line.text("answered") << ": " << line.text("says") << '\n';
    }
    return 0;
} catch (const stepdown::Error &error) {
    std::cerr << error.status() << ": " << error.what() << '\n';
    return 1;
}
