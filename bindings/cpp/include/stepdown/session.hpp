// SPDX-License-Identifier: Apache-2.0
// Sessions and pathways: doing things, and looking at what is there. What a result holds is said at the function of C that
// makes it, in <stepdown/pathway.h>, <stepdown/board.h> and <stepdown/audit.h>.
#ifndef STEPDOWN_SESSION_HPP
#define STEPDOWN_SESSION_HPP

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include <stepdown/audit.h>
#include <stepdown/board.h>
#include <stepdown/command.h>
#include <stepdown/pathway.h>
#include <stepdown/protocol.hpp>
#include <stepdown/rows.hpp>

namespace stepdown {

// The most rows of a page.
constexpr std::uint32_t whole_page = 1000;

class Argument;

// What is to be done: a verb, a target and named arguments. Made by Session::command; may be carried out several times.
class Command {
  public:
    // An argument: text (UTF-8, may hold NUL bytes), a whole number, bool ("yes" and "no"), a time point of the system clock, a
    // duration, or a range of these. Given again it appends to a list. Decimal numbers are given as text.
    template <class T> Command &set(const Text &name, const T &value) {
        if constexpr (std::is_same_v<T, bool>) {
            put(name, value ? "yes" : "no");
        } else if constexpr (std::is_integral_v<T>) {
            static_assert(!std::is_same_v<T, char>, "a character is neither text nor a number");
            if constexpr (std::is_unsigned_v<T> && sizeof(T) >= sizeof(std::int64_t)) {
                if (value > static_cast<T>(INT64_MAX)) {
                    throw InvalidError("a number that does not fit into 64 bits with a sign");
                }
            }
            detail::call(stepdown_command_set_integer, get(), name.get(), static_cast<std::int64_t>(value));
        } else if constexpr (std::is_convertible_v<const T &, std::string_view>) {
            if constexpr (std::is_pointer_v<T>) {
                if (value == nullptr) {
                    throw InvalidError("an argument that is null");
                }
            }
            put(name, value);
        } else {
            static_assert(!std::is_floating_point_v<T>, "decimal numbers are given as text");
            set_rich(name, value);
        }
        return *this;
    }
    Command &set(const Text &name, std::initializer_list<std::string_view> values) {
        for (const std::string_view value : values) {
            put(name, value);
        }
        return *this;
    }
    // Under an id the same command again gives the first receipt. (Of a temporary these give the command itself, so
    // `auto again = pathway.command(…).id("visit-1")` keeps it.)
    Command &id(const Text &id) & {
        detail::call(stepdown_command_set_id, get(), id.get());
        return *this;
    }
    Command id(const Text &id) && { return std::move(this->id(id)); }
    // The sequence number that the user was looking at; StaleError when the pathway has moved on.
    Command &expected(std::uint64_t sequence) &noexcept {
        stepdown_command_set_expected(get(), sequence);
        return *this;
    }
    Command expected(std::uint64_t sequence) &&noexcept { return std::move(expected(sequence)); }
    // When it happened, if that was not now, and the offset from UTC that the source stated.
    Command &occurred(At at) &noexcept { return occurred_at(at, INT32_MIN); }
    Command occurred(At at) &&noexcept { return std::move(occurred_at(at, INT32_MIN)); }
    Command &occurred(At at, std::chrono::minutes offset) &noexcept { return occurred_at(at, in_minutes(offset)); }
    Command occurred(At at, std::chrono::minutes offset) &&noexcept {
        return std::move(occurred_at(at, in_minutes(offset)));
    }
    stepdown_command *get() const noexcept { return command_.get(); }

