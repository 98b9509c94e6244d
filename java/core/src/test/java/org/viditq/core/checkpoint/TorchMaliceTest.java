package org.viditq.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidCheckpointException;

/** Pickles and archives that PyTorch never writes: each is refused in one sentence, at once. */
@Timeout(60)
class TorchMaliceTest {
  private static final long[] SIZE = {2, 3};
  private static final long[] STRIDE = {3, 1};

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = folder.resolve("weights.pth");
  }

  private void assertRefused(byte[] content, String... parts) throws IOException {
    Files.write(file, content);
    assertThatThrownBy(() -> Checkpoints.open(file).close())
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("weights.pth")
        .hasMessageContainingAll(parts)
        .hasMessageEndingWith(".")
        .hasMessageNotContaining("\n")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1000));
  }

  private static RawPickle dict() {
    return new RawPickle().op('}');
  }

  private static byte[] tensor(long elements, long offset, long[] sizes, long[] strides) {
    return dict().tensor("w", "FloatStorage", elements, offset, sizes, strides).stop();
  }

  @Test
  void handMadeFileIsReadWhereNothingIsWrong() throws IOException {
    Files.write(file, RawZip.torch(tensor(6, 0, SIZE, STRIDE), new byte[24]));
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      assertThat(checkpoint.get("w").toTensor().data()).containsExactly(0, 0, 0, 0, 0, 0);
    }
  }

  static Stream<Arguments> globals() {
    return Stream.of(
        Arguments.of("os", "system"),
        Arguments.of("posix", "system"),
        Arguments.of("nt", "system"),
        Arguments.of("subprocess", "Popen"),
        Arguments.of("builtins", "eval"),
        Arguments.of("__builtin__", "eval"),
        Arguments.of("builtins", "getattr"),
        Arguments.of("builtins", "ValueError"),
        Arguments.of("builtins", "set"),
        Arguments.of("exceptions", "Exception"),
        Arguments.of("datetime", "datetime"),
        Arguments.of("array", "array"),
        Arguments.of("decimal", "Decimal"),
        Arguments.of("operator", "attrgetter"),
        Arguments.of("copy_reg", "_reconstructor"),
        Arguments.of("_codecs", "encode"),
        Arguments.of("numpy.core.multiarray", "_reconstruct"),
        Arguments.of("torch.hub", "load"),
        Arguments.of("torch", "load"),
        Arguments.of("torch._utils", "_rebuild_qtensor"),
        Arguments.of("torch.storage", "_load_from_bytes"),
        Arguments.of("collections.OrderedDict", "__class__"),
        Arguments.of("collections", "OrderedDict.fromkeys"),
        Arguments.of("", ""));
  }

  @ParameterizedTest
  @MethodSource("globals")
  void everyOtherGlobalIsRefusedByItsName(String module, String name) throws IOException {
    RawPickle called = dict().global(module, name).op('(').text("touch x").op('t', 'R');
    assertRefused(RawZip.torch(called.stop()), "asks for " + module + "." + name);
    RawPickle onStack = dict().text(module).text(name).op(0x93).op(')', 'R');
    assertRefused(RawZip.torch(onStack.stop()), "asks for " + module + "." + name);
  }

  @Test
  void namesOfGlobalsAreEscapedAndBounded() throws IOException {
    String name = "\u001b[2J" + "x".repeat(700);
    assertRefused(RawZip.torch(dict().global("m", name).stop()), "\\u001b[2J");
    assertRefused(RawZip.torch(dict().global("m", "x".repeat(70_000)).stop()), "1024");
    assertRefused(
        RawZip.torch(dict().text("m").text("x".repeat(70_000)).op(0x93).stop()), "asks for m.xxx");
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        'i', 'o', 0x81, 0x92, 0x82, 0x83, 0x84, 'P', 0x8f, 0x90, 0x91, 0x96, 0x97, 0x98, 'F', 'I',
        'L', 'S', 'V', 'g', 'p', 0, 0xff, 'Z'
      })
  void instructionsThatWeightsDoNotNeedAreRefused(int instruction) throws IOException {
    assertRefused(RawZip.torch(dict().op(instruction, '\n', '\n', '\n').stop()), "instruction");
  }

  static Stream<Arguments> geometries() {
    long max = Long.MAX_VALUE;
    return Stream.of(
        Arguments.of("beyond", 6, 1, SIZE, STRIDE),
        Arguments.of("beyond", 6, max, SIZE, STRIDE),
        Arguments.of("beyond", 6, -1, SIZE, STRIDE),
        Arguments.of("beyond", 6, 0, SIZE, new long[] {max, 1}),
        Arguments.of("beyond", 6, 0, SIZE, new long[] {max, max}),
        Arguments.of("beyond", 6, 0, SIZE, new long[] {4, 1}),
        Arguments.of("negative stride", 6, 5, SIZE, new long[] {-3, -1}),
        Arguments.of("negative extent", 6, 0, new long[] {-2, -3}, STRIDE),
        Arguments.of("more elements", 6, 0, new long[] {7}, new long[] {0}),
        Arguments.of("more elements", 6, 0, new long[] {1 << 28}, new long[] {0}),
        Arguments.of("2 GiB", 6, 0, new long[] {1L << 40}, new long[] {0}),
        Arguments.of("2 GiB", 6, 0, new long[] {1 << 20, 1 << 20, 1 << 24}, new long[] {0, 0, 0}),
        Arguments.of("2 GiB", 6, 0, new long[] {max, 0}, STRIDE),
        Arguments.of("2 extents but 1", 6, 0, SIZE, new long[] {1}),
        Arguments.of("fewer bytes", 7, 0, SIZE, STRIDE),
        Arguments.of("fewer bytes", max, 0, SIZE, STRIDE),
        Arguments.of("fewer bytes", -1, 0, SIZE, STRIDE));
  }

  @ParameterizedTest
  @MethodSource("geometries")
  void tensorsThatDoNotFitTheirStorageAreRefused(
      String reason, long elements, long offset, long[] sizes, long[] strides) throws IOException {
    byte[] pickle = tensor(elements, offset, sizes, strides);
    assertRefused(RawZip.torch(pickle, new byte[24]), reason);
  }

  @Test
  void hugeRankIsReadAndShownShort() throws IOException {
    long[] ones = new long[20_000];
    Arrays.fill(ones, 1);
    Files.write(file, RawZip.torch(tensor(6, 0, ones, ones), new byte[24]));
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      assertThat(checkpoint.get("w").toTensor().data()).containsExactly(0);
      assertThat(checkpoint.get("w").toString()).hasSizeLessThan(300);
    }
    Arrays.fill(ones, 2);
    assertRefused(RawZip.torch(tensor(6, 0, ones, ones), new byte[24]), "of rank 20000");
  }

  static Stream<Arguments> bombs() {
    RawPickle nested = new RawPickle();
    for (int i = 0; i < 500_000; i++) {
      nested.op(']', 'a');
    }
    RawPickle tuples = new RawPickle().op(')');
    for (int i = 0; i < 1_000_000; i++) {
      tuples.op(0x85);
    }
    RawPickle memo = new RawPickle().op('}');
    for (int i = 0; i < 900_000; i++) {
      memo.op('}', 0x94);
    }
    // Each list holds the one before twice: 2^60 elements, if anybody counted them.
    RawPickle laughs = new RawPickle().op('}').text("model").op(']', 'q', 0);
    for (int i = 0; i < 60; i++) {
      laughs.op('q', i, '0', ']', '(', 'h', i, 'h', i, 'e', 'q', i + 1);
    }
    laughs.op('s');
    RawPickle builds = new RawPickle().op('}');
    for (int i = 0; i < 900_000; i++) {
      builds.op('N', 'b');
    }
    RawPickle reduces = new RawPickle().op('}').text("model");
    reduces.global("collections", "OrderedDict").op('q', 0, '0');
    for (int i = 0; i < 400_000; i++) {
      reduces.op('h', 0, ')', 'R');
    }
    RawPickle endless = new RawPickle();
    for (int i = 0; i < 2_100_000; i++) {
      endless.op('N', '0');
    }
    RawPickle itself = new RawPickle().op('}', 'q', 0).text("model").op('h', 0, 's');
    itself.tensor("w", "FloatStorage", 6, 0, SIZE, STRIDE);
    RawPickle nameOfWrappers =
        new RawPickle()
            .op('}')
            .tensor("module.".repeat(300_000), "FloatStorage", 6, 0, SIZE, STRIDE);
    RawPickle hashed = new RawPickle().op('}', '}').op('N', 's');
    return Stream.of(
        Arguments.of("deep lists", nested, ""),
        Arguments.of("deep tuples", tuples, "no dict"),
        Arguments.of("memo", memo, ""),
        Arguments.of("billion laughs", laughs, "no dict of tensors"),
        Arguments.of("builds", builds, "no dict of tensors"),
        Arguments.of("reduces", reduces, ""),
        Arguments.of("endless", endless, "instructions"),
        Arguments.of("a dict within itself", itself, "without end"),
        Arguments.of("a dict as key", hashed, "neither names nor numbers"),
        Arguments.of("only marks", new RawPickle().op(new int[100_000]), "instruction"),
        Arguments.of("state of a string", new RawPickle().text("x").op('N', 'b'), "attributes"),
        Arguments.of("an empty stack", new RawPickle().op('R'), "damaged"),
        Arguments.of("no mark", new RawPickle().op('}', 't'), "damaged"),
        Arguments.of("odd items", new RawPickle().op('}', '(', 'N', 'u'), "lacks a value"),
        Arguments.of("unknown memo", new RawPickle().op('h', 9), "memo"),
        Arguments.of("protocol", new RawPickle().op(0x80, 9), "protocol"),
        Arguments.of(
            "string of 4 GB", new RawPickle().op('X', 0xff, 0xff, 0xff, 0xff), "beyond its end"),
        Arguments.of(
            "string of 2 GB", new RawPickle().op('X', 0xff, 0xff, 0xff, 0x7f), "beyond its end"),
        Arguments.of(
            "bytes of 2 GB", new RawPickle().op('B', 0xff, 0xff, 0xff, 0x7f), "beyond its end"),
        Arguments.of(
            "string of 2^63",
            new RawPickle().op(0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
            "beyond its end"),
        Arguments.of(
            "integer of 2 GB", new RawPickle().op(0x8b, 0xff, 0xff, 0xff, 0x7f), "255 bytes"),
        Arguments.of("a long name", nameOfWrappers, "lacks its entry"),
        Arguments.of("a storage that is none", new RawPickle().op('}', 'Q'), "damaged"),
        Arguments.of(
            "a storage named by a dict",
            new RawPickle()
                .op('(')
                .text("storage")
                .global("torch", "FloatStorage")
                .op('}', 'N')
                .integer(1)
                .op('t', 'Q'),
            "damaged"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bombs")
  void bombsAreRefused(String name, RawPickle pickle, String reason) throws IOException {
    assertRefused(RawZip.torch(pickle.stop()), reason);
  }

  @Test
  void wholeModuleOfOldFilesIsRefused() throws IOException {
    RawPickle pickle = new RawPickle().op('(').text("module").op('N', 'N', 'N', 'N', 't', 'Q');
    assertRefused(RawZip.torch(pickle.stop()), "whole module");
  }

  @Test
  void viewsOfOldFilesAreRead() throws IOException {
    // (storage, …, (key of the view, offset, elements)), before PyTorch 0.4.
    RawPickle pickle = dict().text("w").global("torch._utils", "_rebuild_tensor").op('(', '(');
    pickle.text("storage").global("torch", "ByteStorage").text("0").text("cpu").integer(4);
    pickle.op('(').text("1").integer(2).integer(2).op('t').op('t', 'Q');
    pickle.integer(0).tuple(2).tuple(1).op('t', 'R', 's');
    Files.write(file, RawZip.torch(pickle.stop(), new byte[] {1, 2, 3, 4}));
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      assertThat(checkpoint.get("w").toTensor().data()).containsExactly(3, 4);
    }
  }

  @Test
  void bigEndianFilesAreRefused() throws IOException {
    byte[] pickle = tensor(6, 0, SIZE, STRIDE);
    assertRefused(
        new RawZip()
            .entry("a/data.pkl", pickle)
            .entry("a/byteorder", "big".getBytes(StandardCharsets.US_ASCII))
            .entry("a/data/0", new byte[24])
            .finish(),
        "big-endian");
    byte[] legacy = legacy(pickle, 0x89);
    assertRefused(legacy, "big-endian");
  }

  private static byte[] legacy(byte[] pickle, int littleEndian) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] magic = new BigInteger("1950a86a20f9469cfc6c", 16).toByteArray();
    RawPickle number = new RawPickle().op(0x8a, magic.length);
    for (int i = magic.length - 1; i >= 0; i--) {
      number.op(magic[i] & 0xff);
    }
    bytes.write(number.stop());
    bytes.write(new RawPickle().op('M', 1001 & 0xff, 1001 >> 8).stop());
    bytes.write(new RawPickle().op('}').text("little_endian").op(littleEndian, 's').stop());
    bytes.write(pickle);
    bytes.write(new RawPickle().op(']').text("0").op('a').stop());
    return bytes.toByteArray();
  }

  @Test
  void legacyStoragesThatDoNotFitAreRefused() throws IOException {
    byte[] start = legacy(tensor(6, 0, SIZE, STRIDE), 0x88);
    for (long elements : new long[] {6, 7, -1, Long.MAX_VALUE, Long.MAX_VALUE / 4 + 1}) {
      ByteBuffer bytes =
          ByteBuffer.allocate(start.length + 8 + 24)
              .order(ByteOrder.LITTLE_ENDIAN)
              .put(start)
              .putLong(elements);
      if (elements == 6) {
        Files.write(file, bytes.array());
        Checkpoints.open(file).close();
      } else {
        assertRefused(bytes.array(), "fewer bytes");
      }
    }
    byte[] foreign = new RawPickle().op(']').text("9").op('a').stop();
    ByteBuffer wrong = ByteBuffer.allocate(start.length);
    wrong.put(start, 0, start.length - foreign.length).put(foreign);
    assertRefused(wrong.array(), "does not fit");
  }

  private static RawZip.Lie lie(Consumer<RawZip.Lie> change) {
    RawZip.Lie lie = new RawZip.Lie();
    change.accept(lie);
    return lie;
  }

  static Stream<Arguments> lies() {
    return Stream.of(
        Arguments.of("compressed", "a/data/0", lie(l -> l.method = 8)),
        Arguments.of("compressed", "a/data/0", lie(l -> l.size = 0xfffffff0L)),
        Arguments.of("outside", "a/data/0", lie(l -> l.compressed = 0x7ffffff0L)),
        Arguments.of(
            "damaged entry",
            "a/data/0",
            lie(
                l -> {
                  l.compressed = 700;
                  l.size = 700;
                })),
        Arguments.of("outside", "a/data/0", lie(l -> l.header = 0x7fffffffL)),
        Arguments.of("damaged entry", "a/data/0", lie(l -> l.header = 3)),
        Arguments.of("calls one entry both", "a/data/0", lie(l -> l.localName = "a/data/1")),
        Arguments.of("encrypted", "a/data/0", lie(l -> l.flags = 1)),
        Arguments.of("symbolic link", "a/link", lie(l -> l.mode = 0120777)),
        Arguments.of("leads out", "../../etc/passwd", lie(l -> {})),
        Arguments.of("leads out", "a/..", lie(l -> {})),
        Arguments.of("leads out", "/etc/passwd", lie(l -> {})),
        Arguments.of("leads out", "a\\..\\b", lie(l -> {})),
        Arguments.of("two entries", "a/data.pkl", lie(l -> {})),
        Arguments.of("more than one data.pkl", "b/data.pkl", lie(l -> {})),
        Arguments.of("lacks its entry a/data/0", "a/data/9", lie(l -> {})));
  }

  @ParameterizedTest
  @MethodSource("lies")
  void archivesThatLieAreRefused(String reason, String name, RawZip.Lie lie) throws IOException {
    assertRefused(
        new RawZip()
            .entry("a/data.pkl", tensor(6, 0, SIZE, STRIDE))
            .entry(name, new byte[24], lie)
            .finish(),
        reason);
  }

  @Test
  void directoriesThatLieAreRefused() throws IOException {
    byte[] pickle = tensor(6, 0, SIZE, STRIDE);
    assertRefused(new RawZip().entry("a/data.pkl", pickle).finish(2, 56, 0), "zip directory");
    assertRefused(
        new RawZip().entry("a/data.pkl", pickle).finish(1, 56, 0x7fffffff), "points outside");
    assertRefused(new RawZip().entry("a/data.pkl", pickle).finish(1, 0x7fffffff, 0), "claims");
    assertRefused(new RawZip().finish(), "without data.pkl");
    byte[] prefixed = new RawZip().entry("x/readme", pickle).finish();
    assertRefused(prefixed, "without data.pkl");
  }

  @Test
  void manyEntriesAreRefused() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setLevel(0);
      for (int i = 0; i < 100_001; i++) {
        zip.putNextEntry(new ZipEntry("a/" + i));
        zip.closeEntry();
      }
    }
    assertRefused(bytes.toByteArray(), "100001 entries");
  }

  /** 64 MB of zeros in 64 KB. */
  @Test
  void compressedBombIsRefusedUnopened() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("a/data.pkl"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 1 << 6; i++) {
        zip.write(zeros);
      }
    }
    assertRefused(bytes.toByteArray(), "compressed", "zip -0");
  }

  @Test
  void hugePickleIsRefused() throws IOException {
    assertRefused(RawZip.torch(new byte[(1 << 25) + 1]), "pickle of");
  }

  /** Five sparse gigabytes in a zip64 archive; with the heap of the tests, which is smaller. */
  @Test
  void readsBeyondFourGigabytes() throws IOException {
    long elements = 1_250_000_000L;
    RawPickle pickle = dict();
    for (int i = 0; i < 4; i++) {
      long[] size = {elements / 4};
      long offset = i * (elements / 4);
      pickle.tensor("w" + i, "FloatStorage", elements, offset, size, new long[] {1});
    }
    byte[] content = pickle.stop();
    // Of an archive with a small storage, everything behind the data is written again for zip64.
    byte[] small =
        new RawZip().entry("a/data.pkl", content).entry("a/data/0", new byte[0]).finish();
    int directory = ByteBuffer.wrap(small).order(ByteOrder.LITTLE_ENDIAN).getInt(small.length - 6);
    long data = directory; // the storage is the last entry
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.write(small, 0, directory);
      sparse.setLength(data + 4 * elements);
      sparse.seek(data + 4 * elements - 4);
      sparse.write(new byte[] {0, 0, (byte) 0x80, 0x3f});
      sparse.write(zip64Directory(small, directory, data + 4 * elements, 4 * elements));
    }
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      StoredTensor last = checkpoint.get("w3");
      float[] values = new float[2];
      last.copyTo(last.shape().size() - 2, values, 0, 2);
      assertThat(values).containsExactly(0, 1);
      assertThat(last.bytes().getFloat((int) last.sizeInBytes() - 4)).isEqualTo(1);
    }
  }

  /** The directory of {@code archive}, with the size of its second entry in a zip64 field. */
  private static byte[] zip64Directory(byte[] archive, int directory, long position, long size) {
    ByteBuffer old = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN);
    int second = directory + 46 + "a/data.pkl".length();
    ByteBuffer bytes = ByteBuffer.allocate(1000).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(archive, directory, second - directory);
    int entry = bytes.position();
    bytes.put(archive, second, archive.length - 22 - second);
    bytes.putInt(entry + 20, -1).putInt(entry + 24, -1).putShort(entry + 30, (short) 20);
    bytes.putShort((short) 1).putShort((short) 16).putLong(size).putLong(size);
    long length = bytes.position();
    bytes.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45).putInt(0);
    bytes.putInt(0).putLong(2).putLong(2).putLong(length).putLong(position);
    bytes.putInt(0x07064b50).putInt(0).putLong(position + length).putInt(1);
    bytes.putInt(0x06054b50).putInt(0).putShort((short) -1).putShort((short) -1);
    bytes.putInt(-1).putInt(-1).putShort((short) 0);
    assertThat(old.getInt(directory)).isEqualTo(0x02014b50);
    return Arrays.copyOf(bytes.array(), bytes.position());
  }
}
