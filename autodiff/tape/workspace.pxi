# The memory that a replay works in: of a thread (Workspace) and of a call (Job).

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memset
from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBuffer_Release, PyObject_GetBuffer


cdef void* address(array) except? NULL:
    """Return where the numbers of an array start; the caller holds on to it."""
    cdef Py_buffer buffer
    PyObject_GetBuffer(array, &buffer, PyBUF_C_CONTIGUOUS)
    PyBuffer_Release(&buffer)
    return buffer.buf


cdef class Workspace:
    """The memory of one thread that runs blocks of lanes."""

    cdef double* storage
    cdef double** rows
    cdef double** operands

    def __cinit__(self, Py_ssize_t rows, Py_ssize_t temporary, Py_ssize_t stride, Py_ssize_t widest, Py_ssize_t ones):
        cdef Py_ssize_t count = rows + temporary, row, l
        cdef double* first
        self.storage = <double*> malloc((count * stride + 8) * sizeof(double))
        self.rows = <double**> malloc((count + 1) * sizeof(double*))
        self.operands = <double**> malloc((2 * widest + 2) * sizeof(double*))
        if self.storage == NULL or self.rows == NULL or self.operands == NULL:
            raise MemoryError(f"{count} rows of {stride} lanes")
        first = self.storage + (64 - (<size_t> self.storage) % 64) % 64 // 8
        for row in range(count):
            self.rows[row] = first + row * stride
        if ones >= 0:
            for l in range(stride):
                self.rows[ones][l] = 1.0

    def __dealloc__(self):
        free(self.storage)
        free(self.rows)
        free(self.operands)


cdef class Job:
    """One call: what its threads share."""

    cdef double* slots
    cdef double* sums          # for each chunk, one number for each lane sum
    cdef unsigned char* held   # for each lane whether every check held, NULL where nothing is checked
    cdef double* outs
    cdef const char** columns  # the first number of each lane input, and the bytes from lane to lane
    cdef Py_ssize_t* strides
    cdef Py_ssize_t count, blocks, chunks
    cdef bint failed, stop

    def __cinit__(self, Py_ssize_t slots, Py_ssize_t lane_inputs, Py_ssize_t sums, Py_ssize_t chunks,
                  Py_ssize_t count, bint checked):
        self.slots = <double*> malloc((slots + 1) * sizeof(double))
        self.sums = <double*> calloc(chunks * sums + 1, sizeof(double))
        self.columns = <const char**> malloc((lane_inputs + 1) * sizeof(char*))
        self.strides = <Py_ssize_t*> malloc((lane_inputs + 1) * sizeof(Py_ssize_t))
        self.held = <unsigned char*> malloc(count + 1) if checked else NULL
        if (self.slots == NULL or self.sums == NULL or self.columns == NULL or self.strides == NULL
                or (checked and self.held == NULL)):
            raise MemoryError(f"{slots} slots")
        if checked:
            memset(self.held, 1, count)
        self.count, self.chunks = count, chunks

    def __dealloc__(self):
        free(self.slots)
        free(self.sums)
        free(self.columns)
        free(self.strides)
        free(self.held)