  private:
    friend class Session;
    Command(stepdown_session *session, const Text &verb, const Text &target) {
        detail::call(stepdown_command_new, session, verb.get(), target.get(), command_.out());
    }
    void put(const Text &name, std::string_view value) {
        detail::call(stepdown_command_set_text, get(), name.get(), detail::slice(value));
    }
    Command &occurred_at(At at, std::int32_t offset) noexcept {
        stepdown_command_set_occurred(get(), at.get(), offset);
        return *this;
    }
    static std::int32_t in_minutes(
        std::chrono::minutes offset) noexcept { // what does not fit is refused when carried out
        const bool fits = offset.count() > INT32_MIN && offset.count() <= INT32_MAX;
        return fits ? static_cast<std::int32_t>(offset.count()) : INT32_MAX;
    }
    template <class Duration>
    void set_rich(const Text &name, std::chrono::time_point<std::chrono::system_clock, Duration> value) {
        detail::call(stepdown_command_set_time, get(), name.get(), At(value).get());
    }
    template <class Rep, class Period> void set_rich(const Text &name, std::chrono::duration<Rep, Period> value) {
        put(name, detail::duration(detail::microseconds(value)));
    }
    template <class Values> auto set_rich(const Text &name, const Values &values) -> decltype(void(values.begin())) {
        for (const auto &value : values) {
            set(name, value);
        }
    }

    detail::Handle<stepdown_command, stepdown_command_free> command_;
};

// A named argument, written {"attempts", 3}. Refers to what it is given: used within one expression.
class Argument {
  public:
    template <class Name, class T>
    Argument(const Name &name, const T &value) : name_(name), value_(&value), give_(give<T>) {}
    template <class Name>
    Argument(const Name &name, std::initializer_list<std::string_view> values) : name_(name), list_(values) {}
    void put(Command &command) const {
        if (give_ != nullptr) {
            give_(command, name_, value_);
        } else {
            command.set(name_, list_);
        }
    }

  private:
    template <class T> static void give(Command &command, const Text &name, const void *value) {
        command.set(name, *static_cast<const T *>(value));
    }
    Text name_;
    const void *value_ = nullptr;
    void (*give_)(Command &, const Text &, const void *) = nullptr;
    std::initializer_list<std::string_view> list_;
};
using Arguments = std::initializer_list<Argument>;

// What a command did: the pathway, its sequence number, and everything that followed from it.
class Receipt : public Result {
  public:
    explicit Receipt(Result &&result) noexcept : Result(std::move(result)) {}
    std::string_view pathway() const { return front().text("pathway"); }
    std::uint64_t sequence() const { return static_cast<std::uint64_t>(front().integer("sequence")); }
    Moment recorded_at() const { return front().time("recorded_at").value(); }
    // This command id was carried out before.
    bool repeated() const { return front().boolean("repeated"); }
    Rows events() const & { return front().rows("events"); }
    Rows events() const && = delete; // they look into this
};

// A gate: the needs of one step, which of them are met, and what is lacking.
class Gate : public Result {
  public:
    explicit Gate(Result &&result) noexcept : Result(std::move(result)) {}
    // May the step be done now?
    bool open() const { return front().boolean("open"); }
    // What the gate is about, for people.
    std::string_view title() const { return front().text("title"); }
    // Every need, with its verdict and reasons.
    Rows needs() const & { return front().rows("needs"); }
    Rows needs() const && = delete; // they look into this
    // The needs that are not met.
    std::vector<Row> unmet() const & {
        const Rows all = needs();
        const auto verdict = all.column<std::string_view>("verdict");
        std::vector<Row> unmet;
        for (const Row need : all) {
            if (need[verdict] != "met") {
                unmet.push_back(need);
            }
        }
        return unmet;
    }
    std::vector<Row> unmet() const && = delete;
};

// What a board across pathways is to show; everything of the session's organization unless said otherwise.
class Query {
  public:
    Query() { detail::call(stepdown_query_new, query_.out()); }
    Query &pathway(const Text &pathway) { return set("pathway", pathway); }
    Query &organization(const Text &organization) { return set("organization", organization); }
    Query &person(const Text &person) { return set("person", person); }
    Query &role(const Text &role) { return set("role", role); }
    Query &overdue() { return set("overdue", "yes"); }
    Query &unowned() { return set("unowned", "yes"); }
    Query &blocked() { return set("blocked", "yes"); }
    Query &waiting() { return set("waiting", "yes"); }
    template <class Rep, class Period> Query &due_within(std::chrono::duration<Rep, Period> length) {
        return set("due_within", detail::duration(detail::microseconds(length)));
    }
    Query &set(const Text &name, const Text &value) {
        detail::call(stepdown_query_set, query_.get(), name.get(), value.get());
        return *this;
    }
    const stepdown_query *get() const noexcept { return query_.get(); }

