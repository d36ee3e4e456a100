# The C side of operations: by its code, an operation finds the functions generated from its row.

from autodiff.native cimport table

cdef long long last_serial

# The state of what nodes.pxd and slabs.pxd do, one for all modules.
cdef void* methods  # of a node
cdef void* doomed  # the newest of the nodes that wait to be freed
cdef int freeing  # how many calls are freeing the doomed
cdef void* slab  # the one that new nodes are made in
cdef void* first_slab  # of those that have room for more
cdef void* last_slab
cdef int empty_slabs
cdef int slot_size  # in bytes


cdef class Operation:
    cdef public int code

    cdef inline double evaluate(self, double x, double y=0.0) except? -1.5:
        if self.code >= 0:
            return table.value(self.code, x, y)
        return (<object>self).evaluate(x) if self.code == -1 else (<object>self).evaluate(x, y)

    cdef inline double partial(self, double out, double x) except? -1.5:
        if self.code >= 0:
            return table.partial(self.code, out, x)
        return (<object>self).partial(out, x)

    cdef inline (double, double) partials(self, double out, double x, double y) except *:
        cdef double x_partial, y_partial
        if self.code >= 0:
            return table.partials(self.code, out, x, y)
        x_partial, y_partial = (<object>self).partials(out, x, y)
        return x_partial, y_partial


cdef class Active:
    cdef public int blocks
