// SPDX-License-Identifier: Apache-2.0
// Written by bindings/generate.py from include/stepdown/status.h.
// Exceptions: one class for each status code, below one for each family of codes. What to do is decided by the family, so
// catch RefusedError to tell the user why, or RetryError to try again.
#ifndef STEPDOWN_ERRORS_HPP
#define STEPDOWN_ERRORS_HPP

#include <stepdown/error.hpp>

namespace stepdown {

// The input must be mended.
class InputError : public Error {
  public:
    using Error::Error;
};

// The calling program must be mended.
class ProgramError : public Error {
  public:
    using Error::Error;
};

// The rules of care say no; tell the user why.
class RefusedError : public Error {
  public:
    using Error::Error;
};

// The same call may succeed later.
class RetryError : public Error {
  public:
    using Error::Error;
};

// Memory or disk ran out.
class ResourceError : public Error {
  public:
    using Error::Error;
};

// The store needs an operator.
class StorageError : public Error {
  public:
    using Error::Error;
};

// An argument, a field or a file is malformed or out of range.
class InvalidError : public InputError {
  public:
    explicit InvalidError(const std::string &message = {}) : InputError(STEPDOWN_INVALID, message) {}
    explicit InvalidError(std::shared_ptr<stepdown_error> error) noexcept
        : InputError(STEPDOWN_INVALID, std::move(error)) {}
};

// No such pathway, item, entry, form, gate or protocol.
class NotFoundError : public InputError {
  public:
    explicit NotFoundError(const std::string &message = {}) : InputError(STEPDOWN_NOT_FOUND, message) {}
    explicit NotFoundError(std::shared_ptr<stepdown_error> error) noexcept
        : InputError(STEPDOWN_NOT_FOUND, std::move(error)) {}
};

// It exists already.
class ExistsError : public InputError {
  public:
    explicit ExistsError(const std::string &message = {}) : InputError(STEPDOWN_EXISTS, message) {}
    explicit ExistsError(std::shared_ptr<stepdown_error> error) noexcept
        : InputError(STEPDOWN_EXISTS, std::move(error)) {}
};

// A documented limit on size or number is exceeded.
class LimitError : public InputError {
  public:
    explicit LimitError(const std::string &message = {}) : InputError(STEPDOWN_LIMIT, message) {}
    explicit LimitError(std::shared_ptr<stepdown_error> error) noexcept
        : InputError(STEPDOWN_LIMIT, std::move(error)) {}
};

// The call is not allowed on this handle or at this point.
class MisuseError : public ProgramError {
  public:
    explicit MisuseError(const std::string &message = {}) : ProgramError(STEPDOWN_MISUSE, message) {}
    explicit MisuseError(std::shared_ptr<stepdown_error> error) noexcept
        : ProgramError(STEPDOWN_MISUSE, std::move(error)) {}
};

// The handle was closed.
class ClosedError : public ProgramError {
  public:
    explicit ClosedError(const std::string &message = {}) : ProgramError(STEPDOWN_CLOSED, message) {}
    explicit ClosedError(std::shared_ptr<stepdown_error> error) noexcept
        : ProgramError(STEPDOWN_CLOSED, std::move(error)) {}
};

// Called on an engine from inside one of its own callbacks.
class ReentrantError : public ProgramError {
  public:
    explicit ReentrantError(const std::string &message = {}) : ProgramError(STEPDOWN_REENTRANT, message) {}
    explicit ReentrantError(std::shared_ptr<stepdown_error> error) noexcept
        : ProgramError(STEPDOWN_REENTRANT, std::move(error)) {}
};

// A gate holds the step; the detail names every unmet need.
class HeldError : public RefusedError {
  public:
    explicit HeldError(const std::string &message = {}) : RefusedError(STEPDOWN_HELD, message) {}
    explicit HeldError(std::shared_ptr<stepdown_error> error) noexcept
        : RefusedError(STEPDOWN_HELD, std::move(error)) {}
};

// Role, organization, purpose or consent does not allow it.
class DeniedError : public RefusedError {
  public:
    explicit DeniedError(const std::string &message = {}) : RefusedError(STEPDOWN_DENIED, message) {}
    explicit DeniedError(std::shared_ptr<stepdown_error> error) noexcept
        : RefusedError(STEPDOWN_DENIED, std::move(error)) {}
};

// The item is not in a state from which this step leads.
class WrongStateError : public RefusedError {
  public:
    explicit WrongStateError(const std::string &message = {}) : RefusedError(STEPDOWN_WRONG_STATE, message) {}
    explicit WrongStateError(std::shared_ptr<stepdown_error> error) noexcept
        : RefusedError(STEPDOWN_WRONG_STATE, std::move(error)) {}
};

// The expected version is old: read again and decide again.
class StaleError : public RefusedError {
  public:
    explicit StaleError(const std::string &message = {}) : RefusedError(STEPDOWN_STALE, message) {}
    explicit StaleError(std::shared_ptr<stepdown_error> error) noexcept
        : RefusedError(STEPDOWN_STALE, std::move(error)) {}
};

// The command id was used before for another request.
class KeyReusedError : public RefusedError {
  public:
    explicit KeyReusedError(const std::string &message = {}) : RefusedError(STEPDOWN_KEY_REUSED, message) {}
    explicit KeyReusedError(std::shared_ptr<stepdown_error> error) noexcept
        : RefusedError(STEPDOWN_KEY_REUSED, std::move(error)) {}
};

// A protocol file was refused; its diagnostics say where and why.
class ProtocolError : public InputError {
  public:
    explicit ProtocolError(const std::string &message = {}) : InputError(STEPDOWN_PROTOCOL, message) {}
    explicit ProtocolError(std::shared_ptr<stepdown_error> error) noexcept
        : InputError(STEPDOWN_PROTOCOL, std::move(error)) {}
};

// Other writers kept winning; try again.
class ContendedError : public RetryError {
  public:
    explicit ContendedError(const std::string &message = {}) : RetryError(STEPDOWN_CONTENDED, message) {}
    explicit ContendedError(std::shared_ptr<stepdown_error> error) noexcept
        : RetryError(STEPDOWN_CONTENDED, std::move(error)) {}
};

// The storage is busy; nothing was applied.
class BusyError : public RetryError {
  public:
    explicit BusyError(const std::string &message = {}) : RetryError(STEPDOWN_BUSY, message) {}
    explicit BusyError(std::shared_ptr<stepdown_error> error) noexcept : RetryError(STEPDOWN_BUSY, std::move(error)) {}
};

// The storage timed out; nothing was applied.
class TimedOutError : public RetryError {
  public:
    explicit TimedOutError(const std::string &message = {}) : RetryError(STEPDOWN_TIMEOUT, message) {}
    explicit TimedOutError(std::shared_ptr<stepdown_error> error) noexcept
        : RetryError(STEPDOWN_TIMEOUT, std::move(error)) {}
};

// Storage: a checked or written key changed since the snapshot.
class ConflictError : public RetryError {
  public:
    explicit ConflictError(const std::string &message = {}) : RetryError(STEPDOWN_CONFLICT, message) {}
    explicit ConflictError(std::shared_ptr<stepdown_error> error) noexcept
        : RetryError(STEPDOWN_CONFLICT, std::move(error)) {}
};

// Storage: the commit may or may not have been applied; ask again with the same command id.
class UnknownError : public RetryError {
  public:
    explicit UnknownError(const std::string &message = {}) : RetryError(STEPDOWN_UNKNOWN, message) {}
    explicit UnknownError(std::shared_ptr<stepdown_error> error) noexcept
        : RetryError(STEPDOWN_UNKNOWN, std::move(error)) {}
};

// Out of memory.
class OutOfMemoryError : public ResourceError {
  public:
    explicit OutOfMemoryError(const std::string &message = {}) : ResourceError(STEPDOWN_NOMEM, message) {}
    explicit OutOfMemoryError(std::shared_ptr<stepdown_error> error) noexcept
        : ResourceError(STEPDOWN_NOMEM, std::move(error)) {}
};

// The storage has no room.
class FullError : public ResourceError {
  public:
    explicit FullError(const std::string &message = {}) : ResourceError(STEPDOWN_FULL, message) {}
    explicit FullError(std::shared_ptr<stepdown_error> error) noexcept
        : ResourceError(STEPDOWN_FULL, std::move(error)) {}
};

// Reading or writing failed.
class InputOutputError : public StorageError {
  public:
    explicit InputOutputError(const std::string &message = {}) : StorageError(STEPDOWN_IO, message) {}
    explicit InputOutputError(std::shared_ptr<stepdown_error> error) noexcept
        : StorageError(STEPDOWN_IO, std::move(error)) {}
};

// Stored bytes do not fit together; nothing was changed.
class CorruptError : public StorageError {
  public:
    explicit CorruptError(const std::string &message = {}) : StorageError(STEPDOWN_CORRUPT, message) {}
    explicit CorruptError(std::shared_ptr<stepdown_error> error) noexcept
        : StorageError(STEPDOWN_CORRUPT, std::move(error)) {}
};

// The storage is open for reading only.
class ReadOnlyError : public StorageError {
  public:
    explicit ReadOnlyError(const std::string &message = {}) : StorageError(STEPDOWN_READONLY, message) {}
    explicit ReadOnlyError(std::shared_ptr<stepdown_error> error) noexcept
        : StorageError(STEPDOWN_READONLY, std::move(error)) {}
};

// A foreign file, or a format newer than this library knows.
class UnsupportedError : public StorageError {
  public:
    explicit UnsupportedError(const std::string &message = {}) : StorageError(STEPDOWN_UNSUPPORTED, message) {}
    explicit UnsupportedError(std::shared_ptr<stepdown_error> error) noexcept
        : StorageError(STEPDOWN_UNSUPPORTED, std::move(error)) {}
};

// A callback of the host failed; the error may carry the host's own exception.
class HostError : public Error {
  public:
    explicit HostError(const std::string &message = {}) : Error(STEPDOWN_HOST, message) {}
    explicit HostError(std::shared_ptr<stepdown_error> error) noexcept : Error(STEPDOWN_HOST, std::move(error)) {}
};

// An invariant of the library does not hold; nothing was changed.
class InternalError : public ProgramError {
  public:
    explicit InternalError(const std::string &message = {}) : ProgramError(STEPDOWN_INTERNAL, message) {}
    explicit InternalError(std::shared_ptr<stepdown_error> error) noexcept
        : ProgramError(STEPDOWN_INTERNAL, std::move(error)) {}
};

namespace detail {

// A code that the table has gained and this file does not know does not compile.
template <stepdown_status Code> struct ErrorOf;
template <> struct ErrorOf<STEPDOWN_OK> { using type = Error; };
template <> struct ErrorOf<STEPDOWN_INVALID> { using type = InvalidError; };
template <> struct ErrorOf<STEPDOWN_NOT_FOUND> { using type = NotFoundError; };
template <> struct ErrorOf<STEPDOWN_EXISTS> { using type = ExistsError; };
template <> struct ErrorOf<STEPDOWN_LIMIT> { using type = LimitError; };
template <> struct ErrorOf<STEPDOWN_MISUSE> { using type = MisuseError; };
template <> struct ErrorOf<STEPDOWN_CLOSED> { using type = ClosedError; };
template <> struct ErrorOf<STEPDOWN_REENTRANT> { using type = ReentrantError; };
template <> struct ErrorOf<STEPDOWN_HELD> { using type = HeldError; };
template <> struct ErrorOf<STEPDOWN_DENIED> { using type = DeniedError; };
template <> struct ErrorOf<STEPDOWN_WRONG_STATE> { using type = WrongStateError; };
template <> struct ErrorOf<STEPDOWN_STALE> { using type = StaleError; };
template <> struct ErrorOf<STEPDOWN_KEY_REUSED> { using type = KeyReusedError; };
template <> struct ErrorOf<STEPDOWN_PROTOCOL> { using type = ProtocolError; };
template <> struct ErrorOf<STEPDOWN_CONTENDED> { using type = ContendedError; };
template <> struct ErrorOf<STEPDOWN_BUSY> { using type = BusyError; };
template <> struct ErrorOf<STEPDOWN_TIMEOUT> { using type = TimedOutError; };
template <> struct ErrorOf<STEPDOWN_CONFLICT> { using type = ConflictError; };
template <> struct ErrorOf<STEPDOWN_UNKNOWN> { using type = UnknownError; };
template <> struct ErrorOf<STEPDOWN_NOMEM> { using type = OutOfMemoryError; };
template <> struct ErrorOf<STEPDOWN_FULL> { using type = FullError; };
template <> struct ErrorOf<STEPDOWN_IO> { using type = InputOutputError; };
template <> struct ErrorOf<STEPDOWN_CORRUPT> { using type = CorruptError; };
template <> struct ErrorOf<STEPDOWN_READONLY> { using type = ReadOnlyError; };
template <> struct ErrorOf<STEPDOWN_UNSUPPORTED> { using type = UnsupportedError; };
template <> struct ErrorOf<STEPDOWN_HOST> { using type = HostError; };
template <> struct ErrorOf<STEPDOWN_INTERNAL> { using type = InternalError; };
#define STEPDOWN_HAS_CLASS(name, number, category, text)                                                               \
    static_assert(std::is_base_of_v<Error, ErrorOf<number>::type>, "run bindings/generate.py");
STEPDOWN_STATUS_TABLE(STEPDOWN_HAS_CLASS)
#undef STEPDOWN_HAS_CLASS

[[noreturn]] inline void raise(stepdown_status status, std::shared_ptr<stepdown_error> error) {
    switch (status) {
    case STEPDOWN_INVALID: throw InvalidError(std::move(error));
    case STEPDOWN_NOT_FOUND: throw NotFoundError(std::move(error));
    case STEPDOWN_EXISTS: throw ExistsError(std::move(error));
    case STEPDOWN_LIMIT: throw LimitError(std::move(error));
    case STEPDOWN_MISUSE: throw MisuseError(std::move(error));
    case STEPDOWN_CLOSED: throw ClosedError(std::move(error));
    case STEPDOWN_REENTRANT: throw ReentrantError(std::move(error));
    case STEPDOWN_HELD: throw HeldError(std::move(error));
    case STEPDOWN_DENIED: throw DeniedError(std::move(error));
    case STEPDOWN_WRONG_STATE: throw WrongStateError(std::move(error));
    case STEPDOWN_STALE: throw StaleError(std::move(error));
    case STEPDOWN_KEY_REUSED: throw KeyReusedError(std::move(error));
    case STEPDOWN_PROTOCOL: throw ProtocolError(std::move(error));
    case STEPDOWN_CONTENDED: throw ContendedError(std::move(error));
    case STEPDOWN_BUSY: throw BusyError(std::move(error));
    case STEPDOWN_TIMEOUT: throw TimedOutError(std::move(error));
    case STEPDOWN_CONFLICT: throw ConflictError(std::move(error));
    case STEPDOWN_UNKNOWN: throw UnknownError(std::move(error));
    case STEPDOWN_NOMEM: throw OutOfMemoryError(std::move(error));
    case STEPDOWN_FULL: throw FullError(std::move(error));
    case STEPDOWN_IO: throw InputOutputError(std::move(error));
    case STEPDOWN_CORRUPT: throw CorruptError(std::move(error));
    case STEPDOWN_READONLY: throw ReadOnlyError(std::move(error));
    case STEPDOWN_UNSUPPORTED: throw UnsupportedError(std::move(error));
    case STEPDOWN_HOST: throw HostError(std::move(error));
    case STEPDOWN_INTERNAL: throw InternalError(std::move(error));
    default: throw Error(status, std::move(error)); // of a newer library
    }
}

} // namespace detail
} // namespace stepdown

#endif
