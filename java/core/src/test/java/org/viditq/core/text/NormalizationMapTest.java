package org.viditq.core.text;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The map of T5's tokenizer, whole and damaged. */
class NormalizationMapTest {
  private static final Path MODEL = Path.of("../../tests/fixtures/t5.tokenizer/spiece.model");
  private static final int NORMALIZER = 3;
  private static final int MAP = 2;

  private static byte[] map;

  @BeforeAll
  static void readMap() throws IOException {
    byte[] normalizer = field(Files.readAllBytes(MODEL), NORMALIZER);
    map = field(normalizer, MAP);
  }

  private static byte[] field(byte[] message, int field) throws IOException {
    CodedInputStream input = CodedInputStream.newInstance(message);
    for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == field) {
        return input.readByteArray();
      }
      input.skipField(tag);
    }
    throw new IOException("There is no field " + field + ".");
  }

  /** The map with another unit, which is the size where place is -1. */
  private static ByteBuffer with(int place, int unit) {
    ByteBuffer copy = ByteBuffer.wrap(map.clone()).order(ByteOrder.LITTLE_ENDIAN);
    copy.putInt((place + 1) * Integer.BYTES, unit);
    return copy;
  }

  @Test
  void thatOfTheModelIsWhole() {
    assertThatCode(() -> NormalizationMap.check(ByteBuffer.wrap(map))).doesNotThrowAnyException();
    assertThatCode(() -> NormalizationMap.check(ByteBuffer.allocate(0))).doesNotThrowAnyException();
  }

  @Test
  void sizesThatTheMapHasNotAreRefused() {
    for (int size : new int[] {0, -1, -4, 3, map.length - 4, map.length, Integer.MAX_VALUE - 3}) {
      assertThatThrownBy(() -> NormalizationMap.check(with(-1, size)))
          .as("%d", size)
          .isInstanceOf(IOException.class);
    }
    assertThatThrownBy(() -> NormalizationMap.check(ByteBuffer.wrap(map, 0, 3)))
        .isInstanceOf(IOException.class);
  }

  @Test
  void keysThatLeadOutAreRefused() {
    assertThatThrownBy(() -> NormalizationMap.check(with(0, 0x1FFFFF << 10)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("leads out");
  }

  @Test
  void keysNeedATextThatEnds() {
    ByteBuffer units = ByteBuffer.wrap(map).order(ByteOrder.LITTLE_ENDIAN);
    int values = 0;
    for (int place = 0; place < units.getInt(0) / Integer.BYTES; place++) {
      if (units.getInt((place + 1) * Integer.BYTES) >>> 31 == 1) {
        values++;
        if (values == 100) {
          int value = place;
          assertThatThrownBy(() -> NormalizationMap.check(with(value, -1)))
              .isInstanceOf(IOException.class)
              .hasMessageContaining("no text");
        }
      }
    }
    byte[] endless = map.clone();
    endless[endless.length - 1] = 'a';
    assertThatThrownBy(() -> NormalizationMap.check(ByteBuffer.wrap(endless)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("does not end");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void damagedMapsAreFollowedWithinTheirBounds(int seed) {
    Random random = new Random(seed);
    for (int n = 0; n < 40; n++) {
      byte[] damaged = map.clone();
      for (int i = random.nextInt(30); i >= 0; i--) {
        damaged[4 + random.nextInt(damaged.length - 4)] = (byte) random.nextInt(256);
      }
      try {
        NormalizationMap.check(ByteBuffer.wrap(damaged));
      } catch (IOException refused) {
        continue; // Any other exception fails the test.
      }
    }
  }
}
