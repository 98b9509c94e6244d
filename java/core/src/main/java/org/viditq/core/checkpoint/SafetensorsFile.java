package org.viditq.core.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import org.viditq.core.error.InvalidCheckpointException;

/**
 * One memory-mapped safetensors file: 8 bytes header length (little-endian), a JSON header, the
 * data.
 *
 * <p>What {@code safetensors.torch.save_model} leaves out because it is stored under another name
 * already, is found under both: the metadata then maps the one name to the other.
 */
final class SafetensorsFile extends NamedTensors {
  private final CheckpointFile file;
  private final Map<String, String> metadata;

  /**
   * @throws InvalidCheckpointException if the file is missing, unreadable or not valid safetensors
   */
  static SafetensorsFile open(Path path) {
    return CheckpointFile.open(path, SafetensorsFile::new);
  }

  private SafetensorsFile(CheckpointFile file) throws IOException {
    super(file.source());
    this.file = file;
    byte[] json = readHeader();
    long dataStart = Long.BYTES + json.length;
    SafetensorsHeader header = SafetensorsHeader.parse(json, file.size() - dataStart, source());
    this.metadata = Collections.unmodifiableMap(header.metadata());
    header
        .entries()
        .forEach(
            (name, entry) ->
                add(
                    new FileTensor(
                        file, name, entry.dtype(), entry.shape(), dataStart + entry.begin())));
    metadata.forEach(this::tie);
  }

  private byte[] readHeader() throws IOException {
    FileKind.of(file).requireSafetensors(source());
    long size = file.size();
    if (size < Long.BYTES) {
      throw new InvalidCheckpointException(
          source()
              + " is only "
              + size
              + " bytes long; it is truncated or not a safetensors file.");
    }
    long length = file.read(0, Long.BYTES).getLong(0);
    if (length < 0 || length > SafetensorsHeader.MAX_LENGTH) {
      throw new InvalidCheckpointException(
          source()
              + " claims a header of "
              + Long.toUnsignedString(length)
              + " bytes (at most "
              + SafetensorsHeader.MAX_LENGTH
              + " are allowed); it is damaged or not a safetensors file.");
    }
    if (length > size - Long.BYTES) {
      throw new InvalidCheckpointException(
          source()
              + " claims a header of "
              + length
              + " bytes but is only "
              + size
              + " bytes long; it is truncated or not a safetensors file.");
    }
    return file.read(Long.BYTES, (int) length).array();
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public void close() {
    file.close();
  }
}
