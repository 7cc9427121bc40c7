// SPDX-License-Identifier: Apache-2.0
// Protocol files: checking, viewing and comparing them, and putting sets of them together.
#ifndef STEPDOWN_PROTOCOL_HPP
#define STEPDOWN_PROTOCOL_HPP

#include <initializer_list>
#include <string>

#include <stepdown/protocol.h>
#include <stepdown/rows.hpp>

namespace stepdown {

// A set of protocols, overlays and parameter settings. Not for two threads at once.
class Protocol {
  public:
    // Of protocols that ship with the library.
    Protocol(std::initializer_list<const char *> names = {}) {
        detail::call(stepdown_protocol_new, nullptr, protocol_.out());
        for (const char *name : names) {
            add(name);
        }
    }

    // Add a shipped protocol by name.
    Protocol &add(const Text &name) {
        detail::call(stepdown_protocol_add_builtin, get(), name.get());
        return *this;
    }
    // Add a protocol or an overlay from memory; `file` names it in diagnostics.
    Protocol &add_text(std::string_view text, const Text &file = "text.yaml") {
        detail::call(stepdown_protocol_add_text, get(), file.get(), detail::slice(text));
        return *this;
    }
    // Add a protocol or an overlay from a file.
    Protocol &add_file(const Text &path) {
        detail::call(stepdown_protocol_add_file, get(), path.get());
        return *this;
    }
    // Set a parameter to a value as written in a protocol file.
    Protocol &set(const Text &parameter, const Text &value) {
        detail::call(stepdown_protocol_set, get(), parameter.get(), value.get());
        return *this;
    }
    // For which organization the set is put in force; "" for everyone.
    Protocol &set_organization(const Text &organization) {
        detail::call(stepdown_protocol_set_organization, get(), organization.get());
        return *this;
    }
    // Compile and lint; ProtocolError, whose `diagnostics()` are every problem with file, line and column.
    void check() const { detail::call(stepdown_protocol_check, get()); }
    // A readable summary with the ids of the rows.
    std::string text() const { return words(stepdown_protocol_show); }
    // A diagram, for Graphviz.
    std::string dot() const { return words(stepdown_protocol_draw); }
    // What the set consists of: roles, items, forms, fields, rules, gates, needs, confirmations, measures.
    Result elements() const { return detail::result_of(stepdown_protocol_elements, get()); }
    // What differs in `after`: what was added, removed, tightened, loosened or changed.
    Result changes_to(const Protocol &after) const {
        return detail::result_of(stepdown_protocol_diff, get(), after.get());
    }
    // The protocols that ship with the library.
    static Result shipped() { return detail::result_of(stepdown_protocol_builtins); }
    stepdown_protocol *get() const noexcept { return protocol_.get(); }

  private:
    template <class Function> std::string words(Function function) const {
        detail::Bytes text;
        detail::call(function, get(), text.out());
        return detail::string_of(text);
    }
    detail::Handle<stepdown_protocol, stepdown_protocol_free> protocol_;
};

} // namespace stepdown

#endif
