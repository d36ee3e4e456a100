# The C side of operations: by its code, an operation finds the functions generated from its row.

from autodiff.native cimport table

cdef long long last_serial

# The room of freed nodes, for the next ones (calls.pxd): 12 MB at most.
cdef enum:
    KEPT = 1 << 17
cdef void* kept[KEPT]
cdef int kept_count


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
