# The C types of operators.py.

from autodiff cimport calls
from autodiff.operation cimport Operation


cdef Operation abs, add, ceil, div, floor, mul, neg, pow, sub


cdef class Number:
    cpdef object _binary(self, Operation primitive, object other)
    cpdef object _reflected(self, Operation primitive, object other)
    cpdef object _unary(self, Operation primitive)

cpdef object unary(Number x, Operation primitive)
