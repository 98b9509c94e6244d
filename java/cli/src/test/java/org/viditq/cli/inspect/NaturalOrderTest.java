package org.viditq.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NaturalOrderTest {
  @Test
  void numbersAreOrderedByValue() {
    List<String> ordered =
        List.of(
            "",
            "007",
            "7",
            "block",
            "block.2",
            "block.2.a10",
            "block.10",
            "block.10.norm",
            "block.99999999999999999999",
            "proj");
    for (int seed = 0; seed < 20; seed++) {
      List<String> shuffled = new ArrayList<>(ordered);
      Collections.shuffle(shuffled, new Random(seed));
      shuffled.sort(new NaturalOrder());
      assertThat(shuffled).isEqualTo(ordered);
    }
  }
}
