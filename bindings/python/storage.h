// SPDX-License-Identifier: Apache-2.0
// A storage back end written in Python: the table of eight slots, each of which calls a method of the same name. See
// `stepdown.Backend` for what the methods are. Called from any thread.
#ifndef STEPDOWN_PYTHON_STORAGE_H
#define STEPDOWN_PYTHON_STORAGE_H

#include "support.h"

#define ENTER(ctx)                                                                                                     \
    PyGILState_STATE gil_state = PyGILState_Ensure();                                                                  \
    PyObject *self = (PyObject *)(ctx);                                                                                \
    stepdown_status status = STEPDOWN_OK
#define LEAVE                                                                                                          \
    PyGILState_Release(gil_state);                                                                                     \
    return status

// What a slot may answer; other exceptions of ours mean HOST like anybody else's.
#define BIT(status) (UINT64_C(1) << (status))
#define ANY_SLOT                                                                                                       \
    (BIT(STEPDOWN_CONFLICT) | BIT(STEPDOWN_BUSY) | BIT(STEPDOWN_TIMEOUT) | BIT(STEPDOWN_FULL) | BIT(STEPDOWN_IO) |     \
     BIT(STEPDOWN_CORRUPT) | BIT(STEPDOWN_NOMEM) | BIT(STEPDOWN_READONLY) | BIT(STEPDOWN_LIMIT) |                      \
     BIT(STEPDOWN_MISUSE))
#define OPEN_SLOT (ANY_SLOT | BIT(STEPDOWN_INVALID) | BIT(STEPDOWN_NOT_FOUND) | BIT(STEPDOWN_UNSUPPORTED))
#define COMMIT_SLOT (ANY_SLOT | BIT(STEPDOWN_UNKNOWN) | BIT(STEPDOWN_HOST))
#define CONTROL_SLOT (ANY_SLOT | BIT(STEPDOWN_EXISTS) | BIT(STEPDOWN_UNSUPPORTED))

static PyObject *bytes_of(stepdown_slice slice) {
    return PyBytes_FromStringAndSize((const char *)slice.data, (Py_ssize_t)slice.size);
}

