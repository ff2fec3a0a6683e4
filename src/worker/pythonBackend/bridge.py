"""Computes in the user's own Python, for the worker: one process, one framework, one device.

It reads requests from its standard input and answers on what was its standard output. A message is four magic bytes,
the length of a header as a little-endian uint32, the header as JSON, then the arrays whose lengths in bytes
the header lists under "arrays": little-endian float64 where the number format is float64, else float32, which holds
every value of the narrower formats.

The Python source that it runs is that which the worker has generated, of its own tables and numbers; nothing of the
user's is run but the packages that are installed. The syntax is Python 3.6's, so that an old interpreter gets as far as
saying how old it is.
"""

import os
import sys

# The folder of this file would be searched for modules first. The current folder isn't searched at all: it is an empty one that
# the worker has made, so that no torch.py of a workspace is taken for PyTorch.
_here = os.path.realpath(os.path.dirname(os.path.abspath(__file__)))
sys.path[:] = [folder for folder in sys.path if folder and os.path.realpath(folder) != _here]

# The pipe is ours before any package is imported: what packages print, in Python or in C, goes to the standard error.
_input = os.dup(0)
_output = os.dup(1)
_nothing = os.open(os.devnull, os.O_RDONLY)
os.dup2(_nothing, 0)
os.close(_nothing)
os.dup2(2, 1)
sys.stdout = sys.stderr
if os.name == "nt":
    import msvcrt

    msvcrt.setmode(_input, os.O_BINARY)
    msvcrt.setmode(_output, os.O_BINARY)

import collections
import contextlib
import importlib.util
import json
import queue
import struct
import threading
import traceback

MAGIC = b"LFB1"
FORMATS = ("float64", "float32", "bfloat16", "float16")
TITLES = {"torch": "PyTorch", "tensorflow": "TensorFlow", "keras": "Keras", "jax": "JAX", "numpy": "NumPy"}
# Compiled programs that are kept.
KEPT = 64


class Refused(Exception):
    """What can't be computed, and why. `kind` is a word that the worker knows."""

    def __init__(self, kind, message, **details):
        super().__init__(message)
        self.kind = kind
        self.details = details


# ---------------------------------------------------------------- the pipe


_reader = open(_input, "rb", buffering=0)


def read_exactly(count):
    data = bytearray(count)
    rest = memoryview(data)
    while rest:
        got = _reader.readinto(rest)
        if not got:
            raise EOFError
        rest = rest[got:]
    return data


def read_message():
    magic, length = struct.unpack("<4sI", read_exactly(8))
    if magic != MAGIC:
        raise EOFError
    header = json.loads(read_exactly(length).decode("utf-8"))
    return header, [read_exactly(count) for count in header.get("arrays", [])]


def send(header, arrays=()):
    header["arrays"] = [len(array) for array in arrays]
    text = json.dumps(header).encode("utf-8")
    for part in (struct.pack("<4sI", MAGIC, len(text)) + text, *arrays):
        view = memoryview(part)
        while view:
            view = view[os.write(_output, view) :]


def leave():
    """Without the worker there is nobody to work for, whatever the other threads are at."""
    try:
        # The folder that the worker has made for this process, if it is still there and still empty.
        folder = os.getcwd()
        os.chdir(os.path.dirname(folder))
        os.rmdir(folder)
    except OSError:
        pass
    os._exit(0)


# Requests that nobody waits for any more.
forgotten = set()


def read_into(messages):
    try:
        while True:
            header, arrays = read_message()
            # At once, before the requests that are waiting have their turn.
            if header["type"] == "forget":
                forgotten.add(header["id"])
            else:
                messages.put((header, arrays))
    except (EOFError, OSError, ValueError):
        leave()


# ---------------------------------------------------------------- frameworks


def to_numpy(data, form, dtype):
    """An array of the format from the bytes of the pipe. Bits are moved, not cast: a cast may flush subnormals."""
    import numpy

    if form == "float64":
        return numpy.frombuffer(data, "<f8")
    wide = numpy.frombuffer(data, "<f4")
    if form == "bfloat16":
        return (wide.view("<u4") >> 16).astype("<u2").view(dtype)
    return wide.astype(dtype)


