// SPDX-License-Identifier: Apache-2.0
// Results: ranges of rows with named, typed columns. `Result` owns what C gave; `Rows` and `Row` look at it, as a
// std::string_view looks at a std::string: what they give is valid as long as the Result.
#ifndef STEPDOWN_ROWS_HPP
#define STEPDOWN_ROWS_HPP

#include <cstddef>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <utility>
#if __cplusplus >= 202002L
#include <ranges>
#endif

#include <stepdown/result.h>
#include <stepdown/value.hpp>

namespace stepdown {

class Rows;

// A column of cells of type T: std::string_view, std::int64_t, bool, std::optional<Moment> or Rows. Looked up once
// (`rows.column<bool>("overdue")`), it makes reading a cell (`row[overdue]`) what it costs in C.
template <class T> class Column {
  public:
    explicit constexpr Column(std::int32_t number) noexcept : number_(number) {}
    constexpr std::int32_t number() const noexcept { return number_; }

  private:
    std::int32_t number_;
};

// One row of a result. Getters by name throw NotFoundError when there is no such column, InvalidError when it is of
// another type.
class Row {
  public:
    Row(const stepdown_result *result, std::size_t index) noexcept : result_(result), index_(index) {}

    std::string_view operator[](Column<std::string_view> column) const noexcept {
        return {stepdown_result_text(result_, index_, column.number()),
                stepdown_result_text_size(result_, index_, column.number())};
    }
    std::int64_t operator[](Column<std::int64_t> column) const noexcept {
        return stepdown_result_integer(result_, index_, column.number());
    }
    bool operator[](Column<bool> column) const noexcept {
        return stepdown_result_integer(result_, index_, column.number()) != 0;
    }
    std::optional<Moment> operator[](Column<std::optional<Moment>> column) const noexcept {
        return detail::moment(stepdown_result_integer(result_, index_, column.number()));
    }
    inline Rows operator[](Column<Rows> column) const noexcept;

    // UTF-8, may hold NUL bytes; "" when absent.
    inline std::string_view text(const Text &column) const;
    inline std::int64_t integer(const Text &column) const;
    inline bool boolean(const Text &column) const;
    // Empty when there is no moment.
    inline std::optional<Moment> time(const Text &column) const;
    // Nested rows; none when absent.
    inline Rows rows(const Text &column) const;
    // The result that this is a row of.
    inline Rows whole() const noexcept;

  private:
    const stepdown_result *result_;
    std::size_t index_;
};

// A look at a result, or at the nested rows of a cell: a range of Row with random access. Borrowed; see above.
class Rows {
  public:
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag; // rows are made when looked at
        using iterator_concept = std::random_access_iterator_tag;
        using value_type = Row;
        using difference_type = std::ptrdiff_t;
        using reference = Row;
        struct pointer {
            Row row;
            const Row *operator->() const noexcept { return &row; }
        };

        iterator() noexcept = default;
        iterator(const stepdown_result *result, std::size_t index) noexcept : result_(result), index_(index) {}
        Row operator*() const noexcept { return {result_, index_}; }
        pointer operator->() const noexcept { return {**this}; }
        Row operator[](difference_type n) const noexcept { return *(*this + n); }
        iterator &operator++() noexcept {
            index_++;
            return *this;
        }
        iterator operator++(int) noexcept { return {result_, index_++}; }
        iterator &operator--() noexcept {
            index_--;
            return *this;
        }
        iterator operator--(int) noexcept { return {result_, index_--}; }
        iterator &operator+=(difference_type n) noexcept {
            index_ += static_cast<std::size_t>(n);
            return *this;
        }
        iterator &operator-=(difference_type n) noexcept { return *this += -n; }
        friend iterator operator+(iterator i, difference_type n) noexcept { return i += n; }
        friend iterator operator+(difference_type n, iterator i) noexcept { return i += n; }
        friend iterator operator-(iterator i, difference_type n) noexcept { return i -= n; }
        friend difference_type operator-(iterator a, iterator b) noexcept {
            return static_cast<difference_type>(a.index_) - static_cast<difference_type>(b.index_);
        }
        friend bool operator==(iterator a, iterator b) noexcept { return a.index_ == b.index_; }
        friend bool operator!=(iterator a, iterator b) noexcept { return a.index_ != b.index_; }
        friend bool operator<(iterator a, iterator b) noexcept { return a.index_ < b.index_; }
        friend bool operator>(iterator a, iterator b) noexcept { return a.index_ > b.index_; }
        friend bool operator<=(iterator a, iterator b) noexcept { return a.index_ <= b.index_; }
        friend bool operator>=(iterator a, iterator b) noexcept { return a.index_ >= b.index_; }