static PyObject *keys_of(const stepdown_storage_keys *keys) {
    size_t count = stepdown_storage_keys_count(keys);
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list != NULL && i < count; i++) {
        PyObject *key = bytes_of(stepdown_storage_keys_at(keys, i));
        if (key == NULL || PyList_SetItem(list, (Py_ssize_t)i, key) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

// Drop what a method returned, or carry what it raised.
static stepdown_status answered(PyObject *self, PyObject *answer, uint64_t allowed, stepdown_status otherwise,
                                stepdown_error **o) {
    if (answer == NULL) {
        return host_carry(self, allowed, otherwise, o);
    }
    Py_DECREF(answer);
    return STEPDOWN_OK;
}

static stepdown_status storage_open(void *ctx, const stepdown_storage_memory *memory, stepdown_error **o) {
    (void)memory; // Python has its own
    ENTER(ctx);
    status = answered(self, PyObject_CallMethod(self, "open", NULL), OPEN_SLOT, STEPDOWN_HOST, o);
    LEAVE;
}

static stepdown_status storage_close(void *ctx, stepdown_error **o) {
    ENTER(ctx);
    status = answered(self, PyObject_CallMethod(self, "close", NULL), ANY_SLOT, STEPDOWN_HOST, o);
    LEAVE;
}

static stepdown_status storage_begin(void *ctx, uint32_t flags, const stepdown_storage_keys *prefetch, void **out,
                                     stepdown_error **o) {
    ENTER(ctx);
    PyObject *keys = keys_of(prefetch), *transaction = NULL;
    if (keys != NULL) {
        transaction =
            PyObject_CallMethod(self, "begin", "OO", flags & STEPDOWN_STORAGE_WRITE ? Py_True : Py_False, keys);
    }
    if (transaction == Py_None) {
        Py_CLEAR(transaction);
        PyErr_SetString(PyExc_TypeError, "begin() returned no transaction");
    }
    if (transaction != NULL) {
        *out = transaction;
    } else {
        status = host_carry(self, ANY_SLOT, STEPDOWN_HOST, o);
    }
    Py_XDECREF(keys);
    LEAVE;
}

// Hand one value to the library. False: an exception is set, or *status says why.
static int give(stepdown_storage_sink *sink, size_t index, PyObject *key, PyObject *value, stepdown_status *status) {
    Py_buffer k, v;
    if (PyObject_GetBuffer(value, &v, PyBUF_SIMPLE) < 0) {
        return 0;
    }
    stepdown_slice bytes = {(const uint8_t *)v.buf, (size_t)v.len};
    if (key == NULL) {
        *status = stepdown_storage_sink_value(sink, index, bytes);
    } else if (PyObject_GetBuffer(key, &k, PyBUF_SIMPLE) == 0) {
        *status = stepdown_storage_sink_row(sink, bind_slice((const char *)k.buf, (size_t)k.len), bytes);
        PyBuffer_Release(&k);
    }
    PyBuffer_Release(&v);
    return !PyErr_Occurred() && *status == STEPDOWN_OK;
}

static stepdown_status storage_get(void *ctx, void *transaction, const stepdown_storage_keys *keys,
                                   stepdown_storage_sink *sink, stepdown_error **o) {
    ENTER(ctx);
    size_t count = stepdown_storage_keys_count(keys), index = 0;
    PyObject *asked = keys_of(keys), *answer = NULL, *each = NULL, *value;
    if (asked != NULL) {
        answer = PyObject_CallMethod((PyObject *)transaction, "get", "O", asked);
    }
    each = answer != NULL ? PyObject_GetIter(answer) : NULL;
    while (each != NULL && status == STEPDOWN_OK && (value = PyIter_Next(each)) != NULL) {
        if (index < count && value != Py_None) {
            (void)give(sink, index, NULL, value, &status);
        }
        index++;
        Py_DECREF(value);
        if (PyErr_Occurred()) {
            break;
        }
    }
    if (!PyErr_Occurred() && status == STEPDOWN_OK && index != count) {
        PyErr_Format(PyExc_ValueError, "get() gave %zu values for %zu keys", index, count);
    }
    if (PyErr_Occurred()) {
        status = host_carry(self, ANY_SLOT, STEPDOWN_HOST, o);
    }
    Py_XDECREF(each);
    Py_XDECREF(answer);
    Py_XDECREF(asked);
    LEAVE;
}

static stepdown_status storage_scan(void *ctx, void *transaction, const stepdown_storage_range *range,
                                    stepdown_storage_sink *sink, stepdown_error **o) {
    ENTER(ctx);
    stepdown_slice from = stepdown_storage_range_from(range), to = stepdown_storage_range_to(range);
    size_t limit = stepdown_storage_range_limit(range), given = 0;
    PyObject *answer = PyObject_CallMethod((PyObject *)transaction, "scan", "NNnO", bytes_of(from),
                                           to.size > 0 ? bytes_of(to) : Py_NewRef(Py_None), (Py_ssize_t)limit,
                                           stepdown_storage_range_descending(range) ? Py_True : Py_False);
    PyObject *each = answer != NULL ? PyObject_GetIter(answer) : NULL, *pair;
    while (each != NULL && status == STEPDOWN_OK && given < limit && (pair = PyIter_Next(each)) != NULL) {
        PyObject *key = PySequence_Size(pair) == 2 ? PySequence_GetItem(pair, 0) : NULL;
        PyObject *value = key != NULL ? PySequence_GetItem(pair, 1) : NULL;
        if (value != NULL) {
            (void)give(sink, 0, key, value, &status);
        } else if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "scan() gives pairs of key and value");
        }
        Py_XDECREF(key);
        Py_XDECREF(value);
        Py_DECREF(pair);
        given++;
        if (PyErr_Occurred()) {
            break;
        }
    }
    if (PyErr_Occurred()) {
        status = host_carry(self, ANY_SLOT, STEPDOWN_HOST, o);
    }
    Py_XDECREF(each);
    Py_XDECREF(answer);
    LEAVE;
}

// [(key, absent), …]
static PyObject *checks_of(const stepdown_storage_batch *batch) {
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < stepdown_storage_batch_check_count(batch); i++) {
        int absent = stepdown_storage_batch_check_kind(batch, i) == STEPDOWN_STORAGE_ABSENT;
        PyObject *pair =
            Py_BuildValue("(NO)", bytes_of(stepdown_storage_batch_check_key(batch, i)), absent ? Py_True : Py_False);
        if (pair == NULL || PyList_Append(list, pair) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(pair);
    }
    return list;
}

