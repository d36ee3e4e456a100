# What sums and products of whole rows are made of: loops over the lanes of a block, for the compiler to
# vectorise. interpreter.pxi calls them.

cdef extern from *:
    """
    typedef double *restrict autodiff_row;
    """
    ctypedef double *autodiff_row


cdef inline void add_shared(autodiff_row out, double c0, double c1, double c2, double c3,
                            autodiff_row r0, autodiff_row r1, autodiff_row r2, autodiff_row r3,
                            Py_ssize_t lanes) noexcept nogil:
    cdef Py_ssize_t l
    for l in range(lanes):
        out[l] = out[l] + c0 * r0[l] + c1 * r1[l] + c2 * r2[l] + c3 * r3[l]


cdef inline void set_shared(autodiff_row out, double c0, double c1, double c2, double c3,
                            autodiff_row r0, autodiff_row r1, autodiff_row r2, autodiff_row r3,
                            Py_ssize_t lanes) noexcept nogil:
    cdef Py_ssize_t l
    for l in range(lanes):
        out[l] = c0 * r0[l] + c1 * r1[l] + c2 * r2[l] + c3 * r3[l]


cdef inline void add_shared_one(autodiff_row out, double c, autodiff_row r, Py_ssize_t lanes) noexcept nogil:
    cdef Py_ssize_t l
    for l in range(lanes):
        out[l] = out[l] + c * r[l]


cdef inline void set_shared_one(autodiff_row out, double c, autodiff_row r, Py_ssize_t lanes) noexcept nogil:
    cdef Py_ssize_t l
    for l in range(lanes):
        out[l] = c * r[l]


cdef inline void add_product(autodiff_row out, const double* a, const double* b, Py_ssize_t lanes) noexcept nogil:
    cdef Py_ssize_t l
    for l in range(lanes):
        out[l] = out[l] + a[l] * b[l]


cdef inline void set_product(autodiff_row out, const double* a, const double* b, Py_ssize_t lanes) noexcept nogil:
    cdef Py_ssize_t l
    for l in range(lanes):
        out[l] = a[l] * b[l]


cdef inline void nan_where(autodiff_row out, const double* value, Py_ssize_t lanes) noexcept nogil:
    cdef Py_ssize_t l
    for l in range(lanes):
        out[l] = value[l] if value[l] != value[l] else out[l]


cdef void shared_terms(double* out, bint fresh, int count, const int* terms, double* S, double** rows,
                       Py_ssize_t lanes) noexcept nogil:
    """out = (or +=) Σ S[slot] * row, from left to right, four terms at a time."""
    cdef int i = 0
    cdef const int* t
    if fresh:
        if count >= 4:
            set_shared(out, S[terms[0]], S[terms[2]], S[terms[4]], S[terms[6]],
                       rows[terms[1]], rows[terms[3]], rows[terms[5]], rows[terms[7]], lanes)
            i = 4
        else:
            set_shared_one(out, S[terms[0]], rows[terms[1]], lanes)
            i = 1
    while count - i >= 4:
        t = terms + 2 * i
        add_shared(out, S[t[0]], S[t[2]], S[t[4]], S[t[6]],
                   rows[t[1]], rows[t[3]], rows[t[5]], rows[t[7]], lanes)
        i += 4
    while i < count:
        add_shared_one(out, S[terms[2 * i]], rows[terms[2 * i + 1]], lanes)
        i += 1


cdef void lane_terms(double* out, bint fresh, int count, const int* terms, double** rows,
                     Py_ssize_t lanes) noexcept nogil:
    """out = (or +=) Σ row * row, from left to right."""
    cdef int i = 0
    if fresh:
        set_product(out, rows[terms[0]], rows[terms[1]], lanes)
        i = 1
    while i < count:
        add_product(out, rows[terms[2 * i]], rows[terms[2 * i + 1]], lanes)
        i += 1


cdef void lane_sums(const double* a, int count, const int* terms, double* sums, double** rows,
                    Py_ssize_t lanes) noexcept nogil:
    """sums[slot] += Σ over the lanes of a * row; eight partial sums each, whatever the vector width."""
    cdef double p0, p1, p2, p3, p4, p5, p6, p7
    cdef double part[8]
    cdef const double* b
    cdef Py_ssize_t l, whole = lanes - lanes % 8
    cdef int i
    for i in range(count):
        b = rows[terms[2 * i]]
        p0 = p1 = p2 = p3 = p4 = p5 = p6 = p7 = 0.0
        for l in range(0, whole, 8):  # eight names, so that the compiler keeps them in one register
            p0 = p0 + a[l] * b[l]
            p1 = p1 + a[l + 1] * b[l + 1]
            p2 = p2 + a[l + 2] * b[l + 2]
            p3 = p3 + a[l + 3] * b[l + 3]
            p4 = p4 + a[l + 4] * b[l + 4]
            p5 = p5 + a[l + 5] * b[l + 5]
            p6 = p6 + a[l + 6] * b[l + 6]
            p7 = p7 + a[l + 7] * b[l + 7]
        part[0], part[1], part[2], part[3] = p0, p1, p2, p3
        part[4], part[5], part[6], part[7] = p4, p5, p6, p7
        for l in range(whole, lanes):
            part[l - whole] = part[l - whole] + a[l] * b[l]
        sums[terms[2 * i + 1]] += (((part[0] + part[4]) + (part[2] + part[6]))
                                   + ((part[1] + part[5]) + (part[3] + part[7])))
