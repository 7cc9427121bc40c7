// SPDX-License-Identifier: Apache-2.0
// Python's side of a call: texts, exceptions and whole results. Only functions of the stable ABI (3.11).
#ifndef STEPDOWN_PYTHON_SUPPORT_H
#define STEPDOWN_PYTHON_SUPPORT_H

#include "host.h"

// Whose cookies are ours: another binding in this process has another address here.
static const char host_tag_place;
#define HOST_TAG ((uint64_t)(uintptr_t)&host_tag_place)

// What `stepdown._core` hands in when it is imported; kept for good.
static PyObject *host_make_error;   // (code, message, details, diagnostics) -> exception
static PyObject *host_make_columns; // (names, types) -> columns
static PyObject *host_operation;    // (kind, key, value) -> operation of a commit
static PyObject *host_error_class;  // stepdown.Error

static PyObject *host_datetime; // the class
static PyObject *host_utc;

static void host_install(PyObject *make_error, PyObject *make_columns, PyObject *operation, PyObject *error_class,
                         PyObject *datetime_class, PyObject *utc) {
    host_make_error = Py_NewRef(make_error);
    host_make_columns = Py_NewRef(make_columns);
    host_operation = Py_NewRef(operation);
    host_error_class = Py_NewRef(error_class);
    host_datetime = Py_NewRef(datetime_class);
    host_utc = Py_NewRef(utc);
}

// Drops a reference from any thread, also one that Python has never seen.
static void host_release(void *object) {
    if (object != NULL && Py_IsInitialized()) {
        PyGILState_STATE state = PyGILState_Ensure();
        Py_DECREF((PyObject *)object);
        PyGILState_Release(state);
    }
}

// ---- texts -----------------------------------------------------------------------------------------------------------

// UTF-8 of a str, borrowed from it; NULL for None. A NUL inside would cut the text short, so it is refused.
static int host_text(PyObject *object, const char **out) {
    Py_ssize_t size = 0;
    if (object == Py_None) {
        *out = NULL;
        return 1;
    }
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "expected str, not %S", (PyObject *)Py_TYPE(object));
        return 0;
    }
    *out = PyUnicode_AsUTF8AndSize(object, &size);
    if (*out != NULL && strlen(*out) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return 0;
    }
    return *out != NULL;
}

// A str or anything that shows its bytes.
static int host_bytes(PyObject *object, Py_buffer *view, int *held, const char **data, size_t *size) {
    if (PyUnicode_Check(object)) {
        Py_ssize_t length = 0;
        *data = PyUnicode_AsUTF8AndSize(object, &length);
        *size = (size_t)length;
        return *data != NULL;
    }
    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) < 0) {
        return 0;
    }
    *held = 1;
    *data = (const char *)view->buf;
    *size = (size_t)view->len;
    return 1;
}

static PyObject *host_text_new(const char *text, size_t size) {
    return text != NULL ? PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, "replace") : Py_NewRef(Py_None);
}

// ---- moments ---------------------------------------------------------------------------------------------------------

// `datetime` in UTC, made from the ten bytes in which pickles keep one, which takes a fraction of what numbers take; None for
// "no moment". Years 1 to 9999, as in the library.
static PyObject *host_moment(stepdown_time at) {
    const int64_t day_length = INT64_C(86400000000);
    if (at == STEPDOWN_TIME_NONE) {
        return Py_NewRef(Py_None);
    }
    int64_t days = at / day_length, rest = at % day_length;
    if (rest < 0) {
        days--;
        rest += day_length;
    }
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097; // eras of 400 years, beginning on 1 March
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    int64_t year = year_of_era + era * 400 + (month <= 2), second = rest / 1000000, fraction = rest % 1000000;
    if (year < 1 || year > 9999) {
        PyErr_SetString(PyExc_OverflowError, "a moment outside the years 1 to 9999");
        return NULL;
    }
    const char state[10] = {(char)(year >> 8),     (char)year,
                            (char)month,           (char)day,
                            (char)(second / 3600), (char)(second / 60 % 60),
                            (char)(second % 60),   (char)(fraction >> 16),
                            (char)(fraction >> 8), (char)fraction};
    PyObject *bytes = PyBytes_FromStringAndSize(state, sizeof state);
    PyObject *moment = bytes != NULL ? PyObject_CallFunctionObjArgs(host_datetime, bytes, host_utc, NULL) : NULL;
    Py_XDECREF(bytes);
    return moment;
}

