"""Arrays that say that they lie on a GPU, for an engine of the CPU that says that it computes there."""

import ctypes

import numpy as np

from eigencoder import _core


class GpuArray:
    """Exports its memory as CUDA's, and nothing else."""

    def __init__(self, array, **changes):
        self.array = np.asarray(array)
        self.changes = changes

    @property
    def __cuda_array_interface__(self):
        return {**self.array.__array_interface__, "version": 3, "stream": None, **self.changes}


class DlpackArray:
    """Exports its memory by DLPack alone."""

    def __init__(self, array, number=0):
        self.exporter = _core.DeviceArray(GpuArray(array), number)

    def __dlpack_device__(self):
        return self.exporter.__dlpack_device__()

    def __dlpack__(self, *, stream):
        return self.exporter.__dlpack__(stream=stream)


class Relabelled:
    """Another's DLPack capsule, with another type of device written into it."""

    def __init__(self, exporter, device_type):
        self.exporter = exporter
        self.device_type = device_type

    def __dlpack_device__(self):
        return self.device_type, 0

    def __dlpack__(self, *, stream=None, **_):
        capsule = self.exporter.__dlpack__()
        get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
        get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        address = get_pointer(capsule, b"dltensor") + ctypes.sizeof(ctypes.c_void_p)  # behind the data's
        ctypes.c_int32.from_address(address).value = self.device_type
        return capsule


def on_host(device_array):
    """A copy of the numbers, which do lie on the host."""
    interface = device_array.__cuda_array_interface__
    numbers = np.ctypeslib.as_array(
        ctypes.cast(interface["data"][0], ctypes.POINTER(np.ctypeslib.as_ctypes_type(np.dtype(interface["typestr"])))),
        interface["shape"],
    )
    return numbers.copy()
