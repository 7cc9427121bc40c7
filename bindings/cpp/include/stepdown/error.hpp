// SPDX-License-Identifier: Apache-2.0
// The root of all exceptions, what a call of C becomes when it fails, and how an exception crosses C and comes home as the
// same object. The classes for each status are in <stepdown/errors.hpp>.
#ifndef STEPDOWN_ERROR_HPP
#define STEPDOWN_ERROR_HPP

#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <stepdown/status.h>

namespace stepdown {

// One problem of a protocol file, with its place; lines and columns are counted from 1.
struct Diagnostic {
    std::string file;
    std::uint32_t line;
    std::uint32_t column;
    std::string message;
    std::string rule;
};

// An unmet need of a gate: its row, what it says, why it is not met and who can clear it.
struct Need {
    std::string row;
    std::string says;
    std::string reason;
    std::string explanation;
    std::string who;
};

// Anything that the library refuses or that fails. Copies share one error of C, so copying throws nothing.
class Error : public std::exception {
  public:
    // For storage back ends and other callbacks: an error of your own.
    Error(stepdown_status code, const std::string &message) : code_(code) {
        stepdown_error *error = nullptr;
        (void)stepdown_error_raise(&error, code, message.c_str()); // gives the code back, which is known
        error_ = owned(error);
    }
    // An error that C gave; it may be empty, when there was no memory for it.
    Error(stepdown_status code, std::shared_ptr<stepdown_error> error) noexcept
        : code_(code), error_(std::move(error)) {}

    // The status: one of STEPDOWN_INVALID … STEPDOWN_INTERNAL.
    stepdown_status code() const noexcept { return code_; }
    // Its name: "HELD".
    const char *status() const noexcept { return stepdown_status_name(code_); }
    // For people; UTF-8, borrowed until the last copy of this exception is gone.
    const char *what() const noexcept override {
        const char *message = stepdown_error_message(error_.get());
        return message != nullptr && *message != '\0' ? message : stepdown_status_text(code_);
    }
    // For programs: pairs of key and value, in their order.
    std::vector<std::pair<std::string, std::string>> detail() const {
        std::vector<std::pair<std::string, std::string>> pairs;
        for (std::size_t i = 0; i < stepdown_error_detail_count(error_.get()); i++) {
            const char *value = stepdown_error_detail_value(error_.get(), i);
            pairs.emplace_back(stepdown_error_detail_key(error_.get(), i), value != nullptr ? value : "");
        }
        return pairs;
    }
    // The value of one key (the last one, where it stands there more than once), "" when there is none.
    std::string detail(std::string_view key) const {
        for (std::size_t i = stepdown_error_detail_count(error_.get()); i-- > 0;) {
            if (key == stepdown_error_detail_key(error_.get(), i)) {
                const char *value = stepdown_error_detail_value(error_.get(), i);
                return value != nullptr ? value : "";
            }
        }
        return {};
    }
    // Every problem of protocol files, in the order of the file.
    std::vector<Diagnostic> diagnostics() const {
        std::vector<Diagnostic> all;
        const stepdown_error *error = error_.get();
        for (std::size_t i = 0; i < stepdown_error_diagnostic_count(error); i++) {
            all.push_back({stepdown_error_diagnostic_file(error, i), stepdown_error_diagnostic_line(error, i),
                           stepdown_error_diagnostic_column(error, i), stepdown_error_diagnostic_message(error, i),
                           stepdown_error_diagnostic_rule(error, i)});
        }
        return all;
    }
    // The unmet needs of a gate that holds a step; none for other errors.
    std::vector<Need> needs() const {
        std::vector<Need> all;
        for (const auto &pair : detail()) {
            if (pair.first.rfind("need.", 0) == 0) {
                const std::string number = pair.first.substr(4);
                all.push_back({pair.second, detail("says" + number), detail("reason" + number),
                               detail("explanation" + number), detail("who" + number)});
            }
        }
        return all;
    }

    // Shares an error of C, which is freed with the last share, also when there is no memory for sharing.
    static std::shared_ptr<stepdown_error> owned(stepdown_error *error) {
        return {error, [](stepdown_error *last) { stepdown_error_free(&last); }};
    }

  private:
    stepdown_status code_;
    std::shared_ptr<stepdown_error> error_;
};

namespace detail {

// Whose exceptions the cookie of an error of C holds: those of this header in this program.
inline char host_tag_place;
inline std::uint64_t host_tag() noexcept { return reinterpret_cast<std::uintptr_t>(&host_tag_place); }

// Send an exception home inside an error of C. Without memory for that the status and the message still get there.
inline stepdown_status carry(stepdown_status status, const char *message, std::exception_ptr thrown,
                             stepdown_error **out_error) noexcept {
    (void)stepdown_error_raise(out_error, status, message);
    auto *cookie = out_error != nullptr ? new (std::nothrow) std::exception_ptr(std::move(thrown)) : nullptr;
    const auto release = [](void *last) { delete static_cast<std::exception_ptr *>(last); };
    if (cookie != nullptr && stepdown_error_set_cookie(*out_error, host_tag(), cookie, release) != STEPDOWN_OK) {
        delete cookie;
    }
    return status;
}

// Throws the class of the status; defined in <stepdown/errors.hpp>.
[[noreturn]] void raise(stepdown_status status, std::shared_ptr<stepdown_error> error);

// A call of C has failed: throws what a callback threw, as the same object, or the class of the status. Takes `error`.
[[noreturn]] inline void fail(stepdown_status status, stepdown_error *error) {
    const auto shared = Error::owned(error);
    if (const void *cookie = stepdown_error_cookie(error, host_tag())) {
        std::rethrow_exception(*static_cast<const std::exception_ptr *>(cookie));
    }
    raise(status, shared);
}

inline void check(stepdown_status status, stepdown_error *error) {
    if (status != STEPDOWN_OK) {
        fail(status, error);
    }
}

// An object of C that this one owns, and no other.
template <class T, void (*Free)(T **)> class Handle {
  public:
    Handle() noexcept = default;
    explicit Handle(T *handle) noexcept : handle_(handle) {}
    Handle(Handle &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Handle &operator=(Handle &&other) noexcept {
        std::swap(handle_, other.handle_); // the other one frees it
        return *this;
    }
    ~Handle() {
        if (handle_ != nullptr) {
            Free(&handle_);
        }
    }
    T *get() const noexcept { return handle_; }
    T **out() noexcept { return &handle_; } // only of an empty one
    T *release() noexcept { return std::exchange(handle_, nullptr); }

  private:
    T *handle_ = nullptr;
};

} // namespace detail
} // namespace stepdown

#include <stepdown/errors.hpp> // `raise`

#endif
