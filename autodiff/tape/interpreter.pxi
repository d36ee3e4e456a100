# The native replay: runs a laid-out program (layout.py says what the words mean) over blocks of lanes.
# Included into the unit of lane kernels, which gives it value_rows and partial_rows; after
# row_operations.pxi and workspace.pxi.
#
#   S     the slots: one number for each shared variable
#   rows  for each row the address of its numbers, one for each lane of the block

from threading import Thread

from libc.string cimport memcpy
from cpython.buffer cimport PyBUF_STRIDES
from cpython.exc cimport PyErr_CheckSignals

cdef enum:
    AFFINE = 0
    NAN_OF = 1
    EVALUATE = 2
    PARTIAL = 3
    CHECK = 4
    SHARED_TERMS = 5
    LANE_TERMS = 6
    LANE_SUM = 7
    MANY = 15
    PYTHON = 4095
    CHUNKS = 16           # lane sums are added up chunk by chunk: the same for any number of threads
    BLOCK_BYTES = 200000  # the rows of a block stay in the second-level cache
    LONGEST_BLOCK = 1024


cdef inline bint related(int relation, double x, double y) noexcept nogil:
    if relation == 0:
        return x < y
    if relation == 1:
        return x <= y
    if relation == 2:
        return x > y
    if relation == 3:
        return x >= y
    if relation == 4:
        return x == y
    return x != y


cdef inline int operation(const int* words, int* code, int* count, int* rule, int* results,
                          int* callback) noexcept nogil:
    """Read the words before an operation's places; return how many they are. rule is -1 for the value."""
    cdef int head = words[0], used = 1
    cdef bint partial = head & 0xFF == PARTIAL
    code[0] = (head >> 8) & 0xFFF
    count[0] = (head >> 20) & 0xF
    rule[0] = head >> 24
    results[0] = 1
    if count[0] == MANY:
        count[0], rule[0], results[0] = words[1], words[2], words[3]
        used = 4
    if not partial:
        rule[0] = -1
        results[0] = 0
    callback[0] = -1
    if code[0] == PYTHON:
        callback[0] = words[used]
        used += 1
    return used


