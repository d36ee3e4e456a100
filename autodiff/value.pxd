# The C types of value.py.

cimport cython

from autodiff cimport calls, nodes
from autodiff.graph cimport Node
from autodiff.operation cimport Active, Operation
from autodiff.operators cimport Number

cdef object PLAIN, _CONSTANT
cdef double NOT_YET
cdef long long _last_change
cdef Active active


@cython.final
cdef class Value(Node):
    pass


@cython.locals(data=double)
cpdef Value constant(object number, str place=*)

@cython.locals(node=Value, data=double)
cdef Value _made(Operation primitive, Value x, Value y)

cdef _link(Value node, Operation primitive, tuple operands, object label)

cdef _obey_modes(Value node, object primitive)

@cython.locals(twin=Value)
cdef Value _twin(Value node, object operands)

cdef _mark_changed(Value leaf, str place)

@cython.locals(leaf=Value)
cpdef Value _leaf(double data, double grad, object label)

@cython.locals(node=Value)
cpdef Value _rebuilt(list leaves, list steps, list stale)

@cython.locals(node=Value, adjoint=double)
cdef _deposit(list layout, double[::1] x_bar)