static PyObject *operations_of(const stepdown_storage_batch *batch) {
    static const char *const kinds[] = {"", "put", "put-new", "delete"};
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < stepdown_storage_batch_operation_count(batch); i++) {
        int32_t kind = stepdown_storage_batch_operation_kind(batch, i);
        PyObject *one = PyObject_CallFunction(host_operation, "sNN", kinds[kind],
                                              bytes_of(stepdown_storage_batch_operation_key(batch, i)),
                                              bytes_of(stepdown_storage_batch_operation_value(batch, i)));
        if (one == NULL || PyList_Append(list, one) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(one);
    }
    return list;
}

// What is raised here by anything but a stepdown.Error says nothing about what was applied: UNKNOWN, unless the method was
// not called at all.
static stepdown_status storage_commit(void *ctx, void *transaction, const stepdown_storage_batch *batch,
                                      stepdown_error **o) {
    ENTER(ctx);
    PyObject *checks = checks_of(batch), *operations = operations_of(batch);
    if (checks != NULL && operations != NULL) {
        status = answered(self, PyObject_CallMethod((PyObject *)transaction, "commit", "OO", checks, operations),
                          COMMIT_SLOT, STEPDOWN_UNKNOWN, o);
    } else {
        status = host_carry(self, ANY_SLOT, STEPDOWN_HOST, o);
    }
    Py_XDECREF(checks);
    Py_XDECREF(operations);
    Py_DECREF((PyObject *)transaction);
    LEAVE;
}

static stepdown_status storage_abort(void *ctx, void *transaction, stepdown_error **o) {
    ENTER(ctx);
    status = answered(self, PyObject_CallMethod((PyObject *)transaction, "abort", NULL), ANY_SLOT, STEPDOWN_HOST, o);
    Py_DECREF((PyObject *)transaction);
    LEAVE;
}

// Figures: a mapping of name to integer.
static stepdown_status figures(PyObject *mapping, stepdown_storage_sink *sink) {
    stepdown_status status = STEPDOWN_OK;
    PyObject *items = PyMapping_Items(mapping);
    for (Py_ssize_t i = 0; items != NULL && status == STEPDOWN_OK && i < PyList_Size(items); i++) {
        const char *name;
        long long value;
        if (!PyArg_ParseTuple(PyList_GetItem(items, i), "sL", &name, &value)) {
            break;
        }
        status = stepdown_storage_sink_figure(sink, name, value);
    }
    Py_XDECREF(items);
    return status;
}

static stepdown_status storage_control(void *ctx, const stepdown_storage_request *request, stepdown_storage_sink *sink,
                                       stepdown_error **o) {
    static const char *const methods[] = {"", "statistics", "checkpoint", "backup", "vacuum", "ping"};
    ENTER(ctx);
    int32_t kind = stepdown_storage_request_kind(request);
    PyObject *answer = NULL;
    if (kind < 1 || (size_t)kind >= sizeof methods / sizeof methods[0]) {
        status = stepdown_error_raise(o, STEPDOWN_UNSUPPORTED, "a request that this binding does not know");
    } else if (kind == STEPDOWN_STORAGE_BACKUP) {
        answer = PyObject_CallMethod(self, methods[kind], "s", stepdown_storage_request_path(request));
    } else {
        answer = PyObject_CallMethod(self, methods[kind], NULL);
    }
    if (answer != NULL && kind == STEPDOWN_STORAGE_STATISTICS) {
        status = figures(answer, sink);
    }
    Py_XDECREF(answer);
    if (PyErr_Occurred()) {
        status = host_carry(self, CONTROL_SLOT, STEPDOWN_HOST, o);
    }
    LEAVE;
}

static const stepdown_storage_table storage_table = {STEPDOWN_STORAGE_ABI, sizeof(stepdown_storage_table),
                                                     storage_open,         storage_close,
                                                     storage_begin,        storage_get,
                                                     storage_scan,         storage_commit,
                                                     storage_abort,        storage_control};

// For the conformance suite: `ctx` is called with False for a new store and with True for the last one again, and gives a
// back end.
static stepdown_status storage_factory(void *ctx, int32_t what, stepdown_storage **out, stepdown_error **o) {
    ENTER(ctx);
    PyObject *backend = PyObject_CallFunction(self, "O", what == STEPDOWN_CONFORMANCE_REOPEN ? Py_True : Py_False);
    if (backend == NULL) {
        status = host_carry(self, OPEN_SLOT, STEPDOWN_HOST, o);
    } else {
        Py_BEGIN_ALLOW_THREADS;
        status = stepdown_storage_register(&storage_table, backend, host_release, NULL, out, o);
        Py_END_ALLOW_THREADS;
    }
    if (status != STEPDOWN_OK) {
        Py_XDECREF(backend);
    }
    LEAVE;
}

#endif
