"""Files as PyTorch writes them, byte by byte, and CASCADE's network as its PyTorch module computes it."""

import json
import struct
import zipfile

import numpy as np

FLOATS, REBUILD, ORDERED = (
    b"ctorch\nFloatStorage\n",
    b"ctorch._utils\n_rebuild_tensor_v2\n",
    b"ccollections\nOrderedDict\n",
)


def text(value):
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def whole(value):
    return b"J" + struct.pack("<i", value)


def many(*values):
    """A tuple of whole numbers."""
    return b"(" + b"".join(map(whole, values)) + b"t"


def tensor(key, n, shape, steps, *, first=0, storage=FLOATS, rebuild=REBUILD):
    """What a pickle says of a tensor: its numbers, the first of them, shape, strides, no gradient, no hooks."""
    stored = b"(" + text("storage") + storage + text(key) + text("cpu") + whole(n) + b"tQ"
    return rebuild + b"(" + stored + whole(first) + many(*shape) + many(*steps) + b"\x89" + ORDERED + b")RtR"


def state(tensors):
    """A state dictionary, with the state that PyTorch gives to it."""
    items = b"".join(text(name) + content for name, content in tensors.items())
    metadata = b"}" + text("_metadata") + ORDERED + b")R" + text("") + b"}" + text("version") + b"K\x01sssb"
    return b"\x80\x02" + ORDERED + b")Rq\x00(" + items + b"u" + metadata + b"."


def write_archive(path, pickled, numbers=None, *, byteorder="little", compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/byteorder", byteorder)
        for key, content in (numbers or {}).items():
            archive.writestr(f"archive/data/{key}", content)
        archive.writestr("archive/version", "3\n")
    return path


def write_torch(path, arrays):
    """What ``torch.save`` makes of contiguous tensors of these arrays."""
    steps = {name: [s // a.itemsize for s in np.ascontiguousarray(a).strides] for name, a in arrays.items()}
    tensors = {
        name: tensor(str(i), array.size, array.shape, steps[name]) for i, (name, array) in enumerate(arrays.items())
    }
    numbers = {str(i): np.ascontiguousarray(a, "<f4").tobytes() for i, a in enumerate(arrays.values())}
    return write_archive(path, state(tensors), numbers)


def write_safetensors(path, arrays, **other):
    header, content = {"__metadata__": {"format": "pt"}}, b""
    for name, array in arrays.items():
        part = np.ascontiguousarray(array, "<f4").tobytes()
        header[name] = {
            "dtype": "F32", "shape": array.shape, "data_offsets": (len(content), len(content) + len(part))
        }  # fmt: skip
        content += part
    told = json.dumps(header | other).encode()
    path.write_bytes(struct.pack("<Q", len(told)) + told + content)
    return path


def torch_network(rng, *, positions=6, widths=(9, 3, 3), filters=(2, 3, 4), units=2):
    """The state of CASCADE's PyTorch module with random weights."""
    shapes = {}
    for i, (inputs, width, n_filters) in enumerate(zip((1, *filters), widths, filters, strict=False), 1):
        shapes |= {f"conv{i}.weight": (n_filters, inputs, width), f"conv{i}.bias": (n_filters,)}
    shapes |= {"dense1.weight": (units, filters[2]), "dense1.bias": (units,)}
    shapes |= {"dense2.weight": (1, positions * units), "dense2.bias": (1,)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def torch_forward(arrays, windows):
    """Rate of each window, (window, frame) to (window,), as the module's ``forward`` says.

    Convolutions (window, channel, position) with ReLU, maxima of 2 after the second and third, back to
    (window, position, channel), a dense layer with ReLU, flattened as it lies, a dense layer.
    """
    x = windows[:, None, :].astype(np.float64)
    for i in (1, 2, 3):
        weight, bias = arrays[f"conv{i}.weight"], arrays[f"conv{i}.bias"]
        n = x.shape[2] - weight.shape[2] + 1
        x = np.stack([np.tensordot(x[:, :, t : t + weight.shape[2]], weight, ((1, 2), (1, 2))) for t in range(n)], 2)
        x = np.maximum(x + bias[:, None], 0)
        if i > 1:
            x = np.maximum(x[:, :, 0 : n // 2 * 2 : 2], x[:, :, 1 : n // 2 * 2 : 2])
    x = x.transpose(0, 2, 1)
    x = np.maximum(x @ arrays["dense1.weight"].T + arrays["dense1.bias"], 0)
    x = x.reshape(len(x), -1)
    return (x @ arrays["dense2.weight"].T + arrays["dense2.bias"])[:, 0]
