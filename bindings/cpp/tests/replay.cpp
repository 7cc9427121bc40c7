// SPDX-License-Identifier: Apache-2.0
// Plays recorded calls (bindings/vectors/record.c) through the classes, and compares everything that comes back, byte for byte, with
// what C got. usage: replay RECORD… (in the folder where they were recorded; they name files)
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <unordered_map>

#include <jansson.h>
#include <stepdown.hpp>

using stepdown::Moment;
using stepdown::Result;
using stepdown::Rows;
using stepdown::Text;

// ---- what a line says --------------------------------------------------------------------------------------------------

class Step {
  public:
    explicit Step(const std::string &line) : json_(json_loadb(line.data(), line.size(), JSON_ALLOW_NUL, nullptr)) {
        if (json_ == nullptr) {
            throw std::runtime_error("a line that is no JSON");
        }
    }
    explicit Step(json_t *part) : json_(json_incref(part)) {}
    Step(const Step &) = delete;
    Step &operator=(const Step &) = delete;
    ~Step() { json_decref(json_); }

    json_t *get(const char *name) const { return json_object_get(json_, name); }
    bool has(const char *name) const { return json_is_string(get(name)) || json_is_integer(get(name)); }
    std::string string(const char *name) const { return string_of(get(name)); }
    Text text(const char *name) const {
        if (!json_is_string(get(name))) {
            return Text(nullptr);
        }
        return Text(std::string_view(json_string_value(get(name)), json_string_length(get(name))));
    }
    std::int64_t number(const char *name) const { return json_integer_value(get(name)); }
    std::uint32_t count(const char *name) const { return static_cast<std::uint32_t>(number(name)); }
    int object(const char *name) const { return has(name) ? static_cast<int>(number(name)) : -1; }
    std::optional<stepdown::At> moment(const char *name) const {
        return has(name) ? std::optional<stepdown::At>(Moment(std::chrono::microseconds(number(name)))) : std::nullopt;
    }
    std::string line() const {
        const std::unique_ptr<char, void (*)(void *)> text(json_dumps(json_, 0), std::free);
        return text.get();
    }
    static std::string string_of(json_t *value) {
        return json_is_string(value) ? std::string(json_string_value(value), json_string_length(value)) : std::string();
    }

  private:
    json_t *json_;
};

// ---- results as C writes them ------------------------------------------------------------------------------------------

static std::string json_of(const Rows &rows);

static std::string json_of(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        char code[8];
        if (static_cast<unsigned char>(c) < 0x20) {
            std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
            out += code;
        } else {
            out.append(c == '"' || c == '\\' ? "\\" : "") += c;
        }
    }
    return out + '"';
}

static std::string json_of(const std::optional<Moment> &moment) {
    if (!moment) {
        return "null";
    }
    using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;
    const auto since = moment->time_since_epoch();
    const auto day = std::chrono::floor<Days>(since);
    const std::int64_t rest = (since - day).count(), z = day.count() + 719468;
    const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    const std::int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t m = (5 * of_year + 2) / 153, month = m < 10 ? m + 3 : m - 9;
    const long long year = year_of_era + era * 400 + (month <= 2), date = of_year - (153 * m + 2) / 5 + 1;
    const long long seconds = rest / 1000000, fraction = rest % 1000000;
    char text[64];
    std::snprintf(text, sizeof text, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld", year, static_cast<long long>(month),
                  date, seconds / 3600, seconds / 60 % 60, seconds % 60);
    std::string out = text;
    if (fraction > 0) {
        std::snprintf(text, sizeof text, ".%06lld", fraction);
        out += text;
        out.erase(out.find_last_not_of('0') + 1);
    }
    return '"' + out + "Z\"";
}

