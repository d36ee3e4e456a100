# What calls.py does, for the compiled core.

from cpython cimport array
from libc.string cimport memset
from cpython.object cimport PyObject
from cpython.ref cimport PyTypeObject
from cpython.type cimport PyType_Modified

from autodiff cimport operation

cdef extern from "Python.h":
    int PyDict_SetItem(PyObject* dictionary, object key, object value) except -1
    ctypedef struct TypeWithDict "PyTypeObject":
        PyObject* tp_dict
    ctypedef PyObject* (*Alloc "allocfunc")(PyTypeObject*, Py_ssize_t) noexcept
    ctypedef void (*Free "freefunc")(void*) noexcept
    ctypedef struct SizedType "PyTypeObject":
        Py_ssize_t tp_basicsize
        Alloc tp_alloc
        Free tp_free
    PyObject* PyType_GenericAlloc(PyTypeObject* kind, Py_ssize_t items) noexcept
    PyObject* PyObject_Init(PyObject* room, PyTypeObject* kind) noexcept
    void PyObject_Free(void* room) noexcept


cdef inline long long next_serial() noexcept:
    operation.last_serial += 1
    return operation.last_serial


cdef inline array.array zeros(Py_ssize_t count):
    return array.clone(array.array("d"), count, zero=True)


cdef inline int extend(type kind, str name, object method) except -1:
    PyDict_SetItem((<TypeWithDict*>kind).tp_dict, name, method)
    PyType_Modified(kind)
    return 0


# A step of a training loop makes as many nodes as the one before it has freed: room for so many is
# kept, instead of being given back and asked for again.


cdef inline PyObject* node_room(PyTypeObject* kind, Py_ssize_t items) noexcept:
    cdef void* room
    if operation.kept_count == 0:
        return PyType_GenericAlloc(kind, items)
    operation.kept_count -= 1
    room = operation.kept[operation.kept_count]
    memset(room, 0, (<SizedType*>kind).tp_basicsize)
    return PyObject_Init(<PyObject*>room, kind)


cdef inline void node_freed(void* room) noexcept:
    if operation.kept_count < operation.KEPT:
        operation.kept[operation.kept_count] = room
        operation.kept_count += 1
    else:
        PyObject_Free(room)


cdef inline int finish(type kind) except -1:
    (<SizedType*>kind).tp_alloc = node_room
    (<SizedType*>kind).tp_free = node_freed
    return 0
