package org.viditq.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.error.UsageException;

/** What Jazzer is given, on a few hundred inputs without it. */
class FuzzTargetTest {
  private static final Path CHECKOUT = Path.of("..");
  private static final int INPUTS = 150;

  @ParameterizedTest
  @EnumSource
  void seedsAndWhatIsNearThemAreReadOrRefused(FuzzTarget target) throws Exception {
    Method read = target.entry().getMethod("fuzzerTestOneInput", byte[].class);
    List<byte[]> seeds = target.seeds(CHECKOUT);
    assertThat(seeds).isNotEmpty();
    for (byte[] seed : seeds) {
      read(read, seed);
    }
    Random random = new Random(target.ordinal());
    for (int i = 0; i < INPUTS; i++) {
      byte[] input = seeds.get(random.nextInt(seeds.size())).clone();
      for (int edits = random.nextInt(4); edits >= 0; edits--) {
        input[random.nextInt(input.length)] ^= (byte) (1 << random.nextInt(8));
      }
      read(read, random.nextInt(8) == 0 ? Arrays.copyOf(input, random.nextInt(64)) : input);
    }
  }

  private static void read(Method entry, byte[] input) throws Exception {
    try {
      entry.invoke(null, (Object) input);
    } catch (InvocationTargetException escaped) {
      throw new AssertionError("On " + Arrays.toString(input), escaped.getCause());
    }
  }

  @Test
  void refusalsMustBeSentences() throws Exception {
    Refusal.allowed(
        () -> {
          throw new InvalidPlanException("The plan is empty.");
        });
    for (String message : List.of("no full stop", "long".repeat(1000) + ".")) {
      assertThatThrownBy(
              () ->
                  Refusal.allowed(
                      () -> {
                        throw new InvalidPlanException(message);
                      }))
          .isInstanceOf(AssertionError.class);
    }
    assertThatThrownBy(
            () ->
                Refusal.allowed(
                    () -> {
                      throw new IllegalStateException("raw");
                    }))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void readersAreNamedAsReportsNameThem() {
    assertThat(FuzzTarget.named("shard-index")).isEqualTo(FuzzTarget.SHARD_INDEX);
    assertThatThrownBy(() -> FuzzTarget.named("shard"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("quantized-checkpoint");
  }
}
