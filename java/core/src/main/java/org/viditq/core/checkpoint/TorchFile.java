package org.viditq.core.checkpoint;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;
import org.viditq.core.tensor.Shape;

/**
 * The tensors of a file that {@code torch.save} wrote: in a zip archive, {@code data.pkl} beside an
 * entry per storage, or before PyTorch 1.6 as pickles with the storages one behind the other. A
 * state dict is looked for within it ({@link StateDict}). Only what describes tensors is unpickled
 * ({@link TorchUnpickler}); their elements stay in the file.
 */
final class TorchFile extends NamedTensors {
  private static final Set<String> EXTENSIONS = Set.of("bin", "pt", "pth", "ckpt", "pkl", "pickle");

  /** Of weights a few hundred kilobytes, of training states some megabytes. */
  private static final int MAX_PICKLE = 1 << 25;

  private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final Integer LEGACY_PROTOCOL = 1001;

  /** Finds where the storages of one of the two formats lie. */
  @FunctionalInterface
  private interface Regions {
    ZipDirectory.Region find(TorchTensor.Storage storage) throws IOException;
  }

  private final CheckpointFile file;

  static boolean hasExtension(Path file) {
    String name = file.getFileName().toString();
    return EXTENSIONS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
  }

  /**
   * @param key the entry that holds the weights; empty for the one that is found
   * @throws InvalidCheckpointException if it is damaged, or asks for more than tensors
   */
  static TorchFile open(Path path, Optional<String> key) {
    return CheckpointFile.open(path, file -> new TorchFile(file, key));
  }

  private TorchFile(CheckpointFile file, Optional<String> key) throws IOException {
    super(file.source());
    this.file = file;
    FileKind kind = FileKind.of(file);
    kind.requireTorch(source());
    if (kind == FileKind.TORCH_ZIP) {
      readZip(key);
    } else {
      readLegacy(key);
    }
  }

  private void readZip(Optional<String> key) throws IOException {
    ZipDirectory zip = new ZipDirectory(file);
    String root = root(zip);
    if (zip.contains(root + "byteorder")) {
      ZipDirectory.Region region = zip.stored(root + "byteorder");
      checkByteOrder(region.length() > 0 && file.read(region.position(), 1).get(0) == 'l');
    }
    ZipDirectory.Region pickle = zip.stored(root + "data.pkl");
    if (pickle.length() > MAX_PICKLE) {
      throw invalid(
          "holds a pickle of " + pickle.length() + " bytes (at most " + MAX_PICKLE + " are read)");
    }
    Object content = unpickle(pickle.position(), pickle.position() + pickle.length()).content();
    addAll(content, key, storage -> zip.stored(root + "data/" + storage.key()));
  }

  /** The folder of {@code data.pkl} within the archive, with its slash. */
  private String root(ZipDirectory zip) {
    String found = null;
    for (String name : zip.names()) {
      if (name.equals("data.pkl") || name.endsWith("/data.pkl")) {
        if (found != null) {
          throw invalid("holds more than one data.pkl, where PyTorch writes one");
        }
        found = name.substring(0, name.length() - "data.pkl".length());
      }
    }
    if (found == null) {
      throw invalid(
          "is a zip archive without data.pkl, so no PyTorch pickle; unpack it if weights are in it");
    }
    if (zip.contains(found + "constants.pkl")) {
      throw invalid(
          "is a TorchScript program, which is not read; save the state dict of the model that it was"
              + " made from with torch.save");
    }
    return found;
  }

  private void checkByteOrder(boolean little) {
    if (!little) {
      throw invalid(
          "was written by a big-endian machine and is not read; load it with PyTorch on a"
              + " little-endian one and save it anew");
    }
  }

  /** Pickles of a magic number, a version, the machine, the content, and the storages' keys. */
  private void readLegacy(Optional<String> key) throws IOException {
    Unpickled magic = unpickle(0, file.size());
    if (!LEGACY_MAGIC.equals(magic.content())) {
      throw invalid(
          "is a pickle, but not one that torch.save wrote; load it where it comes from and save its"
              + " state dict with torch.save");
    }
    Unpickled version = unpickle(magic.end(), file.size());
    if (!LEGACY_PROTOCOL.equals(version.content())) {
      throw invalid("has an unknown version of PyTorch's format; save it anew with torch.save");
    }
    Unpickled machine = unpickle(version.end(), file.size());
    checkByteOrder(
        machine.content() instanceof Map
            && !Boolean.FALSE.equals(((Map<?, ?>) machine.content()).get("little_endian")));
    Unpickled content = unpickle(machine.end(), file.size());
    Unpickled keys = unpickle(content.end(), file.size());
    if (!(keys.content() instanceof List)) {
      throw invalid("is damaged: it lacks the list of its storages");
    }
    Map<String, ZipDirectory.Region> regions =
        legacyRegions((List<?>) keys.content(), content.storages(), keys.end());
    addAll(content.content(), key, storage -> regions.get(storage.key()));
  }

  /** Each storage is its number of elements, 8 bytes, and the elements. */
  private Map<String, ZipDirectory.Region> legacyRegions(
      List<?> keys, Map<String, TorchTensor.Storage> storages, long start) throws IOException {
    Map<String, ZipDirectory.Region> regions = new HashMap<>();
    long position = start;
    for (Object key : keys) {
      TorchTensor.Storage storage = key instanceof String ? storages.get(key) : null;
      if (storage == null || regions.containsKey(key)) {
        throw invalid("is damaged: its list of storages does not fit to its tensors");
      }
      if (file.size() - position < Long.BYTES) {
        throw truncated(storage.key());
      }
      long elements = file.read(position, Long.BYTES).getLong(0);
      position += Long.BYTES;
      if (elements < 0 || elements > (file.size() - position) / storage.elementBytes()) {
        throw truncated(storage.key());
      }
      long length = elements * storage.elementBytes();
      regions.put(storage.key(), new ZipDirectory.Region(position, length));
      position += length;
    }
    return regions;
  }

