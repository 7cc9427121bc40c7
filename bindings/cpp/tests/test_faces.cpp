// SPDX-License-Identifier: Apache-2.0
// Values, rows, errors, commands and views: what a program sees.
#include <algorithm>
#include <iterator>

#include "support.hpp"

using stepdown::Moment;
using stepdown::Row;
using stepdown::Rows;

// ---- values ------------------------------------------------------------------------------------------------------------

TEST(moments_keep_their_microseconds_before_and_after_1970) {
    const std::int64_t moments[] = {0, 1, -1, -1220460710999990, 253402300799999999, INT64_MAX, INT64_MIN + 1};
    for (const std::int64_t one : moments) {
        const Moment moment{std::chrono::microseconds(one)};
        EXPECT(stepdown::At(moment).get() == one);
        EXPECT(stepdown::Clock(moment).now() == moment);
    }
    using Fine = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;
    EXPECT(stepdown::At(Fine(-1ns)).get() == -1); // downwards, as all that is cut off
    EXPECT(stepdown::At(Fine(1999ns)).get() == 1);
    using Coarse = std::chrono::time_point<std::chrono::system_clock, std::chrono::hours>;
    EXPECT(stepdown::At(Coarse(24h)).get() == 86400000000);
    THROWS(stepdown::InvalidError, stepdown::At(Coarse(std::chrono::hours::max())));
    THROWS(stepdown::InvalidError, stepdown::At(Coarse(std::chrono::hours::min())));
    THROWS(stepdown::InvalidError, stepdown::At(Moment(std::chrono::microseconds(INT64_MIN)))); // C's "no moment"
}

TEST(durations_are_written_as_protocols_write_them) {
    const std::pair<std::chrono::microseconds, const char *> lengths[] = {{0s, "0 seconds"},
                                                                          {4h, "4 hours"},
                                                                          {90min, "1 hours 30 minutes"},
                                                                          {61s, "1 minutes 1 seconds"},
                                                                          {1us, "0.000001 seconds"},
                                                                          {1500ms, "1.5 seconds"},
                                                                          {49h, "49 hours"}};
    for (const auto &[length, text] : lengths) {
        EXPECT(stepdown::detail::duration(length.count()) == text);
    }
    THROWS(stepdown::InvalidError, stepdown::Query().due_within(-1s));
    Host host;
    EXPECT(host.maria.board(stepdown::Query().due_within(4h)).size() <= host.maria.board().size());
    THROWS(stepdown::InvalidError, host.maria.lease(1, -1s));
    THROWS(stepdown::InvalidError, host.maria.lease(1, std::chrono::seconds::max()));
}

TEST(views_of_text_need_no_end_and_nothing_is_cut_off_at_a_nul) {
    const std::string whole = "p-1 and what follows";
    EXPECT(std::string(stepdown::Text(std::string_view(whole).substr(0, 3)).get()) == "p-1");
    for (const std::size_t size : {0u, 1u, 63u, 64u, 65u, 1000u}) {
        EXPECT(stepdown::Text(std::string_view(std::string(size, 'x'))).get() == std::string(size, 'x'));
    }
    using namespace std::string_literals;
    THROWS(stepdown::InvalidError, stepdown::Text("a\0b"s));
    THROWS(stepdown::InvalidError, stepdown::Text(std::string_view("a\0b", 3)));
    EXPECT(*stepdown::Text(std::string_view()).get() == '\0');
    EXPECT(stepdown::Text(nullptr).get() == nullptr);
}

