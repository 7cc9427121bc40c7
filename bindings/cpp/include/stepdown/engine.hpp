// SPDX-License-Identifier: Apache-2.0
// Engines: one user of one store, with protocols, roles and time.
#ifndef STEPDOWN_ENGINE_HPP
#define STEPDOWN_ENGINE_HPP

#include <atomic>
#include <functional>
#include <memory>

#include <stepdown/engine.h>
#include <stepdown/protocol.hpp>
#include <stepdown/session.hpp>
#include <stepdown/storage.hpp>

namespace stepdown {

// Objects of the library that are alive in this process (not errors and bytes); 0 when everything was freed.
inline std::int64_t live_objects() noexcept { return stepdown_live_objects(); }
// Version of the library.
inline const char *version() noexcept { return stepdown_version(); }

// A clock that stands still until it is moved: for tests, imports and simulations. Without one an engine goes by the system's.
// Copies are the same clock. Read and moved from any thread.
class Clock {
  public:
    explicit Clock(At now) : now_(std::make_shared<std::atomic<stepdown_time>>(now.get())) {}
    Moment now() const noexcept { return Moment(std::chrono::microseconds(now_->load())); }
    void set(At now) noexcept { now_->store(now.get()); }
    // Move it on, and say what it says then.
    template <class Rep, class Period> Moment advance(std::chrono::duration<Rep, Period> by) {
        const stepdown_time length = detail::microseconds(by);
        return Moment(std::chrono::microseconds(now_->fetch_add(length) + length));
    }

  private:
    friend class Options;
    std::shared_ptr<std::atomic<stepdown_time>> now_;
};

// What an engine takes from its host. Copied when an engine is opened.
class Options {
  public:
    enum class Level : std::int32_t { error = 1, warning = 2, information = 3 };
    using Log = std::function<void(Level level, std::string_view message)>;

    Options() {
        detail::call(stepdown_options_new, options_.out());
        host_ = new Host;
        keep();
    }
    Options(const Options &) = delete;
    Options &operator=(const Options &) = delete;
    // Name of the engine; engines that work side by side want different ones. "engine" unless said.
    Options &name(const Text &name) {
        detail::call(stepdown_options_set_name, get(), name.get());
        return *this;
    }
    // Engines that are open keep the clock (the seed, the log) that they were opened with.
    Options &clock(const Clock &clock) {
        return change([&clock](Host &host) { host.now = clock.now_; });
    }
    // Ids repeat: for tests only.
    Options &seed(std::uint64_t seed) {
        return change([seed](Host &host) {
            host.seeded = true;
            host.seed = seed;
        });
    }
    // Where warnings go; messages never hold sensitive values. Called from any thread, and must not throw (std::terminate).
    Options &log(Log log) {
        return change([&log](Host &host) { host.log = std::move(log); });
    }
    // How often a command that lost against another writer is tried again before ContendedError.
    Options &retries(std::uint32_t retries) noexcept {
        stepdown_options_set_retries(get(), retries);
        return *this;
    }
    // How many pathways stay in memory.
    Options &cache(std::uint32_t pathways) noexcept {
        stepdown_options_set_cache(get(), pathways);
        return *this;
    }
    // Where the time zones are.
    Options &zone_directory(const Text &path) {
        detail::call(stepdown_options_set_zone_directory, get(), path.get());
        return *this;
    }
    // Memory for the engine; the function and what `ctx` points to must outlive the last object made with it.
    Options &allocator(stepdown_allocate_fn allocate, void *ctx) noexcept {
        stepdown_options_set_allocator(get(), allocate, ctx);
        return *this;
    }
    stepdown_options *get() const noexcept { return options_.get(); }