def from_numpy(array, form, count):
    """The bytes for the pipe."""
    import numpy

    array = numpy.asarray(array)
    if array.dtype == numpy.bool_:
        array = array.astype(numpy.float32)
        form = "float64" if form == "float64" else "float32"
    array = numpy.ascontiguousarray(numpy.broadcast_to(array, (count,)))
    if form == "bfloat16":
        if array.dtype.itemsize != 2:
            raise Refused("failed", "the result is of the type " + str(array.dtype) + ", not bfloat16")
        return (array.view("<u2").astype("<u4") << 16).tobytes()
    return array.astype("<f8" if form == "float64" else "<f4").tobytes()


class Framework:
    """What a framework is to this program."""

    has_autodiff = True

    def names(self, form):
        """What generated source may use, besides `constant` and `stack`."""
        raise NotImplementedError

    def dtype(self, form):
        """The framework's type, or None."""
        raise NotImplementedError

    def scope(self, form):
        """What has to be around everything that is computed."""
        return contextlib.nullcontext()

    def synchronise(self):
        """Waits for the device, so that an error of its own is raised here."""


class Torch(Framework):
    def __init__(self, device):
        import torch

        self.torch = torch
        found = []
        if torch.cuda.is_available():
            found.append("cuda")
        if getattr(getattr(torch.backends, "mps", None), "is_available", lambda: False)():
            found.append("mps")
        if hasattr(torch, "xpu") and torch.xpu.is_available():
            found.append("xpu")
        self.kind = chosen(device, found + ["cpu"], "PyTorch")
        self.device = torch.device(self.kind)

    def version(self):
        version = self.torch.version
        runtime = [
            name + " " + str(getattr(version, attribute))
            for name, attribute in (("CUDA", "cuda"), ("ROCm", "hip"))
            if self.kind == "cuda" and getattr(version, attribute, None)
        ]
        return ", ".join(["PyTorch " + self.torch.__version__] + runtime)

    def dtype(self, form):
        return getattr(self.torch, form, None)

    def names(self, form):
        return {"torch": self.torch, "F": importlib.import_module("torch.nn.functional")}

    def stack(self, *tensors):
        return self.torch.stack(self.torch.broadcast_tensors(*tensors), dim=-1)

    def constant(self, value, form):
        return self.torch.tensor(value, dtype=self.dtype(form), device=self.device)

    def scope(self, form):
        return self.torch.no_grad()

    def tensor(self, data, form):
        wide = self.torch.float64 if form == "float64" else self.torch.float32
        return self.torch.frombuffer(data, dtype=wide).to(self.dtype(form)).to(self.device)

    def bytes(self, result, form, count):
        torch = self.torch
        wide = torch.float64 if form == "float64" else torch.float32
        result = torch.as_tensor(result).detach().expand(count).cpu().to(wide).contiguous()
        # Not through numpy, which PyTorch does without.
        import ctypes

        return ctypes.string_at(result.data_ptr(), result.numel() * result.element_size())

    def value_and_gradient(self, loss, z, t):
        torch = self.torch
        with torch.enable_grad():
            z = z.requires_grad_(True)
            value = loss(z, t)
            (gradient,) = torch.autograd.grad(value.sum(), z, allow_unused=True)
        if gradient is None:
            raise Refused("unsupported", "PyTorch has no gradient for it")
        return value, gradient

    def place(self, tensor):
        """Where a tensor is: the hardware and the name of the device."""
        torch = self.torch
        kind = tensor.device.type
        if kind == "cuda":
            return "gpu", torch.cuda.get_device_name(tensor.device)
        if kind == "mps":
            return "gpu", "Apple GPU (Metal)"
        if kind == "xpu":
            return "gpu", torch.xpu.get_device_name(tensor.device)
        return "cpu", None

    def synchronise(self):
        if self.kind == "cuda":
            self.torch.cuda.synchronize()