TEST(arguments_come_back_as_they_were_given) {
    Host host;
    host.refuse_first_visit();
    host.pathway.execute("start", "huddle");
    using namespace std::string_literals;
    for (const std::string &value : {"Zo\xc3\xab \xf0\x9f\x98\x80 \"\\"s, "a\0b"s, std::string(4096, 'x')}) {
        const std::string_view whole = value;
        bool found = false;
        host.pathway.submit("huddle_statement", {{"what_happened", whole}});
        const auto entries = host.pathway.entries();
        for (const Row entry : entries) {
            for (const Row field : entry.rows("fields")) {
                found = found || field.text("value") == value;
            }
        }
        EXPECT(found);
    }
    const auto fields_of_visit = [&host] {
        const auto entries = host.pathway.entries();
        const auto visit =
            std::find_if(entries.begin(), entries.end(), [](Row e) { return e.text("form") == "visit_record"; });
        return visit != entries.end() ? (*visit).rows("fields").size() : 0;
    };
    EXPECT(fields_of_visit() >= 5);
    THROWS(stepdown::InvalidError, host.maria.command("notice").set("n", UINT64_MAX));
    THROWS(stepdown::InvalidError, host.maria.command("notice").set("n", static_cast<const char *>(nullptr)));
    THROWS(stepdown::InvalidError, host.maria.command(""));
    const std::vector<std::string> lists = {"knocked", "doorbell"};
    EXPECT(host.maria.command("refuse").set("access_attempt", lists).get() != nullptr);
}

// ---- rows --------------------------------------------------------------------------------------------------------------

TEST(rows_are_a_range_with_named_typed_columns) {
    Host host;
    const auto items = host.pathway.items();
    const auto name = items.column<std::string_view>("name");
    const auto due = items.column<std::optional<Moment>>("due");
    const auto overdue = items.column<bool>("overdue");
    std::size_t seen = 0;
    for (const Row item : items) {
        EXPECT(item[name] == item.text("name") && !item[name].empty());
        EXPECT(item[due] == item.time("due") && item[overdue] == item.boolean("overdue"));
        EXPECT(item.integer("version") >= 0);
        seen++;
    }
    EXPECT(seen == items.size() && seen > 0);
    EXPECT(items.end() - items.begin() == static_cast<std::ptrdiff_t>(seen));
    EXPECT(std::count_if(items.begin(), items.end(), [&](Row item) { return item[name] == "first_visit"; }) == 1);
    EXPECT(items[0].text("name") == items.begin()->text("name") &&
           (*(items.end() - 1)).text("name") == items.at(seen - 1).text("name"));
    EXPECT(items.columns() > 10 && items.column_name(0) == "id" && items.column_type(0) == STEPDOWN_COLUMN_TEXT);
    EXPECT(items.column_name(999).empty());
    EXPECT(THROWS(stepdown::NotFoundError, items.front().text("colour")).find("there are id, name") !=
           std::string::npos);
    EXPECT(THROWS(stepdown::InvalidError, items.front().text("due")) == "column due is of another type");
    THROWS(stepdown::InvalidError, items.column<std::int64_t>("name"));
    THROWS(std::out_of_range, items.at(seen));
    EXPECT(items[seen].text("name").empty());
    const Rows none;
    EXPECT(none.empty() && none.begin() == none.end() && none.next().empty());
    EXPECT(none.column<bool>("any").number() == -1);
}

#if defined(__cpp_lib_ranges)
static_assert(std::ranges::random_access_range<Rows> && std::ranges::sized_range<Rows> && std::ranges::view<Rows>);
static_assert(std::ranges::borrowed_range<Rows> && !std::ranges::borrowed_range<stepdown::Result>);
static_assert(std::ranges::random_access_range<stepdown::Result> && std::ranges::input_range<stepdown::Pages>);
TEST(rows_work_with_ranges) {
    Host host;
    const auto items = host.pathway.items();
    EXPECT(std::ranges::any_of(items, [](Row item) { return item.text("name") == "first_visit"; }));
    EXPECT(std::ranges::distance(items) == static_cast<std::ptrdiff_t>(items.size()));
}
#endif

TEST(nested_rows_and_what_is_absent) {
    Host host;
    const auto shown = host.pathway.show();
    EXPECT(shown.size() == 1 && shown.front().rows("participants").front().text("organization") == "harborview");
    EXPECT(shown.front().rows("items").size() == host.pathway.items().size());
    EXPECT(host.pathway.items().front().time("finished_at") == std::nullopt);
    EXPECT(shown.json().rfind("[{\"pathway\":\"" + host.pathway.id(), 0) == 0);
}