  /**
   * @param end position in the file behind the pickle
   */
  private record Unpickled(Object content, Map<String, TorchTensor.Storage> storages, long end) {}

  private Unpickled unpickle(long start, long end) {
    PickleInput input = new PickleInput(file, start, Math.min(end, start + MAX_PICKLE));
    Map<String, TorchTensor.Storage> storages = new HashMap<>();
    Object content = TorchUnpickler.read(source(), input, storages);
    return new Unpickled(content, storages, input.position());
  }

  private void addAll(Object content, Optional<String> key, Regions regions) throws IOException {
    for (Map.Entry<String, TorchTensor> named : StateDict.find(content, source(), key).entrySet()) {
      add(locate(named.getKey(), named.getValue(), regions));
    }
  }

  /** Checks all that the pickle says about a tensor against its storage. */
  private StoredTensor locate(String name, TorchTensor tensor, Regions regions) throws IOException {
    long[] sizes = tensor.sizes();
    if (sizes.length != tensor.strides().length) {
      throw invalid(
          name, "has " + sizes.length + " extents but " + tensor.strides().length + " strides");
    }
    int elementBytes = tensor.dtype().bytes();
    long elements = 1;
    int[] extents = new int[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] < 0) {
        throw invalid(name, "has the negative extent " + sizes[i]);
      }
      // Both factors stay below 2^31, so the product cannot overflow a long.
      elements = Math.min(sizes[i], Integer.MAX_VALUE) * elements;
      if (sizes[i] > Integer.MAX_VALUE
          || elements > Integer.MAX_VALUE - 8
          || elements * elementBytes > Integer.MAX_VALUE - 8) {
        throw invalid(
            name,
            "of shape "
                + Printable.extents(sizes)
                + " claims more than 2 GiB, which is more than one tensor may hold");
      }
      extents[i] = (int) sizes[i];
    }
    Shape shape = Shape.of(extents);
    if (elements == 0) {
      return new FileTensor(file, name, tensor.dtype(), shape, 0);
    }
    ZipDirectory.Region region = regionOf(name, tensor.storage(), regions);
    long available = region.length() / elementBytes;
    if (elements > available) {
      throw invalid(
          name,
          "of shape "
              + shape
              + " has more elements than the "
              + available
              + " that are stored; if it was expanded, save it after contiguous()");
    }
    if (tensor.offset() < 0 || lastElement(name, tensor) >= available) {
      throw invalid(
          name,
          "reaches beyond the " + available + " elements of its storage; the file is damaged");
    }
    long position = region.position() + tensor.offset() * elementBytes;
    return isContiguous(sizes, tensor.strides())
        ? new FileTensor(file, name, tensor.dtype(), shape, position)
        : new StridedTensor(
            file,
            name,
            tensor.dtype(),
            shape,
            tensor.strides(),
            position,
            (lastElement(name, tensor) - tensor.offset() + 1) * elementBytes);
  }

  /** Index of the tensor's last element in its storage. */
  private long lastElement(String name, TorchTensor tensor) {
    try {
      long last = tensor.offset();
      for (int i = 0; i < tensor.sizes().length; i++) {
        if (tensor.strides()[i] < 0) {
          throw invalid(name, "has the negative stride " + tensor.strides()[i]);
        }
        last = Math.addExact(last, Math.multiplyExact(tensor.sizes()[i] - 1, tensor.strides()[i]));
      }
      return last;
    } catch (ArithmeticException overflow) {
      return Long.MAX_VALUE;
    }
  }

  /** What the storage has, without what lies before a view of it. */
  private ZipDirectory.Region regionOf(String name, TorchTensor.Storage storage, Regions regions)
      throws IOException {
    ZipDirectory.Region region = regions.find(storage);
    if (region == null) {
      throw invalid(name, "is in storage " + Printable.name(storage.key()) + ", which is missing");
    }
    int elementBytes = storage.elementBytes();
    if (storage.elements() < 0 || storage.elements() > region.length() / elementBytes) {
      throw truncated(storage.key());
    }
    if (storage.offset() < 0 || storage.offset() > storage.elements()) {
      throw invalid(name, "is in a view that lies outside of its storage");
    }
    return new ZipDirectory.Region(
        region.position() + storage.offset() * elementBytes,
        (storage.elements() - storage.offset()) * elementBytes);
  }

  private static boolean isContiguous(long[] sizes, long[] strides) {
    long expected = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      if (sizes[i] != 1 && strides[i] != expected) {
        return false;
      }
      expected *= sizes[i];
    }
    return true;
  }

  private InvalidCheckpointException truncated(String storage) {
    return invalid(
        "is truncated or damaged: storage "
            + Printable.name(storage)
            + " has fewer bytes than its tensors need; download it again");
  }

  private InvalidCheckpointException invalid(String tensor, String what) {
    return new InvalidCheckpointException(
        "Tensor " + Printable.name(tensor) + " of " + source() + " " + what + ".");
  }

  private InvalidCheckpointException invalid(String what) {
    return new InvalidCheckpointException(source() + " " + what + ".");
  }

  /** None: pickles have no string map. */
  @Override
  public Map<String, String> metadata() {
    return Map.of();
  }

  @Override
  public void close() {
    file.close();
  }
}
