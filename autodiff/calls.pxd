# What calls.py does, for the compiled core.

from cpython cimport array
from cpython.object cimport PyObject
from cpython.type cimport PyType_Modified

from autodiff cimport operation

cdef extern from "Python.h":
    int PyDict_SetItem(PyObject* dictionary, object key, object value) except -1
    ctypedef struct TypeWithDict "PyTypeObject":
        PyObject* tp_dict


cdef inline long long next_serial() noexcept:
    operation.last_serial += 1
    return operation.last_serial


cdef inline array.array zeros(Py_ssize_t count):
    return array.clone(array.array("d"), count, zero=True)


cdef inline int extend(type kind, str name, object method) except -1:
    PyDict_SetItem((<TypeWithDict*>kind).tp_dict, name, method)
    PyType_Modified(kind)
    return 0