TEST(pages_are_fetched_while_they_are_looked_at) {
    Host host;
    for (int i = 0; i < 4; i++) {
        host.maria.open_pathway(protocol_name, {{"subject", "more"}, {"zone", "America/New_York"}});
    }
    for (const std::uint32_t size : {1u, 2u, 3u, 5u, 1000u}) {
        std::vector<std::string_view> all;
        std::vector<std::string> ids;
        for (const Row one : host.maria.pathways(size)) {
            ids.emplace_back(one.text("pathway"));
        }
        const auto whole = host.maria.pathways().page();
        for (const Row one : whole) {
            all.push_back(one.text("pathway"));
        }
        EXPECT(all.size() == 5 && std::equal(ids.begin(), ids.end(), all.begin(), all.end()));
    }
    std::size_t records = 0;
    for (const Row record : host.pathway.records(0, 1)) {
        EXPECT(record.integer("sequence") == static_cast<std::int64_t>(records++));
    }
    EXPECT(records == host.pathway.records().page().size() && records > 0);
    const auto first = host.maria.pathways(2).page();
    EXPECT(first.size() == 2 &&
           host.maria.pathways(2).page(first.next()).front().text("pathway") != first.at(1).text("pathway"));
    std::size_t told = 0;
    for (const Row one :
         host.maria.execute_each(host.maria.command("notice", "pathway", {{"text", "to everybody"}}), 2)) {
        EXPECT(one.text("status") == "OK");
        told++;
    }
    EXPECT(told == 5);
    THROWS(stepdown::InvalidError, host.maria.pathways(0).begin());
}

// ---- errors ------------------------------------------------------------------------------------------------------------

template <class Family> static bool throws_as(stepdown_status code) {
    try {
        stepdown::detail::raise(code, nullptr);
    } catch (const Family &error) {
        return error.code() == code && std::string(error.what()) == stepdown_status_text(code);
    } catch (...) {
        return false;
    }
}

static bool is_of_its_family(stepdown_status code) {
    switch (stepdown_status_category(code)) {
    case STEPDOWN_CATEGORY_INPUT: return throws_as<stepdown::InputError>(code);
    case STEPDOWN_CATEGORY_PROGRAM: return throws_as<stepdown::ProgramError>(code);
    case STEPDOWN_CATEGORY_REFUSED: return throws_as<stepdown::RefusedError>(code);
    case STEPDOWN_CATEGORY_RETRY: return throws_as<stepdown::RetryError>(code);
    case STEPDOWN_CATEGORY_RESOURCE: return throws_as<stepdown::ResourceError>(code);
    case STEPDOWN_CATEGORY_STORAGE: return throws_as<stepdown::StorageError>(code);
    default: return throws_as<stepdown::HostError>(code);
    }
}

