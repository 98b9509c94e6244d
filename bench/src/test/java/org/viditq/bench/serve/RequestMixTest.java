package org.viditq.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RequestMixTest {
  @Test
  void everyPromptComesInEverySize() {
    RequestMix mix = new RequestMix(List.of("64x64", "96x64", "auto"), 2, 0);
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < mix.period(); i++) {
      seen.add(mix.prompt(i) + mix.size(i));
    }
    assertThat(seen).hasSize(mix.period());
    assertThat(mix.size(4)).isEqualTo("96x64");
    assertThat(mix.body(4)).contains("\"seed\":4,", "\"size\":\"96x64\"", "\"steps\":2");
  }

  @Test
  void soManyClientsLeaveAsWereAskedFor() {
    RequestMix mix = new RequestMix(List.of("auto"), 2, 0.1);
    assertThat(IntStream.range(0, 500).filter(mix::leaves)).hasSize(50);
    RequestMix patient = new RequestMix(List.of("auto"), 2, 0);
    assertThat(IntStream.range(0, 500).filter(patient::leaves)).isEmpty();
  }
}
