// SPDX-License-Identifier: Apache-2.0
// Back ends written in C++: the conformance suite, exceptions that come home as the same object, and what a back end does wrong.
#include <atomic>
#include <cstring>

#include "memory_store.hpp"
#include "support.hpp"

namespace {

struct Boom : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What the tests set and see, also when the back end is gone.
struct Plan {
    std::map<std::string, std::exception_ptr> fail; // thrown by the slot of that name
    std::map<std::string, int> calls;
    bool apply_first = false; // a commit that fails has been applied
    bool no_transaction = false;
    std::vector<std::exception_ptr> lost;
    std::function<void()> inside; // done in every `get`
    void trip(const char *slot) {
        calls[slot]++;
        if (const auto found = fail.find(slot); found != fail.end()) {
            std::rethrow_exception(found->second);
        }
    }
};

// The example's back end, which does what the plan says.
class Fragile : public MemoryStore {
  public:
    explicit Fragile(std::shared_ptr<Plan> plan) : plan_(std::move(plan)) {}
    void open() override { plan_->trip("open"); }
    void close() override { plan_->trip("close"); }
    void ping() override { plan_->trip("ping"); }
    void lost(const std::exception_ptr &thrown) noexcept override { plan_->lost.push_back(thrown); }
    std::unique_ptr<stepdown::Transaction> begin(bool write, const stepdown::Keys &prefetch) override {
        plan_->trip("begin");
        return plan_->no_transaction ? nullptr : std::make_unique<Tripping>(plan_, MemoryStore::begin(write, prefetch));
    }

  private:
    class Tripping : public stepdown::Transaction {
      public:
        Tripping(std::shared_ptr<Plan> plan, std::unique_ptr<stepdown::Transaction> real)
            : plan_(std::move(plan)), real_(std::move(real)) {}
        void get(const stepdown::Keys &keys, stepdown::Values &out) override {
            plan_->trip("get");
            if (plan_->inside) {
                plan_->inside();
            }
            real_->get(keys, out);
        }
        void scan(const stepdown::Range &range, stepdown::Scanned &out) override {
            plan_->trip("scan");
            real_->scan(range, out);
        }
        void commit(const stepdown::Batch &batch) override {
            if (plan_->apply_first) {
                real_->commit(batch);
            }
            plan_->trip("commit");
            real_->commit(batch);
        }
        void abort() override { plan_->trip("abort"); }

      private:
        std::shared_ptr<Plan> plan_;
        std::unique_ptr<stepdown::Transaction> real_;
    };
    std::shared_ptr<Plan> plan_;
};

stepdown::Storage fragile(const std::shared_ptr<Plan> &plan) {
    return stepdown::Storage(std::make_unique<Fragile>(plan));
}

// The address of the exception object that `work` throws.
template <class Wanted, class Work> const void *address_of(Work &&work) {
    try {
        work();
    } catch (const Wanted &thrown) {
        return &thrown;
    }
    return nullptr;
}
template <class Wanted> const void *address_in(const std::exception_ptr &thrown) {
    return address_of<Wanted>([&] { std::rethrow_exception(thrown); });
}

} // namespace

TEST(the_example_keeps_every_promise) {
    const auto rules = stepdown::conformance([](bool reopen) {
        if (reopen) {
            throw stepdown::UnsupportedError("it does not last");
        }
        return stepdown::Storage(std::make_unique<MemoryStore>());
    });
    EXPECT(rules.size() > 40);
    for (const auto &rule : rules) {
        EXPECT(rule.result != STEPDOWN_CONFORMANCE_FAILED);
        EXPECT(rule.result == STEPDOWN_CONFORMANCE_PASSED || rule.name == "reopened_store_keeps_what_was_committed");
    }
}

TEST(broken_promises_are_named) {
    class Forgetful : public MemoryStore {
      public:
        std::unique_ptr<stepdown::Transaction> begin(bool write, const stepdown::Keys &prefetch) override {
            struct Deaf : stepdown::Transaction {
                std::unique_ptr<stepdown::Transaction> real;
                void get(const stepdown::Keys &keys, stepdown::Values &out) override { real->get(keys, out); }
                void scan(const stepdown::Range &, stepdown::Scanned &) override {}
                void commit(const stepdown::Batch &batch) override { real->commit(batch); }
            };
            auto deaf = std::make_unique<Deaf>();
            deaf->real = MemoryStore::begin(write, prefetch);
            return deaf;
        }
    };
    std::size_t failed = 0;
    for (const auto &rule :
         stepdown::conformance([](bool) { return stepdown::Storage(std::make_unique<Forgetful>()); })) {
        failed += rule.result == STEPDOWN_CONFORMANCE_FAILED && !rule.detail.empty();
    }
    EXPECT(failed > 0);
}

TEST(the_engine_works_on_a_back_end_in_cpp) {
    Host host{stepdown::Storage(std::make_unique<MemoryStore>())};
    host.until_held();
    THROWS(stepdown::HeldError, host.pathway.seen_by(host.lena).execute("start", "second_visit"));
    EXPECT(host.engine.verify(host.pathway.id()).front().boolean("intact"));
    EXPECT(host.storage.statistics().find("\"keys\":") != std::string::npos);
    host.storage.ping();
    host.storage.checkpoint();
    host.storage.vacuum();
    EXPECT(THROWS(stepdown::UnsupportedError, host.storage.backup("copy.db")) == "this storage cannot be backed up");
    host.engine.close();
}

