package org.viditq.serve.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.core.pipeline.Conditions;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.tensor.Tensor;

class EncodedPromptCacheTest {
  /** Of 400 bytes and two for its text. */
  private static EncodedPrompts prompt() {
    return new EncodedPrompts(
        List.of("a"), new Conditions(Map.of("text", Tensor.zeros(1, 100))), Optional.empty());
  }

  @Test
  void thoseNotUsedForLongestGo() {
    EncodedPromptCache cache = new EncodedPromptCache(804);
    cache.put("m", "a", "", prompt());
    cache.put("m", "b", "", prompt());
    assertThat(cache.find("m", "a", "")).isPresent();
    cache.put("m", "c", "", prompt());
    assertThat(cache.find("m", "a", "")).isPresent();
    assertThat(cache.find("m", "b", "")).isEmpty();
    assertThat(cache.size()).isEqualTo(2);
  }

  @Test
  void aTextIsNoOtherText() {
    EncodedPromptCache cache = new EncodedPromptCache(1 << 20);
    cache.put("m", "a", "b", prompt());
    assertThat(cache.find("m", "ab", "")).isEmpty();
    assertThat(cache.find("m", "", "ab")).isEmpty();
    assertThat(cache.find("m", "b", "a")).isEmpty();
    assertThat(cache.find("ma", "", "b")).isEmpty();
    assertThat(cache.find("m", "a", "b")).isPresent();
  }

  @Test
  void theSameAgainTakesNoMoreRoom() {
    EncodedPromptCache cache = new EncodedPromptCache(804);
    for (int i = 0; i < 10; i++) {
      cache.put("m", "a", "", prompt());
    }
    cache.put("m", "b", "", prompt());
    assertThat(cache.size()).isEqualTo(2);
    new EncodedPromptCache(0).put("m", "a", "", prompt());
  }
}
