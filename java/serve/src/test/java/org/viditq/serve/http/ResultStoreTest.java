package org.viditq.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ResultStoreTest {
  @Test
  void theOldestMakeRoom() {
    ResultStore store = new ResultStore(100, Duration.ofHours(1));
    String first = store.put(new byte[60], "image/png");
    String second = store.put(new byte[40], "image/png");
    assertThat(store.find(first)).isPresent();
    String third = store.put(new byte[41], "image/webp");
    assertThat(store.find(first)).isEmpty();
    assertThat(store.find(second)).isPresent();
    assertThat(store.find(third).orElseThrow().contentType()).isEqualTo("image/webp");
    assertThat(store.bytes()).isEqualTo(81);
  }

  @Test
  void whatIsTooLargeIsThereOnce() {
    ResultStore store = new ResultStore(10, Duration.ofHours(1));
    String large = store.put(new byte[1000], "image/png");
    assertThat(store.bytes()).isEqualTo(1000);
    store.put(new byte[1], "image/png");
    assertThat(store.find(large)).isEmpty();
    assertThat(store.bytes()).isEqualTo(1);
  }

  @Test
  void timePasses() throws InterruptedException {
    ResultStore store = new ResultStore(10, Duration.ofMillis(1));
    String id = store.put(new byte[1], "image/png");
    Thread.sleep(20);
    assertThat(store.find(id)).isEmpty();
    assertThat(store.bytes()).isZero();
  }

  @Test
  void namesAreLongAndNeverTheSame() {
    ResultStore store = new ResultStore(10, Duration.ofHours(1));
    Set<String> names = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      String name = store.put(new byte[1], "image/png");
      assertThat(name).matches("[A-Za-z0-9_-]{32}");
      names.add(name);
    }
    assertThat(names).hasSize(1000);
    assertThat(store.find("../" + names.iterator().next())).isEmpty();
  }
}
