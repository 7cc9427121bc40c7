// SPDX-License-Identifier: Apache-2.0
// Handles in every order: closed, destroyed, moved from, used afterwards, used while they are closed. Never a crash, nothing
// left over, and an exception where one is due.
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "memory_store.hpp"
#include "support.hpp"

template <class... Handles> constexpr bool move_only() {
    return ((!std::is_copy_constructible_v<Handles> && !std::is_copy_assignable_v<Handles> &&
             std::is_nothrow_move_constructible_v<Handles> && std::is_nothrow_move_assignable_v<Handles>)&&...);
}
static_assert(
    move_only<stepdown::Storage, stepdown::Engine, stepdown::Session, stepdown::Protocol, stepdown::Command,
              stepdown::Query, stepdown::Result, stepdown::Receipt, stepdown::Gate, stepdown::StorageOptions>());
static_assert(std::is_nothrow_copy_constructible_v<stepdown::Error> &&
              std::is_nothrow_copy_constructible_v<stepdown::HeldError>);
static_assert(sizeof(stepdown::Engine) == sizeof(void *) && sizeof(stepdown::Command) == sizeof(void *));

// Nested rows of a gate or a receipt that is gone at once do not compile.
template <class T, class = void> constexpr bool gives_needs = false;
template <class T> constexpr bool gives_needs<T, std::void_t<decltype(std::declval<T>().needs())>> = true;
static_assert(gives_needs<const stepdown::Gate &> && !gives_needs<stepdown::Gate>);
template <class T, class = void> constexpr bool gives_events = false;
template <class T> constexpr bool gives_events<T, std::void_t<decltype(std::declval<T>().events())>> = true;
static_assert(gives_events<const stepdown::Receipt &> && !gives_events<stepdown::Receipt>);

static const stepdown::Fallback &fallback() {
    static const stepdown::Fallback ruth{"Ruth Adler", "service-leader", "harborview"};
    return ruth;
}

TEST(a_closed_engine_makes_everything_of_it_throw) {
    Host host;
    host.refuse_first_visit();
    const auto before = host.pathway.board();
    host.engine.close();
    host.engine.close();
    const std::function<void()> calls[] = {[&] { (void)host.engine.next_due(); },
                                           [&] { (void)host.engine.protocols(); },
                                           [&] { (void)host.engine.advance(); },
                                           [&] { (void)host.engine.assignments(); },
                                           [&] { (void)host.engine.verify(); },
                                           [&] { host.engine.rebuild(); },
                                           [&] { host.engine.activate(protocol_name); },
                                           [&] { (void)host.engine.session("a", "b", "c"); },
                                           [&] { host.engine.set_organization("a", "provider"); },
                                           [&] { host.engine.assign_role("a", "b", "c"); },
                                           [&] { host.maria.pathways().begin(); },
                                           [&] { (void)host.maria.board(); },
                                           [&] { (void)host.maria.lease(); },
                                           [&] { host.maria.emergency(host.pathway.id(), "r"); },
                                           [&] { (void)host.pathway.show(); },
                                           [&] { (void)host.pathway.items(); },
                                           [&] { (void)host.pathway.entries(); },
                                           [&] { (void)host.pathway.board(); },
                                           [&] { (void)host.pathway.gate("g"); },
                                           [&] { (void)host.pathway.dashboard("d"); },
                                           [&] { (void)host.pathway.measures(); },
                                           [&] { (void)host.pathway.responsibility(); },
                                           [&] { (void)host.pathway.knowledge("huddle"); },
                                           [&] { (void)host.pathway.migration(); },
                                           [&] { (void)host.pathway.validation(); },
                                           [&] { host.pathway.records().begin(); },
                                           [&] { (void)host.pathway.replay(stepdown::Protocol{protocol_name}); },
                                           [&] { (void)host.pathway.execute("start", "huddle"); },
                                           [&] { host.maria.execute_each(host.maria.command("notice")).begin(); },
                                           [&] { host.maria.look_back(noon); },
                                           [&] { host.maria.show_for(nullptr); }};
    for (const auto &call : calls) {
        THROWS(stepdown::ClosedError, call());
    }
    EXPECT(!before.empty() && !before.front().text("id").empty()); // what was asked before is still there
    host.maria.close();
}

