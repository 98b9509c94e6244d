package org.viditq.core.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;

/**
 * The central directory of a zip archive (APPNOTE 6.3.10, with zip64) and where the bytes of its
 * stored entries lie in the file, which libraries for zip do not all tell, and not within bounded
 * memory. Nothing is ever unpacked, so names are keys and never paths on the disk.
 */
final class ZipDirectory {
  private static final int END_SIGNATURE = 0x06054b50;
  private static final int END64_LOCATOR_SIGNATURE = 0x07064b50;
  private static final int END64_SIGNATURE = 0x06064b50;
  private static final int CENTRAL_SIGNATURE = 0x02014b50;
  private static final int LOCAL_SIGNATURE = 0x04034b50;
  private static final int END_LENGTH = 22;
  private static final int END64_LOCATOR_LENGTH = 20;
  private static final int END64_LENGTH = 56;
  private static final int CENTRAL_LENGTH = 46;
  private static final int LOCAL_LENGTH = 30;
  private static final int ZIP64_EXTRA = 1;
  private static final int UNIX_TYPE = 0xf000;
  private static final int UNIX_LINK = 0xa000;

  /** Training states of large models have some ten thousand. */
  private static final int MAX_ENTRIES = 100_000;

  private static final int MAX_LENGTH = 1 << 26;

  /**
   * @param method 0 if stored
   * @param compressed bytes in the file
   * @param size bytes unpacked
   * @param header position of the local header
   */
  private record Entry(String name, int method, long compressed, long size, long header) {}

  /**
   * Bytes of the file.
   *
   * @param position of the first
   */
  record Region(long position, long length) {}

  private final CheckpointFile file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private long start;

  /**
   * @throws InvalidCheckpointException if the archive is truncated, damaged, or built to do harm
   */
  ZipDirectory(CheckpointFile file) throws IOException {
    this.file = file;
    readEntries(readEnd());
  }

  /** Names in the order of the directory. */
  Iterable<String> names() {
    return entries.keySet();
  }

  boolean contains(String name) {
    return entries.containsKey(name);
  }

