package org.viditq.core.checkpoint;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.IObjectConstructor;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.Unpickler;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;

/**
 * Reads the pickles of {@code torch.save}, and of these only what rebuilds tensors within dicts,
 * lists and tuples. What a pickle may name is listed in {@link TorchGlobals}; anything else is
 * refused by its name before it becomes an object, and so are all instructions that weights do not
 * need. The library's own table of classes, and its reflection, are never reached.
 *
 * <p>Memory is bounded by the number of instructions and by the length of the pickle: a string must
 * lie within it, and no instruction makes more than it consumes.
 *
 * <p>The result consists of {@link Map}, {@link List}, {@code Object[]} for tuples, strings,
 * numbers, booleans, {@code null}, {@link TorchTensor}, and the tokens of {@link TorchGlobals}.
 */
final class TorchUnpickler extends Unpickler {
  /** A tensor takes about 40; training states of large models stay below a million. */
  private static final int MAX_INSTRUCTIONS = 2_000_000;

  private static final int MAX_LONG_BYTES = 255;

  private static final short MARK = '(';
  private static final short EMPTY_DICT = '}';
  private static final short DICT = 'd';
  private static final short SET_ITEM = 's';
  private static final short SET_ITEMS = 'u';
  private static final short GLOBAL = 'c';
  private static final short STACK_GLOBAL = 0x93;
  private static final short BUILD = 'b';
  private static final short BINUNICODE = 'X';
  private static final short BINSTRING = 'T';
  private static final short BINBYTES = 'B';
  private static final short BINUNICODE8 = 0x8d;
  private static final short BINBYTES8 = 0x8e;
  private static final short LONG4 = 0x8b;

  /** Handed to the library as they are: numbers, strings, lists, tuples, the memo, the stack. */
  private static final BitSet PASSED =
      bits(
          MARK, '.', '0', '1', '2', 'N', 'J', 'K', 'M', 'G', 'U', 'C', ']', 'a', 'e', 'l', ')', 't',
          'h', 'j', 'q', 'r', 'R', 'Q', 0x80, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x94, 0x95);

  /** What refused instructions would do, by their names in Python's pickletools. */
  private static final Map<Integer, String> REFUSED =
      Map.ofEntries(
          Map.entry((int) 'i', "INST"),
          Map.entry((int) 'o', "OBJ"),
          Map.entry(0x81, "NEWOBJ"),
          Map.entry(0x92, "NEWOBJ_EX"),
          Map.entry(0x82, "EXT1"),
          Map.entry(0x83, "EXT2"),
          Map.entry(0x84, "EXT4"),
          Map.entry((int) 'P', "PERSID"),
          Map.entry(0x8f, "EMPTY_SET"),
          Map.entry(0x90, "ADDITEMS"),
          Map.entry(0x91, "FROZENSET"),
          Map.entry(0x96, "BYTEARRAY8"),
          Map.entry(0x97, "NEXT_BUFFER"),
          Map.entry(0x98, "READONLY_BUFFER"),
          Map.entry((int) 'F', "FLOAT"),
          Map.entry((int) 'I', "INT"),
          Map.entry((int) 'L', "LONG"),
          Map.entry((int) 'S', "STRING"),
          Map.entry((int) 'V', "UNICODE"),
          Map.entry((int) 'g', "GET"),
          Map.entry((int) 'p', "PUT"));

  private final String source;
  private final PickleInput stream;
  private final TorchGlobals globals;
  private int instructions;

  private TorchUnpickler(
      String source, PickleInput stream, Map<String, TorchTensor.Storage> storages) {
    this.source = source;
    this.stream = stream;
    this.globals = new TorchGlobals(source, storages);
  }

  private static BitSet bits(int... codes) {
    BitSet bits = new BitSet(256);
    for (int code : codes) {
      bits.set(code);
    }
    return bits;
  }

  /**
   * Reads one pickle, and leaves the stream behind it.
   *
   * @param storages receives those that the pickle mentions, by their keys
   * @throws InvalidCheckpointException if it is damaged or asks for what weights do not need
   */
  static Object read(String source, PickleInput stream, Map<String, TorchTensor.Storage> storages) {
    TorchUnpickler unpickler = new TorchUnpickler(source, stream, storages);
    try {
      return unpickler.load(stream);
    } catch (InvalidCheckpointException refused) {
      throw refused;
    } catch (PickleException | IOException malformed) {
      throw unpickler.damaged(malformed.getMessage(), malformed);
    } catch (RuntimeException malformed) {
      // What the library runs into: an empty stack, a number where it needs a tuple, and the like.
      throw unpickler.damaged("its instructions do not fit together", malformed);
    }
  }