class TensorFlow(Framework):
    def __init__(self, device):
        import tensorflow

        self.tf = tensorflow
        if not hasattr(tensorflow, "GradientTape") or int(tensorflow.__version__.split(".")[0]) < 2:
            raise Refused("old", "TensorFlow " + tensorflow.__version__ + " is too old: 2.0 or later is needed")
        gpus = tensorflow.config.list_physical_devices("GPU")
        for gpu in gpus:
            # Or it takes nearly all of the memory at once.
            with contextlib.suppress(Exception):
                tensorflow.config.experimental.set_memory_growth(gpu, True)
        self.gpu = gpus[0] if gpus else None
        self.kind = chosen(device, (["cuda"] if gpus else []) + ["cpu"], "TensorFlow")
        self.place_name = "/CPU:0" if self.kind == "cpu" else "/GPU:0"

    def version(self):
        build = {}
        with contextlib.suppress(Exception):
            build = self.tf.sysconfig.get_build_info()
        cuda = build.get("cuda_version") if self.kind == "cuda" else None
        return "TensorFlow " + self.tf.__version__ + (", CUDA " + cuda if cuda else "")

    def dtype(self, form):
        return getattr(self.tf, form, None)

    def names(self, form):
        return {"tf": self.tf}

    def stack(self, *tensors):
        tf = self.tf
        shape = ()
        for tensor in tensors:
            shape = tf.broadcast_static_shape(tf.TensorShape(shape), tensor.shape)
        return tf.stack([tf.broadcast_to(tensor, shape) for tensor in tensors], axis=-1)

    def constant(self, value, form):
        return self.tf.constant(value, dtype=self.dtype(form))

    def scope(self, form):
        return self.tf.device(self.place_name)

    def tensor(self, data, form):
        return self.tf.constant(to_numpy(data, form, self.dtype(form).as_numpy_dtype))

    def bytes(self, result, form, count):
        return from_numpy(result.numpy() if hasattr(result, "numpy") else result, form, count)

    def value_and_gradient(self, loss, z, t):
        with self.tf.GradientTape() as tape:
            tape.watch(z)
            value = loss(z, t)
        gradient = tape.gradient(value, z)
        if gradient is None:
            raise Refused("unsupported", "TensorFlow has no gradient for it")
        return value, gradient

    def place(self, tensor):
        if "GPU" not in (tensor.backing_device if hasattr(tensor, "backing_device") else tensor.device).upper():
            return "cpu", None
        name = None
        with contextlib.suppress(Exception):
            name = self.tf.config.experimental.get_device_details(self.gpu).get("device_name")
        return "gpu", name or "GPU"


class Jax(Framework):
    def __init__(self, device):
        import jax

        self.jax = jax
        self.jnp = importlib.import_module("jax.numpy")
        here = jax.devices()
        kinds = {"gpu": "cuda", "cuda": "cuda", "rocm": "cuda", "metal": "mps"}
        best = kinds.get(here[0].platform.lower(), "cpu" if here[0].platform == "cpu" else here[0].platform.lower())
        self.kind = chosen(device, [best] + ["cpu"] * (best != "cpu"), "JAX")
        self.device = here[0] if self.kind == best else jax.devices("cpu")[0]

    def version(self):
        with contextlib.suppress(Exception):
            return "JAX " + self.jax.__version__ + ", jaxlib " + importlib.import_module("jaxlib").__version__
        return "JAX " + self.jax.__version__

    def dtype(self, form):
        return getattr(self.jnp, form, None)

    def names(self, form):
        return {"jax": self.jax, "jnp": self.jnp}

    def stack(self, *tensors):
        return self.jnp.stack(self.jnp.broadcast_arrays(*tensors), axis=-1)

    def constant(self, value, form):
        return self.jnp.asarray(value, dtype=self.dtype(form))

    @contextlib.contextmanager
    def scope(self, form):
        # Only for float64: elsewhere functions that make arrays of their own shall make those that a user's make.
        self.jax.config.update("jax_enable_x64", form == "float64")
        with self.jax.default_device(self.device):
            yield

    def tensor(self, data, form):
        import numpy

        array = to_numpy(data, form, numpy.dtype(self.dtype(form)))
        # Every operation is compiled anew for every size: of powers of four there are few.
        size = 4096
        while size < len(array):
            size *= 4
        return self.jax.device_put(numpy.pad(array, (0, size - len(array)), "edge"), self.device)

    def bytes(self, result, form, count):
        import numpy

        array = numpy.asarray(result)
        return from_numpy(array[:count] if array.ndim and len(array) > count else array, form, count)

    def value_and_gradient(self, loss, z, t):
        value, pull = self.jax.vjp(lambda logits: loss(logits, t), z)
        (gradient,) = pull(self.jnp.ones_like(value))
        return value, gradient

    def place(self, tensor):
        device = next(iter(tensor.devices())) if hasattr(tensor, "devices") else tensor.device()
        if device.platform == "cpu":
            return "cpu", None
        return "gpu", device.device_kind