  private:
    // What the callbacks stand on: kept by these options and by every engine opened with them. Not changed once it is used.
    struct Host {
        std::atomic<std::int32_t> references{1};
        std::shared_ptr<std::atomic<stepdown_time>> now;
        bool seeded = false;
        std::atomic<std::uint64_t> seed{0};
        Log log;
    };
    template <class Change> Options &change(Change change) {
        auto next = std::make_unique<Host>();
        next->now = host_->now;
        next->seeded = host_->seeded;
        next->seed = host_->seed.load();
        next->log = host_->log;
        change(*next);
        host_ = next.release();
        keep();
        if (host_->now != nullptr) {
            stepdown_options_set_clock(get(), read, host_);
        }
        if (host_->seeded) {
            stepdown_options_set_random(get(), random, host_);
        }
        stepdown_options_set_log(get(), host_->log ? tell : nullptr, host_);
        return *this;
    }
    void keep() noexcept { // from now on the options keep it; they let go of the one before
        stepdown_options_set_keeper(get(), host_, retain, release);
        release(host_);
    }
    static stepdown_time read(void *ctx) noexcept { return static_cast<const Host *>(ctx)->now->load(); }
    static void tell(void *ctx, std::int32_t level, const char *message) noexcept {
        static_cast<const Host *>(ctx)->log(static_cast<Level>(level), message);
    }
    static void retain(void *ctx) noexcept { static_cast<Host *>(ctx)->references.fetch_add(1); }
    static void release(void *ctx) noexcept {
        auto *host = static_cast<Host *>(ctx);
        if (host->references.fetch_sub(1) == 1) {
            delete host;
        }
    }
    // SplitMix64, as scenarios and the other bindings have it.
    static std::int32_t random(void *ctx, std::uint8_t *out, std::size_t size) noexcept {
        auto *host = static_cast<Host *>(ctx);
        constexpr std::uint64_t step = 0x9E3779B97F4A7C15;
        for (std::size_t i = 0; i < size; i++) {
            std::uint64_t z = host->seed.fetch_add(step) + step;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            out[i] = static_cast<std::uint8_t>(z ^ (z >> 31));
        }
        return 1;
    }

    detail::Handle<stepdown_options, stepdown_options_free> options_;
    Host *host_ = nullptr; // kept by them
};

// Who answers when every ladder has run out.
struct Fallback {
    Text person;
    Text role;
    Text organization;
};

// Since when and until when somebody holds a role (always has, and no end, unless said), and whether they are asked first.
struct Holding {
    std::optional<At> from;
    std::optional<At> until;
    bool on_call = false;
};

// What happened while time passed: one row for each pathway.
class Advanced : public Result {
  public:
    Advanced(Result &&result, bool more) noexcept : Result(std::move(result)), more_(more) {}
    // More is due than the limit allowed.
    bool more() const noexcept { return more_; }

  private:
    bool more_;
};

// One user of one store. May be used from any thread; calls on one engine queue. Destroying it drops one reference (its
// sessions keep it), `close` closes it for everybody. What closing could not write is only told by `close`, or the log.
class Engine {
  public:
    // Open an engine on a store; NotFoundError when there is none in the storage.
    explicit Engine(const Storage &storage) : Engine(storage, nullptr) {}
    Engine(const Storage &storage, const Options &options) : Engine(storage, options.get()) {}
    // Make a new store in an empty storage and open an engine on it. ExistsError when there is a store already.
    static Engine create(const Storage &storage, const Fallback &fallback, const Text &label = "stepdown") {
        return create(storage, fallback, nullptr, label);
    }
    static Engine create(const Storage &storage, const Fallback &fallback, const Options &options,
                         const Text &label = "stepdown") {
        return create(storage, fallback, options.get(), label);
    }
    // Write what is pending; later calls on it and its sessions throw ClosedError. Closing twice is closing once.
    void close() { detail::call(stepdown_engine_close, get()); }