  private:
    detail::Handle<stepdown_query, stepdown_query_free> query_;
};

class Pathway;

// An authenticated person with role, organization and purpose of use. Made by Engine::session; keeps its engine.
class Session {
  public:
    Session(Session &&) noexcept = default;
    Session &operator=(Session &&) noexcept = default;

    // Later calls throw ClosedError, also those of its pathways. Closing twice is closing once.
    void close() { detail::call(stepdown_session_close, get()); }

    // ---- doing
    Command command(const Text &verb, const Text &target = nullptr, Arguments arguments = {}) const {
        return command(get(), verb, target, arguments);
    }
    // Carry out a command that needs no pathway: completely or not at all.
    Receipt execute(const Command &command) const { return execute(get(), nullptr, command); }
    // The same command on every pathway of the session's organization: one row for each on which there was something to do, with
    // its status. What is not asked for any more is not done.
    Pages execute_each(Command command, std::uint32_t page = whole_page) const {
        const auto kept = std::make_shared<const Command>(std::move(command));
        return Pages([session = session_, kept, page](const char *resume) {
            return detail::result_of(stepdown_session_execute_each, session.get(), kept->get(), resume, page);
        });
    }
    // Open a pathway under a protocol; arguments "subject" and "zone" (the IANA zone in which its days begin and end).
    inline Pathway open_pathway(const Text &protocol, Arguments arguments) const;
    // A pathway by its id, as this session sees it.
    inline Pathway pathway(const Text &id) const;
    // Emergency access to a pathway for so long; the reason goes on record before anything is shown.
    void emergency(const Text &pathway, const Text &reason, std::chrono::seconds length = std::chrono::hours(1)) const {
        detail::call(stepdown_session_emergency, get(), pathway.get(), reason.get(), detail::seconds(length));
    }

    // ---- looking
    // The pathways in which the session's organization takes part.
    Pages pathways(std::uint32_t page = whole_page) const {
        return Pages([session = session_, page](const char *resume) {
            return detail::result_of(stepdown_pathway_list, session.get(), resume, page);
        });
    }
    // The board across pathways, what hurts first on top: a page of it. `next()` of the result is the `resume` of the next page.
    Result board(const Query &query, const Text &resume = "", std::uint32_t limit = whole_page) const {
        return detail::result_of(stepdown_board_query, get(), query.get(), resume.get(), limit);
    }
    Result board(const Text &resume = "", std::uint32_t limit = whole_page) const {
        return detail::result_of(stepdown_board_query, get(), nullptr, resume.get(), limit);
    }
    // From now on show only what somebody else may read too, for a purpose; a role that is null: what the session may read.
    void show_for(const Text &role, const Text &organization = nullptr, const Text &purpose = nullptr) const {
        detail::call(stepdown_session_show_for, get(), role.get(), organization.get(), purpose.get());
    }
    // Look back: ask about pathways as they were known then; of entries only what had happened by `happened_by`. Without either
    // it looks back no longer.
    void look_back(std::optional<At> known_at = std::nullopt, std::optional<At> happened_by = std::nullopt) const {
        detail::call(stepdown_session_look_back, get(), detail::time_or_none(known_at),
                     detail::time_or_none(happened_by));
    }

    // ---- outbox
    // Take messages to deliver, oldest first; nobody else gets them for so long. What consent does not allow is withheld.
    Result lease(std::uint32_t limit = 100, std::chrono::seconds length = std::chrono::minutes(1)) const {
        return detail::result_of(stepdown_outbox_lease, get(), limit, detail::seconds(length));
    }
    // A leased message was delivered, or is given back.
    void settle(const Text &token, bool delivered = true) const {
        detail::call(stepdown_outbox_settle, get(), token.get(), delivered);
    }
    stepdown_session *get() const noexcept { return session_.get(); }

  private:
    friend class Engine;
    friend class Pathway;
    using Shared = std::shared_ptr<stepdown_session>; // of a session and the pathways that it sees

