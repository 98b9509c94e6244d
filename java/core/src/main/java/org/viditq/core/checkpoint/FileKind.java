package org.viditq.core.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;
import org.viditq.core.io.Placeholder;

/**
 * What a file is by its first bytes, whatever its name says: weights, or one of the things that are
 * commonly found in their place.
 */
enum FileKind {
  SAFETENSORS("holds safetensors"),
  TORCH_ZIP("is a PyTorch pickle in a zip archive, as torch.save writes it"),
  PICKLE("is a pickle, as PyTorch wrote it before 1.6"),
  EMPTY("is empty", "download it again"),
  LFS_POINTER(Placeholder.LFS_POINTER),
  ANNEX_POINTER(Placeholder.ANNEX_POINTER),
  WEB_PAGE(
      "is a web page and no weights",
      "download the file itself, from /resolve/ instead of /blob/ if it is on the Hugging Face"
          + " hub"),
  JSON("is a JSON text and no weights", "it may be an error message of the server: download again"),
  TEXT("is a text and no weights", "it may be an error message of the server: download again"),
  GGUF(
      "is a GGUF or GGML file, whose quantized weights are not read",
      "name the safetensors that it was made from"),
  HDF5("is an HDF5 file, as Keras writes it", "convert it to safetensors"),
  NUMPY("is a NumPy array", "convert it to safetensors"),
  PICTURE("is a picture and no weights", "name the file of the weights"),
  PDF("is a PDF document and no weights", "name the file of the weights"),
  TAR(
      "is a tar archive, as of PyTorch before 0.1.10 or of many files",
      "unpack it, or load it with such a PyTorch and save it anew"),
  COMPRESSED("is compressed by gzip, bzip2, xz, zstd, 7z or rar", "unpack it first"),
  ZIP("is a zip archive of other files than PyTorch writes", "unpack it first"),
  /** Damaged, truncated, or of a format that is not known here. */
  UNKNOWN("is neither safetensors nor a PyTorch pickle", "download it again, or convert it");

  private static final int PREFIX = 512;

  private final String what;
  private final String advice;

  FileKind(String what) {
    this(what, "");
  }

  FileKind(Placeholder placeholder) {
    this(placeholder.what(), placeholder.advice());
  }

  FileKind(String what, String advice) {
    this.what = what;
    this.advice = advice;
  }

  static FileKind of(CheckpointFile file) throws IOException {
    ByteBuffer prefix = file.read(0, (int) Math.min(PREFIX, file.size()));
    return of(prefix, file.size());
  }

  /** As {@link #of(CheckpointFile)}, for a file that is not needed any more. */
  static FileKind closing(CheckpointFile file) throws IOException {
    try (file) {
      return of(file);
    }
  }

  /**
   * @param prefix the first 512 bytes, or all of a shorter file; little-endian
   * @param size of the file
   */
  static FileKind of(ByteBuffer prefix, long size) {
    if (size == 0) {
      return EMPTY;
    }
    // First, as the length of a header may look like the start of anything.
    if (size > Long.BYTES
        && prefix.getLong(0) > 0
        && prefix.getLong(0) <= size - Long.BYTES
        && prefix.get(Long.BYTES) == '{') {
      return SAFETENSORS;
    }
    String text = StandardCharsets.ISO_8859_1.decode(prefix.duplicate()).toString();
    if (text.startsWith("PK\3\4") || text.startsWith("PK\5\6")) {
      return isTorchEntry(text) ? TORCH_ZIP : ZIP;
    }
    // A header of 640 bytes, cut off, starts like a pickle of protocol 2, but zeros follow.
    if (size > 2
        && text.charAt(0) == 0x80
        && text.charAt(1) >= 2
        && text.charAt(1) <= 5
        && !text.startsWith("\0\0\0\0", 4)) {
      return PICKLE;
    }
    if (text.startsWith("GGUF") || text.startsWith("GGML") || text.startsWith("ggml")) {
      return GGUF;
    }
    if (text.startsWith("\u0089HDF\r\n")) {
      return HDF5;
    }
    if (text.startsWith("\u0093NUMPY")) {
      return NUMPY;
    }
    if (text.startsWith("\u0089PNG\r\n")
        || text.startsWith("\u00ff\u00d8\u00ff")
        || text.startsWith("GIF8")
        || text.startsWith("RIFF") && text.startsWith("WEBP", 8)) {
      return PICTURE;
    }
    if (text.startsWith("%PDF-")) {
      return PDF;
    }
    if (text.startsWith("\u001f\u008b")
        || text.startsWith("\u00fd7zXZ")
        || text.startsWith("\u0028\u00b5\u002f\u00fd")
        || text.startsWith("7z\u00bc\u00af")
        || text.startsWith("BZh") && text.startsWith("1AY&SY", 4)
        || text.startsWith("Rar!")) {
      return COMPRESSED;
    }
    if (text.length() > 262 && text.startsWith("ustar", 257)) {
      return TAR;
    }
    return ofText(text);
  }