// ---- exceptions ------------------------------------------------------------------------------------------------------

// The exception that is set, taken as an object with its traceback.
static PyObject *host_take_exception(void) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(value, traceback);
    }
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
}

// Raise an exception object; takes the reference over.
static void host_raise_again(PyObject *exception) {
    PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    Py_DECREF(exception);
}

static PyObject *host_details(const stepdown_error *error) {
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < stepdown_error_detail_count(error); i++) {
        PyObject *pair =
            Py_BuildValue("(ss)", stepdown_error_detail_key(error, i), stepdown_error_detail_value(error, i));
        if (pair == NULL || PyList_Append(list, pair) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(pair);
    }
    return list;
}

static PyObject *host_diagnostics(const stepdown_error *error) {
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < stepdown_error_diagnostic_count(error); i++) {
        PyObject *one = Py_BuildValue(
            "(sIIss)", stepdown_error_diagnostic_file(error, i), (unsigned)stepdown_error_diagnostic_line(error, i),
            (unsigned)stepdown_error_diagnostic_column(error, i), stepdown_error_diagnostic_message(error, i),
            stepdown_error_diagnostic_rule(error, i));
        if (one == NULL || PyList_Append(list, one) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(one);
    }
    return list;
}

static PyObject *host_exception(const struct bind_failure *failure) {
    const stepdown_error *error = failure->error;
    PyObject *exception = error != NULL ? (PyObject *)stepdown_error_cookie(error, HOST_TAG) : NULL;
    if (exception != NULL) {
        return Py_NewRef(exception); // the very object that a callback raised
    }
    if (host_make_error == NULL) {
        PyErr_SetString(PyExc_SystemError, "stepdown._native is used without stepdown._core");
        return NULL;
    }
    PyObject *details = error != NULL ? host_details(error) : PyList_New(0);
    PyObject *diagnostics = error != NULL ? host_diagnostics(error) : PyList_New(0);
    if (details != NULL && diagnostics != NULL) {
        const char *message = error != NULL ? stepdown_error_message(error) : stepdown_status_text(failure->status);
        exception = PyObject_CallFunction(host_make_error, "isOO", (int)failure->status, message, details, diagnostics);
    }
    Py_XDECREF(details);
    Py_XDECREF(diagnostics);
    return exception;
}

static void host_raise(struct bind_failure *failure) {
    PyObject *exception = host_exception(failure);
    if (exception != NULL) {
        host_raise_again(exception);
    }
    stepdown_error_free(&failure->error);
}

// The status that the exception which is set stands for: a stepdown.Error its own when that is one of `allowed` (a bit for
// each), anything else `otherwise`.
static stepdown_status host_status(uint64_t allowed, stepdown_status otherwise) {
    stepdown_status status = otherwise;
    if (host_error_class != NULL && PyErr_ExceptionMatches(host_error_class)) {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        PyErr_NormalizeException(&type, &value, &traceback);
        PyObject *code = PyObject_GetAttrString(value, "code");
        long number = code != NULL ? PyLong_AsLong(code) : -1;
        PyErr_Clear();
        Py_XDECREF(code);
        if (number > 0 && number < 64 && (allowed >> number & 1) != 0) {
            status = (stepdown_status)number;
        }
        PyErr_Restore(type, value, traceback);
    } else if (PyErr_ExceptionMatches(PyExc_MemoryError) && otherwise == STEPDOWN_HOST) {
        status = STEPDOWN_NOMEM;
    }
    return status;
}