class NumPy(Framework):
    has_autodiff = False

    def __init__(self, device):
        import numpy

        self.np = numpy
        self.kind = chosen(device, ["cpu"], "NumPy")

    def version(self):
        return "NumPy " + self.np.__version__

    def dtype(self, form):
        return None if form == "bfloat16" else getattr(self.np, form)

    def names(self, form):
        names = {"np": self.np}
        with contextlib.suppress(ImportError):
            names["special"] = importlib.import_module("scipy.special")
        return names

    def stack(self, *tensors):
        return self.np.stack(self.np.broadcast_arrays(*tensors), axis=-1)

    def constant(self, value, form):
        # Of one dimension: before NumPy 2 an operation of a scalar and a number was done in float64.
        return self.np.full((1,), value, dtype=self.dtype(form))

    def scope(self, form):
        return self.np.errstate(all="ignore")

    def tensor(self, data, form):
        return to_numpy(data, form, self.dtype(form))

    def bytes(self, result, form, count):
        return from_numpy(result, form, count)

    def place(self, tensor):
        return "cpu", None


class Keras(Framework):
    """keras.ops on whichever backend Keras has been set to, whose own tensors and autodiff are used."""

    def __init__(self, device):
        import keras

        self.keras = keras
        if not hasattr(keras, "ops"):
            raise Refused("old", "Keras " + keras.__version__ + " is too old: 3.0 or later is needed")
        self.backend = keras.backend.backend()
        inner = {"torch": Torch, "tensorflow": TensorFlow, "jax": Jax, "numpy": NumPy}.get(self.backend)
        if inner is None:
            raise Refused("failed", "Keras is set to the backend " + self.backend + ", which Lossfloor doesn't know")
        self.inner = inner(device)
        self.kind = self.inner.kind
        self.has_autodiff = self.inner.has_autodiff
        for name in ("stack", "constant", "tensor", "bytes", "place", "synchronise"):
            setattr(self, name, getattr(self.inner, name))
        if self.has_autodiff:
            self.value_and_gradient = self.inner.value_and_gradient

    def dtype(self, form):
        # Its rules of promotion make float32 of float64, in some operations and not in others.
        return None if form == "float64" else self.inner.dtype(form)

    def version(self):
        return "Keras " + self.keras.__version__ + " on " + self.inner.version()

    def names(self, form):
        return {"keras": self.keras, "ops": self.keras.ops}

    @contextlib.contextmanager
    def scope(self, form):
        with self.inner.scope(form):
            # Others than these have no name in Keras, which takes them by itself.
            if not hasattr(self.keras, "device") or self.kind not in ("cpu", "cuda"):
                yield
                return
            with self.keras.device("cpu:0" if self.kind == "cpu" else "gpu:0"):
                yield


FRAMEWORKS = collections.OrderedDict(
    [("torch", Torch), ("tensorflow", TensorFlow), ("jax", Jax), ("keras", Keras), ("numpy", NumPy)]
)


def chosen(wanted, there, title):
    """The device that is asked for, or the first there is."""
    if wanted is None:
        return there[0]
    if wanted not in there:
        raise Refused("no-device", title + " finds no device " + wanted + "; there is " + ", ".join(there))
    return wanted


# ---------------------------------------------------------------- opening


def open_framework(name, device):
    """Imports the framework, or the first that can be imported. Returns its name, itself and what went wrong before."""
    troubles = []
    for each in [name] if name else FRAMEWORKS:
        if importlib.util.find_spec(each) is None:
            if name:
                raise Refused("missing", "the package " + each + " isn't installed", package=each)
            continue
        send({"type": "stage", "stage": "import", "detail": TITLES[each]})
        try:
            importlib.import_module(each)
        except ModuleNotFoundError as error:
            if name:
                message = TITLES[each] + " can't be imported: " + words_of(error)
                raise Refused("missing", message, package=(error.name or each).split(".")[0])
            troubles.append(TITLES[each] + " is installed and can't be imported: " + words_of(error))
            continue
        except Exception as error:
            if name:
                raise Refused("import", TITLES[each] + " can't be imported: " + words_of(error))
            troubles.append(TITLES[each] + " is installed and can't be imported: " + words_of(error))
            continue
        send({"type": "stage", "stage": "device", "detail": TITLES[each]})
        return each, FRAMEWORKS[each](device), troubles
    raise Refused("missing", "none of " + ", ".join(FRAMEWORKS) + " is installed", package="torch", troubles=troubles)


