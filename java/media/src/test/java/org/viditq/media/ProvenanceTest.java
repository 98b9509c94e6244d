package org.viditq.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProvenanceTest {
  @Test
  void theFingerprintTellsAllButTheSoftwareApart() {
    Provenance a = new Provenance(Map.of("prompt", "a", "Software", "1"));
    assertThat(a.fingerprint()).matches("[0-9a-f]{8}");
    assertThat(new Provenance(Map.of("prompt", "a", "Software", "2")).fingerprint())
        .isEqualTo(a.fingerprint());
    assertThat(new Provenance(Map.of("prompt", "b", "Software", "1")).fingerprint())
        .isNotEqualTo(a.fingerprint());
    assertThat(new Provenance(Map.of("prompt", "a", "seed", "1")).fingerprint())
        .isNotEqualTo(a.fingerprint());
  }

  @Test
  void longTextsAreCutUntilAllFits() throws IOException {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("prompt", "🔥".repeat(500));
    texts.put("negative_prompt", "x".repeat(300));
    texts.put("seed", "1");
    String json = new Provenance(texts).json(200);
    assertThat(json).hasSizeLessThanOrEqualTo(200);
    Map<String, String> read = ExifReader.texts(json);
    assertThat(read.get("prompt")).matches("(🔥)+…");
    assertThat(read.get("negative_prompt")).matches("x+…");
    assertThat(read).containsEntry("seed", "1");
    assertThat(new Provenance(texts).json(5)).isEqualTo("{}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "schlüssel", "a\nb"})
  void keywordsArePrintableAscii(String keyword) {
    assertThatThrownBy(() -> new Provenance(Map.of(keyword, "x")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