cdef class Program:
    """A laid-out program, ready to run; several threads may run it at once."""

    cdef object callbacks
    cdef const int[::1] before, forward, reverse, after, shared_inputs, lane_inputs, outputs, gradient
    cdef const double[::1] initial
    cdef Py_ssize_t rows, temporary, widest, ones, first_sum, sums, block
    cdef bint checked
    cdef list spare  # workspaces that no call is using

    def __init__(self, layout, callbacks):
        self.callbacks = callbacks
        self.initial = layout.slots
        self.before, self.forward, self.reverse = layout.before, layout.forward, layout.reverse
        self.after, self.shared_inputs, self.lane_inputs = layout.after, layout.shared_inputs, layout.lane_inputs
        self.outputs, self.gradient = layout.outputs, layout.gradient
        self.rows, self.temporary, self.ones = layout.rows, layout.temporary, layout.ones
        self.widest, self.checked = layout.widest, layout.checked
        self.first_sum = layout.sums[0]
        self.sums = layout.sums[1] - layout.sums[0]
        cdef Py_ssize_t fitting = BLOCK_BYTES // (8 * max(self.rows + self.temporary, 1))
        self.block = min(max(fitting - fitting % 8, 32), LONGEST_BLOCK)
        self.spare = []

    def run(self, list shared, list lanes, Py_ssize_t count, outs, gradient, int threads):
        """Fill ``outs`` and ``gradient``; return None, or a byte for each lane: whether every check held."""
        cdef Py_ssize_t blocks = (count + self.block - 1) // self.block, k
        cdef Py_ssize_t chunks = min(blocks, CHUNKS)
        cdef Job job = Job(self.initial.shape[0], self.lane_inputs.shape[0], self.sums, chunks, count, self.checked)
        cdef double* results = <double*> address(outs)
        cdef double* bars = <double*> address(gradient)
        cdef double* slots = job.slots
        cdef Py_ssize_t chunk, l
        cdef bint held
        job.blocks = blocks
        job.outs = results
        memcpy(slots, &self.initial[0], self.initial.shape[0] * sizeof(double))
        self.load(shared, slots)
        cdef Workspace space = self.workspace()
        with nogil:
            held = self.shared_code(self.before, slots, space.operands)
        if not held:
            job.failed = True
            memset(job.held, 0, count)
        elif count and self.rows:
            self.columns(lanes, job)
            if threads > 1 and chunks > 1:
                self.spare.append(space)
                space = None
                self.threaded(job, min(threads, chunks))
                space = self.workspace()
            else:
                self.run_chunks(job, space, 0, 1)
        if not job.failed:
            for chunk in range(chunks):
                for k in range(self.sums):
                    slots[self.first_sum + k] += job.sums[chunk * self.sums + k]
            with nogil:
                self.shared_code(self.after, slots, space.operands)
            for k in range(self.gradient.shape[0]):
                bars[k] = slots[self.gradient[k]] if self.gradient[k] >= 0 else 0.0
        for k in range(self.outputs.shape[0]):
            if self.outputs[k] < 0:
                for l in range(count):
                    results[k * count + l] = slots[~self.outputs[k]]
        self.spare.append(space)
        return (<char*> job.held)[:count] if job.failed else None

    cdef Workspace workspace(self):
        if self.spare:
            return self.spare.pop()
        return Workspace(self.rows, self.temporary, self.block + 8, self.widest, self.ones)

    cdef int load(self, list shared, double* slots) except -1:
        """Put the shared inputs into their slots."""
        cdef Py_ssize_t place = 0, i, size
        cdef Py_buffer buffer
        cdef const double* numbers
        for item in shared:
            if type(item) is float:
                slots[self.shared_inputs[place]] = item
                place += 1
            else:
                PyObject_GetBuffer(item, &buffer, PyBUF_C_CONTIGUOUS)
                numbers = <const double*> buffer.buf
                size = buffer.len // sizeof(double)
                PyBuffer_Release(&buffer)  # the caller holds on to the array
                for i in range(size):
                    slots[self.shared_inputs[place + i]] = numbers[i]
                place += size
        return 0

    cdef int columns(self, list lanes, Job job) except -1:
        """Note where each lane input starts, and the bytes from one lane to the next."""
        cdef Py_ssize_t place = 0, j
        cdef Py_buffer buffer
        for item in lanes:
            PyObject_GetBuffer(item, &buffer, PyBUF_STRIDES)
            for j in range(buffer.shape[1] if buffer.ndim > 1 else 1):
                job.columns[place] = <const char*> buffer.buf + (j * buffer.strides[1] if j else 0)
                job.strides[place] = buffer.strides[0]
                place += 1
            PyBuffer_Release(&buffer)
        return 0

    cdef threaded(self, Job job, int threads):
        """Run the chunks on several threads; the first error stops them all."""
        errors = []

        def work(first):
            try:
                space = self.borrow()
                self.chunks_of(job, space, first, threads)
                self.spare.append(space)
            except BaseException as error:
                errors.append(error)
                self.halt(job)

        helpers = [Thread(target=work, args=(first,), daemon=True) for first in range(1, threads)]
        for helper in helpers:
            helper.start()
        work(0)
        for helper in helpers:
            helper.join()
        if errors:
            raise errors[0]

    def borrow(self):
        return self.workspace()

    def halt(self, Job job):
        job.stop = True

    def chunks_of(self, Job job, Workspace space, Py_ssize_t first, Py_ssize_t step):
        self.run_chunks(job, space, first, step)

    cdef int run_chunks(self, Job job, Workspace space, Py_ssize_t first, Py_ssize_t step) except -1:
        """Run every ``step``-th chunk of blocks."""
        cdef Py_ssize_t chunk = first, block, start
        with nogil:
            while chunk < job.chunks and not job.stop:
                for block in range(chunk * job.blocks // job.chunks, (chunk + 1) * job.blocks // job.chunks):
                    start = block * self.block
                    self.run_block(job, space, chunk, start, min(self.block, job.count - start))
                    if job.blocks > 1:
                        with gil:
                            PyErr_CheckSignals()
                    if job.stop:
                        break
                chunk += step
        return 0

    cdef int run_block(self, Job job, Workspace space, Py_ssize_t chunk, Py_ssize_t start,
                       Py_ssize_t lanes) except -1 nogil:
        cdef double** rows = space.rows
        cdef double* sums = job.sums + chunk * self.sums - self.first_sum
        cdef double* own
        cdef const char* column
        cdef Py_ssize_t k, l, stride, padded = (lanes + 7) & ~7  # loops over whole vectors are shorter
        cdef bint held
        for k in range(self.lane_inputs.shape[0]):
            stride = job.strides[k]
            column = job.columns[k] + start * stride
            own = rows[self.lane_inputs[k]]
            if stride == sizeof(double):
                memcpy(own, column, lanes * sizeof(double))
            else:
                for l in range(lanes):
                    own[l] = (<const double*> (column + l * stride))[0]
            for l in range(lanes, padded):
                own[l] = own[lanes - 1]
        held = self.lane_code(self.forward, job, space, NULL, start, lanes)
        if not held:
            job.failed = True
        elif not job.failed:
            self.lane_code(self.reverse, job, space, sums, start, lanes)
        for k in range(self.outputs.shape[0]):
            if self.outputs[k] >= 0:
                memcpy(job.outs + k * job.count + start, rows[self.outputs[k]], lanes * sizeof(double))
        return 0

    cdef bint lane_code(self, const int[::1] words, Job job, Workspace space, double* sums, Py_ssize_t start,
                        Py_ssize_t lanes) except? 0 nogil:
        """Run lane instructions; return whether every check held in every lane."""
        cdef double** rows = space.rows
        cdef double** operands = space.operands
        cdef double* S = job.slots
        cdef Py_ssize_t i = 0, length = words.shape[0], l
        cdef const int* w
        cdef int head, code, count, callback, rule, results, k
        cdef bint held = True
        cdef const double* left
        cdef const double* right
        cdef int spare
        cdef Py_ssize_t padded = (lanes + 7) & ~7
        while i < length:
            w = &words[i]
            head = w[0]
            if head & 0xFF == SHARED_TERMS:
                shared_terms(rows[w[1]], head >> 8, w[2], w + 3, S, rows, padded)
                i += 3 + 2 * w[2]
            elif head & 0xFF == LANE_TERMS:
                lane_terms(rows[w[1]], head >> 8, w[2], w + 3, rows, padded)
                i += 3 + 2 * w[2]
            elif head & 0xFF == LANE_SUM:
                lane_sums(rows[w[1]], head >> 8, w + 2, sums, rows, lanes)
                i += 2 + 2 * (head >> 8)
            elif head & 0xFF == NAN_OF:
                nan_where(rows[w[1]], rows[w[2]], padded)
                i += 3
            elif head & 0xFF == CHECK:
                spare = <int> self.rows
                left = self.lane_operand(w[1], S, rows, &spare, padded)
                right = self.lane_operand(w[2], S, rows, &spare, padded)
                for l in range(lanes):
                    if related((head >> 8) & 0xFFF, left[l], right[l]) != (head >> 20):
                        job.held[start + l] = 0
                        held = False
                i += 3
            else:
                i += operation(w, &code, &count, &rule, &results, &callback)
                w = &words[i]
                spare = <int> self.rows
                for k in range(count):
                    operands[k] = <double*> self.lane_operand(w[1 + k], S, rows, &spare, padded)
                for k in range(results):
                    operands[count + k] = rows[w[1 + count + k]]
                if callback >= 0:
                    self.python_rows(callback, rule, results, rows[w[0]], operands, count, lanes)
                elif rule < 0:
                    value_rows(code, rows[w[0]], operands, count, padded)
                else:
                    partial_rows(code, rule, operands + count, rows[w[0]], operands, count, padded)
                i += 1 + count + results
        return held

    cdef inline const double* lane_operand(self, int place, double* S, double** rows, int* spare,
                                           Py_ssize_t lanes) noexcept nogil:
        """Return the row of an operand; a shared number is spread over a temporary row."""
        cdef double* row
        cdef Py_ssize_t l
        if place >= 0:
            return rows[place]
        row = rows[spare[0]]
        spare[0] += 1
        for l in range(lanes):
            row[l] = S[~place]
        return row

    cdef bint shared_code(self, const int[::1] words, double* S, double** operands) except? 0 nogil:
        """Run shared instructions; return whether every check held."""
        cdef Py_ssize_t i = 0, length = words.shape[0]
        cdef const int* w
        cdef int head, code, count, callback, rule, results, k
        cdef double total
        while i < length:
            w = &words[i]
            head = w[0]
            if head & 0xFF == AFFINE:
                count = head >> 8
                total = S[w[2]] * S[w[3]]
                for k in range(1, count):
                    total = total + S[w[2 + 2 * k]] * S[w[3 + 2 * k]]
                S[w[1]] = total
                i += 2 + 2 * count
            elif head & 0xFF == NAN_OF:
                if S[w[2]] != S[w[2]]:
                    S[w[1]] = S[w[2]]
                i += 3
            elif head & 0xFF == CHECK:
                if related((head >> 8) & 0xFFF, S[~w[1]], S[~w[2]]) != (head >> 20):
                    return False
                i += 3
            else:
                i += operation(w, &code, &count, &rule, &results, &callback)
                w = &words[i]
                for k in range(count):
                    operands[k] = S + w[1 + k]
                for k in range(results):
                    operands[count + k] = S + w[1 + count + k]
                if callback >= 0:
                    self.python_rows(callback, rule, results, S + w[0], operands, count, 1)
                elif rule < 0:
                    value_rows(code, S + w[0], operands, count, 1)
                else:
                    partial_rows(code, rule, operands + count, S + w[0], operands, count, 1)
                i += 1 + count + results
        return True

    cdef int python_rows(self, int callback, int rule, int results, double* out, double** operands, int count,
                         Py_ssize_t lanes) except -1 nogil:
        """Compute a row that is not built in: by its Python function, one lane at a time."""
        cdef Py_ssize_t l
        cdef int k
        with gil:
            function = self.callbacks[callback]
            for l in range(lanes):
                numbers = [operands[k][l] for k in range(count)]
                if rule < 0:
                    out[l] = function(*numbers)
                else:
                    partials = function(out[l], *numbers)
                    for k in range(results):
                        operands[count + k][l] = partials[k]
        return 0