  /**
   * Where the bytes of an entry lie.
   *
   * @throws InvalidCheckpointException if there is none, or it is compressed
   */
  Region stored(String name) throws IOException {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw invalid("lacks its entry " + Printable.name(name) + "; it is truncated or damaged");
    }
    if (entry.method() != 0 || entry.compressed() != entry.size()) {
      throw invalid(
          "holds "
              + Printable.name(name)
              + " compressed, which torch.save never does; unpack the archive and pack it without"
              + " compression (zip -0), or save it anew with PyTorch");
    }
    ByteBuffer local = within(entry.header(), LOCAL_LENGTH, start);
    int nameLength = local.getShort(26) & 0xffff;
    long data = entry.header() + LOCAL_LENGTH + nameLength + (local.getShort(28) & 0xffff);
    if (local.getInt(0) != LOCAL_SIGNATURE || entry.size() > start - data) {
      throw invalid("has a damaged entry " + Printable.name(name));
    }
    String localName = text(within(entry.header() + LOCAL_LENGTH, nameLength, start));
    if (!localName.equals(name)) {
      throw invalid(
          "calls one entry both " + Printable.name(name) + " and " + Printable.name(localName));
    }
    return new Region(data, entry.size());
  }

  /** The last record of the file, which says where the directory is. */
  private ByteBuffer readEnd() throws IOException {
    int length = (int) Math.min(file.size(), END_LENGTH + 0xffff);
    long position = file.size() - length;
    ByteBuffer tail = file.read(position, length);
    for (int at = length - END_LENGTH; at >= 0; at--) {
      if (tail.getInt(at) == END_SIGNATURE
          && (tail.getShort(at + 20) & 0xffff) == length - at - END_LENGTH) {
        return tail.position(at).slice().order(ByteOrder.LITTLE_ENDIAN);
      }
    }
    throw invalid(
        "is truncated: the directory of a zip archive, at its end, is missing; download it again");
  }

  private void readEntries(ByteBuffer end) throws IOException {
    long endPosition = file.size() - end.limit();
    long count = end.getShort(10) & 0xffff;
    long length = end.getInt(12) & 0xffffffffL;
    start = end.getInt(16) & 0xffffffffL;
    boolean split = end.getShort(4) != 0 && end.getShort(4) != -1;
    if (endPosition >= END64_LOCATOR_LENGTH
        && (count == 0xffff || length == 0xffffffffL || start == 0xffffffffL)) {
      ByteBuffer locator = file.read(endPosition - END64_LOCATOR_LENGTH, END64_LOCATOR_LENGTH);
      if (locator.getInt(0) == END64_LOCATOR_SIGNATURE) {
        long end64Position = locator.getLong(8);
        ByteBuffer end64 = within(end64Position, END64_LENGTH, endPosition);
        if (end64.getInt(0) != END64_SIGNATURE) {
          throw invalid("has a damaged zip64 directory");
        }
        count = end64.getLong(32);
        length = end64.getLong(40);
        start = end64.getLong(48);
        endPosition = end64Position;
      }
    }
    if (split) {
      throw invalid("is one volume of a split zip archive; join the volumes first");
    }
    if (count < 0 || count > MAX_ENTRIES || length < 0 || length > MAX_LENGTH) {
      throw invalid(
          "claims "
              + Long.toUnsignedString(count)
              + " entries in "
              + Long.toUnsignedString(length)
              + " bytes of directory, more than weights have (at most "
              + MAX_ENTRIES
              + " in "
              + MAX_LENGTH
              + ")");
    }
    ByteBuffer directory = within(start, (int) length, endPosition);
    for (long i = 0; i < count; i++) {
      readEntry(directory);
    }
  }

  private void readEntry(ByteBuffer directory) {
    int at = directory.position();
    if (directory.remaining() < CENTRAL_LENGTH || directory.getInt(at) != CENTRAL_SIGNATURE) {
      throw invalid("has a damaged zip directory");
    }
    int nameLength = directory.getShort(at + 28) & 0xffff;
    int extraLength = directory.getShort(at + 30) & 0xffff;
    int commentLength = directory.getShort(at + 32) & 0xffff;
    int end = at + CENTRAL_LENGTH + nameLength + extraLength + commentLength;
    if (end > directory.limit()) {
      throw invalid("has a damaged zip directory");
    }
    String name = text(directory.slice(at + CENTRAL_LENGTH, nameLength));
    long[] sizes = {
      directory.getInt(at + 24) & 0xffffffffL,
      directory.getInt(at + 20) & 0xffffffffL,
      directory.getInt(at + 42) & 0xffffffffL
    };
    readZip64(
        directory
            .slice(at + CENTRAL_LENGTH + nameLength, extraLength)
            .order(ByteOrder.LITTLE_ENDIAN),
        sizes);
    check(name, directory.getShort(at + 8), directory.getInt(at + 38) >>> 16, sizes);
    Entry entry =
        new Entry(name, directory.getShort(at + 10) & 0xffff, sizes[1], sizes[0], sizes[2]);
    if (entries.put(name, entry) != null) {
      throw invalid("holds two entries " + Printable.name(name));
    }
    directory.position(end);
  }

  /** Replaces what did not fit into 32 bits: size, compressed size, position of the header. */
  private static void readZip64(ByteBuffer extra, long[] sizes) {
    while (extra.remaining() >= 4) {
      int id = extra.getShort() & 0xffff;
      int next = extra.position() + 2 + (extra.getShort(extra.position()) & 0xffff);
      extra.position(extra.position() + 2);
      if (next > extra.limit()) {
        return;
      }
      if (id == ZIP64_EXTRA) {
        for (int i = 0; i < sizes.length; i++) {
          if (sizes[i] == 0xffffffffL && next - extra.position() >= Long.BYTES) {
            sizes[i] = extra.getLong();
          }
        }
      }
      extra.position(next);
    }
  }

  private void check(String name, int flags, int mode, long[] sizes) {
    if ((flags & 1) != 0) {
      throw invalid("holds " + Printable.name(name) + " encrypted, which is not read");
    }
    if ((mode & UNIX_TYPE) == UNIX_LINK) {
      throw invalid("holds a symbolic link, " + Printable.name(name) + ", which weights never do");
    }
    if (name.startsWith("/")
        || name.indexOf('\\') >= 0
        || name.indexOf('\0') >= 0
        || ("/" + name + "/").contains("/../")) {
      throw invalid(
          "holds the entry " + Printable.name(name) + ", whose name leads out of the archive");
    }
    for (long size : sizes) {
      if (size < 0 || size > file.size() && size != sizes[0]) {
        throw invalid(
            "has an entry " + Printable.name(name) + " that lies outside of it; it is truncated");
      }
    }
  }

  private ByteBuffer within(long position, int length, long end) throws IOException {
    if (position < 0 || position > end || length > end - position) {
      throw invalid("has a zip directory that points outside of it; it is truncated or damaged");
    }
    return file.read(position, length);
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes).toString();
  }

  private InvalidCheckpointException invalid(String what) {
    return new InvalidCheckpointException(file.source() + " " + what + ".");
  }
}