static std::string cell(const Rows &rows, stepdown::Row row, std::size_t column) {
    const auto number = static_cast<std::int32_t>(column);
    switch (rows.column_type(column)) {
    case STEPDOWN_COLUMN_TEXT: return json_of(row[stepdown::Column<std::string_view>(number)]);
    case STEPDOWN_COLUMN_INTEGER: return std::to_string(row[stepdown::Column<std::int64_t>(number)]);
    case STEPDOWN_COLUMN_BOOLEAN: return row[stepdown::Column<bool>(number)] ? "true" : "false";
    case STEPDOWN_COLUMN_TIME: return json_of(row[stepdown::Column<std::optional<Moment>>(number)]);
    default: return json_of(row[stepdown::Column<Rows>(number)]);
    }
}

static std::string json_of(const Rows &rows) {
    std::string out = "[";
    for (const auto row : rows) {
        out += out.size() > 1 ? ",{" : "{";
        for (std::size_t column = 0; column < rows.columns(); column++) {
            out.append(column > 0 ? ",\"" : "\"").append(rows.column_name(column)).append("\":");
            out += cell(rows, row, column);
        }
        out += '}';
    }
    return out + ']';
}

// ---- calls -------------------------------------------------------------------------------------------------------------

// Every transaction fails with one status.
class Failing : public stepdown::Backend {
  public:
    explicit Failing(stepdown_status code) : code_(code) {}
    std::unique_ptr<stepdown::Transaction> begin(bool, const stepdown::Keys &) override {
        throw stepdown::Error(code_, "the storage was told to fail");
    }

  private:
    stepdown_status code_;
};

// What a call gave.
struct Answer {
    std::string json = "null";
    std::string next;
    std::optional<std::string> text;
    std::optional<std::optional<Moment>> moment;
    bool more = false;

    Answer() = default;
    Answer(const Rows &rows) : json(json_of(rows)), next(rows.next()) {}
    Answer(const stepdown::Advanced &advanced) : Answer(static_cast<const Rows &>(advanced)) { more = advanced.more(); }
    Answer(std::string words) : text(std::move(words)) {}
    Answer(std::optional<Moment> at) : moment(at) {}
};

class Player {
  public:
    Answer play(const Step &step) {
        if (step.has("now")) {
            clock_.set(*step.moment("now"));
        }
        const std::string call = step.string("call");
        for (const Calls *calls : {&of_stores(), &of_people()}) {
            if (const auto known = calls->find(call); known != calls->end()) {
                return known->second(*this, step);
            }
        }
        throw std::runtime_error("a call that this player does not know: " + call);
    }

  private:
    using Calls = std::unordered_map<std::string, Answer (*)(Player &, const Step &)>;
    static const Calls &of_stores(); // storages, engines, protocols
    static const Calls &of_people(); // sessions, pathways