TEST(a_closed_session_and_a_closed_storage_say_so) {
    Host host;
    host.maria.close();
    host.maria.close();
    THROWS(stepdown::ClosedError, (void)host.pathway.board());
    EXPECT(host.pathway.seen_by(host.sam).show().size() == 1);
    host.storage.close();
    host.storage.close();
    THROWS(stepdown::ClosedError, host.storage.ping());
    THROWS(stepdown::ClosedError, (void)host.storage.statistics());
    THROWS(stepdown::ClosedError, host.storage.vacuum());
    THROWS(stepdown::ClosedError, (void)host.engine.next_due());
}

TEST(children_keep_what_they_stand_on) {
    auto host = std::make_unique<Host>();
    stepdown::Pathway pathway = host->pathway;
    stepdown::Session sam = std::move(host->sam);
    stepdown::Result board = pathway.board();
    host.reset(); // storage, engine, clock and the session that opened it
    EXPECT(pathway.execute("notice", "pathway", {{"text", "x"}}).sequence() > 0);
    EXPECT(pathway.seen_by(sam).show().size() == 1 && !board.empty());
    stepdown::Command last = sam.command("notice", "pathway", {{"text", "x"}});
    sam = std::move(*std::make_unique<stepdown::Session>(std::move(sam)));
    EXPECT(pathway.seen_by(sam).execute(last).sequence() > 0);
}

TEST(children_may_go_first) {
    Host host;
    for (int i = 0; i < 3; i++) {
        auto engine =
            std::make_unique<stepdown::Engine>(host.storage, stepdown::Options().name("other").clock(host.clock));
        auto session = std::make_unique<stepdown::Session>(engine->session("Maria Chen", "supervisor", "harborview"));
        EXPECT(session->pathway(host.pathway.id()).items().size() > 0);
        (i % 2 == 0) ? session.reset() : engine.reset();
    }
}

TEST(what_was_moved_from_throws_or_does_nothing) {
    Host host;
    stepdown::Engine engine = std::move(host.engine);
    stepdown::Session maria = std::move(host.maria);
    stepdown::Storage storage = std::move(host.storage);
    stepdown::Result items = host.pathway.items(), taken = std::move(items);
    THROWS(stepdown::InvalidError, (void)host.engine.next_due());
    THROWS(stepdown::InvalidError, host.engine.close());
    THROWS(stepdown::InvalidError, (void)host.maria.board());
    THROWS(stepdown::InvalidError, (void)host.maria.command("notice"));
    THROWS(stepdown::InvalidError, host.storage.ping());
    EXPECT(items.empty() && items.columns() == 0 && !taken.empty());
    items = std::move(taken);
    EXPECT(!items.empty() && taken.empty());
    stepdown::Result &self = items;
    items = std::move(self);
    EXPECT(!items.empty());
    stepdown::Command command = maria.command("notice", "pathway", {{"text", "x"}}), other = std::move(command);
    THROWS(stepdown::InvalidError, command.set("text", "y"));
    THROWS(stepdown::InvalidError, host.pathway.execute(command));
    command.expected(1).occurred(noon);
    EXPECT(host.pathway.execute(other).sequence() > 0);
    EXPECT(engine.next_due() == engine.next_due());
}

