package org.viditq.core.checkpoint;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.razorvine.pickle.PickleException;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;
import org.viditq.core.tensor.DType;

/**
 * All that a pickle of weights may name: the functions that rebuild tensors and dicts, and types of
 * elements and of storages. Nothing of it does anything but describe a tensor.
 */
final class TorchGlobals {
  /** What is named but tells nothing. */
  private enum Token {
    TENSOR_CLASS,
    DEVICE
  }

  /** The type of a storage; empty for an untyped one. */
  private record StorageType(Optional<DType> dtype) {}

  private static final Map<String, DType> STORAGES =
      Map.of(
          "DoubleStorage", DType.F64,
          "FloatStorage", DType.F32,
          "HalfStorage", DType.F16,
          "BFloat16Storage", DType.BF16,
          "LongStorage", DType.I64,
          "IntStorage", DType.I32,
          "ShortStorage", DType.I16,
          "CharStorage", DType.I8,
          "ByteStorage", DType.U8,
          "BoolStorage", DType.BOOL);

  private static final Map<String, DType> DTYPES =
      Map.ofEntries(
          Map.entry("float64", DType.F64),
          Map.entry("double", DType.F64),
          Map.entry("float32", DType.F32),
          Map.entry("float", DType.F32),
          Map.entry("float16", DType.F16),
          Map.entry("half", DType.F16),
          Map.entry("bfloat16", DType.BF16),
          Map.entry("float8_e4m3fn", DType.F8_E4M3),
          Map.entry("float8_e5m2", DType.F8_E5M2),
          Map.entry("float8_e4m3fnuz", DType.F8_E4M3FNUZ),
          Map.entry("float8_e5m2fnuz", DType.F8_E5M2FNUZ),
          Map.entry("float8_e8m0fnu", DType.F8_E8M0),
          Map.entry("int64", DType.I64),
          Map.entry("long", DType.I64),
          Map.entry("int32", DType.I32),
          Map.entry("int", DType.I32),
          Map.entry("int16", DType.I16),
          Map.entry("short", DType.I16),
          Map.entry("int8", DType.I8),
          Map.entry("uint8", DType.U8),
          Map.entry("uint16", DType.U16),
          Map.entry("uint32", DType.U32),
          Map.entry("uint64", DType.U64),
          Map.entry("bool", DType.BOOL));

  private final String source;
  private final Map<String, TorchTensor.Storage> storages;

  /**
   * @param storages receives those that are met
   */
  TorchGlobals(String source, Map<String, TorchTensor.Storage> storages) {
    this.source = source;
    this.storages = storages;
  }

  /**
   * @return a {@link TorchUnpickler.Function} or one of the tokens
   * @throws InvalidCheckpointException for everything that is not listed
   */
  Object find(String module, String name) {
    return switch (module + "." + name) {
      case "collections.OrderedDict" -> function(TorchUnpickler::orderedDict);
      case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" ->
          function(arguments -> tensor(arguments, Optional.empty()));
      case "torch._utils._rebuild_tensor_v3" ->
          function(arguments -> tensor(arguments, Optional.of((DType) arguments[6])));
      case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state" ->
          function(arguments -> (TorchTensor) arguments[0]);
      case "torch._tensor._rebuild_from_type_v2" -> function(this::ofType);
      case "torch.Tensor", "torch.nn.parameter.Parameter" -> Token.TENSOR_CLASS;
      case "torch.Size" -> function(arguments -> (Object[]) arguments[0]);
      case "torch.device" -> function(arguments -> Token.DEVICE);
      case "torch.UntypedStorage", "torch.storage.UntypedStorage" ->
          new StorageType(Optional.empty());
      default -> typeOrRefusal(module, name);
    };
  }

  private static TorchUnpickler.Function function(TorchUnpickler.Function function) {
    return function;
  }

  private Object typeOrRefusal(String module, String name) {
    if (module.equals("torch") && STORAGES.containsKey(name)) {
      return new StorageType(Optional.of(STORAGES.get(name)));
    }
    if (module.equals("torch") && DTYPES.containsKey(name)) {
      return DTYPES.get(name);
    }
    String what = Printable.name(module + "." + name);
    if (module.equals("torch") || module.startsWith("torch._utils")) {
      throw new InvalidCheckpointException(
          source
              + " asks for "
              + what
              + ", a type or layout of tensors that is not read; convert them to dense tensors of"
              + " plain numbers, and save the state dict again.");
    }
    throw new InvalidCheckpointException(
        source
            + " asks for "
            + what
            + ", which weights have no use for; nothing of it was run: if you trust the file, save"
            + " its state dict alone with torch.save, or as safetensors.");
  }

  /** {@code _rebuild_from_type_v2(function, type, arguments, state)}: a tensor with attributes. */
  private Object ofType(Object[] arguments) {
    if (arguments[1] != Token.TENSOR_CLASS) {
      throw new PickleException("it rebuilds a tensor of a type that is none");
    }
    return (TorchTensor)
        ((TorchUnpickler.Function) arguments[0]).construct((Object[]) arguments[2]);
  }

  /** {@code (storage, offset, sizes, strides, …)}. */
  private static TorchTensor tensor(Object[] arguments, Optional<DType> dtype) {
    TorchTensor.Storage storage = (TorchTensor.Storage) arguments[0];
    return new TorchTensor(
        storage,
        dtype.or(storage::dtype).orElse(DType.U8),
        integer(arguments[1]),
        integers((Object[]) arguments[2]),
        integers((Object[]) arguments[3]));
  }

  /** {@code ('storage', type, key, location, elements)}, in old files with {@code view} behind. */
  TorchTensor.Storage storage(Object[] id) {
    if (id[0].equals("module")) {
      throw new InvalidCheckpointException(
          source
              + " holds a whole module with its code, which is not read; save its state dict alone:"
              + " torch.save(model.state_dict(), file).");
    }
    if (!id[0].equals("storage") || id.length < 5) {
      throw new PickleException("it refers to something that is no storage");
    }
    String key = id[2] instanceof String ? (String) id[2] : Long.toString(integer(id[2]));
    long offset = 0;
    if (id.length > 5 && id[5] != null) {
      offset = integer(((Object[]) id[5])[1]); // (key of the view, offset, elements)
    }
    TorchTensor.Storage storage =
        new TorchTensor.Storage(key, ((StorageType) id[1]).dtype(), integer(id[4]), offset);
    storages.put(key, storage);
    return storage;
  }

  private static long[] integers(Object[] values) {
    return List.of(values).stream().mapToLong(TorchGlobals::integer).toArray();
  }

  private static long integer(Object value) {
    if (value instanceof Integer || value instanceof Long) {
      return ((Number) value).longValue();
    }
    if (value instanceof BigInteger) {
      throw new PickleException("a size of a tensor is beyond 64 bits");
    }
    throw new PickleException("a size of a tensor is no integer");
  }
}
