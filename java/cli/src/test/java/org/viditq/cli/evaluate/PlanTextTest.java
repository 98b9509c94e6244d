package org.viditq.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.quantize.plan.PlanReader;

class PlanTextTest {
  @TempDir Path folder;

  private String text(String yaml) {
    try {
      return PlanText.of(new PlanReader().read(Files.writeString(folder.resolve("p.yaml"), yaml)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Pictures of one plan are taken for those of another with the same text. */
  @Test
  void plansThatMakeOtherPicturesHaveOtherTexts() {
    List<String> plans =
        List.of(
            "weight: {bits: 8}\n",
            "weight: {bits: 4}\n",
            "weight: {bits: 8, grid: mse-search}\n",
            "weight: {bits: 8}\nattention: bf16\n",
            "weight: {bits: 8}\nattention: int8\n",
            "weight: {bits: 8}\nattention: {self: int8}\n",
            "weight: {bits: 8}\nattention: {cross: int8}\n");
    assertThat(plans.stream().map(this::text).collect(Collectors.toSet())).hasSameSizeAs(plans);
    assertThat(text("weight: {bits: 8}\nattention: fp32\nname: other\n"))
        .isEqualTo(text(plans.get(0)));
  }
}
