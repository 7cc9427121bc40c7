// SPDX-License-Identifier: Apache-2.0
// Python's typemaps. What comes of this file is `stepdown._native`, which only `stepdown._core` may use.
//
// The lock of the interpreter (GIL) is let go in every call, except those marked below, which neither take a lock nor wait.
%module(package="stepdown", threads="1") native
#pragma SWIG nowarn=321 // members may be called as builtins are
%begin %{
#define PY_SSIZE_T_CLEAN
#define SWIG_PYTHON_STRICT_BYTE_CHAR
%}
%{
#include "support.h"
#include "storage.h"
%}
%include <stdint.i>

// ---- failing ---------------------------------------------------------------------------------------------------------
// Looked at when the call is over and its outs are made: what was made is given back.
%typemap(in, numinputs=0, noblock=1) struct bind_failure *failure (struct bind_failure failed) {
    failed.status = STEPDOWN_OK;
    failed.error = NULL;
    $1 = &failed;
}
%typemap(argout, noblock=1) struct bind_failure *failure {
    if ($1->status != STEPDOWN_OK) {
        host_raise($1);
        Py_XDECREF($result);
        SWIG_fail;
    }
}

// ---- texts -----------------------------------------------------------------------------------------------------------
%typemap(in, noblock=1) const char * {
    if (!host_text($input, (const char **)&$1)) {
        SWIG_fail;
    }
}
%typemap(freearg) const char * ""
%typemap(out, noblock=1) const char * { $result = host_text_new($1, $1 != NULL ? strlen($1) : 0); }
%typemap(in, noblock=1) (const char *data, size_t size) (Py_buffer view, int held = 0) {
    if (!host_bytes($input, &view, &held, (const char **)&$1, &$2)) {
        SWIG_fail;
    }
}
%typemap(freearg, noblock=1) (const char *data, size_t size) {
    if (held$argnum) {
        PyBuffer_Release(&view$argnum);
    }
}
%typemap(out, noblock=1) stepdown_slice { $result = host_text_new((const char *)$1.data, $1.size); }
%typemap(out, noblock=1) stepdown_bytes * {
    $result = $1 == NULL ? Py_NewRef(Py_None)
                         : host_text_new((const char *)stepdown_bytes_data($1), stepdown_bytes_size($1));
    stepdown_bytes_free(&$1);
}

%typemap(out, noblock=1) stepdown_time { $result = host_moment($1); }

// ---- handles: the bare pointer object, which frees what it points to ---------------------------------------------------
%typemap(out, noblock=1) Storage *, Report *, Result *, Session * {
    $result = SWIG_NewPointerObj(SWIG_as_voidptr($1), $1_descriptor, SWIG_POINTER_OWN | SWIG_POINTER_NOSHADOW);
}

// ---- what Python gives for C to call -----------------------------------------------------------------------------------
%typemap(in, noblock=1) (const stepdown_storage_table *table, void *ctx, void (*destroy)(void *ctx)) {
    $1 = (stepdown_storage_table *)&storage_table;
    $2 = Py_NewRef($input);
    $3 = host_release;
}
%typemap(in, noblock=1) (stepdown_conformance_factory factory, void *ctx) {
    $1 = storage_factory;
    $2 = $input;
}
%typemap(in, noblock=1) (void (*log)(void *ctx, int32_t level, const char *message), void *ctx,
                         void (*release)(void *ctx)) {
    $1 = host_log;
    $2 = Py_NewRef($input);
    $3 = host_release;
}
// None: nobody wants to know. What it raises ends the verification and is raised again behind it.
%typemap(in, noblock=1) (int32_t (*progress)(void *ctx, uint64_t done), void *ctx) (struct host_progress told) {
    told.callable = $input;
    told.raised = NULL;
    $1 = $input != Py_None ? host_progress : NULL;
    $2 = &told;
}
%typemap(argout, noblock=1) (int32_t (*progress)(void *ctx, uint64_t done), void *ctx) {
    if (told$argnum.raised != NULL) {
        host_raise_again(told$argnum.raised);
        Py_XDECREF($result);
        SWIG_fail;
    }
}

// ---- calls that keep the lock ------------------------------------------------------------------------------------------
%nothreadallow stepdown_version;
%nothreadallow stepdown_live_objects;
%nothreadallow stepdown_status_name;
%nothreadallow stepdown_status_text;
%nothreadallow stepdown_status_category;
%nothreadallow StorageOptions;
%nothreadallow Options::set_clock;
%nothreadallow Options::set_seed;
%nothreadallow Options::set_log;
%nothreadallow Options::set_retries;
%nothreadallow Options::set_cache;
%nothreadallow Clock::Clock;
%nothreadallow Clock::now;
%nothreadallow Clock::set;
%nothreadallow Clock::advance;
%nothreadallow Command::Command;
%nothreadallow Command::set_text;
%nothreadallow Command::set_time;
%nothreadallow Command::set_integer;
%nothreadallow Command::set_occurred;
%nothreadallow Command::set_id;
%nothreadallow Command::set_expected;
%nothreadallow Query::Query;
%nothreadallow Query::set;
%nothreadallow Report::count;
%nothreadallow Report::name;
%nothreadallow Report::result;
%nothreadallow Report::detail;
%nothreadallow Result::count;
%nothreadallow Result::columns;
%nothreadallow Result::column_name;
%nothreadallow Result::column_type;
%nothreadallow Result::column;
%nothreadallow Result::text;
%nothreadallow Result::integer;
%nothreadallow Result::rows;
%nothreadallow Result::next;
%nothreadallow Result::more;
%nothreadallow Result::table;
%nothreadallow host_install;
%nothreadallow host_moment;

%include "stepdown.i"

// The whole of a result at once: (columns, [row, …], next, more).
%extend Result {
    PyObject *table() { return host_table($self); }
}
void host_install(PyObject *make_error, PyObject *make_columns, PyObject *operation, PyObject *error_class,
                  PyObject *datetime_class, PyObject *utc);
PyObject *host_moment(stepdown_time at);