TEST(constructors_that_fail_leave_nothing) {
    THROWS(stepdown::NotFoundError, stepdown::Engine(stepdown::Storage::memory()));
    THROWS(stepdown::NotFoundError,
           stepdown::Storage::sqlite("no/such/folder/x.db", stepdown::StorageOptions().create(false)));
    THROWS(stepdown::InvalidError, stepdown::StorageOptions().cache_kibibytes(1));
    THROWS(stepdown::InvalidError, stepdown::StorageOptions().busy_timeout(-1ms));
    THROWS(stepdown::InvalidError, stepdown::StorageOptions().busy_timeout(std::chrono::milliseconds::max()));
    THROWS(stepdown::InvalidError, stepdown::Options().name(""));
    THROWS(stepdown::InvalidError, stepdown::Options().name(std::string(129, 'x')));
    const auto storage = stepdown::Storage::memory();
    (void)stepdown::Engine::create(storage, fallback());
    THROWS(stepdown::ExistsError, stepdown::Engine::create(storage, fallback(), "again"));
    THROWS(stepdown::InvalidError, stepdown::Engine::create(storage, {"", "service-leader", "harborview"}));
    THROWS(stepdown::InvalidError, stepdown::Engine(storage).session("", "b", "c"));
    THROWS(stepdown::InvalidError, stepdown::Storage(std::unique_ptr<stepdown::Backend>()));
}

TEST(a_file_is_opened_again_with_all_that_was_in_it) {
    char folder[] = "cpp-XXXXXX";
    if (mkdtemp(folder) == nullptr) {
        FAIL("a folder for the files");
        return;
    }
    const std::string file = std::string(folder) + "/care.db", copy = std::string(folder) + "/copy.db";
    std::string id;
    {
        Host host(stepdown::Storage::sqlite(file, stepdown::StorageOptions().synchronous(false).busy_timeout(1s)));
        id = host.pathway.id();
        host.engine.close();
        host.storage.checkpoint();
        host.storage.backup(copy);
        THROWS(stepdown::ExistsError, host.storage.backup(copy));
    }
    for (const std::string &path : {file, copy}) {
        const stepdown::Engine engine(stepdown::Storage::sqlite(path, stepdown::StorageOptions().create(false)));
        const auto maria = engine.session("Maria Chen", "supervisor", "harborview");
        EXPECT(maria.pathways().page().front().text("pathway") == id);
    }
    THROWS(
        stepdown::ReadOnlyError, (void)[&file] {
            const stepdown::Engine engine(stepdown::Storage::sqlite(file, stepdown::StorageOptions().read_only(true)));
            engine.set_organization("x", "provider");
        }());
    for (const std::string &path : {file, copy}) {
        for (const char *more : {"", "-wal", "-shm"}) {
            (void)std::remove((path + more).c_str());
        }
    }
    EXPECT(std::remove(folder) == 0);
}

TEST(closing_during_a_call_lets_it_end) {
    struct Gate {
        std::mutex mutex;
        std::condition_variable changed;
        bool armed = false, inside = false, go_on = false;
        void pass() {
            std::unique_lock<std::mutex> lock(mutex);
            if (armed) {
                inside = true;
                changed.notify_all();
                changed.wait(lock, [this] { return go_on; });
            }
        }
    } gate;
    class Slow : public MemoryStore {
      public:
        explicit Slow(Gate &gate) : gate_(gate) {}
        std::unique_ptr<stepdown::Transaction> begin(bool write, const stepdown::Keys &prefetch) override {
            gate_.pass();
            return MemoryStore::begin(write, prefetch);
        }

      private:
        Gate &gate_;
    };
    Host host{stepdown::Storage(std::make_unique<Slow>(gate))};
    gate.armed = true;
    std::uint64_t sequence = 0;
    std::thread worker([&] { sequence = host.notice().sequence(); });
    {
        std::unique_lock<std::mutex> lock(gate.mutex);
        gate.changed.wait(lock, [&] { return gate.inside; });
    }
    std::thread closer([&] { host.engine.close(); });
    {
        const std::lock_guard<std::mutex> lock(gate.mutex);
        gate.go_on = true;
    }
    gate.changed.notify_all();
    worker.join();
    closer.join();
    EXPECT(sequence > 0);
    THROWS(stepdown::ClosedError, (void)host.engine.next_due());
}
