# Memory for nodes, for the compiled core: in slabs, each handing out its lowest vacant slot.
#
# What is made one after the other so lies one after the other, in a training loop's last step as in its
# first, and a pass over a graph reads memory in order. Without it, nodes get the places of those freed
# before them, which after some steps is any order: a pass then takes half as long again.
#
# Slabs come from arenas, which go back to the system once all of their slabs are empty; up to KEPT empty
# slabs stay, because the next step needs as many nodes as the last one. Arenas are Python's own kind, pages
# of the system: malloc would keep them.

from libc.stdint cimport uint64_t
from libc.string cimport memset

from autodiff cimport operation

cdef extern from "Python.h":
    ctypedef struct ArenaAllocator "PyObjectArenaAllocator":
        void* ctx
        void* (*alloc)(void* ctx, size_t size) noexcept
        void (*free)(void* ctx, void* address, size_t size) noexcept
    void PyObject_GetArenaAllocator(ArenaAllocator* allocator) noexcept

cdef enum:
    SLAB = 1 << 16  # bytes, and what a slab's address is a multiple of
    WORDS = 16  # of 64 slots each
    HEAD = 192  # bytes a slab keeps for itself
    SLABS = 8  # in an arena
    BYTES = (SLABS + 1) * SLAB  # of an arena: one slab's worth to begin at a multiple of SLAB
    KEPT = 192  # 12 MB

cdef struct Slab:
    Slab* next
    Slab* previous
    Arena* arena
    int vacancies
    int lowest  # no slot below is vacant
    int is_listed
    uint64_t vacant[WORDS]  # a bit for each slot

cdef struct Arena:
    int empty  # of its slabs
    Slab* first
    void* start


cdef inline int slots_of(int size) noexcept:
    """Return how many slots a slab has."""
    return min((SLAB - HEAD) // size, 64 * WORDS)


cdef inline Slab* slab_after(Slab* slab) noexcept:
    return <Slab*>(<char*>slab + SLAB)


cdef inline void unlist(Slab* slab) noexcept:
    if slab.previous is not NULL:
        slab.previous.next = slab.next
    else:
        operation.first_slab = slab.next
    if slab.next is not NULL:
        slab.next.previous = slab.previous
    else:
        operation.last_slab = slab.previous
    slab.is_listed = False


cdef inline void list_first(Slab* slab) noexcept:
    slab.previous, slab.next = NULL, <Slab*>operation.first_slab
    if slab.next is not NULL:
        slab.next.previous = slab
    else:
        operation.last_slab = slab
    operation.first_slab = slab
    slab.is_listed = True


cdef inline void list_last(Slab* slab) noexcept:
    slab.previous, slab.next = <Slab*>operation.last_slab, NULL
    if slab.previous is not NULL:
        slab.previous.next = slab
    else:
        operation.first_slab = slab
    operation.last_slab = slab
    slab.is_listed = True


cdef inline bint add_arena(int slots) noexcept:
    """List the slabs of a new arena; return whether there was memory for it."""
    cdef ArenaAllocator system
    cdef Arena* arena
    cdef Slab* slab
    cdef int i, j
    PyObject_GetArenaAllocator(&system)
    arena = <Arena*>system.alloc(system.ctx, BYTES)
    if arena is NULL:
        return False
    # After the slabs or before them, there is room for the arena's own fields.
    slab = <Slab*>((<size_t>arena + SLAB - 1) & ~<size_t>(SLAB - 1))
    if <void*>slab is <void*>arena:
        arena = <Arena*>(<char*>slab + SLABS * SLAB)
        arena.start = slab
    else:
        arena.start = arena
    arena.first = slab
    arena.empty = SLABS
    operation.empty_slabs += SLABS
    for i in range(SLABS):
        memset(slab, 0, sizeof(Slab))
        slab.arena, slab.vacancies = arena, slots
        for j in range(slots):
            slab.vacant[j >> 6] |= <uint64_t>1 << (j & 63)
        list_last(slab)
        slab = slab_after(slab)
    return True


cdef inline Slab* next_slab(int slots) noexcept:
    """Return a slab with a vacant slot, NULL where memory is out."""
    if operation.first_slab is NULL and not add_arena(slots):
        return NULL
    cdef Slab* slab = <Slab*>operation.first_slab
    unlist(slab)
    if slab.vacancies == slots:
        slab.arena.empty -= 1
        operation.empty_slabs -= 1
    operation.slab = slab
    return slab


cdef inline void emptied(Slab* slab) noexcept:
    """Keep an empty slab for later, or give back the arena whose last one it is."""
    cdef ArenaAllocator system
    cdef Arena* arena = slab.arena
    cdef int i
    list_last(slab)
    arena.empty += 1
    operation.empty_slabs += 1
    if arena.empty == SLABS and operation.empty_slabs > KEPT:
        operation.empty_slabs -= SLABS
        slab = arena.first
        for i in range(SLABS):
            unlist(slab)
            slab = slab_after(slab)
        PyObject_GetArenaAllocator(&system)
        system.free(system.ctx, arena.start, BYTES)


cdef inline void* take() noexcept:
    """Return a vacant slot, no longer vacant; NULL where memory is out."""
    cdef int size = operation.slot_size
    cdef Slab* slab = <Slab*>operation.slab
    cdef int i
    if slab is NULL or slab.vacancies == 0:
        slab = next_slab(slots_of(size))
        if slab is NULL:
            return NULL
    i = slab.lowest
    while not (slab.vacant[i >> 6] >> (i & 63)) & 1:
        i = i + 1 if slab.vacant[i >> 6] >> (i & 63) else (i | 63) + 1
    slab.vacant[i >> 6] &= ~(<uint64_t>1 << (i & 63))
    slab.lowest = i + 1
    slab.vacancies -= 1
    return <char*>slab + HEAD + i * size


cdef inline void give_back(void* slot) noexcept:
    """Make a slot vacant.

    A slab is listed for new nodes when a quarter of it is vacant, before the empty ones: so few nodes
    that stay do not hold much memory.
    """
    cdef int size = operation.slot_size
    cdef Slab* slab = <Slab*>(<size_t>slot & ~<size_t>(SLAB - 1))
    cdef int slots = slots_of(size)
    cdef int i = <int>(<char*>slot - <char*>slab - HEAD) // size
    slab.vacant[i >> 6] |= <uint64_t>1 << (i & 63)
    slab.vacancies += 1
    if i < slab.lowest:
        slab.lowest = i
    if slab is operation.slab:
        return
    if slab.vacancies == slots:
        if slab.is_listed:
            unlist(slab)
        emptied(slab)
    elif not slab.is_listed and 4 * slab.vacancies >= slots:
        list_first(slab)
