# The lane unit's functions for Python: one row of the table over arrays, as the tests call them.

def value(str name, out, list operands):
    """Write the value of the row ``name`` to the float64 array ``out``, one lane per element."""
    cdef double** rows = <double**> malloc((len(operands) + 1) * sizeof(double*))
    cdef Py_ssize_t lanes = len(out)
    if rows == NULL:
        raise MemoryError
    try:
        for place, operand in enumerate(operands):
            rows[<Py_ssize_t> place] = <double*> address(operand)
        value_rows(codes[name], <double*> address(out), rows, len(operands), lanes)
    finally:
        free(rows)


def partial(str name, int rule, list results, out, list operands):
    """Write the partial by one operand, or by those of a group, to the arrays ``results``."""
    cdef double** rows = <double**> malloc((len(operands) + len(results) + 1) * sizeof(double*))
    cdef Py_ssize_t lanes = len(out)
    if rows == NULL:
        raise MemoryError
    try:
        for place, array in enumerate([*operands, *results]):
            rows[<Py_ssize_t> place] = <double*> address(array)
        partial_rows(
            codes[name], rule, rows + len(operands), <double*> address(out), rows, len(operands), lanes
        )
    finally:
        free(rows)
