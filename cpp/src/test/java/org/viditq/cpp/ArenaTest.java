package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArenaTest {
  private static final long PAGE = 4096;

  private long before;
  private final Arena arena = new Arena(PAGE);

  @BeforeEach
  void count() {
    NativeLibrary.require();
    before = NativeLibrary.allocatedBytes();
  }

  @AfterEach
  void nothingIsLeft() {
    arena.close();
    arena.close(); // idempotent
    assertThat(NativeLibrary.allocatedBytes()).isEqualTo(before);
    assertThat(arena.bytes()).isZero();
  }

  @Test
  void aLargePartServesSeveralSmallOnes() {
    arena.give(arena.take(10 * PAGE));
    List<Arena.Part> parts =
        List.of(arena.take(3 * PAGE), arena.take(1), arena.take(4 * PAGE), arena.take(2 * PAGE));
    assertThat(arena.bytes()).isEqualTo(10 * PAGE);
    parts.forEach(arena::give);
    arena.give(arena.take(10 * PAGE));
    assertThat(arena.bytes()).isEqualTo(10 * PAGE);
  }

  @Test
  void whatWasGivenBackInAnyOrderIsOneGap() {
    int[][] orders = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    arena.give(arena.take(9 * PAGE));
    for (int[] order : orders) {
      Arena.Part[] parts = {arena.take(3 * PAGE), arena.take(3 * PAGE), arena.take(3 * PAGE)};
      Arrays.stream(order).forEach(i -> arena.give(parts[i]));
      arena.give(arena.take(9 * PAGE));
      assertThat(arena.bytes()).isEqualTo(9 * PAGE);
    }
  }

  @Test
  void theSmallestGapIsTaken() {
    Arena.Part large = arena.take(8 * PAGE);
    Arena.Part small = arena.take(2 * PAGE);
    arena.give(large);
    arena.give(small);
    Arena.Part again = arena.take(2 * PAGE);
    Arena.Part whole = arena.take(8 * PAGE);
    assertThat(arena.bytes()).isEqualTo(10 * PAGE);
    arena.give(again);
    arena.give(whole);
  }

  @Test
  void idleChunksMakeRoomForALargerOne() {
    Arena.Part used = arena.take(5 * PAGE);
    List<Arena.Part> idle = List.of(arena.take(4 * PAGE), arena.take(4 * PAGE));
    idle.forEach(arena::give);
    Arena.Part large = arena.take(7 * PAGE);
    assertThat(arena.bytes()).isEqualTo(12 * PAGE);
    assertThat(NativeLibrary.allocatedBytes() - before).isBetween(12 * PAGE, 13 * PAGE);
    arena.give(large);
    arena.give(used);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void partsInUseNeverOverlap(long seed) {
    Random random = new Random(seed);
    List<Arena.Part> parts = new ArrayList<>();
    List<Float> marks = new ArrayList<>();
    for (int step = 0; step < 2000; step++) {
      if (parts.isEmpty() || random.nextInt(5) < 3 && parts.size() < 40) {
        long bytes = 1 + random.nextInt(20_000);
        Arena.Part part = arena.take(bytes);
        float mark = step;
        part.memory().put(part.start(), mark).put(part.start() + (bytes - 1) / Float.BYTES, mark);
        parts.add(part);
        marks.add(mark);
      } else {
        int i = random.nextInt(parts.size());
        Arena.Part part = parts.remove(i);
        assertThat(part.memory().get(part.start())).isEqualTo(marks.remove(i));
        arena.give(part);
      }
    }
    parts.forEach(arena::give);
  }
}