    explicit Session(stepdown_session *session)
        : session_(session, [](stepdown_session *last) { stepdown_session_free(&last); }) {}
    static Command command(stepdown_session *session, const Text &verb, const Text &target, Arguments arguments) {
        Command command(session, verb, target);
        for (const Argument &argument : arguments) {
            argument.put(command);
        }
        return command;
    }
    static Receipt execute(stepdown_session *session, const char *pathway, const Command &command) {
        return Receipt(detail::result_of(stepdown_session_execute, session, pathway, command.get()));
    }

    Shared session_;
};

// One pathway as a session sees it. Nothing is kept here but the id and the session: every call asks the engine.
class Pathway {
  public:
    const std::string &id() const noexcept { return id_; }
    // The same pathway for another session.
    Pathway seen_by(const Session &session) const { return {session.session_, id_}; }

    // ---- doing
    // Any step of any item: `execute("start", "huddle")`. HeldError when a gate holds it.
    Receipt execute(const Text &verb, const Text &target = nullptr, Arguments arguments = {}) const {
        return execute(Session::command(session_.get(), verb, target, arguments));
    }
    Receipt execute(const Command &command) const { return Session::execute(session_.get(), id_.c_str(), command); }
    // Fill in a form; one that is filled in already is amended.
    Receipt submit(const Text &form, Arguments fields) const { return execute("submit", form, fields); }
    // A command for `execute`, when there is more to say: `command("refuse", "first_visit", {…}).id("visit-1")`.
    Command command(const Text &verb, const Text &target = nullptr, Arguments arguments = {}) const {
        return Session::command(session_.get(), verb, target, arguments);
    }

    // ---- looking
    // One row: everything about the pathway, with its participants, items and entries.
    Result show() const { return view(stepdown_pathway_show); }
    // Its items; with `live` only the unfinished ones.
    Result items(bool live = false) const { return view(stepdown_pathway_items, std::int32_t{live}); }
    // Current entries with their fields.
    Result entries() const { return view(stepdown_pathway_entries); }
    // What must happen next, what hurts first on top.
    Result board() const { return view(stepdown_board); }
    // A gate by its name or by the step that it guards, without passing it.
    Gate gate(const Text &gate) const { return Gate(view(stepdown_gate_check, gate.get())); }
    // Numbers about many; small ones are kept back.
    Result dashboard(const Text &name) const { return view(stepdown_dashboard, name.get()); }
    // Every measure of the pathway's protocols.
    Result measures() const { return view(stepdown_measures); }
    // Who held each responsibility from release to first contact, and every gap.
    Result responsibility() const { return view(stepdown_responsibility); }
    // Who knew of an item or an entry (its id, or its name), since when and how.
    Result knowledge(const Text &what) const { return view(stepdown_knowledge, what.get()); }
    // What the command `migrate` would do, without doing it.
    Result migration() const { return view(stepdown_pathway_migration); }

    // ---- proof
    // The auditable validation: whether each confirmation is answered, by what, and what is lacking.
    Result validation() const { return view(stepdown_audit_validate); }
    // The records from sequence number `start` on.
    Pages records(std::uint64_t start = 0, std::uint32_t page = whole_page) const {
        return Pages([session = session_, id = id_, start, page](const char *resume) {
            const std::uint64_t from = *resume != '\0' ? std::stoull(resume) : start;
            return detail::result_of(stepdown_audit_records, session.get(), id.c_str(), from, page);
        });
    }
    // What would have differed under other protocols; no rows: nothing.
    Result replay(const Protocol &protocol) const { return view(stepdown_audit_replay, protocol.get()); }

  private:
    friend class Session;
    Pathway(Session::Shared session, std::string id) : session_(std::move(session)), id_(std::move(id)) {}
    template <class Function, class... More> Result view(Function function, More... more) const {
        return detail::result_of(function, session_.get(), id_.c_str(), more...);
    }

    Session::Shared session_;
    std::string id_;
};

inline Pathway Session::open_pathway(const Text &protocol, Arguments arguments) const {
    return {session_, std::string(execute(command("open", protocol, arguments)).pathway())};
}
inline Pathway Session::pathway(const Text &id) const { return {session_, id.get() != nullptr ? id.get() : ""}; }

} // namespace stepdown

#endif