def words_of(error):
    text = str(error).strip() or type(error).__name__
    return type(error).__name__ + ": " + text


def packages():
    """The versions of the packages that a loss may ask for."""
    from importlib import metadata

    names = {"torch": None, "torchvision": None, "tensorflow": None, "keras": None, "jax": None, "optax": None}
    for name in names:
        module = sys.modules.get(name)
        version = getattr(module, "__version__", None)
        if version is None:
            # The distribution is called otherwise, with the processor in its name.
            for distribution in (name, name + "-cpu", name + "-gpu", name + "-macos"):
                with contextlib.suppress(Exception):
                    version = metadata.version(distribution)
                    break
        names[name] = version
    return {name: str(version) for name, version in names.items() if version is not None}


TRIAL = {
    "torch": ("torch.exp(x)", "torch.where(x < x * 0, x, x)", "x * constant(1.0)"),
    "tensorflow": ("tf.exp(x)", "tf.where(x < x * 0, x, x)", "x * constant(1.0)"),
    "jax": ("jnp.exp(x)", "jnp.where(x < x * 0, x, x)", "x * constant(1.0)"),
    "numpy": ("np.exp(x)", "np.where(x < x * 0, x, x)", "x * constant(1.0)"),
    "keras": ("ops.exp(x)", "ops.where(ops.less(x, x * 0), x, x)", "x * constant(1.0)"),
}

# For each format the exponent of the smallest subnormal number and that of the smallest normal one.
EXPONENTS = {"float64": (-1074, -1022), "float32": (-149, -126), "bfloat16": (-133, -126), "float16": (-24, -14)}


def pack(values, form):
    return bytearray(struct.pack("<" + str(len(values)) + ("d" if form == "float64" else "f"), *values))