    // ---- time
    // Let time pass: whatever is due up to `until` (or up to now) fires, on at most `limit` pathways (0: all).
    Advanced advance(std::optional<At> until = std::nullopt, std::uint32_t limit = 0) const {
        std::int32_t more = 0;
        stepdown_result *result = nullptr;
        stepdown_error *error = nullptr;
        const stepdown_time moment = until ? until->get() : INT64_MAX;
        const stepdown_status status = stepdown_engine_advance(get(), moment, limit, &result, &more, &error);
        detail::check(status, error);
        return {Result(result), more != 0};
    }
    // When anything is due next; empty when nothing is.
    std::optional<Moment> next_due() const {
        stepdown_time due = STEPDOWN_TIME_NONE;
        detail::call(stepdown_engine_next_due, get(), &due);
        return detail::moment(due);
    }
    // Throw away what is cached, with `snapshots` also what is stored: everything is folded anew from records.
    void rebuild(bool snapshots = false) const { detail::call(stepdown_engine_rebuild, get(), snapshots); }

    // ---- protocols, organizations, roles
    // Put a set in force: all or nothing. ProtocolError holds every problem.
    void activate(const Protocol &protocol) const { detail::call(stepdown_engine_activate, get(), protocol.get()); }
    // A shipped protocol by name.
    void activate(const Text &name) const { activate(Protocol().add(name)); }
    // The protocols in force.
    Result protocols() const { return detail::result_of(stepdown_engine_protocols, get()); }
    // Make an organization known; `kind` as protocols name it ("provider").
    void set_organization(const Text &organization, const Text &kind) const {
        detail::call(stepdown_engine_set_organization, get(), organization.get(), kind.get());
    }
    // `person` holds `role` in `organization`.
    void assign_role(const Text &role, const Text &organization, const Text &person,
                     const Holding &holding = {}) const {
        detail::call(stepdown_engine_assign_role, get(), role.get(), organization.get(), person.get(),
                     holding.from ? holding.from->get() : 0, detail::time_or_none(holding.until), holding.on_call);
    }
    // Who holds which role.
    Result assignments() const { return detail::result_of(stepdown_engine_assignments, get()); }

    // ---- proof
    // Check every record of all chains, or of a pathway's; one row for each chain, "intact" says how it is.
    Result verify(const Text &pathway = nullptr) const {
        return detail::result_of(stepdown_audit_verify, get(), pathway.get(), nullptr, nullptr);
    }
    // The same, telling `progress` now and then how many records are done; false from it stops (MisuseError), and so does what
    // it throws, which comes out of this call.
    template <class Progress> Result verify(const Text &pathway, Progress &&progress) const {
        struct Told {
            std::remove_reference_t<Progress> &progress;
            std::exception_ptr thrown;
        } told{progress, nullptr};
        const auto tell = [](void *ctx, std::uint64_t done) noexcept -> std::int32_t {
            auto &to = *static_cast<Told *>(ctx);
            try {
                return to.progress(done) ? 1 : 0;
            } catch (...) {
                to.thrown = std::current_exception();
                return 0;
            }
        };
        stepdown_result *result = nullptr;
        stepdown_error *error = nullptr;
        const stepdown_status status = stepdown_audit_verify(get(), pathway.get(), tell, &told, &result, &error);
        if (told.thrown != nullptr) {
            const Result unused(result);
            stepdown_error_free(&error);
            std::rethrow_exception(told.thrown);
        }
        detail::check(status, error);
        return Result(result);
    }

    // ---- people
    // A session of somebody whom you have authenticated; `purpose` of use is "treatment" unless said otherwise.
    Session session(const Text &actor, const Text &role, const Text &organization,
                    const Text &purpose = nullptr) const {
        stepdown_session *session = nullptr;
        detail::call(stepdown_session_open, get(), actor.get(), role.get(), organization.get(), purpose.get(),
                     &session);
        return Session(session);
    }
    stepdown_engine *get() const noexcept { return engine_.get(); }

  private:
    Engine(const Storage &storage, const stepdown_options *options) {
        detail::call(stepdown_engine_open, storage.get(), options, engine_.out());
    }
    static Engine create(const Storage &storage, const Fallback &fallback, const stepdown_options *options,
                         const Text &label) {
        detail::call(stepdown_store_create, storage.get(), options, label.get(), fallback.person.get(),
                     fallback.role.get(), fallback.organization.get());
        return {storage, options};
    }

    detail::Handle<stepdown_engine, stepdown_engine_free> engine_;
};

} // namespace stepdown

#endif
