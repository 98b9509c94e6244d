package org.viditq.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.InvalidModelException;

class ResidentPartsTest {
  private final List<String> events = new ArrayList<>();
  private final List<String> displaced = new ArrayList<>();
  private final ResidentParts<String> parts = new ResidentParts<>(10, displaced::add);

  private final class Part implements LoadedPart {
    private final String name;

    Part(String name) {
      this.name = name;
      events.add("open " + name);
    }

    @Override
    public void releaseIdleMemory() {
      events.add("idle " + name);
    }

    @Override
    public void close() {
      events.add("close " + name);
    }
  }

  private ResidentParts.Lease<Part> lease(String name, long bytes) {
    return parts.lease(name, Part.class, bytes, () -> new Part(name));
  }

  private void use(String name, long bytes) {
    lease(name, bytes).close();
  }

  private void useBeside(String companion, String name, long bytes) {
    parts.leaseBeside(Set.of(companion), name, Part.class, bytes, () -> new Part(name)).close();
  }

  @Test
  void whatFitsIsLoadedOnceAndGivesItsIdleMemoryBack() {
    for (int i = 0; i < 3; i++) {
      use("a", 6);
      useBeside("a", "b", 4);
    }
    assertThat(events)
        .containsExactly(
            "open a", "idle a", "open b", "idle b", "idle a", "idle b", "idle a", "idle b");
    assertThat(parts.keys()).containsExactlyInAnyOrder("a", "b");
    assertThat(displaced).isEmpty();
  }

  @Test
  void thoseNotUsedForLongestGoFirst() {
    use("a", 4);
    use("b", 4);
    use("a", 4);
    use("c", 4);
    assertThat(displaced).containsExactly("b");
    use("d", 10);
    assertThat(displaced).containsExactly("b", "a", "c");
    assertThat(parts.keys()).containsExactly("d");
  }

  @Test
  void whatIsOverTheBudgetStaysAlone() {
    use("a", 4);
    use("huge", 100);
    use("huge", 100);
    assertThat(parts.keys()).containsExactly("huge");
    assertThat(events).containsOnlyOnce("open huge");
  }

  @Test
  void whatIsInUseStaysWhateverComes() {
    try (ResidentParts.Lease<Part> used = lease("a", 6)) {
      use("b", 6);
      assertThat(used.part().name).isEqualTo("a");
      assertThat(events).doesNotContain("close a", "idle a");
    }
    assertThat(events).endsWith("idle a");
    use("c", 6);
    assertThat(events).contains("close a", "close b");
  }

  @Test
  void partsThatWorkInTurnDoNotDisplaceEachOther() {
    use("denoiser", 8);
    useBeside("denoiser", "decoder", 4);
    assertThat(parts.keys()).containsExactly("denoiser");
    assertThat(events).endsWith("open decoder", "close decoder");
    useBeside("denoiser", "encoder", 2);
    assertThat(parts.keys()).containsExactlyInAnyOrder("denoiser", "encoder");
    assertThat(displaced).isEmpty();
  }

  @Test
  void partsOfOthersMakeRoomForThem() {
    use("another", 3);
    use("denoiser", 5);
    useBeside("denoiser", "decoder", 4);
    assertThat(displaced).containsExactly("another");
    assertThat(parts.keys()).containsExactlyInAnyOrder("denoiser", "decoder");
  }

  @Test
  void whereMemoryIsShortEverythingIdleGoesAndItIsTriedOnceMore() {
    use("a", 1);
    List<String> tries = new ArrayList<>();
    parts
        .lease(
            "b",
            Part.class,
            1,
            () -> {
              tries.add("b");
              if (tries.size() == 1) {
                throw new BackendException("There is no memory.");
              }
              return new Part("b");
            })
        .close();
    assertThat(events).containsSubsequence("close a", "open b");
    assertThat(parts.keys()).containsExactly("b");
    assertThatThrownBy(
            () ->
                parts.lease(
                    "c",
                    Part.class,
                    1,
                    () -> {
                      throw new InvalidModelException("It is broken.");
                    }))
        .hasMessage("It is broken.");
    assertThat(parts.keys()).containsExactly("b");
  }

  @Test
  void theEndClosesAllAndALeaseEndsOnce() {
    ResidentParts.Lease<Part> twice = lease("a", 1);
    twice.close();
    twice.close();
    parts.close();
    assertThat(events).containsExactly("open a", "idle a", "close a");
    assertThat(parts.keys()).isEmpty();
  }
}