    stepdown::Storage &storage(const Step &step) { return storages_.at(step.object("on")); }
    stepdown::Engine &engine(const Step &step) { return engines_.at(step.object("on")); }
    stepdown::Session &session(const Step &step) { return sessions_.at(step.object("on")); }
    stepdown::Protocol &protocol(const Step &step, const char *name = "on") { return protocols_.at(step.object(name)); }
    stepdown::Pathway pathway(const Step &step) { return session(step).pathway(step.text("pathway")); }
    template <class T> Answer made(std::map<int, T> &all, const Step &step, T &&object) {
        all.emplace(step.object("made"), std::move(object));
        return {};
    }
    void free(int object) {
        storages_.erase(object);
        engines_.erase(object);
        sessions_.erase(object);
        protocols_.erase(object);
    }
    stepdown::Engine create(const Step &made, const stepdown::Options &options) {
        json_t *fallback = made.get("fallback");
        const auto name = [fallback](std::size_t i) { return Step::string_of(json_array_get(fallback, i)); };
        return stepdown::Engine::create(storage(made), {name(0), name(1), name(2)}, options, made.text("name"));
    }
    // A store is made with the engine that is opened next on its storage.
    Answer store(const Step &step) {
        if (step.string("status") == "OK") {
            stores_.emplace(step.object("on"), step.line());
        } else {
            create(step, stepdown::Options().clock(clock_));
        }
        return {};
    }
    Answer open_engine(const Step &step) {
        stepdown::Options options;
        options.clock(clock_).seed(0);
        const auto store = stores_.find(step.object("on"));
        if (store == stores_.end()) {
            return made(engines_, step, stepdown::Engine(storage(step), options));
        }
        const Step wanted(store->second);
        stores_.erase(store);
        return made(engines_, step, create(wanted, options));
    }
    stepdown::Command command(const Step &step) {
        const Step said(step.get("command"));
        auto command = session(step).command(said.text("verb"), said.text("target"));
        std::size_t i;
        json_t *argument;
        json_array_foreach(said.get("arguments"), i, argument) {
            const std::string name = Step::string_of(json_array_get(argument, 0)),
                              kind = Step::string_of(json_array_get(argument, 1));
            json_t *value = json_array_get(argument, 2);
            if (kind == "text") {
                command.set(name, Step::string_of(value));
            } else if (kind == "time") {
                command.set(name, Moment(std::chrono::microseconds(json_integer_value(value))));
            } else {
                command.set(name, json_integer_value(value));
            }
        }
        if (said.has("id")) {
            command.id(said.text("id"));
        }
        if (said.has("expected")) {
            command.expected(static_cast<std::uint64_t>(said.number("expected")));
        }
        if (json_t *occurred = said.get("occurred")) {
            const Moment at{std::chrono::microseconds(json_integer_value(json_array_get(occurred, 0)))};
            const json_int_t offset = json_integer_value(json_array_get(occurred, 1));
            offset == INT32_MIN ? command.occurred(at) : command.occurred(at, std::chrono::minutes(offset));
        }
        return command;
    }
    Answer board(const Step &step) {
        stepdown::Query query;
        const char *name;
        json_t *value;
        json_object_foreach(step.get("query"), name, value) { query.set(name, Step::string_of(value)); }
        return session(step).board(query, step.text("resume"), step.count("limit"));
    }

    stepdown::Clock clock_{Moment()};
    std::map<int, stepdown::Storage> storages_;
    std::map<int, std::string> stores_;
    std::map<int, stepdown::Engine> engines_;
    std::map<int, stepdown::Session> sessions_;
    std::map<int, stepdown::Protocol> protocols_;
};

#define CALL(name, ...)                                                                                                \
    {                                                                                                                  \
        name, [](Player &p, const Step &s) -> Answer {                                                                 \
            (void)p, (void)s;                                                                                          \
            __VA_ARGS__;                                                                                               \
        }                                                                                                              \
    }
#define DONE(name, ...) CALL(name, __VA_ARGS__; return {})

const Player::Calls &Player::of_stores() {
    static const Calls all = {
        DONE("free", p.free(s.object("object"))),
        CALL("storage", return p.made(p.storages_, s, stepdown::Storage::memory())),
        CALL("storage.failing", return p.made(p.storages_, s,
                                              stepdown::Storage(std::make_unique<Failing>(
                                                  static_cast<stepdown_status>(s.number("code")))))),
        DONE("storage.close", p.storage(s).close()),
        DONE("storage.ping", p.storage(s).ping()),
        DONE("storage.checkpoint", p.storage(s).checkpoint()),
        DONE("storage.vacuum", p.storage(s).vacuum()),
        DONE("storage.backup", p.storage(s).backup(s.text("path"))),
        CALL("storage.statistics", return p.storage(s).statistics()),
        CALL("store", return p.store(s)),
        CALL("engine", return p.open_engine(s)),
        DONE("engine.close", p.engine(s).close()),
        CALL("engine.advance", return p.engine(s).advance(s.moment("until"), s.count("limit"))),
        CALL("engine.next_due", return p.engine(s).next_due()),
        DONE("engine.rebuild", p.engine(s).rebuild(s.number("snapshots") != 0)),
        DONE("engine.activate", p.engine(s).activate(p.protocol(s, "protocol"))),
        CALL("engine.protocols", return p.engine(s).protocols()),
        DONE("engine.set_organization", p.engine(s).set_organization(s.text("organization"), s.text("kind"))),
        DONE("engine.assign_role",
             p.engine(s).assign_role(s.text("role"), s.text("organization"), s.text("person"),
                                     {s.moment("from"), s.moment("until"), s.number("on_call") != 0})),
        CALL("engine.assignments", return p.engine(s).assignments()),
        CALL("engine.verify", return p.engine(s).verify(s.text("pathway"))),
        CALL("protocol", return p.made(p.protocols_, s, stepdown::Protocol())),
        DONE("protocol.add", p.protocol(s).add(s.text("name"))),
        DONE("protocol.add_text", p.protocol(s).add_text(s.string("content"), s.text("file"))),
        DONE("protocol.add_file", p.protocol(s).add_file(s.text("path"))),
        DONE("protocol.set", p.protocol(s).set(s.text("parameter"), s.text("value"))),
        DONE("protocol.set_organization", p.protocol(s).set_organization(s.text("organization"))),
        DONE("protocol.check", p.protocol(s).check()),
        CALL("protocol.text", return p.protocol(s).text()),
        CALL("protocol.dot", return p.protocol(s).dot()),
        CALL("protocol.elements", return p.protocol(s).elements()),
        CALL("protocol.changes_to", return p.protocol(s).changes_to(p.protocol(s, "after"))),
        CALL("protocol.shipped", return stepdown::Protocol::shipped()),
    };
    return all;
}