TEST(every_status_has_its_class_below_its_family) {
    std::size_t codes = 0;
#define OF_STATUS(name, number, category, text)                                                                        \
    if (STEPDOWN_##name != STEPDOWN_OK) {                                                                              \
        EXPECT(throws_as<stepdown::detail::ErrorOf<STEPDOWN_##name>::type>(STEPDOWN_##name));                          \
        EXPECT(is_of_its_family(STEPDOWN_##name));                                                                     \
        codes++;                                                                                                       \
    }
    STEPDOWN_STATUS_TABLE(OF_STATUS)
#undef OF_STATUS
    EXPECT(codes > 20);
    EXPECT(throws_as<stepdown::Error>(99)); // of a newer library
}

TEST(a_held_gate_tells_its_needs) {
    Host host;
    host.until_held();
    try {
        host.pathway.seen_by(host.lena).execute("start", "second_visit");
        FAIL("nothing was thrown");
    } catch (const stepdown::RefusedError &error) {
        const stepdown::Error copy = error;
        EXPECT(copy.code() == STEPDOWN_HELD && std::string(copy.status()) == "HELD");
        EXPECT(std::string(copy.what()).find("4 of 5 needs are not met") != std::string::npos);
        EXPECT(copy.needs().size() == 4 && copy.needs()[0].row == "FVH-G2" && !copy.needs()[0].explanation.empty());
        EXPECT(copy.needs()[0].reason == "missing" && copy.needs()[0].says == "agreed re-engagement script");
        EXPECT(copy.detail("gate") == "second_visit_starts" && copy.detail("nothing").empty() &&
               copy.detail().size() > 4);
    }
    const auto gate = host.pathway.gate("second_visit.start");
    EXPECT(!gate.open() && gate.title() == "The second visit starts" && gate.needs().size() == 5);
    EXPECT(gate.unmet().size() == 4 && gate.unmet()[0].text("row") == "FVH-G2");
    EXPECT(host.pathway.validation().size() == 5);
}

TEST(protocol_files_are_refused_with_places) {
    stepdown::Protocol mine;
    mine.add_text("protocol: mine\nitems: [\n", "mine.yaml").set_organization("harborview");
    try {
        mine.check();
        FAIL("nothing was thrown");
    } catch (const stepdown::ProtocolError &error) {
        const auto found = error.diagnostics();
        EXPECT(!found.empty() && found[0].file == "mine.yaml" && found[0].line > 0 && !found[0].message.empty());
    }
    const stepdown::Protocol shipped{protocol_name};
    shipped.check();
    EXPECT(shipped.text().find("FVH-") != std::string::npos && shipped.dot().rfind("digraph", 0) == 0);
    EXPECT(shipped.elements().size() > 20 && stepdown::Protocol::shipped().size() >= 15);
    EXPECT(shipped.changes_to(stepdown::Protocol{protocol_name}).empty());
    THROWS(stepdown::NotFoundError, stepdown::Protocol{"no such protocol"});
}

// ---- doing and looking -------------------------------------------------------------------------------------------------

TEST(command_ids_versions_and_times) {
    Host host;
    const auto word = [&host](const char *text) {
        return host.maria.command("notice", "pathway", {{"text", text}}).id("notice-1");
    };
    const auto first = host.pathway.execute(word("moved house")), again = host.pathway.execute(word("moved house"));
    EXPECT(!first.repeated() && again.repeated() && first.sequence() == again.sequence());
    EXPECT(first.pathway() == host.pathway.id() && first.recorded_at() == noon && first.events().size() == 1);
    THROWS(stepdown::KeyReusedError, host.pathway.execute(word("moved back")));
    THROWS(stepdown::StaleError,
           host.pathway.execute(host.maria.command("notice", "pathway", {{"text", "x"}}).expected(0)));
    host.clock.advance(1h);
    host.pathway.execute(host.maria.command("notice", "pathway", {{"text", "x"}}).occurred(noon, -300min));
    const auto records = host.pathway.records().page();
    EXPECT((*(records.end() - 1)).time("occurred_at") == noon &&
           (*(records.end() - 1)).time("recorded_at") == noon + 1h);
    THROWS(stepdown::InvalidError,
           host.pathway.execute(host.maria.command("notice", "pathway", {{"text", "x"}}).occurred(noon + 2h)));
    THROWS(stepdown::InvalidError,
           host.pathway.execute(
               host.maria.command("notice", "pathway", {{"text", "x"}}).occurred(noon, std::chrono::minutes::max())));
}

TEST(every_view_answers) {
    Host host;
    host.until_held();
    EXPECT(!host.pathway.board().empty() && host.pathway.items(true).size() < host.pathway.items().size());
    EXPECT(!host.pathway.entries().empty() && host.pathway.measures().columns() > 3);
    EXPECT(host.pathway.responsibility().columns() > 3 && !host.pathway.knowledge("second_visit").empty());
    THROWS(stepdown::ExistsError, host.pathway.migration());
    THROWS(stepdown::NotFoundError, host.pathway.dashboard("no such dashboard"));
    EXPECT(host.pathway.replay(stepdown::Protocol{protocol_name}).empty());
    EXPECT(host.maria.board(stepdown::Query().person("Lena Brandt")).size() == 1);
    EXPECT(host.maria.board("", 1).size() == 1 && !host.maria.board("", 1).next().empty());
    EXPECT(host.engine.protocols().size() == 1 && host.engine.assignments().size() == 3);
    const auto lately = host.clock.now();
    host.clock.advance(1h);
    host.notice();
    const auto now = host.pathway.show().front().integer("sequence");
    host.maria.look_back(lately);
    EXPECT(host.pathway.show().front().integer("sequence") == now - 1);
    THROWS(stepdown::MisuseError, host.notice());
    host.maria.look_back();
    host.notice();
    host.maria.show_for("regulator", "", "treatment");
    EXPECT(host.pathway.entries().size() > 0);
    host.maria.show_for(nullptr);
    THROWS(stepdown::NotFoundError, host.maria.pathway("aaaaaaaaaaaaaaaaaaaaaaaaaa").show());
    THROWS(stepdown::InvalidError, host.maria.pathway(nullptr).show());
}

TEST(time_passes_and_messages_are_leased) {
    Host host;
    host.refuse_first_visit();
    const auto due = host.engine.next_due();
    EXPECT(due.has_value() && *due > noon);
    host.clock.advance(240h);
    const auto some = host.engine.advance(host.clock.now(), 1);
    EXPECT(some.size() == 1 && some.front().text("status") == "OK");
    host.engine.advance();
    const auto messages = host.maria.lease(10, 1min);
    EXPECT(!messages.empty() && host.maria.lease(10).size() != messages.size());
    host.maria.settle(messages.front().text("token"));
    THROWS(stepdown::NotFoundError, host.maria.settle("no such token", false));
    const auto stranger = host.engine.session("Zo\xc3\xab", "supervisor", "harborview", "research");
    THROWS(stepdown::InvalidError, stranger.emergency(host.pathway.id(), ""));
    host.engine.rebuild(true);
    EXPECT(host.engine.verify(host.pathway.id()).front().boolean("intact"));
}

TEST(options_may_be_changed_under_engines_that_are_open) {
    Host host;
    auto later = std::make_unique<stepdown::Clock>(noon + 24h);
    auto options = std::make_unique<stepdown::Options>();
    options->name("first").clock(host.clock);
    const stepdown::Engine first(host.storage, *options);
    options->name("second").clock(*later);
    const stepdown::Engine second(host.storage, *options);
    options.reset();
    later.reset();
    const auto notice_at = [&host](const stepdown::Engine &engine) {
        const auto maria = engine.session("Maria Chen", "supervisor", "harborview");
        return maria.pathway(host.pathway.id()).execute("notice", "pathway", {{"text", "x"}}).recorded_at();
    };
    EXPECT(notice_at(first) == noon);
    EXPECT(notice_at(second) == noon + 24h);
}

TEST(seeds_repeat) {
    EXPECT(Host().pathway.id() == Host().pathway.id());
    EXPECT(Host(stepdown::Storage::memory(), 8).pathway.id() != Host().pathway.id());
    EXPECT(std::string(stepdown::version()).find('.') != std::string::npos);
}

TEST(progress_is_told_and_what_it_throws_comes_out) {
    Host host;
    std::uint64_t most = 0;
    const auto count = [&most](std::uint64_t done) {
        most = std::max(most, done);
        return true;
    };
    for (int i = 0; i < 1100; i++) { // it is told now and then
        host.notice();
    }
    EXPECT(host.engine.verify(host.pathway.id(), count).front().boolean("intact") && most > 0);
    THROWS(stepdown::MisuseError, host.engine.verify(nullptr, [](std::uint64_t) { return false; }));
    const auto stop = [](std::uint64_t) -> bool { throw std::runtime_error("enough"); };
    EXPECT(THROWS(std::runtime_error, host.engine.verify(nullptr, stop)) == "enough");
}
