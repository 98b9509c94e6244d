package org.viditq.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessLimitsTest {
  private static final String TEXT =
      """
      Limit                     Soft Limit           Hard Limit           Units
      Max cpu time              unlimited            unlimited            seconds
      Max file size             4096                 unlimited            bytes
      Max processes             95                   95                   processes
      Max open files            64                   524288               files
      Max address space         2048000000           unlimited            bytes
      """;

  private final ProcessLimits limits = ProcessLimits.parse(TEXT);

  @Test
  void softLimitsAreRead() {
    assertThat(limits.openFiles()).hasValue(64);
    assertThat(limits.addressSpace()).hasValue(2048000000L);
    assertThat(limits.fileSize()).hasValue(4096);
    assertThat(limits.threads()).hasValue(95);
  }

  @Test
  void unlimitedIsNoLimit() {
    assertThat(ProcessLimits.parse(TEXT.replace("2048000000", "unlimited ")).addressSpace())
        .isEmpty();
    assertThat(ProcessLimits.parse("").openFiles()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Too many open files|limit of 64; raise it with 'ulimit -n 4096'",
        "/a/model.safetensors (Too many open files)|ulimit -n",
        "Map failed|within the limit of 2000000 KiB of addresses; raise it with 'ulimit -v",
        "libdnnl.so.3: failed to map segment from shared object: Cannot allocate memory|ulimit -v",
        "unable to create native thread: possibly out of memory|(the limit is 95)",
        "File too large|4096 bytes; raise it with 'ulimit -f unlimited'"
      })
  void theLimitThatWasHitIsNamed(String reason, String words) {
    assertThat(limits.explain(reason)).get().asString().contains(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"No such file or directory", "Java heap space", "", "Broken pipe"})
  void otherFailuresAreNoLimits(String reason) {
    assertThat(limits.explain(reason)).isEmpty();
    assertThat(limits.explain(null)).isEmpty();
  }

  @Test
  void thisProcessCanOpenFiles() {
    assertThat(ProcessLimits.areFilesExhausted()).isFalse();
  }
}
