# The C types of graph.py.

cimport cython

from autodiff cimport calls, nodes
from autodiff.operation cimport Active, Operation
from autodiff.operators cimport Number


cdef class Node(Number):
    cdef readonly double _data
    cdef readonly long long serial
    cdef int _place
    cdef Node _left
    cdef Node _right
    cdef readonly Operation primitive
    cdef readonly double _grad
    cdef readonly object _label
    cdef object __weakref__


cdef Py_ssize_t WINDOW

@cython.locals(older=list, waiting=list, layout=list, window=list, node=Node, user=Node, operand=Node,
               x=Node, newest="long long", entry=object, size=Py_ssize_t, found=Py_ssize_t, i=Py_ssize_t)
cpdef list laid_out(tuple outs)

cdef list _sorted_out(tuple outs)

cdef list _with_operands(list nodes)

@cython.locals(node=Node)
cdef list _placed(list layout, list nodes)

cdef _reach(list nodes, Node node)

@cython.locals(x_bar="double[::1]", node=Node, left=Node, right=Node, count=Py_ssize_t, i=Py_ssize_t,
               place=Py_ssize_t, out_bar=double, x_partial=double, y_partial=double, careful=bint)
cpdef sweep(list layout, object seeds)

cpdef Py_ssize_t place_of(Node node, list layout) except -1