const Player::Calls &Player::of_people() {
    static const Calls all = {
        CALL("session", return p.made(p.sessions_, s,
                                      p.engine(s).session(s.text("actor"), s.text("role"), s.text("organization"),
                                                          s.text("purpose")))),
        DONE("session.close", p.session(s).close()),
        DONE("session.emergency",
             p.session(s).emergency(s.text("pathway"), s.text("reason"), std::chrono::seconds(s.number("seconds")))),
        DONE("session.show_for", p.session(s).show_for(s.text("role"), s.text("organization"), s.text("purpose"))),
        DONE("session.look_back", p.session(s).look_back(s.moment("known_at"), s.moment("happened_by"))),
        CALL("session.pathways", return p.session(s).pathways(s.count("limit")).page(s.string("resume"))),
        CALL("session.lease", return p.session(s).lease(s.count("limit"), std::chrono::seconds(s.number("seconds")))),
        DONE("session.settle", p.session(s).settle(s.text("token"), s.number("delivered") != 0)),
        CALL("session.execute",
             return s.has("pathway") ? p.pathway(s).execute(p.command(s)) : p.session(s).execute(p.command(s))),
        CALL("session.execute_each",
             return p.session(s).execute_each(p.command(s), s.count("limit")).page(s.string("resume"))),
        CALL("session.board", return p.board(s)),
        CALL("pathway.show", return p.pathway(s).show()),
        CALL("pathway.entries", return p.pathway(s).entries()),
        CALL("pathway.board", return p.pathway(s).board()),
        CALL("pathway.measures", return p.pathway(s).measures()),
        CALL("pathway.responsibility", return p.pathway(s).responsibility()),
        CALL("pathway.migration", return p.pathway(s).migration()),
        CALL("pathway.validation", return p.pathway(s).validation()),
        CALL("pathway.items", return p.pathway(s).items(s.number("live") != 0)),
        CALL("pathway.dashboard", return p.pathway(s).dashboard(s.text("name"))),
        CALL("pathway.gate", return p.pathway(s).gate(s.text("gate"))),
        CALL("pathway.knowledge", return p.pathway(s).knowledge(s.text("what"))),
        CALL("pathway.records",
             return p.pathway(s).records(static_cast<std::uint64_t>(s.number("from")), s.count("limit")).page()),
        CALL("pathway.replay", return p.pathway(s).replay(p.protocol(s, "protocol"))),
    };
    return all;
}

// ---- comparing ---------------------------------------------------------------------------------------------------------

