package org.viditq.core.text;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.viditq.core.error.InvalidModelException;

/**
 * The pieces of a SentencePiece model and how they become text again ({@code ModelProto} in {@code
 * sentencepiece_model.proto}). The native library encodes texts but cannot hand characters beyond
 * U+FFFF back.
 */
final class SentencePieces {
  private static final int PIECES_FIELD = 1;
  private static final int TRAINER_FIELD = 2;
  private static final int NORMALIZER_FIELD = 3;
  private static final int UNKNOWN_SURFACE_FIELD = 44;
  private static final int NORMALIZATION_MAP_FIELD = 2;
  private static final int DUMMY_PREFIX_FIELD = 3;
  private static final int EXTRA_WHITE_SPACE_FIELD = 4;

  /** How SentencePiece writes white space. */
  private static final char SPACE = '\u2581';

  private enum Kind {
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE
  }

  private record Piece(String text, Kind kind) {}

  private final List<Piece> pieces = new ArrayList<>();
  private String unknownSurface = " \u2047 ";
  private boolean dummyPrefix = true;
  private boolean extraWhiteSpaceRemoved = true;

  private SentencePieces() {}

  /**
   * @param file what messages name
   * @throws InvalidModelException if the bytes are no SentencePiece model
   */
  static SentencePieces read(byte[] model, Path file) {
    SentencePieces pieces = new SentencePieces();
    try {
      CodedInputStream input = CodedInputStream.newInstance(model);
      for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
        pieces.readField(input, tag);
      }
    } catch (IOException | IllegalArgumentException malformed) {
      throw damaged(file, malformed);
    }
    if (pieces.pieces.isEmpty()) {
      throw damaged(file, null);
    }
    return pieces;
  }

  /** Number of pieces; their ids are 0 to one less. */
  int size() {
    return pieces.size();
  }

  /** The piece as the model writes it. */
  String piece(int id) {
    return pieces.get(id).text();
  }

  /**
   * The text of pieces, as SentencePiece decodes it: without the space that it put at the start;
   * runs of byte pieces are UTF-8; control pieces are nothing.
   */
  String decode(int[] ids) {
    StringBuilder text = new StringBuilder();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    boolean atStart = true;
    boolean spaceDropped = false;
    for (int id : ids) {
      Piece piece = pieces.get(id);
      if (piece.kind() == Kind.BYTE) {
        bytes.write(byteOf(piece));
        continue;
      }
      text.append(bytes.toString(StandardCharsets.UTF_8));
      bytes.reset();
      atStart &= !spaceDropped && text.isEmpty();
      String surface = surface(piece);
      if (atStart && piece.kind() != Kind.UNKNOWN && surface.startsWith(" ") && startsTrimmed()) {
        surface = surface.substring(1);
        // With extra white space removed, every space at the start goes, not only the first.
        spaceDropped = !extraWhiteSpaceRemoved;
      }
      text.append(surface);
    }
    return text.append(bytes.toString(StandardCharsets.UTF_8)).toString();
  }

  private boolean startsTrimmed() {
    return dummyPrefix || extraWhiteSpaceRemoved;
  }

  private String surface(Piece piece) {
    return switch (piece.kind()) {
      case CONTROL -> "";
      case UNKNOWN -> unknownSurface;
      default -> piece.text().replace(SPACE, ' ');
    };
  }

  /** Byte pieces are written {@code <0x41>}. */
  private static int byteOf(Piece piece) {
    return HexFormat.fromHexDigits(piece.text(), 3, 5);
  }

  private void readField(CodedInputStream input, int tag) throws IOException {
    switch (field(tag)) {
      case PIECES_FIELD -> pieces.add(readPiece(input));
      case TRAINER_FIELD ->
          readMessage(
              input,
              inner -> {
                if (field(inner) == UNKNOWN_SURFACE_FIELD) {
                  unknownSurface = input.readStringRequireUtf8();
                } else {
                  skip(input, inner);
                }
              });
      case NORMALIZER_FIELD ->
          readMessage(
              input,
              inner -> {
                switch (field(inner)) {
                  case NORMALIZATION_MAP_FIELD -> NormalizationMap.check(input.readByteBuffer());
                  case DUMMY_PREFIX_FIELD -> dummyPrefix = input.readBool();
                  case EXTRA_WHITE_SPACE_FIELD -> extraWhiteSpaceRemoved = input.readBool();
                  default -> skip(input, inner);
                }
              });
      default -> skip(input, tag);
    }
  }

  private static Piece readPiece(CodedInputStream input) throws IOException {
    String[] text = {""};
    Kind[] kind = {Kind.NORMAL};
    readMessage(
        input,
        tag -> {
          switch (field(tag)) {
            case 1 -> text[0] = input.readStringRequireUtf8();
            case 3 -> kind[0] = kind(input.readEnum());
            default -> skip(input, tag);
          }
        });
    if (text[0].indexOf(0) >= 0) {
      // The native library ends the process over one: its keys end at a zero.
      throw new IOException("A piece holds character 0.");
    }
    if (kind[0] == Kind.BYTE && !text[0].matches("<0x[0-9A-F]{2}>")) {
      throw new IOException("Byte piece " + text[0] + " names no byte.");
    }
    return new Piece(text[0], kind[0]);
  }

  private static Kind kind(int number) throws IOException {
    if (number < 1 || number > Kind.values().length) {
      throw new IOException("There is no type " + number + " of pieces.");
    }
    return Kind.values()[number - 1];
  }

  /** Reads one field of a message, whose tag is given. */
  private interface FieldReader {
    void read(int tag) throws IOException;
  }

  private static void readMessage(CodedInputStream input, FieldReader reader) throws IOException {
    int outer = input.pushLimit(input.readRawVarint32());
    for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
      reader.read(tag);
    }
    input.popLimit(outer);
  }

  private static int field(int tag) {
    return WireFormat.getTagFieldNumber(tag);
  }

  private static void skip(CodedInputStream input, int tag) throws IOException {
    if (!input.skipField(tag)) {
      throw new IOException("A group ends that has not begun.");
    }
  }

  private static InvalidModelException damaged(Path file, Exception cause) {
    return new InvalidModelException(
        "The tokenizer file " + file + " is damaged or not made for SentencePiece.", cause);
  }
}