TEST(an_exception_comes_home_as_the_same_object_from_every_slot) {
    for (const char *slot : {"begin", "get", "scan"}) {
        const auto plan = std::make_shared<Plan>();
        Host host(fragile(plan));
        const auto boom = plan->fail[slot] = std::make_exception_ptr(Boom(slot));
        const void *home = address_of<Boom>([&] {
            if (std::strcmp(slot, "scan") == 0) {
                host.engine.rebuild(true);
                (void)host.pathway.show();
            } else {
                host.notice();
            }
        });
        EXPECT(home != nullptr && home == address_in<Boom>(boom));
        plan->fail.clear();
        EXPECT(host.pathway.show().size() == 1); // and nothing is broken
        host.engine.close();
    }
    const auto plan = std::make_shared<Plan>();
    const auto boom = plan->fail["open"] = std::make_exception_ptr(Boom("open"));
    EXPECT(address_of<Boom>([&] { fragile(plan); }) == address_in<Boom>(boom));
    plan->fail.clear();
    auto storage = fragile(plan);
    plan->fail = {{"ping", boom}, {"close", boom}};
    EXPECT(address_of<Boom>([&] { storage.ping(); }) == address_in<Boom>(boom));
    EXPECT(address_of<Boom>([&] { storage.close(); }) == address_in<Boom>(boom));
}

TEST(whatever_is_thrown_comes_home) {
    const auto plan = std::make_shared<Plan>();
    Host host(fragile(plan));
    plan->fail["get"] = std::make_exception_ptr(42);
    EXPECT(*static_cast<const int *>(address_in<int>(plan->fail["get"])) == 42);
    EXPECT(address_of<int>([&] { host.notice(); }) == address_in<int>(plan->fail["get"]));
    plan->fail["get"] = std::make_exception_ptr(std::bad_alloc());
    THROWS(std::bad_alloc, host.notice());
    plan->fail["get"] = std::make_exception_ptr(stepdown::HeldError("not a storage's to say"));
    THROWS(stepdown::HeldError, host.notice()); // the same object; for the engine it was HOST
    plan->fail.clear();
    plan->no_transaction = true;
    EXPECT(THROWS(std::logic_error, host.notice()) == "begin() returned no transaction");
    plan->no_transaction = false;
    host.engine.close();
}

TEST(what_a_commit_throws_means_unknown_unless_it_says_otherwise) {
    const auto plan = std::make_shared<Plan>();
    Host host(fragile(plan));
    const auto before = host.pathway.show().front().integer("sequence");
    plan->fail["commit"] = std::make_exception_ptr(Boom("the line went dead"));
    EXPECT(address_of<Boom>([&] { host.notice(); }) == address_in<Boom>(plan->fail["commit"]));
    plan->fail["commit"] = std::make_exception_ptr(stepdown::BusyError("locked"));
    EXPECT(address_of<stepdown::BusyError>([&] { host.notice(); }) ==
           address_in<stepdown::BusyError>(plan->fail["commit"]));
    plan->fail["commit"] = std::make_exception_ptr(stepdown::UnknownError("who knows"));
    EXPECT(THROWS(stepdown::UnknownError, host.notice()) == "who knows");
    plan->calls.clear();
    plan->fail["commit"] = std::make_exception_ptr(stepdown::ConflictError("somebody else was faster"));
    THROWS(stepdown::ContendedError, host.notice());
    EXPECT(plan->calls["commit"] > 16);
    plan->fail.clear();
    EXPECT(host.pathway.show().front().integer("sequence") == before);
    host.engine.close();
}

TEST(a_commit_that_was_applied_after_all_has_taken_effect) {
    const auto plan = std::make_shared<Plan>();
    Host host(fragile(plan));
    plan->fail["commit"] = std::make_exception_ptr(Boom("the answer was lost"));
    plan->apply_first = true;
    const auto receipt = host.notice();
    plan->fail.clear();
    plan->apply_first = false;
    EXPECT(host.pathway.show().front().integer("sequence") == static_cast<std::int64_t>(receipt.sequence()));
    EXPECT(host.engine.verify(host.pathway.id()).front().boolean("intact"));
    host.engine.close();
}

TEST(a_back_end_that_calls_its_engine_is_told) {
    const auto plan = std::make_shared<Plan>();
    Host host(fragile(plan));
    plan->inside = [&host] { (void)host.engine.next_due(); };
    THROWS(stepdown::ReentrantError, host.notice());
    plan->inside = nullptr;
    host.notice();
    host.engine.close();
}

TEST(what_nobody_can_catch_is_told_and_what_could_not_be_written_is_logged) {
    const auto plan = std::make_shared<Plan>();
    std::vector<std::string> told;
    {
        Host host(fragile(plan));
        plan->fail["abort"] = std::make_exception_ptr(Boom("abort"));
        (void)host.pathway.show();
        THROWS(stepdown::NotFoundError, host.pathway.execute("start", "huddle"));
        plan->fail.clear();
        EXPECT(!plan->lost.empty());
        for (const auto &one : plan->lost) {
            EXPECT(address_in<Boom>(one) != nullptr);
        }
        host.engine.close();
    }
    {
        const auto again = std::make_shared<Plan>();
        stepdown::Options options;
        options.log([&told](stepdown::Options::Level level, std::string_view message) {
            told.push_back(std::to_string(static_cast<int>(level)) + " " + std::string(message));
        });
        Host host(fragile(again));
        const stepdown::Engine second(host.storage, options.name("second").clock(host.clock));
        const auto reader = second.session("Maria Chen", "supervisor", "harborview");
        (void)reader.pathway(host.pathway.id()).board();
        again->fail["commit"] = std::make_exception_ptr(Boom("full"));
        { // the last one that keeps the second engine goes
            const auto gone = std::make_unique<stepdown::Engine>(host.storage, options.name("third"));
            const auto eyes = gone->session("Maria Chen", "supervisor", "harborview");
            (void)eyes.pathway(host.pathway.id()).board();
        }
        again->fail.clear();
    }
    EXPECT(told.size() == 1 && told[0] == "1 full");
}