      private:
        const stepdown_result *result_ = nullptr;
        std::size_t index_ = 0;
    };
    using const_iterator = iterator;
    using value_type = Row;

    // Null: no rows, and no columns.
    explicit Rows(const stepdown_result *result = nullptr) noexcept : result_(result) {}

    iterator begin() const noexcept { return {result_, 0}; }
    iterator end() const noexcept { return {result_, size()}; }
    std::size_t size() const noexcept { return stepdown_result_count(result_); }
    bool empty() const noexcept { return size() == 0; }
    // Past the end the cells are empty.
    Row operator[](std::size_t index) const noexcept { return {result_, index}; }
    // Throws std::out_of_range past the end.
    Row at(std::size_t index) const {
        if (index >= size()) {
            throw std::out_of_range("stepdown: no such row");
        }
        return {result_, index};
    }
    Row front() const { return at(0); }

    // Columns: how many, their names, and their types (STEPDOWN_COLUMN_TEXT …).
    std::size_t columns() const noexcept { return stepdown_result_columns(result_); }
    std::string_view column_name(std::size_t column) const noexcept {
        const char *name = stepdown_result_column_name(result_, column);
        return name != nullptr ? name : "";
    }
    std::int32_t column_type(std::size_t column) const noexcept { return stepdown_result_column_type(result_, column); }
    // A column by name. NotFoundError: there is none; InvalidError: it is of another type. Without a result (nested rows
    // that are absent) every column is there, and no rows.
    template <class T> Column<T> column(const Text &name) const {
        const std::int32_t number = stepdown_result_column(result_, name.get());
        if (result_ != nullptr && (number < 0 || column_type(static_cast<std::size_t>(number)) != type_of<T>())) {
            no_column(name, number);
        }
        return Column<T>(number);
    }
    // Token for the page after this one, "" at the end.
    std::string_view next() const noexcept { return stepdown_result_next(result_); }
    // All of it as JSON: an array of objects, times as RFC 3339 in UTC or null.
    std::string json() const {
        detail::Bytes bytes;
        stepdown_error *error = nullptr;
        const stepdown_status status = stepdown_result_json(result_, bytes.out(), &error);
        detail::check(status, error);
        return detail::string_of(bytes);
    }
    const stepdown_result *get() const noexcept { return result_; }

  private:
    template <class T> static constexpr std::int32_t type_of() noexcept {
        if constexpr (std::is_same_v<T, std::string_view>) {
            return STEPDOWN_COLUMN_TEXT;
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
            return STEPDOWN_COLUMN_INTEGER;
        } else if constexpr (std::is_same_v<T, bool>) {
            return STEPDOWN_COLUMN_BOOLEAN;
        } else if constexpr (std::is_same_v<T, std::optional<Moment>>) {
            return STEPDOWN_COLUMN_TIME;
        } else {
            static_assert(std::is_same_v<T, Rows>, "cells are text, integers, bool, optional moments or rows");
            return STEPDOWN_COLUMN_ROWS;
        }
    }
    [[noreturn]] void no_column(const Text &name, std::int32_t number) const {
        const std::string asked = name.get() != nullptr ? name.get() : "";
        if (number >= 0) {
            throw InvalidError("column " + asked + " is of another type");
        }
        std::string names;
        for (std::size_t i = 0; i < columns(); i++) {
            names.append(i > 0 ? ", " : "").append(column_name(i));
        }
        throw NotFoundError("no column " + asked + "; there are " + names);
    }