// Send the exception that is set home inside an error. Where nobody takes one, it is shown as Python shows what nobody can
// catch. `where` is the object that raised it.
static stepdown_status host_carry(PyObject *where, uint64_t allowed, stepdown_status otherwise,
                                  stepdown_error **out_error) {
    stepdown_status status = host_status(allowed, otherwise);
    if (out_error == NULL) {
        PyErr_WriteUnraisable(where);
        return status;
    }
    PyObject *exception = host_take_exception();
    PyObject *text = exception != NULL ? PyObject_Str(exception) : NULL;
    const char *message = text != NULL ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    PyErr_Clear(); // an exception that cannot be shown as text is carried all the same
    (void)stepdown_error_raise(out_error, status, message != NULL ? message : "a callback raised an exception");
    Py_XDECREF(text);
    if (exception != NULL && stepdown_error_set_cookie(*out_error, HOST_TAG, exception, host_release) != STEPDOWN_OK) {
        Py_DECREF(exception); // no memory for the error
    }
    return status;
}

// ---- callbacks without a place for an error --------------------------------------------------------------------------

static void host_log(void *ctx, int32_t level, const char *message) {
    if (!Py_IsInitialized()) {
        return;
    }
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *done = PyObject_CallFunction((PyObject *)ctx, "is", (int)level, message);
    if (done == NULL) {
        PyErr_WriteUnraisable((PyObject *)ctx);
    }
    Py_XDECREF(done);
    PyGILState_Release(state);
}

struct host_progress {
    PyObject *callable;
    PyObject *raised;
};

static int32_t host_progress(void *ctx, uint64_t done) {
    struct host_progress *told = (struct host_progress *)ctx;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *answer = PyObject_CallFunction(told->callable, "K", (unsigned long long)done);
    int more = answer == NULL ? -1 : answer == Py_None ? 1 : PyObject_IsTrue(answer);
    if (more < 0) {
        told->raised = host_take_exception();
    }
    Py_XDECREF(answer);
    PyGILState_Release(state);
    return more > 0;
}

// ---- whole results ---------------------------------------------------------------------------------------------------

enum { LAYOUTS = 256, LAYOUT_COLUMNS = 64 };

// Names and types of columns are static in the library, so each set of them becomes one Python object, once.
static struct host_layout {
    size_t count;
    const char *names[LAYOUT_COLUMNS];
    int types[LAYOUT_COLUMNS];
    PyObject *columns;
    // While a result is fetched, the last text of each column: rows have much in common, and what is the same becomes the same
    // object.
    struct last_text {
        PyObject *object;
        const char *data; // the object's own
        size_t size;
    } last[LAYOUT_COLUMNS];
    int used;
} host_layouts[LAYOUTS];
static size_t host_layout_count;

// Nothing of a result stays behind when it is fetched.
static void layouts_forget(void) {
    for (size_t i = 0; i < host_layout_count; i++) {
        struct host_layout *layout = &host_layouts[i];
        for (size_t column = 0; layout->used && column < layout->count; column++) {
            Py_CLEAR(layout->last[column].object);
        }
        layout->used = 0;
    }
}

static int layout_is(const struct host_layout *layout, const stepdown_result *rows) {
    for (size_t i = 0; i < layout->count; i++) {
        if (layout->names[i] != stepdown_result_column_name(rows, i) ||
            layout->types[i] != stepdown_result_column_type(rows, i)) {
            return 0;
        }
    }
    return 1;
}

static PyObject *layout_make(const stepdown_result *rows, size_t count) {
    PyObject *names = PyTuple_New((Py_ssize_t)count), *types = PyTuple_New((Py_ssize_t)count), *columns = NULL;
    int made = names != NULL && types != NULL;
    for (size_t i = 0; made && i < count; i++) {
        PyObject *name = PyUnicode_InternFromString(stepdown_result_column_name(rows, i));
        PyObject *type = PyLong_FromLong(stepdown_result_column_type(rows, i));
        made = name != NULL && type != NULL;
        PyTuple_SetItem(names, (Py_ssize_t)i, name);
        PyTuple_SetItem(types, (Py_ssize_t)i, type);
    }
    if (made) {
        columns = PyObject_CallFunctionObjArgs(host_make_columns, names, types, NULL);
    }
    Py_XDECREF(names);
    Py_XDECREF(types);
    return columns;
}

