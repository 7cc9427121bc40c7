// SPDX-License-Identifier: Apache-2.0
// Several threads: on one engine, on several engines of one storage written in C++, and with exceptions that must not cross over.
#include <atomic>
#include <thread>

#include "memory_store.hpp"
#include "support.hpp"

static void together(int count, const std::function<void(int)> &work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; i++) {
        threads.emplace_back([&work, i] {
            try {
                work(i);
            } catch (const std::exception &error) {
                test::expect(false, error.what(), __FILE__, __LINE__);
            }
        });
    }
    for (auto &thread : threads) {
        thread.join();
    }
}

TEST(threads_share_an_engine_and_a_pathway) {
    Host host;
    const auto before = host.pathway.show().front().integer("sequence");
    std::atomic<int> done{0};
    together(4, [&](int) {
        for (int i = 0; i < 5; i++) {
            host.notice();
            (void)host.pathway.board();
            (void)host.clock.advance(1ms);
            done++;
        }
    });
    EXPECT(done == 20 && host.pathway.show().front().integer("sequence") == before + 20);
}

TEST(threads_with_engines_of_their_own_share_a_storage_in_cpp) {
    Host host{stepdown::Storage(std::make_unique<MemoryStore>())};
    together(3, [&](int number) {
        const stepdown::Engine engine(host.storage,
                                      stepdown::Options().name("engine " + std::to_string(number)).clock(host.clock));
        const auto maria = engine.session("Maria Chen", "supervisor", "harborview");
        for (int i = 0; i < 5; i++) {
            const auto mine =
                maria.open_pathway(protocol_name, {{"subject", std::to_string(number)}, {"zone", "America/New_York"}});
            mine.execute("notice", "pathway", {{"text", "x"}});
            (void)maria.board();
        }
    });
    std::size_t count = 0;
    for (const auto one : host.maria.pathways(4)) {
        count += !one.text("pathway").empty();
    }
    EXPECT(count == 16);
    for (const auto chain : host.engine.verify()) {
        EXPECT(chain.boolean("intact"));
    }
}

TEST(exceptions_of_threads_do_not_cross_over) {
    struct Mine {
        int number;
    };
    class Failing : public stepdown::Backend {
      public:
        explicit Failing(int number) : number_(number) {}
        std::unique_ptr<stepdown::Transaction> begin(bool, const stepdown::Keys &) override { throw Mine{number_}; }

      private:
        int number_;
    };
    together(4, [](int number) {
        for (int i = 0; i < 50; i++) {
            try {
                const stepdown::Engine none(stepdown::Storage(std::make_unique<Failing>(number)));
                test::expect(false, "nothing was thrown", __FILE__, __LINE__);
            } catch (const Mine &thrown) {
                test::expect(thrown.number == number, "somebody else's exception", __FILE__, __LINE__);
            }
        }
    });
}

TEST(handles_go_in_threads_other_than_their_own) {
    for (int i = 0; i < 5; i++) {
        auto host = std::make_unique<Host>();
        std::vector<stepdown::Pathway> pathways(3, host->pathway);
        std::thread dropper([&host] { host.reset(); });
        together(3, [&](int number) {
            auto mine = std::move(pathways[static_cast<std::size_t>(number)]);
            test::expect(!mine.board().empty(), "an empty board", __FILE__, __LINE__);
        });
        dropper.join();
        pathways.clear();
    }
}