def unpack(data, form):
    size = 8 if form == "float64" else 4
    return struct.unpack("<" + str(len(data) // size) + ("d" if form == "float64" else "f"), data)


class Session:
    def __init__(self, name, device):
        self.name, self.framework, self.troubles = open_framework(name, device)
        self.programs = collections.OrderedDict()

    def describe(self):
        """What there is, measured: on which device a result lies, which formats work, what becomes of subnormals."""
        framework = self.framework
        formats, flushing, place = [], [], None
        for form in FORMATS:
            if framework.dtype(form) is None:
                continue
            lowest, normal = EXPONENTS[form]
            subnormal = 2.0 ** (normal - 2)
            logarithm = (normal - 2) * 0.6931471805599453
            try:
                with framework.scope(form):
                    # Many at once as well: vector units and other threads may have other modes.
                    flushed = False
                    for count in (1, 4099):
                        x = framework.tensor(pack([subnormal] * count, form), form)
                        y = framework.tensor(pack([round_to(logarithm, form)] * count, form), form)
                        exp, where, product = TRIAL[self.name]
                        results = []
                        for source, operand in ((product, x), (where, x), (exp, y)):
                            names = dict(framework.names(form), x=operand, constant=self.constant_of(form))
                            results.append(eval(source, names))
                        if place is None:
                            place = framework.place(results[0])
                        data = [unpack(framework.bytes(each, form, count), form) for each in results]
                        if any(value != value for each in data for value in each):
                            raise Refused("unsupported", "NaN")
                        flushed = flushed or any(value == 0 for each in data for value in each)
                    framework.synchronise()
                formats.append(form)
                if flushed:
                    flushing.append(form)
            except Exception as error:
                if is_out_of_memory(error):
                    raise
                traceback.print_exc()
        if place is None:
            raise Refused("no-device", TITLES[self.name] + " computes in none of the number formats")
        return {
            "framework": self.name,
            "version": framework.version(),
            "python": ".".join(str(part) for part in sys.version_info[:3]),
            "executable": sys.executable,
            "hardware": place[0],
            "device": place[1],
            "formats": formats,
            "flushing": flushing,
            "autodiff": framework.has_autodiff,
            "kerasBackend": getattr(framework, "backend", None),
            "special": "special" in framework.names("float64") if self.name == "numpy" else True,
            "packages": packages(),
            "troubles": self.troubles,
        }

    def constant_of(self, form):
        framework = self.framework
        return lambda value: framework.constant(value, form)

    def program(self, source, name, form):
        """The function of that name, made by the generated source."""
        key = (source, form)
        function = self.programs.get(key)
        if function is None:
            names = dict(self.framework.names(form), constant=self.constant_of(form))
            names.update(stack=self.framework.stack, inf=float("inf"), nan=float("nan"))
            exec(compile(source, "<lossfloor>", "exec"), names)
            function = names[name]
            self.programs[key] = function
            while len(self.programs) > KEPT:
                self.programs.popitem(last=False)
        return function

    def evaluate(self, header, arrays):
        framework, form, count = self.framework, header["format"], header["count"]
        if framework.dtype(form) is None:
            raise Refused("unsupported", TITLES[self.name] + " has no " + form)
        with framework.scope(form):
            inputs = [framework.tensor(array, form) for array in arrays]
            if header["type"] == "loss":
                loss = self.program(header["source"], "loss", form)
                if header["gradient"]:
                    results = framework.value_and_gradient(loss, *inputs)
                else:
                    results = (loss(*inputs),)
            else:
                results = self.program(header["source"], "compute", form)(*inputs)
            if len(results) != header["outputs"]:
                raise Refused("failed", "there are %d results, not %d" % (len(results), header["outputs"]))
            for result in results:
                self.check_type(result, form)
            return [framework.bytes(result, form, count) for result in results]

    def check_type(self, result, form):
        """A function that answers in another type must not pass for one that computes in this."""
        got = str(getattr(result, "dtype", "")).replace("torch.", "")
        got = got.replace("<dtype: '", "").replace("'>", "")
        if got != form:
            raise Refused("unsupported", "for " + form + " its result is of the type " + (got or type(result).__name__))


def round_to(value, form):
    """Near enough for a trial: bfloat16 has 8 bits, and float16 has 11."""
    if form == "float64":
        return value
    bits = {"float32": 16, "bfloat16": 8, "float16": 11}[form]
    scale = 2.0 ** (bits - 1 - int(value and abs(value).hex().split("p")[1]))
    return round(value * scale) / scale


def is_out_of_memory(error):
    if isinstance(error, MemoryError):
        return True
    text = type(error).__name__ + " " + str(error)
    return any(each in text for each in ("OutOfMemory", "out of memory", "RESOURCE_EXHAUSTED", "ResourceExhausted"))


def answer_to(error):
    if isinstance(error, Refused):
        return dict(error.details, kind=error.kind, message=str(error))
    if is_out_of_memory(error):
        return {"kind": "memory", "message": words_of(error)}
    text = words_of(error)
    if isinstance(error, ModuleNotFoundError):
        package = (error.name or "").split(".")[0]
        return {"kind": "missing", "message": text, "package": package}
    unsupported = isinstance(error, (NotImplementedError, AttributeError, TypeError)) or any(
        each in text
        for each in ("not implemented for", "not supported", "Could not find device for node", "was expected to be a")
    )
    return {"kind": "unsupported" if unsupported else "failed", "message": text}


def main():
    messages = queue.Queue()
    threading.Thread(target=read_into, args=(messages,), daemon=True).start()
    send({"type": "hello", "version": list(sys.version_info[:3]), "executable": sys.executable})
    session = None
    while True:
        header, arrays = messages.get()
        if header["id"] in forgotten:
            continue
        answer = {"type": "answer", "id": header["id"]}
        results = []
        try:
            if header["type"] == "open":
                session = Session(header.get("framework"), header.get("device"))
                answer["opened"] = session.describe()
            else:
                results = session.evaluate(header, arrays)
        except Exception as error:
            if not isinstance(error, Refused):
                traceback.print_exc()
            answer["error"] = answer_to(error)
        send(answer, results)
        for each in list(forgotten):
            if each <= header["id"]:
                forgotten.discard(each)


try:
    main()
except (BrokenPipeError, OSError):
    leave()