  private InvalidCheckpointException damaged(String why, Exception cause) {
    return new InvalidCheckpointException(
        "The pickle of "
            + source
            + " is damaged or truncated: "
            + Printable.name(String.valueOf(why).strip())
            + ".",
        cause);
  }

  @Override
  protected Object dispatch(short key) throws PickleException, IOException {
    if (++instructions > MAX_INSTRUCTIONS) {
      throw new InvalidCheckpointException(
          "The pickle of "
              + source
              + " has more than "
              + MAX_INSTRUCTIONS
              + " instructions, which no weights need.");
    }
    switch (key) {
      case GLOBAL -> stack.add(globals.find(stream.readLine(), stream.readLine()));
      case STACK_GLOBAL -> {
        String name = (String) stack.pop();
        stack.add(globals.find((String) stack.pop(), name));
      }
      case EMPTY_DICT -> stack.add(new LinkedHashMap<Object, Object>());
      case DICT -> {
        List<Object> items = stack.pop_all_since_marker();
        Map<Object, Object> dict = new LinkedHashMap<>();
        putAll(dict, items);
        stack.add(dict);
      }
      case SET_ITEM -> {
        Object value = stack.pop();
        Object name = stack.pop();
        put(dict(stack.peek()), name, value);
      }
      case SET_ITEMS -> {
        List<Object> items = stack.pop_all_since_marker();
        putAll(dict(stack.peek()), items);
      }
      case BUILD -> dropState();
      case BINUNICODE, BINSTRING, BINBYTES -> {
        checkLength(stream.peek(4), 4);
        return super.dispatch(key);
      }
      case BINUNICODE8, BINBYTES8 -> {
        checkLength(stream.peek(8), 8);
        return super.dispatch(key);
      }
      case LONG4 -> {
        if (stream.peek(4) > MAX_LONG_BYTES) {
          throw new PickleException("it holds an integer of more than 255 bytes");
        }
        return super.dispatch(key);
      }
      default -> {
        if (!PASSED.get(key)) {
          throw refused(key);
        }
        return super.dispatch(key);
      }
    }
    return NO_RETURN_VALUE;
  }

  private InvalidCheckpointException refused(int key) {
    String name = REFUSED.get(key);
    return new InvalidCheckpointException(
        name == null
            ? "The pickle of "
                + source
                + " holds the byte "
                + key
                + " where an instruction is due; it is damaged."
            : "The pickle of "
                + source
                + " holds the instruction "
                + name
                + ", which weights have no use for; save the state dict alone with torch.save.");
  }

  private void checkLength(long length, int lengthBytes) throws PickleException {
    if (length < 0 || length > stream.remaining() - lengthBytes) {
      throw new PickleException("it holds a string that goes beyond its end");
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<Object, Object> dict(Object target) {
    return (Map<Object, Object>) target;
  }

  private void putAll(Map<Object, Object> dict, List<Object> items) {
    if (items.size() % 2 != 0) {
      throw new PickleException("a dict lacks a value");
    }
    for (int i = 0; i < items.size(); i += 2) {
      put(dict, items.get(i), items.get(i + 1));
    }
  }

  private void put(Map<Object, Object> dict, Object key, Object value) {
    // Any other key would be hashed by its content, which a hostile pickle can nest without end.
    if (!(key == null
        || key instanceof String
        || key instanceof Boolean
        || key instanceof Integer
        || key instanceof Long
        || key instanceof Double)) {
      throw new InvalidCheckpointException(
          "The pickle of "
              + source
              + " holds a dict whose keys are neither names nor numbers; save the state dict alone"
              + " with torch.save.");
    }
    dict.put(key, value);
  }

  /** The attributes of a state dict ({@code _metadata}) or of a tensor: nothing to keep. */
  private void dropState() {
    stack.pop();
    Object target = stack.peek();
    if (!(target instanceof Map || target instanceof TorchTensor)) {
      throw new InvalidCheckpointException(
          "The pickle of "
              + source
              + " sets attributes of something that is no tensor and no dict; save the state dict"
              + " alone with torch.save.");
    }
  }

  @Override
  protected Object persistentLoad(Object id) {
    return globals.storage((Object[]) id);
  }

  /** The items of {@code OrderedDict(items)}, as Python 2 wrote it. */
  static Map<Object, Object> orderedDict(Object[] arguments) {
    Map<Object, Object> dict = new LinkedHashMap<>();
    if (arguments.length > 0) {
      for (Object item : (List<?>) arguments[0]) {
        Object[] pair =
            item instanceof List ? new ArrayList<>((List<?>) item).toArray() : (Object[]) item;
        dict.put((String) pair[0], pair[1]);
      }
    }
    return dict;
  }

  /** A function of the allow list, called with what the pickle gives it. */
  @FunctionalInterface
  interface Function extends IObjectConstructor {
    @Override
    Object construct(Object[] arguments) throws PickleException;
  }
}
