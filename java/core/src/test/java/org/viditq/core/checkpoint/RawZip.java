package org.viditq.core.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/** Writes zip archives of stored entries, whose directory can be made to lie. */
final class RawZip {
  private final ByteArrayOutputStream archive = new ByteArrayOutputStream();
  private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
  private int count;

  /** Fields of a directory's entry. */
  static final class Lie {
    int method;
    int flags;
    int mode;
    long size = -1;
    long compressed = -1;
    long header = -1;
    String localName;
  }

  static byte[] torch(byte[] pickle, byte[]... storages) {
    RawZip zip = new RawZip().entry("archive/data.pkl", pickle);
    for (int i = 0; i < storages.length; i++) {
      zip.entry("archive/data/" + i, storages[i]);
    }
    return zip.entry("archive/version", "3\n".getBytes(StandardCharsets.US_ASCII)).finish();
  }

  RawZip entry(String name, byte[] content) {
    return entry(name, content, new Lie());
  }

  RawZip entry(String name, byte[] content, Lie lie) {
    CRC32 crc = new CRC32();
    crc.update(content);
    byte[] path = name.getBytes(StandardCharsets.UTF_8);
    byte[] local = lie.localName == null ? path : lie.localName.getBytes(StandardCharsets.UTF_8);
    long header = lie.header < 0 ? archive.size() : lie.header;
    long size = lie.size < 0 ? content.length : lie.size;
    long compressed = lie.compressed < 0 ? content.length : lie.compressed;
    ByteBuffer localHeader = buffer(30);
    localHeader.putInt(0x04034b50).putShort((short) 20).putShort((short) lie.flags);
    localHeader.putShort((short) lie.method).putInt(0).putInt((int) crc.getValue());
    localHeader.putInt((int) compressed).putInt((int) size);
    localHeader.putShort((short) local.length).putShort((short) 0);
    archive.writeBytes(localHeader.array());
    archive.writeBytes(local);
    archive.writeBytes(content);
    ByteBuffer central = buffer(46);
    central.putInt(0x02014b50).putShort((short) (3 << 8 | 20)).putShort((short) 20);
    central.putShort((short) lie.flags).putShort((short) lie.method).putInt(0);
    central.putInt((int) crc.getValue()).putInt((int) compressed).putInt((int) size);
    central.putShort((short) path.length).putShort((short) 0).putShort((short) 0);
    central.putShort((short) 0).putShort((short) 0).putInt(lie.mode << 16).putInt((int) header);
    directory.writeBytes(central.array());
    directory.writeBytes(path);
    count++;
    return this;
  }

  byte[] finish() {
    return finish(count, directory.size(), archive.size());
  }

  /** With what the last record claims: entries, bytes of directory, position of directory. */
  byte[] finish(int entries, int length, int position) {
    archive.writeBytes(directory.toByteArray());
    ByteBuffer end = buffer(22);
    end.putInt(0x06054b50).putInt(0).putShort((short) entries).putShort((short) entries);
    end.putInt(length).putInt(position).putShort((short) 0);
    archive.writeBytes(end.array());
    return archive.toByteArray();
  }

  private static ByteBuffer buffer(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