static std::string error_differs(const Step &step, const stepdown::Error &error) {
    if (step.string("message") != error.what() && !(step.get("message") == nullptr || step.string("message").empty())) {
        return std::string("message ") + error.what() + " instead of " + step.string("message");
    }
    json_t *detail = step.get("detail"), *diagnostics = step.get("diagnostics");
    const auto pairs = error.detail();
    std::set<std::string> keys;
    for (const auto &pair : pairs) {
        keys.insert(pair.first);
        if (Step::string_of(json_object_get(detail, pair.first.c_str())) != error.detail(pair.first)) {
            return "detail " + pair.first;
        }
    }
    if (keys.size() != json_object_size(detail)) {
        return "number of details";
    }
    const auto found = error.diagnostics();
    if (found.size() != json_array_size(diagnostics)) {
        return "number of diagnostics";
    }
    for (std::size_t i = 0; i < found.size(); i++) {
        json_t *one = json_array_get(diagnostics, i);
        if (found[i].file != Step::string_of(json_array_get(one, 0)) ||
            found[i].line != json_integer_value(json_array_get(one, 1)) ||
            found[i].column != json_integer_value(json_array_get(one, 2)) ||
            found[i].message != Step::string_of(json_array_get(one, 3)) ||
            found[i].rule != Step::string_of(json_array_get(one, 4))) {
            return "diagnostic " + std::to_string(i);
        }
    }
    return {};
}

// What is not as C had it; "" when nothing.
static std::string differs(const Step &step, const std::string &expected, const Answer &answer) {
    if (step.string("status") != "OK") {
        return "OK instead of " + step.string("status");
    }
    if (step.has("text")) {
        return answer.text == step.string("text") ? "" : "another text";
    }
    if (step.get("moment") != nullptr) {
        const auto wanted = step.moment("moment");
        return answer.moment && stepdown::detail::time_or_none(*answer.moment) == stepdown::detail::time_or_none(wanted)
                   ? ""
                   : "another moment";
    }
    if (answer.json != expected) {
        std::size_t at = 0;
        while (at < std::min(answer.json.size(), expected.size()) && answer.json[at] == expected[at]) {
            at++;
        }
        return "byte " + std::to_string(at) + ": " + answer.json.substr(at > 40 ? at - 40 : 0, 100) + " instead of " +
               expected.substr(at > 40 ? at - 40 : 0, 100);
    }
    if (answer.next != step.string("next")) {
        return "another token for the next page";
    }
    return answer.more == (step.has("more") && step.number("more") != 0) ? ""
                                                                         : "another word about whether there is more";
}

static std::string played(Player &player, const Step &step, const std::string &expected) {
    try {
        const Answer answer = player.play(step);
        return step.string("call") == "free" ? "" : differs(step, expected, answer);
    } catch (const stepdown::Error &error) {
        return step.string("status") == error.status()
                   ? error_differs(step, error)
                   : std::string(error.status()) + " instead of " + step.string("status") + " (" + error.what() + ")";
    }
}

int main(int count, char **names) try {
    std::size_t steps = 0, wrong = 0;
    std::set<std::string> calls, statuses;
    for (int i = 1; i < count; i++) {
        std::ifstream file(names[i]);
        Player player;
        std::string line, expected;
        for (std::size_t number = 1; std::getline(file, line) && std::getline(file, expected) && wrong < 20;
             number += 2) {
            const Step step(line);
            calls.insert(step.string("call"));
            statuses.insert(step.string("status"));
            const std::string difference = played(player, step, expected);
            if (!difference.empty()) {
                std::cout << names[i] << ':' << number << ": " << step.string("call") << ": " << difference << '\n';
                wrong++;
            }
            steps++;
        }
    }
    std::cout << steps << " calls of " << count - 1 << " records, of " << calls.size() << " kinds and with "
              << statuses.size() << " outcomes, " << (wrong == 0 ? "as in C\n" : "NOT as in C\n");
    if (stepdown::live_objects() != 0) {
        std::cout << stepdown::live_objects() << " objects of the library are left\n";
        return 1;
    }
    return wrong > 0 || steps == 0 || calls.size() < 50 || statuses.size() < 20;
} catch (const std::exception &error) {
    std::cout << error.what() << '\n';
    return 1;
}
