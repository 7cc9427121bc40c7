// SPDX-License-Identifier: Apache-2.0
// Text, moments and lengths of time on their way into C and out of it. Nobody need name `Text` or `At`: they are made of
// what is passed.
#ifndef STEPDOWN_VALUE_HPP
#define STEPDOWN_VALUE_HPP

#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <stepdown/errors.hpp>
#include <stepdown/types.h>

namespace stepdown {

// A moment: microseconds of the system clock, whose epoch is 1970-01-01T00:00:00Z on every implementation (and by the
// standard since C++20).
using Moment = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

// Text for C, which wants it ended by a NUL byte: literals and std::string are passed as they are, a std::string_view is
// copied (up to 63 bytes without taking memory). Null stands for "none" where that is allowed. Throws InvalidError for text
// with a NUL byte inside: C would cut it off.
class Text {
  public:
    Text(const char *text) noexcept : text_(text) {}
    Text(const std::string &text) : text_(text.c_str()) {
        if (std::strlen(text_) != text.size()) {
            refuse();
        }
    }
    Text(std::string_view text) {
        if (text.find('\0') != text.npos) {
            refuse();
        }
        char *copy = text.size() < sizeof buffer_ ? buffer_ : owned_ = new char[text.size() + 1];
        if (!text.empty()) {
            std::memcpy(copy, text.data(), text.size());
        }
        copy[text.size()] = '\0';
        text_ = copy;
    }
    Text(const Text &) = delete;
    Text &operator=(const Text &) = delete;
    ~Text() {
        if (owned_ != nullptr) {
            delete[] owned_;
        }
    }
    const char *get() const noexcept { return text_; }

  private:
    [[noreturn]] static void refuse() { throw InvalidError("a NUL byte inside a text that may have none"); }

    const char *text_;
    char *owned_ = nullptr;
    char buffer_[64];
};

namespace detail {

constexpr std::chrono::microseconds most_microseconds{INT64_MAX};

// To microseconds, downwards; INT64_MIN means "no moment" in C.
template <class Rep, class Period> stepdown_time microseconds(std::chrono::duration<Rep, Period> length) {
    using Length = std::chrono::duration<Rep, Period>;
    static_assert(std::is_integral_v<Rep>, "moments and durations are whole numbers");
    if constexpr (std::ratio_greater_v<Period, std::micro>) {
        if (length > std::chrono::duration_cast<Length>(most_microseconds) ||
            length < -std::chrono::duration_cast<Length>(most_microseconds)) {
            throw InvalidError("a moment or a duration that does not fit into microseconds");
        }
    }
    const auto count = std::chrono::floor<std::chrono::microseconds>(length).count();
    if (count == STEPDOWN_TIME_NONE) {
        throw InvalidError("a moment or a duration that does not fit into microseconds");
    }
    return count;
}

} // namespace detail

// A moment for C, from any time point of the system clock; what is finer than microseconds is cut off.
class At {
  public:
    template <class Duration>
    At(std::chrono::time_point<std::chrono::system_clock, Duration> moment)
        : microseconds_(detail::microseconds(moment.time_since_epoch())) {}
    stepdown_time get() const noexcept { return microseconds_; }

  private:
    stepdown_time microseconds_;
};

namespace detail {

inline std::optional<Moment> moment(stepdown_time time) noexcept {
    return time != STEPDOWN_TIME_NONE ? std::optional(Moment(std::chrono::microseconds(time))) : std::nullopt;
}

inline stepdown_time time_or_none(const std::optional<At> &at) noexcept { return at ? at->get() : STEPDOWN_TIME_NONE; }

inline stepdown_slice slice(std::string_view bytes) noexcept {
    return {reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size()};
}

inline std::string_view view(stepdown_slice slice) noexcept {
    return {reinterpret_cast<const char *>(slice.data), slice.size};
}

// Seconds for C, which counts them in 32 bits.
inline std::uint32_t seconds(std::chrono::seconds length) {
    if (length.count() < 0 || length.count() > UINT32_MAX) {
        throw InvalidError("a length of time that is negative, or too long");
    }
    return static_cast<std::uint32_t>(length.count());
}

// A length of time as protocols write it; a day is 24 hours, whatever the clocks do.
inline std::string duration(stepdown_time total) {
    if (total < 0) {
        throw InvalidError("a duration is not negative");
    }
    std::string text;
    const auto add = [&text](const std::string &amount, const char *unit) {
        text += (text.empty() ? "" : " ") + amount + unit;
    };
    const stepdown_time hours = total / 3600000000, minutes = total / 60000000 % 60, rest = total % 60000000;
    if (hours > 0) {
        add(std::to_string(hours), " hours");
    }
    if (minutes > 0) {
        add(std::to_string(minutes), " minutes");
    }
    if (rest > 0 || text.empty()) {
        std::string seconds = std::to_string(rest / 1000000);
        if (rest % 1000000 > 0) {
            seconds += "." + std::to_string(1000000 + rest % 1000000).substr(1);
            seconds.erase(seconds.find_last_not_of('0') + 1);
        }
        add(seconds, " seconds");
    }
    return text;
}

// Text that C made.
using Bytes = Handle<stepdown_bytes, stepdown_bytes_free>;
inline std::string string_of(const Bytes &bytes) {
    return {reinterpret_cast<const char *>(stepdown_bytes_data(bytes.get())), stepdown_bytes_size(bytes.get())};
}

} // namespace detail
} // namespace stepdown

#endif
