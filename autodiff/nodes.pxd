# What nodes.py does, for the compiled core: on the fields themselves, each written once and cleared
# once, where a class's own ways would fill and empty them several times. Most of a graph's life is that
# its nodes are made and freed.

from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, PyTypeObject
from libc.string cimport memset

from autodiff cimport calls, operation, slabs
from autodiff.graph cimport Node
from autodiff.operation cimport Operation

cdef extern from "Python.h":
    ctypedef struct WholeType "PyTypeObject":
        Py_ssize_t tp_basicsize
        PyObject* (*tp_alloc)(PyTypeObject*, Py_ssize_t) noexcept
        void (*tp_dealloc)(PyObject*) noexcept
    PyObject* PyObject_Init(PyObject* slot, PyTypeObject* kind) noexcept
    PyObject* PyErr_NoMemory() noexcept
    void PyObject_ClearWeakRefs(PyObject* subject) noexcept
    Py_ssize_t Py_REFCNT(PyObject* subject) noexcept
    void Py_SET_REFCNT(PyObject* subject, Py_ssize_t count) noexcept
    void Py_DECREF(PyObject* subject) noexcept

cdef enum:
    DEEPEST = 10  # so many are at work on the list of the doomed at a time

cdef struct Fields:  # those of a Node, as graph.pxd lays it out
    Py_ssize_t references
    PyTypeObject* kind
    void* methods  # once doomed: the node doomed before it
    double data
    long long serial
    int place
    PyObject* left
    PyObject* right
    PyObject* primitive
    double grad
    PyObject* label
    PyObject* weak_references


cdef inline Node as_node(object node):
    return <Node>node


cdef inline PyObject* owned(object x) noexcept:
    Py_INCREF(x)
    return <PyObject*>x


cdef inline Node node_of(type kind, double data, double grad, object label, Operation primitive,
                         Node left, Node right):
    cdef Fields* node = <Fields*>slabs.take()
    if node is NULL:
        raise MemoryError
    PyObject_Init(<PyObject*>node, <PyTypeObject*>kind)
    node.methods = operation.methods
    node.data = data
    node.serial = calls.next_serial()
    node.place = 0
    node.left, node.right, node.primitive = owned(left), owned(right), owned(primitive)
    node.grad = grad
    node.label = owned(label)
    node.weak_references = NULL
    made = <Node><PyObject*>node
    Py_DECREF(<PyObject*>node)  # made refers to it
    return made


cdef inline PyObject* blank(PyTypeObject* kind, Py_ssize_t items) noexcept:
    """Return an object of zeros: what a type's tp_alloc does."""
    cdef void* slot = slabs.take()
    if slot is NULL:
        return PyErr_NoMemory()
    memset(slot, 0, sizeof(Fields))
    return PyObject_Init(<PyObject*>slot, kind)


cdef inline void doom(PyObject* node) noexcept:
    """Let a node that nobody refers to wait to be freed."""
    if (<Fields*>node).weak_references is not NULL:
        PyObject_ClearWeakRefs(node)
    (<Fields*>node).methods = operation.doomed
    operation.doomed = node


cdef inline void let_go(PyObject* operand) noexcept:
    """Forget a reference to a node, or to None."""
    if operand == <PyObject*>None or Py_REFCNT(operand) > 1:
        Py_DECREF(operand)
    else:
        Py_SET_REFCNT(operand, 0)
        doom(operand)


cdef inline void free(PyObject* node) noexcept:
    """Free a node, and what it alone refers to: what a type's tp_dealloc does.

    A chain as long as you like must not be freed by as deep a recursion, so the doomed wait in a list.
    What a weak reference calls may free nodes itself, or hold things up while other threads do: a few
    may be at work on the list.
    """
    cdef Fields* fields
    doom(node)
    if operation.freeing >= DEEPEST:
        return
    operation.freeing += 1
    while operation.doomed is not NULL:
        fields = <Fields*>operation.doomed
        operation.doomed = fields.methods
        let_go(fields.left)
        let_go(fields.right)
        Py_DECREF(fields.primitive)
        Py_DECREF(fields.label)  # may come back here: more than two operands are the label's
        slabs.give_back(fields)
    operation.freeing -= 1


cdef inline int finish(type kind) except -1:
    cdef WholeType* whole = <WholeType*>kind
    if whole.tp_basicsize != sizeof(Fields):
        raise ImportError("nodes.pxd does not know the fields of a node")
    operation.slot_size = sizeof(Fields)
    whole.tp_alloc = blank
    whole.tp_dealloc = free
    some = kind.__new__(kind)
    operation.methods = (<Fields*><PyObject*>some).methods
    return 0
