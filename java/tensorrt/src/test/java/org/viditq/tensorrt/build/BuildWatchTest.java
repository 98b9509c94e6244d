package org.viditq.tensorrt.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.tensorrt.nvinfer.IProgressMonitor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.viditq.cuda.BuildMonitor;
import org.viditq.cuda.BuildMonitor.Phase;

@Timeout(60)
class BuildWatchTest {
  /** The monitor as TensorRT sees it: through the virtual functions that NVIDIA's header lists. */
  private static IProgressMonitor seenByTensorRt(BuildMonitor monitor) {
    CpuOnlyTensorRt.library();
    return new IProgressMonitor(TensorRtBuilder.pointer(monitor.address()));
  }

  @Test
  void phasesLieInEachOther() {
    Phase whole = new Phase("whole", "", 4, 1);
    Phase inner = new Phase("inner", "whole", 10, 5);
    Phase innermost = new Phase("innermost", "inner", 2, 1);
    assertThat(BuildWatch.fraction(List.of(), "", 0)).isZero();
    assertThat(BuildWatch.fraction(List.of(whole), "", 0)).isEqualTo(0.25);
    assertThat(BuildWatch.fraction(List.of(whole, inner), "", 0)).isEqualTo((1 + 0.5) / 4);
    assertThat(BuildWatch.fraction(List.of(whole, inner, innermost), "", 0))
        .isEqualTo((1 + (5 + 0.5) / 10) / 4);
    // Nonsense ends: no steps, and phases that lie in each other.
    assertThat(BuildWatch.fraction(List.of(new Phase("a", "", 0, 0)), "", 0)).isZero();
    assertThat(
            BuildWatch.fraction(
                List.of(
                    new Phase("", "", 2, 1), new Phase("a", "b", 2, 1), new Phase("b", "a", 2, 1)),
                "a",
                0))
        .isBetween(0.0, 1.0);
  }

  @Test
  void theListenerHearsWhatTensorRtTells() throws Exception {
    List<Integer> heard = Collections.synchronizedList(new ArrayList<>());
    try (BuildMonitor monitor = new BuildMonitor()) {
      IProgressMonitor tensorRt = seenByTensorRt(monitor);
      try (BuildWatch watch = new BuildWatch(monitor, (percent, phase) -> heard.add(percent))) {
        tensorRt.phaseStart("Building", (String) null, 4);
        for (int step = 0; step < 4; step++) {
          assertThat(tensorRt.stepComplete("Building", step)).isTrue();
          int least = 25 * (step + 1) - 1;
          while (heard.stream().noneMatch(percent -> percent >= least)) {
            Thread.sleep(10);
          }
        }
        tensorRt.phaseFinish("Building");
      }
      assertThat(monitor.phases()).isEmpty();
      assertThat(monitor.isCancelled()).isFalse();
    }
    assertThat(heard).isSorted().startsWith(0).doesNotContain(100);
  }

  @Test
  void theListenerEndsTheBuild() throws Exception {
    BuildListener impatient =
        new BuildListener() {
          @Override
          public void progress(int percent, String phase) {}

          @Override
          public boolean isCancelled() {
            return true;
          }
        };
    try (BuildMonitor monitor = new BuildMonitor()) {
      IProgressMonitor tensorRt = seenByTensorRt(monitor);
      tensorRt.phaseStart("Building", (String) null, 1_000_000);
      try (BuildWatch watch = new BuildWatch(monitor, impatient)) {
        int steps = 0;
        while (tensorRt.stepComplete("Building", steps++)) {
          Thread.sleep(10);
        }
      }
      assertThat(monitor.isCancelled()).isTrue();
    }
  }

  @Test
  void aClosedMonitorHearsNothing() {
    BuildMonitor monitor = new BuildMonitor();
    monitor.close();
    monitor.close();
    monitor.cancel();
    assertThat(monitor.phases()).isEmpty();
    assertThat(monitor.isCancelled()).isFalse();
    assertThatIllegalStateException().isThrownBy(monitor::address);
  }

  @Test
  void namesCannotBreakTheNotes() {
    try (BuildMonitor monitor = new BuildMonitor()) {
      IProgressMonitor tensorRt = seenByTensorRt(monitor);
      tensorRt.phaseStart("a\tb\nc\u00e9", "p\tq", 3);
      assertThat(monitor.phases()).containsExactly(new Phase("a?b?c??", "p?q", 3, 0));
    }
  }
}