    const stepdown_result *result_;
};

inline Rows Row::operator[](Column<Rows> column) const noexcept {
    return Rows(stepdown_result_rows(result_, index_, column.number()));
}
inline Rows Row::whole() const noexcept { return Rows(result_); }
inline std::string_view Row::text(const Text &column) const {
    return (*this)[whole().column<std::string_view>(column)];
}
inline std::int64_t Row::integer(const Text &column) const { return (*this)[whole().column<std::int64_t>(column)]; }
inline bool Row::boolean(const Text &column) const { return (*this)[whole().column<bool>(column)]; }
inline std::optional<Moment> Row::time(const Text &column) const {
    return (*this)[whole().column<std::optional<Moment>>(column)];
}
inline Rows Row::rows(const Text &column) const { return (*this)[whole().column<Rows>(column)]; }

// A result, owned. It does not change, holds no lock and outlives what it was asked of.
class Result : public Rows {
  public:
    // Takes what C gave.
    explicit Result(stepdown_result *result) noexcept : Rows(result), owned_(result) {}
    Result(Result &&other) noexcept : Rows(std::exchange(other.rows(), Rows())), owned_(std::move(other.owned_)) {}
    Result &operator=(Result &&other) noexcept {
        std::swap(rows(), other.rows());
        owned_ = std::move(other.owned_);
        return *this;
    }

  private:
    Rows &rows() noexcept { return *this; }

    detail::Handle<stepdown_result, stepdown_result_free> owned_;
};

// Rows that are fetched page by page while they are looked at, once. A row is valid until the next one is asked for.
class Pages {
  public:
    using Fetch = std::function<Result(const char *resume)>;
    struct sentinel {};
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Row;
        using difference_type = std::ptrdiff_t;
        using pointer = Rows::iterator::pointer;
        using reference = Row;

        explicit iterator(Pages &pages) noexcept : pages_(&pages) {}
        Row operator*() const noexcept { return pages_->page_[pages_->index_]; }
        pointer operator->() const noexcept { return {**this}; }
        iterator &operator++() {
            pages_->index_++;
            pages_->fill();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator &i, sentinel) noexcept { return i.at_end(); }
        friend bool operator!=(const iterator &i, sentinel end) noexcept { return !(i == end); }

      private:
        bool at_end() const noexcept { return pages_->index_ >= pages_->page_.size(); }

        Pages *pages_;
    };

    explicit Pages(Fetch fetch) : fetch_(std::move(fetch)) {}

    iterator begin() {
        if (page_.get() == nullptr) {
            page_ = fetch_("");
            fill();
        }
        return iterator(*this);
    }
    sentinel end() const noexcept { return {}; }
    // One page by itself: the first, or the one of a token (`next` of the page before).
    Result page(const Text &resume = "") const { return fetch_(resume.get()); }

  private:
    void fill() { // up to a row that is there, or the end
        while (index_ >= page_.size() && !page_.next().empty()) {
            page_ = fetch_(std::string(page_.next()).c_str());
            index_ = 0;
        }
    }

    Fetch fetch_;
    Result page_{nullptr};
    std::size_t index_ = 0;
};

namespace detail {

// Call a function of C that gives a result: its arguments without the last two.
template <class Function, class... Arguments> Result result_of(Function function, Arguments... arguments) {
    stepdown_result *result = nullptr;
    stepdown_error *error = nullptr;
    const stepdown_status status = function(arguments..., &result, &error);
    check(status, error);
    return Result(result);
}
// One that gives nothing: without the last.
template <class Function, class... Arguments> void call(Function function, Arguments... arguments) {
    stepdown_error *error = nullptr;
    const stepdown_status status = function(arguments..., &error);
    check(status, error);
}

} // namespace detail
} // namespace stepdown

#if defined(__cpp_lib_ranges)
template <> inline constexpr bool std::ranges::enable_borrowed_range<stepdown::Rows> = true;
template <> inline constexpr bool std::ranges::enable_view<stepdown::Rows> = true;
#endif

#endif