  /**
   * Whether the first entry of an archive may be one of PyTorch's: the others lie in a folder
   * beside {@code data.pkl}. What is too short to tell is left to the reader of the format.
   */
  private static boolean isTorchEntry(String zip) {
    int name = 30; // behind the fixed part of the first local header
    if (zip.length() < name || !zip.startsWith("PK\3\4")) {
      return true;
    }
    String start = zip.substring(name, Math.min(zip.length(), name + zip.charAt(26)));
    String last = start.substring(start.lastIndexOf('/') + 1);
    return start.indexOf('/') > 0 && !last.contains(".")
        || last.endsWith(".pkl")
        || last.isEmpty()
        || start.contains("/data/")
        || start.contains("/code/")
        || start.contains("/.");
  }

  private static FileKind ofText(String text) {
    // A byte order mark, seen byte by byte.
    String start =
        (text.startsWith("\u00ef\u00bb\u00bf") ? text.substring(3) : text).stripLeading();
    Optional<Placeholder> placeholder = Placeholder.ofText(text);
    if (placeholder.isPresent()) {
      return switch (placeholder.get()) {
        case LFS_POINTER -> LFS_POINTER;
        case ANNEX_POINTER -> ANNEX_POINTER;
        case WEB_PAGE -> WEB_PAGE;
      };
    }
    if (text.length() < 4 || !isReadable(text)) {
      return UNKNOWN;
    }
    return start.startsWith("{") || start.startsWith("[") ? JSON : TEXT;
  }

  /** UTF-8 without control characters; its last character may be cut off. */
  private static boolean isReadable(String bytes) {
    String text = new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    int malformed = text.indexOf('\ufffd');
    return (malformed < 0 || malformed >= text.length() - 3)
        && text.chars().noneMatch(c -> Character.isISOControl(c) && !Character.isWhitespace(c));
  }

  /**
   * @throws InvalidCheckpointException unless the file is safetensors, or damaged so that the
   *     format's own reader has more to say
   */
  void requireSafetensors(String source) {
    switch (this) {
      case SAFETENSORS, UNKNOWN -> {}
      case TORCH_ZIP, PICKLE ->
          throw new InvalidCheckpointException(
              source + " " + what + ", not safetensors; give it a name that ends in .pth.");
      default -> throw refused(source);
    }
  }

  /**
   * @throws InvalidCheckpointException unless the file is what PyTorch writes
   */
  void requireTorch(String source) {
    switch (this) {
      case TORCH_ZIP, PICKLE -> {}
      case SAFETENSORS ->
          throw new InvalidCheckpointException(
              source
                  + " "
                  + what
                  + ", not a PyTorch pickle; give it a name that ends in .safetensors.");
      default -> throw refused(source);
    }
  }

  private InvalidCheckpointException refused(String source) {
    return new InvalidCheckpointException(
        Printable.line(source) + " " + what + "; " + advice + ".");
  }
}
