package org.viditq.core.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.Printable;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.core.tensor.DType;

/**
 * Writes safetensors files as the official library lays them out: tensors by falling alignment of
 * their type, then by name; metadata by key; the header padded with spaces so that the data starts
 * at a multiple of 8. Equal input gives equal bytes.
 */
public final class SafetensorsWriter {
  /** The official library's order of types, which sets the order of tensors in the file. */
  private static final List<DType> TYPE_ORDER =
      List.of(
          DType.U64,
          DType.I64,
          DType.F64,
          DType.F32,
          DType.U32,
          DType.I32,
          DType.BF16,
          DType.F16,
          DType.U16,
          DType.I16,
          DType.F8_E5M2FNUZ,
          DType.F8_E4M3FNUZ,
          DType.F8_E8M0,
          DType.F8_E4M3,
          DType.F8_E5M2,
          DType.I8,
          DType.U8,
          DType.F4,
          DType.BOOL);

  // Java copies what it writes into native memory first; pieces keep that copy small.
  private static final int PIECE = 1 << 20;

  private static final JsonFactory JSON = new JsonFactory();

  private SafetensorsWriter() {}

  /**
   * Writes all tensors to {@code target}, replacing it at once when complete. Each tensor's bytes
   * are asked for when its turn comes and dropped behind it.
   *
   * @param tensors in any order, with distinct names
   * @param metadata the file's string map; left out if empty
   * @throws OutputException if the file cannot be written; an older file then stays as it was
   */
  public static void write(
      Path target, Collection<? extends StoredTensor> tensors, Map<String, String> metadata) {
    List<StoredTensor> ordered = order(tensors);
    try (AtomicOutput output = AtomicOutput.file(target)) {
      writeTo(output.path(), ordered, metadata);
      output.commit();
    } catch (IOException e) {
      throw new OutputException(
          "Cannot write " + Printable.line(target.toString()) + ": " + IoReason.of(e) + ".", e);
    }
  }

  private static List<StoredTensor> order(Collection<? extends StoredTensor> tensors) {
    Set<String> names = new HashSet<>(Set.of(SafetensorsHeader.METADATA));
    for (StoredTensor tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException(
            "The tensor name " + Printable.name(tensor.name()) + " is taken.");
      }
    }
    return tensors.stream()
        .sorted(
            Comparator.comparingInt((StoredTensor t) -> TYPE_ORDER.indexOf(t.dtype()))
                .thenComparing(StoredTensor::name))
        .map(StoredTensor.class::cast)
        .toList();
  }

  private static void writeTo(Path file, List<StoredTensor> tensors, Map<String, String> metadata)
      throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      byte[] header = header(tensors, metadata);
      writeFully(
          channel,
          ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length));
      writeFully(channel, ByteBuffer.wrap(header));
      for (StoredTensor tensor : tensors) {
        long before = channel.position();
        if (tensor instanceof StreamedTensor) {
          ((StreamedTensor) tensor).stream(bytes -> writeFully(channel, bytes));
        } else {
          writeFully(channel, tensor.bytes());
        }
        if (channel.position() - before != tensor.sizeInBytes()) {
          throw new IllegalStateException(
              "Tensor "
                  + Printable.name(tensor.name())
                  + " gave "
                  + (channel.position() - before)
                  + " bytes for "
                  + tensor.dtype()
                  + tensor.shape()
                  + ".");
        }
      }
    }
  }

  private static byte[] header(List<StoredTensor> tensors, Map<String, String> metadata)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(SafetensorsHeader.METADATA);
        for (Map.Entry<String, String> entry : new TreeMap<>(metadata).entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      long offset = 0;
      for (StoredTensor tensor : tensors) {
        json.writeObjectFieldStart(tensor.name());
        json.writeStringField("dtype", tensor.dtype().name());
        int[] dims = tensor.shape().toArray();
        json.writeFieldName("shape");
        json.writeArray(dims, 0, dims.length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {offset, offset += tensor.sizeInBytes()}, 0, 2);
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    byte[] header = bytes.toByteArray();
    byte[] padded = Arrays.copyOf(header, (header.length + 7) / 8 * 8);
    Arrays.fill(padded, header.length, padded.length, (byte) ' ');
    return padded;
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    int end = bytes.limit();
    while (bytes.position() < end) {
      bytes.limit(Math.min(end, bytes.position() + PIECE));
      channel.write(bytes);
    }
  }
}