// The layout of these rows, for good; NULL with an exception.
static struct host_layout *layout_of(const stepdown_result *rows) {
    size_t count = stepdown_result_columns(rows);
    for (size_t i = 0; i < host_layout_count; i++) {
        if (host_layouts[i].count == count && layout_is(&host_layouts[i], rows)) {
            return &host_layouts[i];
        }
    }
    if (count > LAYOUT_COLUMNS || host_layout_count == LAYOUTS) {
        PyErr_Format(PyExc_SystemError, "a result of %zu columns, after %zu kinds of results", count,
                     host_layout_count);
        return NULL;
    }
    struct host_layout *layout = &host_layouts[host_layout_count];
    layout->columns = layout_make(rows, count);
    if (layout->columns == NULL) {
        return NULL;
    }
    layout->count = count;
    for (size_t i = 0; i < count; i++) {
        layout->names[i] = stepdown_result_column_name(rows, i);
        layout->types[i] = stepdown_result_column_type(rows, i);
    }
    host_layout_count++;
    return layout;
}

static PyObject *text_new(const stepdown_result *rows, size_t row, int32_t column, struct last_text *last) {
    const char *data = stepdown_result_text(rows, row, column);
    size_t size = stepdown_result_text_size(rows, row, column);
    if (last->object == NULL || size != last->size || memcmp(data, last->data, size) != 0) {
        Py_ssize_t length = 0;
        PyObject *text = PyUnicode_FromStringAndSize(data, (Py_ssize_t)size);
        const char *own = text != NULL ? PyUnicode_AsUTF8AndSize(text, &length) : NULL;
        if (own == NULL) {
            Py_XDECREF(text);
            return NULL;
        }
        Py_XDECREF(last->object);
        *last = (struct last_text){.object = text, .data = own, .size = (size_t)length};
    }
    return Py_NewRef(last->object);
}

static PyObject *rows_new(const stepdown_result *rows);

static PyObject *cell_new(const stepdown_result *rows, size_t row, int32_t column, int type) {
    if (type == STEPDOWN_COLUMN_ROWS) {
        const stepdown_result *nested = stepdown_result_rows(rows, row, column);
        return nested != NULL ? rows_new(nested) : Py_NewRef(Py_None);
    }
    int64_t number = stepdown_result_integer(rows, row, column);
    if (type == STEPDOWN_COLUMN_BOOLEAN) {
        return PyBool_FromLong(number != 0);
    }
    return type == STEPDOWN_COLUMN_TIME && number == STEPDOWN_TIME_NONE ? Py_NewRef(Py_None)
                                                                        : PyLong_FromLongLong(number);
}

static PyObject *row_new(const stepdown_result *rows, size_t row, struct host_layout *layout) {
    PyObject *cells = PyTuple_New((Py_ssize_t)layout->count);
    for (size_t i = 0; cells != NULL && i < layout->count; i++) {
        PyObject *cell = layout->types[i] == STEPDOWN_COLUMN_TEXT ? text_new(rows, row, (int32_t)i, &layout->last[i])
                                                                  : cell_new(rows, row, (int32_t)i, layout->types[i]);
        if (cell == NULL || PyTuple_SetItem(cells, (Py_ssize_t)i, cell) < 0) {
            Py_CLEAR(cells);
        }
    }
    return cells;
}

// (columns, [(cell, …), …])
static PyObject *rows_new(const stepdown_result *rows) {
    size_t count = stepdown_result_count(rows);
    struct host_layout *layout = layout_of(rows);
    PyObject *list = layout != NULL ? PyList_New((Py_ssize_t)count) : NULL;
    if (layout != NULL) {
        layout->used = 1;
    }
    for (size_t row = 0; list != NULL && row < count; row++) {
        PyObject *cells = row_new(rows, row, layout);
        if (cells == NULL || PyList_SetItem(list, (Py_ssize_t)row, cells) < 0) {
            Py_CLEAR(list);
        }
    }
    PyObject *pair = list != NULL ? PyTuple_Pack(2, layout->columns, list) : NULL;
    Py_XDECREF(list);
    return pair;
}

// (columns, rows, next, more)
static PyObject *host_table(const Result *result) {
    PyObject *pair = rows_new(result->rows);
    layouts_forget();
    if (pair == NULL) {
        return NULL;
    }
    PyObject *whole = Py_BuildValue("(OOsi)", PyTuple_GetItem(pair, 0), PyTuple_GetItem(pair, 1),
                                    stepdown_result_next(result->rows), (int)result->whole->more);
    Py_DECREF(pair);
    return whole;
}

#endif
